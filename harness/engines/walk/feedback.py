"""Feedback for the corpus: features that no run reached before. An observer of worlds.

A feature is text: what happened, and what followed from it - one transition, the transitions of one key
in a row, or all of them in a row (a chain of recommendations; in a cluster, those of one delivery).
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, cast

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.process.world import ProcessWorld
from workerfuzz.harness.worlds.scopes import World
from workerfuzz.harness.worlds.worker.world import WorkerWorld
from workerfuzz.statemachine.worker.states import State
from workerfuzz.strategies.worker import Step

#: One transition of one key: whose it is, start and finish.
Passage = tuple[Hashable, str, str]

#: Chains that are remembered as seen before all of them are forgotten; the features of none are.
MOST_SEEN: Final = 50_000

#: States in which a task holds something for another purpose than its own.
COMPOUND: Final = frozenset({State.CANCELLED, State.RESUMED})


@dataclass(slots=True)
class Feedback:
    """Features of all runs so far, and those that the present one added.

    Attributes:
        features: every feature that was reached.
        fresh: those of them that the present run reached first, in order.
        depth: number of steps that it had taken when it reached the last of these.
    """

    features: set[str] = field(default_factory=set)
    fresh: list[str] = field(default_factory=list)
    depth: int = 0
    _seen: set[Hashable] = field(default_factory=set)

    def begin(self) -> None:
        """A run begins."""
        self.fresh, self.depth = [], 0

    def observe(self, world: World, step: Step | None) -> None:
        """Told of every event; an ``Observer``. What happens at rest is the same for all runs."""
        if step is not None:
            self.look(world, step)

    def look(self, world: World, step: Step) -> None:
        """Note what a step led to."""
        raise NotImplementedError

    def is_seen(self, chain: Hashable) -> bool:
        """Something just like that was looked at; it cannot have features that are new."""
        if chain in self._seen:
            return True
        if len(self._seen) >= MOST_SEEN:
            self._seen.clear()
        self._seen.add(chain)
        return False

    def note(self, world: World, features: Iterable[str]) -> None:
        """Features of the last step."""
        for feature in features:
            if feature not in self.features:
                self.features.add(feature)
                self.fresh.append(feature)
                self.depth = len(world.steps)


@dataclass(slots=True)
class WorkerFeedback(Feedback):
    """Of one worker."""

    def look(self, world: World, step: Step) -> None:
        view = cast("WorkerWorld", world).view
        changes = view.changes()
        if changes:
            chain = tuple(changes)
            if not self.is_seen(chain):
                passages = [(key, change.start, change.finish) for key, change in changes]
                self.note(world, features(step.word, passages))
        for key in view.touched():
            state = view.state(key)
            if state in COMPOUND:
                held = (state, view.previous(key), view.next(key))
                if not self.is_seen(held):
                    self.note(world, (f"{held[0]} holding {held[1]}, then {held[2] or 'nothing'}",))


@dataclass(slots=True)
class ClusterFeedback(Feedback):
    """Of a scheduler and its workers."""

    def look(self, world: World, step: Step) -> None:
        transitions = cast("ClusterWorld | ProcessWorld", world).transitions
        if transitions:
            chain = (type(step), *transitions)
            if not self.is_seen(chain):
                passages = [
                    (
                        (participant, key),
                        f"scheduler {start}" if participant == SCHEDULER else start,
                        finish,
                    )
                    for participant, key, start, finish in transitions
                ]
                self.note(world, features(step.word, passages))


#: By scope.
FEEDBACKS: Final[Mapping[str, Callable[[], Feedback]]] = MappingProxyType(
    {"worker": WorkerFeedback, "cluster": ClusterFeedback, "process": ClusterFeedback}
)


def features(word: str, passages: Sequence[Passage]) -> Iterator[str]:
    """Yield the features of a step with these transitions, in order."""
    each: dict[Hashable, str] = {}
    whole: dict[str, None] = {}
    for whose, start, finish in passages:
        passage = f"{start} -> {finish}"
        yield f"{word}: {passage}"
        whole[passage] = None
        each[whose] = f"{each[whose]} -> {finish}" if whose in each else passage
    yield from (f"{word}: {way}" for way in each.values())
    yield f"{word}: {'; '.join(whole)}"
