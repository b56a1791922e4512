"""Many walks, one after the other, each learning from those before it.

Each run has a tactic, chosen by what the tactics found lately. A run that is the first to reach
something leaves an entry in the corpus, from which others grow.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.cases.triage.signature import Signature, signature
from workerfuzz.harness.engines.protocol import Search
from workerfuzz.harness.engines.walk.cells import TAIL, CellArchive, Reached
from workerfuzz.harness.engines.walk.feedback import FEEDBACKS, Feedback
from workerfuzz.harness.engines.walk.habits import draw_habits
from workerfuzz.harness.engines.walk.mutation import MutatedRun, Planned, grow, with_workload_of
from workerfuzz.harness.engines.walk.tactics import DRAWN, LENGTHS, TACTICS, Credit
from workerfuzz.harness.engines.walk.walk import Observing, wander
from workerfuzz.harness.subjects import AnySubject
from workerfuzz.harness.worlds.playing import take_steps
from workerfuzz.harness.worlds.scopes import WORKER, AnyRunConfig, FuzzingScope, Observer, World
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.strategies.choosers import RandomChooser
from workerfuzz.strategies.cluster.workload_profile import ClusterWorkloadProfile
from workerfuzz.strategies.worker import Step
from workerfuzz.strategies.worker.run_config import RunConfig, WorkloadProfile

#: The tactic that lets runs grow from entries.
GROWN: Final = "grown"

#: The tactic that returns to a cell, and goes on from there.
RETURNED: Final = "returned"

#: Tactics beside those that are weights, by scope.
EXTRA: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"worker": (GROWN,), "cluster": (GROWN, RETURNED), "process": (GROWN,)}
)

#: Of so many runs one grows, while nothing is known of the tactics.
GROWN_ONE_IN: Final = 3

#: A bug that did not come up before is worth so many features.
BUG: Final = 20

#: Entries that are kept; where there are more, the one goes from which most runs grew.
MOST_ENTRIES: Final = 4000


class Walker:
    """Runs of one seed, and what was learnt from them. Same seed and corpus, same runs, everywhere.

    Attributes:
        corpus: the entries there are.
        keep: told of each entry that is new.
    """

    def __init__(
        self,
        subject: AnySubject,
        seed: int | str,
        scope: FuzzingScope = WORKER,
        run_config: Callable[[RandomChooser], AnyRunConfig] | None = None,
        *,
        tactics: Sequence[str] = (),
        corpus: Sequence[CorpusEntry] = (),
        keep: Callable[[CorpusEntry], None] = lambda entry: None,
    ) -> None:
        self.subject = subject
        self.seed = seed
        self.scope = scope
        self.run_config = run_config or scope.draw
        self.keep = keep
        self.said = f"{subject.name} {subject.version()}"
        drawn = [tactic for tactic in DRAWN[scope.name] if not tactics or tactic in tactics]
        self.tails = drawn or DRAWN[scope.name]
        self.feedback: Feedback = FEEDBACKS[scope.name]()
        self.cells = CellArchive()
        extra = [tactic for tactic in EXTRA[scope.name] if not tactics or tactic in tactics]
        self.credit = Credit(weights_of(drawn, extra))
        self.corpus: list[CorpusEntry] = list(corpus)
        self.mutated = [0] * len(self.corpus)
        self.bugs: set[Signature] = set()
        for entry in self.corpus:
            if entry.subject == self.said:
                self.feedback.features.update(entry.reached)

    def run(self, number: int, observing: Observing | None = None) -> World:
        """One run, from a fresh world to its end.

        Args:
            observing: given the name of the run's tactic, who is told of its steps.

        Raises:
            Violation: a property was broken; its steps tell how.
        """
        chooser = RandomChooser(f"{self.seed}/{number}")
        drawn = self.run_config(chooser)
        waiting = {GROWN} if not self.corpus else set()
        waiting |= {RETURNED} if not self.cells.has_any else set()
        among = [tactic for tactic in self.credit.share if tactic not in waiting]
        tactic = self.credit.pick(chooser, among) if among else next(iter(self.credit.share))
        growth, length = MutatedRun(drawn, []), LENGTHS[self.scope.name]
        way: Reached | None = None
        if tactic == GROWN and self.corpus:
            growth = grow(self.pick_entry(chooser), self.corpus, drawn, chooser)
            length = 0, length[1]
        elif tactic == RETURNED and self.cells.has_any:
            way = self.cells.pick(chooser)
            growth = MutatedRun(
                with_workload_of(drawn, way.run_config), list(way.steps[: way.depth])
            )
            length = TAIL
        tail = tactic if tactic in TACTICS else chooser.pick(self.tails)
        weights = TACTICS[tail](chooser, self.scope.kinds)
        habits = draw_habits(chooser, growth.run_config)
        if way is not None:
            habits = replace(habits, focus=way.focus)
        world = self.open(growth.run_config, observing(tactic) if observing is not None else None)
        try:
            follow(world, growth.plan, chooser)
            wander(world, chooser, weights, length, habits)
            world.finish()
        except Violation as violation:
            self.learn(tactic, violation.run_config, violation.steps, violation, way)
            raise
        finally:
            world.close()
        self.learn(tactic, growth.run_config, world.steps)
        return world

    def open(self, run_config: AnyRunConfig, observer: Observer | None) -> World:
        """A fresh world, of which the feedback is told as well."""
        self.feedback.begin()
        observers = [] if observer is None else [observer]
        observers.append(self.feedback.observe)
        if RETURNED in self.credit.share:
            observers.append(self.cells.observe)

        def each(world: World, step: Step | None) -> None:
            for observe in observers:
                observe(world, step)

        return self.scope.open(
            self.subject, run_config, observer=observers[0] if len(observers) == 1 else each
        )

    def pick_entry(self, chooser: RandomChooser) -> CorpusEntry:
        """One to grow from: of two, the one from which fewer runs grew."""
        one, other = (chooser.integer(0, len(self.corpus) - 1) for _ in range(2))
        place = min(one, other, key=self.mutated.__getitem__)
        self.mutated[place] += 1
        return self.corpus[place]

    def learn(
        self,
        tactic: str,
        run_config: AnyRunConfig,
        steps: Sequence[Step],
        violation: Violation | None = None,
        way: Reached | None = None,
    ) -> None:
        """Credit the tactic of a finished run; add a corpus entry if the run reached something new."""
        fresh, depth = self.feedback.fresh, self.feedback.depth
        found = len(fresh)
        if violation is not None:
            mark = signature(violation)
            if mark not in self.bugs:
                found += BUG
                self.bugs.add(mark)
            elif way is not None:
                self.cells.abandon(way)
            if depth == len(steps) and not violation.at_rest:
                depth = 0  # what grows from here would end here
        self.credit.note(tactic, len(steps), found)
        if fresh and depth:
            entry = CorpusEntry(
                without_workload(run_config), tuple(steps[:depth]), tuple(fresh), self.said
            )
            self.corpus.append(entry)
            self.mutated.append(0)
            self.keep(entry)
            if len(self.corpus) > MOST_ENTRIES:
                place = max(range(MOST_ENTRIES), key=self.mutated.__getitem__)
                del self.corpus[place], self.mutated[place]


def search_by_walk(search: Search) -> None:
    """One run after the other, each from a seed of its own, and learning from those before it."""
    plan = search.plan
    walker = Walker(
        search.subject,
        plan.seed,
        search.scope,
        search.run_config,
        tactics=(plan.tactic,) if plan.tactic else (),
        corpus=search.entries,
        keep=search.add_entry,
    )
    while not search.spent():
        search.attempt(lambda: walker.run(search.number, search.observing))


def without_workload(run_config: AnyRunConfig) -> AnyRunConfig:
    """Return a run configuration with the default workload: the steps of an entry stand for it."""
    if isinstance(run_config, RunConfig):
        return replace(run_config, workload=WorkloadProfile())
    return replace(run_config, workload=ClusterWorkloadProfile())


def weights_of(drawn: Sequence[str], extra: Sequence[str]) -> dict[str, int]:
    """Return the initial relative weight of each tactic; half of the runs return, where any do."""
    weights = {tactic: drawn.count(tactic) * (GROWN_ONE_IN - 1) for tactic in drawn}
    if GROWN in extra:
        weights[GROWN] = max(len(drawn), 1)
    if RETURNED in extra:
        weights[RETURNED] = max(sum(weights.values()), 1)
    return weights


def follow(world: World, plan: Sequence[Planned], chooser: RandomChooser) -> None:
    """Take the steps of a plan, as far as they are possible."""
    for result in take_steps(world, planned_steps(world, plan, chooser), skip_impossible=True):
        if result.violation is not None:
            raise result.violation


def planned_steps(world: World, plan: Sequence[Planned], chooser: RandomChooser) -> Iterator[Step]:
    """Steps as planned; of a kind that is planned, one that is possible when it is reached."""
    for planned in plan:
        if isinstance(planned, Step):
            yield planned
        elif planned in world.possible():
            yield world.draw(planned, chooser)
