"""Another run from one that reached something: a few steps of it are changed, the rest stays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from workerfuzz.harness.cases.format.corpus_entry import Stem
from workerfuzz.harness.worlds.scopes import AnyConfig, AnyUniverse
from workerfuzz.statemachine.worker.worker_state import ADDRESS
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.run_config import ClusterUniverse
from workerfuzz.strategies.worker import Step

#: A step to take; or a kind of which another step is to be drawn when its turn comes.
Planned = Step | type[Step]

#: Steps that are taken away, doubled or moved at a time, at most.
MOST_AT_ONCE: Final = 4


@dataclass(slots=True)
class Growth:
    """How a run begins that grows from a stem.

    Attributes:
        universe: what it takes place in.
        plan: its first steps; those that turn out to be impossible are left out.
    """

    universe: AnyUniverse
    plan: list[Planned]


def grow(stem: Stem, corpus: Sequence[Stem], fresh: AnyUniverse, chooser: Chooser) -> Growth:
    """Change a stem in one to three places.

    Args:
        corpus: other stems of the same scope; the tail of one may come behind.
        fresh: a universe from which options may be taken, and what clients tend to do.
    """
    habits: dict[str, Any] = {"variety": fresh.variety}
    growth = Growth(replace(stem.universe, **habits), list(stem.steps))
    for _ in range(chooser.pick((1, 1, 2, 3))):
        change = chooser.pick(CHANGES)
        change(growth, corpus, fresh, chooser)
    return growth


# Each changes a growth in place


def cut(growth: Growth, corpus: Sequence[Stem], fresh: AnyUniverse, chooser: Chooser) -> None:
    """Only the first steps stay."""
    del growth.plan[chooser.integer(0, len(growth.plan)) :]


def splice(growth: Growth, corpus: Sequence[Stem], fresh: AnyUniverse, chooser: Chooser) -> None:
    """Behind the first steps comes the end of another stem."""
    cut(growth, corpus, fresh, chooser)
    other = chooser.pick(corpus).steps
    tail = other[chooser.integer(0, len(other)) :]
    growth.plan += (step for step in tail if is_at_home(step, growth.universe))


def delete(growth: Growth, corpus: Sequence[Stem], fresh: AnyUniverse, chooser: Chooser) -> None:
    """A few steps go."""
    start, end = stretch(growth, chooser)
    del growth.plan[start:end]


def duplicate(growth: Growth, corpus: Sequence[Stem], fresh: AnyUniverse, chooser: Chooser) -> None:
    """A few steps are taken again, at once or later."""
    start, end = stretch(growth, chooser)
    place = chooser.integer(end, len(growth.plan))
    growth.plan[place:place] = growth.plan[start:end]


def move(growth: Growth, corpus: Sequence[Stem], fresh: AnyUniverse, chooser: Chooser) -> None:
    """A few steps are taken earlier or later: two neighbours change places, for one."""
    start, end = stretch(growth, chooser)
    moved = growth.plan[start:end]
    del growth.plan[start:end]
    place = chooser.integer(0, len(growth.plan))
    growth.plan[place:place] = moved


def redraw(growth: Growth, corpus: Sequence[Stem], fresh: AnyUniverse, chooser: Chooser) -> None:
    """A step of the same kind, about something else."""
    if growth.plan:
        place = chooser.integer(0, len(growth.plan) - 1)
        planned = growth.plan[place]
        growth.plan[place] = type(planned) if isinstance(planned, Step) else planned


def reconfigure(
    growth: Growth, corpus: Sequence[Stem], fresh: AnyUniverse, chooser: Chooser
) -> None:
    """Some options are others."""
    options: dict[str, Any] = {"config": mixed(growth.universe.config, fresh.config, chooser)}
    growth.universe = replace(growth.universe, **options)


#: All of them, the most useful ones more than once.
CHANGES: Final[tuple[Callable[[Growth, Sequence[Stem], AnyUniverse, Chooser], None], ...]] = (
    cut, splice, delete, duplicate, move, redraw, redraw, reconfigure,
)  # fmt: skip


def is_at_home(step: Step, universe: AnyUniverse) -> bool:
    """It names nothing that is not there: what else a step needs, the world checks."""
    if not set(universe.keys).issuperset(step.keys()):
        return False
    if isinstance(universe, ClusterUniverse):
        clients = {peer for peer in step.peers() if peer.startswith("c")}
        return clients.issubset(universe.clients)
    return {ADDRESS, *universe.peers}.issuperset(step.peers())


def stretch(growth: Growth, chooser: Chooser) -> tuple[int, int]:
    """Where a few steps begin and end."""
    start = chooser.integer(0, max(len(growth.plan) - 1, 0))
    end = min(start + chooser.integer(1, MOST_AT_ONCE), len(growth.plan))
    return start, end


def mixed(mine: AnyConfig, other: AnyConfig, chooser: Chooser) -> AnyConfig:
    """One option of the other, the rest as it is."""
    differing = [
        it.name for it in fields(mine) if getattr(mine, it.name) != getattr(other, it.name)
    ]
    if not differing:
        return mine
    name = chooser.pick(differing)
    return replace(mine, **{name: getattr(other, name)})
