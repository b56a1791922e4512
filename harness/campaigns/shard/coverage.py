"""Coverage of runs, counted by an observer of worlds: reached transitions, states and steps."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, cast

from workerfuzz.harness.campaigns.shard.counters import Counters
from workerfuzz.harness.subjects import AnySubject, declaration
from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, ClusterSystem
from workerfuzz.harness.subjects.process_protocol import ProcessSystem
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.process.world import ProcessWorld
from workerfuzz.harness.worlds.scopes import World
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.properties.property import CHECKS, AnyProperty
from workerfuzz.statemachine.worker.edges import COMPOUND, DETOURS, EDGES, Edge
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import Transition
from workerfuzz.strategies.worker import Step

#: The *sometimes* property that is about no edge, detour or compound state.
SUSPICION: Final = "a key that errs because it could not be copied"


@dataclass(slots=True)
class Coverage:
    """Counts of one scope.

    Attributes:
        taken: steps, by kind.
        possible: how often each kind was possible, as far as somebody watched.
        watched: how many steps were watched.
        edges: transitions, by (kind of participant, start, finish).
    """

    taken: Counter[type[Step]] = field(default_factory=Counter)
    possible: Counter[type[Step]] = field(default_factory=Counter)
    watched: int = 0
    edges: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def observe(self, world: World, step: Step | None) -> None:
        """Told of every event; an ``Observer``."""
        if step is not None:
            self.taken[type(step)] += 1
        self.look(world)

    def watch(self, world: World, step: Step | None) -> None:
        """The same, and what is possible now is counted as well."""
        self.observe(world, step)
        if step is not None:
            self.watched += 1
            self.possible.update(world.possible())

    def look(self, world: World) -> None:
        """Count what the last event led to."""
        raise NotImplementedError

    def reached(self) -> Iterator[tuple[str, int]]:
        """*Sometimes* properties beside the edges, and how often they held."""
        return iter(())

    def tally(self) -> Counters:
        """The counts as plain data."""
        return Counters(
            taken={kind.word: count for kind, count in self.taken.items()},
            possible={kind.word: count for kind, count in self.possible.items()},
            watched=self.watched,
            edges={f"{who} {start} -> {end}": n for (who, start, end), n in self.edges.items()},
            reached=dict(self.reached()),
        )


@dataclass(slots=True)
class WorkerCoverage(Coverage):
    """Of one worker, read from the stories as they are written.

    Attributes:
        detours: pairs that went through released, by (start, finish).
        compounds: (state, previous, next) of cancelled and resumed as they stood after a step.
        suspicions: keys that erred because they could not be copied.
    """

    detours: Counter[Edge] = field(default_factory=Counter)
    compounds: Counter[tuple[State, State | None, State | None]] = field(default_factory=Counter)
    suspicions: int = 0
    _left: dict[str, State] = field(default_factory=dict)

    def look(self, world: World) -> None:
        view = cast("WorkerWorld", world).view
        for key, change in view.changes():
            self._note(key, change)
        for key in view.touched():
            state = view.state(key)
            if state is State.CANCELLED or state is State.RESUMED:
                self.compounds[state, view.previous(key), view.next(key)] += 1

    def _note(self, key: str, change: Transition) -> None:
        self.edges["worker", change.start, change.finish] += 1
        if change.target is not change.finish:
            self._left[key] = change.start
        elif key in self._left:
            self.detours[self._left.pop(key), change.finish] += 1
        if (change.start, change.finish) == (State.FLIGHT, State.ERROR):
            self.suspicions += 1

    def reached(self) -> Iterator[tuple[str, int]]:
        for edge, count in self.detours.items():
            yield detour(edge), count
        for compound, count in self.compounds.items():
            yield held(*compound), count
        if self.suspicions:
            yield SUSPICION, self.suspicions


class ClusterCoverage(Coverage):
    """Of a scheduler and its workers."""

    __slots__ = ()

    def look(self, world: World) -> None:
        for participant, _, start, finish in cast("ClusterWorld | ProcessWorld", world).transitions:
            self.edges["scheduler" if participant == SCHEDULER else "worker", start, finish] += 1


def detour(edge: Edge) -> str:
    return f"detour {edge[0]} -> {edge[1]}"


def held(state: State, previous: State | None, following: State | None) -> str:
    return f"{state} holding {previous}, then {following or 'nothing'}"


#: By scope.
COVERAGES: Final[Mapping[str, type[Coverage]]] = MappingProxyType(
    {"worker": WorkerCoverage, "cluster": ClusterCoverage, "process": ClusterCoverage}
)


def expected(scope: str, subject: AnySubject) -> list[str]:
    """Names of all *sometimes* properties of a subject, in a fixed order; none where we know none."""
    if scope != "worker":
        return [
            f"{participant} {start} -> {finish}"
            for participant, edges in cast("ClusterSystem | ProcessSystem", subject).edges().items()
            for start, finish in sorted(edges)
        ]
    if not declaration(subject.name).is_model:
        return []
    return [
        *(f"worker {start} -> {finish}" for start, finish in EDGES),
        *map(detour, DETOURS),
        *(held(*compound) for compound in sorted(COMPOUND, key=str)),
        SUSPICION,
    ]


@contextmanager
def counting_checks(counts: dict[str, int]) -> Iterator[None]:
    """While this lasts, each check of a property is counted under the property's name."""

    def count(item: AnyProperty) -> None:
        counts[item.name] = counts.get(item.name, 0) + 1

    before, CHECKS.observer = CHECKS.observer, count
    try:
        yield
    finally:
        CHECKS.observer = before
