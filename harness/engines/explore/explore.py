"""Every run of a tiny universe: breadth first, equal states merged.

A state is a world as its fingerprint tells it. It is met on many ways; the first one is the shortest,
and a longer one matters only if it has more of its allowances left, or if steps are to be taken there
that were not. From each state every step is taken that can be drawn there, and each new state is brought
to rest as well. What is kept of a state is its mark, and of the way to it the last step; some worlds are
kept, the others made again from their steps.

Reduced, of two orders of steps that commute one is explored (sleep sets, as P. Godefroid describes them
for searches that store states), and only states from which nothing goes on by itself come to rest.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

from workerfuzz.harness.engines.explore.allowances import Spent
from workerfuzz.harness.engines.explore.reduction import commute, in_turn, is_at_end, participants
from workerfuzz.harness.engines.explore.small_universe import interchangeable, renamings
from workerfuzz.harness.engines.explore.visited import (
    AWAKE,
    CopyableWorld,
    PossibleStep,
    Sleeping,
    VisitedStates,
)
from workerfuzz.harness.engines.protocol import Explored, StepAllowances
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.worlds.cluster.world import ClusterWorld
from workerfuzz.harness.worlds.scopes import SCOPES, AnyRunConfig, Observer, World
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.choosers import Enumeration
from workerfuzz.strategies.worker import Step

#: Kinds with which a key comes up that nobody knew.
REQUESTS: Final = ("submit", "scatter", "store")

#: Worlds that are kept until they are gone on from. One takes 6 to 20 KB; one of Dask ten times that.
KEPT: Final = 10_000
KEPT_OF_LARGE: Final = 1_000


@dataclass(slots=True)
class Way:
    """A shortest way to a state.

    Attributes:
        before: the way without its last step; None for the way of no steps.
        spent: what of the allowances was used up on it.
        sleeping: steps that need not be taken at its end.
        only: the steps that are to be taken there; None: all others.
        world: where it leads, unless that is to be made again.
    """

    before: "Way | None"
    step: Step | None
    spent: Spent
    sleeping: Sleeping = AWAKE
    only: Sleeping | None = None
    world: CopyableWorld | None = None

    def steps(self) -> list[Step]:
        found: list[Step] = []
        way: Way | None = self
        while way is not None and way.step is not None:
            found.append(way.step)
            way = way.before
        return found[::-1]


class Exploration:
    """All runs, shortest first.

    Attributes:
        transitions: steps that were taken.
        depth: every run of so many steps, and no more, was made.
        frontier: ways that were not gone on from.
        left: those of them that are of the present depth.
        is_complete: every run there is was made, up to where it meets a known state.
        stopped: what ended it before that: ``depth``, ``states`` or ``time``.
    """

    def __init__(
        self,
        subject: AnySubject,
        run_config: AnyRunConfig,
        allowed: StepAllowances,
        *,
        depth: int | None = None,
        most_states: int | None = None,
        is_over: Callable[[], bool] = lambda: False,
        observer: Observer | None = None,
        distinct: bool = False,
        reduced: bool = False,
        kept: int = KEPT,
    ) -> None:
        """Nothing is explored yet.

        Args:
            depth: of runs, at most.
            most_states: after so many it ends.
            is_over: the time is; asked before each state is gone on from.
            observer: told of each step, and with None of what happens while a state comes to rest.
            distinct: participants that differ in their names alone are told apart.
            reduced: steps that commute are taken in one order.
            kept: worlds that are kept at a time.
        """
        self.subject, self.run_config, self.allowed = subject, run_config, allowed
        self.most_depth, self.most_states, self.is_over = depth, most_states, is_over
        self.scope = SCOPES[run_config.scope]
        self.reduced = reduced
        self.takes_turns = reduced and not distinct and run_config.scope == "cluster"
        self.kept = kept
        self.transitions = 0
        self.depth = 0
        self.frontier: deque[Way] = deque()
        self.is_complete = False
        self.stopped = ""
        self.observer = observer
        names = () if distinct else interchangeable(run_config)
        self.visited = VisitedStates(list(renamings(names)))
        self._worlds = 0
        self.left = 0

    @property
    def states(self) -> int:
        """States that were met."""
        return len(self.visited)

    @property
    def extent(self) -> Explored:
        """Extent of the exploration so far."""
        return Explored(
            self.states,
            self.transitions,
            self.depth,
            len(self.frontier),
            self.is_complete,
            self.stopped,
        )

    def violations(self) -> Iterator[Violation]:
        """Yield violations as they are found; for each state and property, by a shortest way.

        Raises:
            SubjectUnavailable: the system cannot be copied.
        """
        opened = self.scope.open(self.subject, self.run_config, observer=self.observer)
        self._root = cast("CopyableWorld", opened)
        try:
            if not self.visited:
                yield from self.arrive(self._root.copy(), Way(None, None, self.allowed.start))
            self.left = self.left or len(self.frontier)
            while self.frontier and not self.ends():
                yield from self.go_on(self.frontier.popleft())
                self.left -= 1
                if not self.left:
                    self.depth, self.left = self.depth + 1, len(self.frontier)
            self.is_complete = not self.frontier
        finally:
            self._root.close()

    def ends(self) -> bool:
        """Return True if a limit is reached; ``stopped`` names it."""
        if self.depth == self.most_depth:
            self.stopped = "depth"
        elif self.most_states is not None and self.states >= self.most_states:
            self.stopped = "states"
        elif self.is_over():
            self.stopped = "time"
        return bool(self.stopped)

    def go_on(self, way: Way) -> Iterator[Violation]:
        """Take every step that is possible at the end of a way, and not asleep."""
        world, way.world = way.world, None
        if world is None:
            world = self.again(way.steps())
        else:
            self._worlds -= 1
        taken: dict[PossibleStep, frozenset[str] | None] = {}
        for sleeper in way.sleeping:
            taken[sleeper] = participants(sleeper.step, cast("ClusterWorld", world))
        steps = [*self.possible(world, way)]
        for number, (step, spent) in enumerate(steps, 1):
            after = world if number == len(steps) else world.copy()
            if not self.reduced:
                yield from self.take(after, Way(way, step, spent), step)
                continue
            those = participants(step, cast("ClusterWorld", world))
            asleep = frozenset(step for step, touched in taken.items() if commute(touched, those))
            if those is not None:
                taken[PossibleStep.of(step)] = those
            yield from self.take(after, Way(way, step, spent, asleep), step)

    def possible(self, world: CopyableWorld, way: Way) -> Iterator[tuple[Step, Spent]]:
        """Yield the steps that are to be taken at the end of a way, and what is spent with each."""
        chosen = None if way.only is None else {step.text for step in way.only}
        asleep = {sleeper.text for sleeper in way.sleeping}
        for kind in world.possible():
            spent = self.allowed.after(way.spent, kind)
            if spent is None:
                continue
            steps = every_step(world, kind)
            if self.takes_turns:
                is_last = not self.may_come_later(spent)
                steps = in_turn(steps, cast("ClusterWorld", world), is_last=is_last)
            for step in steps:
                text = str(step) if asleep or chosen is not None else ""
                if text not in asleep and (chosen is None or text in chosen):
                    yield step, spent

    def may_come_later(self, spent: Spent) -> bool:
        """A client may ask for something with new keys once so much is spent."""
        words = self.scope.words
        requests = [words[word] for word in REQUESTS if word in words]
        return any(self.allowed.after(spent, kind) is not None for kind in requests)

    def again(self, steps: Sequence[Step]) -> CopyableWorld:
        """The world that these steps lead to."""
        world = self._root.copy()
        for step in steps:
            world.apply(step)
        return world

    def take(self, after: CopyableWorld, way: Way, step: Step) -> Iterator[Violation]:
        """Take one step, in a world of its own."""
        self.transitions += 1
        violation = broken_by(way, after.apply, step)
        if violation is None:
            yield from self.arrive(after, way)
        else:
            yield violation

    def arrive(self, world: CopyableWorld, way: Way) -> Iterator[Violation]:
        """A way led to a world; where that is new, it comes to rest as well."""
        visit = self.visited.meet(world, way.spent, way.sleeping)
        if visit.is_cheaper:
            way.sleeping, way.only = visit.sleeping, visit.only
            self.frontier.append(way)
            if self._worlds < self.kept:
                self._worlds += 1
                way.world = world
        if visit.is_new and (not self.reduced or is_at_end(world.possible())):
            resting = world.copy() if way.world is world else world
            violation = broken_by(way, resting.finish)
            if violation is not None:
                yield violation


def broken_by(way: Way, happens: Callable[..., object], *about: object) -> Violation | None:
    """Return the violation of a step at the end of a way, if any. Other errors are our own faults."""
    try:
        happens(*about)
    except Violation as violation:
        return violation
    except Exception as error:
        error.add_note(f"after {'; '.join(map(str, way.steps())) or 'no step'}")
        raise
    return None


def every_step(world: World, kind: type[Step]) -> Sequence[Step]:
    """All that can be drawn of a kind that is possible, each once."""
    drawn = (world.draw(kind, chooser) for chooser in Enumeration())
    return list({str(step): step for step in drawn}.values())
