"""Another run from one that reached something: a few steps of it are changed, the rest stays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, TypeAlias, TypeVar

from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.worlds.scopes import AnyRunConfig
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.worker_state import ADDRESS
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.run_config import ClusterConfig, ClusterRunConfig
from workerfuzz.strategies.worker import Step
from workerfuzz.strategies.worker.run_config import RunConfig

Config = TypeVar("Config", WorkerConfig, ClusterConfig)

#: A step to take; or a kind of which another step is to be drawn when its turn comes.
Planned = Step | type[Step]

#: Steps that are taken away, doubled or moved at a time, at most.
MOST_AT_ONCE: Final = 4


@dataclass(slots=True)
class MutatedRun:
    """First part of a run that mutates a corpus entry.

    Attributes:
        universe: what it takes place in.
        plan: its first steps; those that turn out to be impossible are left out.
    """

    run_config: AnyRunConfig
    plan: list[Planned]


def grow(
    entry: CorpusEntry, corpus: Sequence[CorpusEntry], fresh: AnyRunConfig, chooser: Chooser
) -> MutatedRun:
    """Change an entry in one to three places.

    Args:
        corpus: other entries of the same scope; the tail of one may come behind.
        fresh: a universe from which options may be taken, and what clients tend to do.
    """
    growth = MutatedRun(with_workload_of(fresh, entry.run_config), list(entry.steps))
    for _ in range(chooser.pick((1, 1, 2, 3))):
        change = chooser.pick(CHANGES)
        change(growth, corpus, fresh, chooser)
    return growth


def with_workload_of(fresh: AnyRunConfig, run_config: AnyRunConfig) -> AnyRunConfig:
    """Return a run configuration with the workload of another one of the same scope."""
    if isinstance(run_config, RunConfig) and isinstance(fresh, RunConfig):
        return replace(run_config, workload=fresh.workload)
    if isinstance(run_config, ClusterRunConfig) and isinstance(fresh, ClusterRunConfig):
        return replace(run_config, workload=fresh.workload)
    raise TypeError(f"{run_config.scope} and {fresh.scope} are different scopes")


# Each changes a growth in place


def cut(
    growth: MutatedRun, corpus: Sequence[CorpusEntry], fresh: AnyRunConfig, chooser: Chooser
) -> None:
    """Only the first steps stay."""
    del growth.plan[chooser.integer(0, len(growth.plan)) :]


def splice(
    growth: MutatedRun, corpus: Sequence[CorpusEntry], fresh: AnyRunConfig, chooser: Chooser
) -> None:
    """Behind the first steps comes the end of another entry."""
    cut(growth, corpus, fresh, chooser)
    other = chooser.pick(corpus).steps
    tail = other[chooser.integer(0, len(other)) :]
    growth.plan += (step for step in tail if is_at_home(step, growth.run_config))


def delete(
    growth: MutatedRun, corpus: Sequence[CorpusEntry], fresh: AnyRunConfig, chooser: Chooser
) -> None:
    """A few steps go."""
    start, end = stretch(growth, chooser)
    del growth.plan[start:end]


def duplicate(
    growth: MutatedRun, corpus: Sequence[CorpusEntry], fresh: AnyRunConfig, chooser: Chooser
) -> None:
    """A few steps are taken again, at once or later."""
    start, end = stretch(growth, chooser)
    place = chooser.integer(end, len(growth.plan))
    growth.plan[place:place] = growth.plan[start:end]


def move(
    growth: MutatedRun, corpus: Sequence[CorpusEntry], fresh: AnyRunConfig, chooser: Chooser
) -> None:
    """A few steps are taken earlier or later: two neighbours change places, for one."""
    start, end = stretch(growth, chooser)
    moved = growth.plan[start:end]
    del growth.plan[start:end]
    place = chooser.integer(0, len(growth.plan))
    growth.plan[place:place] = moved


def redraw(
    growth: MutatedRun, corpus: Sequence[CorpusEntry], fresh: AnyRunConfig, chooser: Chooser
) -> None:
    """A step of the same kind, about something else."""
    if growth.plan:
        place = chooser.integer(0, len(growth.plan) - 1)
        planned = growth.plan[place]
        growth.plan[place] = type(planned) if isinstance(planned, Step) else planned


def reconfigure(
    growth: MutatedRun, corpus: Sequence[CorpusEntry], fresh: AnyRunConfig, chooser: Chooser
) -> None:
    """Some options are others."""
    mine = growth.run_config
    if isinstance(mine, RunConfig) and isinstance(fresh, RunConfig):
        growth.run_config = replace(mine, config=mixed(mine.config, fresh.config, chooser))
        return
    if isinstance(mine, ClusterRunConfig) and isinstance(fresh, ClusterRunConfig):
        growth.run_config = replace(mine, config=mixed(mine.config, fresh.config, chooser))


#: All of them, the most useful ones more than once.
Mutate: TypeAlias = Callable[[MutatedRun, Sequence[CorpusEntry], AnyRunConfig, Chooser], None]
CHANGES: Final[tuple[Mutate, ...]] = (
    cut, splice, delete, duplicate, move, redraw, redraw, reconfigure,
)  # fmt: skip


def is_at_home(step: Step, run_config: AnyRunConfig) -> bool:
    """It names nothing that is not there: what else a step needs, the world checks."""
    if not set(run_config.keys).issuperset(step.keys()):
        return False
    if isinstance(run_config, ClusterRunConfig):
        clients = {peer for peer in step.peers() if peer.startswith("c")}
        return clients.issubset(run_config.clients)
    return {ADDRESS, *run_config.peers}.issuperset(step.peers())


def stretch(growth: MutatedRun, chooser: Chooser) -> tuple[int, int]:
    """Draw the start and the end of a short range of steps."""
    start = chooser.integer(0, max(len(growth.plan) - 1, 0))
    end = min(start + chooser.integer(1, MOST_AT_ONCE), len(growth.plan))
    return start, end


def mixed(mine: Config, other: Config, chooser: Chooser) -> Config:
    """One option of the other, the rest as it is."""
    differing = [
        field.name
        for field in fields(mine)
        if getattr(mine, field.name) != getattr(other, field.name)
    ]
    if not differing:
        return mine
    name = chooser.pick(differing)
    return replace(mine, **{name: getattr(other, name)})
