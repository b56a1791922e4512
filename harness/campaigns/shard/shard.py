"""A shard: the runs of one seed, one after the other; it goes on after a finding."""

import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import Final, cast

from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.counters import Counters, digest, merged
from workerfuzz.harness.campaigns.shard.coverage import (
    COVERAGES,
    Coverage,
    counting_checks,
    expected,
)
from workerfuzz.harness.campaigns.shard.interruptions import (
    INTERRUPTIONS,
    handling_interruptions,
)
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.format import corpus
from workerfuzz.harness.cases.format.corpus_entry import CorpusEntry
from workerfuzz.harness.cases.format.files import reason
from workerfuzz.harness.cases.triage.known_bugs import DEADLY, Known, known_bugs, remainder
from workerfuzz.harness.cases.triage.signature import signature
from workerfuzz.harness.engines.explore.search import EXPLORE, search_by_exploring
from workerfuzz.harness.engines.findings.finding import Finding, case_among, first_occurrence
from workerfuzz.harness.engines.findings.finding_writer import (
    look_closer,
    set_unshrunk_case,
    shrink_finding,
)
from workerfuzz.harness.engines.protocol import Engine, Explored, Search
from workerfuzz.harness.engines.shrink.shrink import PATIENCE_S, replay
from workerfuzz.harness.engines.walk.walker import search_by_walk
from workerfuzz.harness.subjects import AnySubject, system, trial_fixes
from workerfuzz.harness.subjects.cluster_protocol import ClusterSystem
from workerfuzz.harness.subjects.process_protocol import ProcessSystem
from workerfuzz.harness.subjects.protocol import Subject
from workerfuzz.harness.worlds.going_on import GOING_ON, everything
from workerfuzz.harness.worlds.scopes import SCOPES, AnyRunConfig, FuzzingScope, Observer, World
from workerfuzz.harness.worlds.violation import Violation
from workerfuzz.harness.worlds.write_ahead_log import WRITE_AHEAD_LOG
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.run_config import draw_cluster, production_mode
from workerfuzz.strategies.process.run_config import draw_processes
from workerfuzz.strategies.worker import Step


def search_by_hypothesis(search: Search) -> None:
    """Search by Hypothesis, which is imported where it is chosen."""
    from workerfuzz.harness.engines.hypothesis.search import search_by_hypothesis

    search_by_hypothesis(search)


#: Engines that a campaign can choose from, by the name that commands and plans use.
ENGINES: Final[Mapping[str, Engine]] = MappingProxyType(
    {"hypothesis": search_by_hypothesis, "walk": search_by_walk, EXPLORE: search_by_exploring}
)

#: One run in so many is watched: what is possible in it, what is checked, which run it is. Watching
#: all of them would cost more than it tells.
WATCHED: Final = 20

#: Occurrences of a new finding that are shrunk, too: among many participants one assertion guards
#: against many bugs. One worker has few, each with many ways of few steps to it.
SHRUNK_AGAIN: Final = frozenset({8, 64, 512})

#: CPU time that shrinking may take in a shard, in seconds; later findings keep all of their steps.
SHRINKING_S: Final = 300.0

#: Seconds between two points of the curve.
POINT_S: Final = 1.0


@dataclass(slots=True)
class Shard:
    """Runs, and what came of them so far.

    Attributes:
        subject: the system, as a worker or a cluster.
        known: bugs that are known, by signature.
        on_progress: called with each new finding at once, and from time to time with None.
        entries: corpus entries that the walk mutates.
        runs: how many are over.
        tactic: of the run that is under way.
        coverage: by tactic.
        spent_on: runs, steps, CPU time and violations, by tactic.
        is_stopped: it ends after the run that is under way, whatever becomes of a KeyboardInterrupt.
        passed: known bugs behind which the run that is under way went on.
        shrinking_s: time that shrinking took, and that does not count against the budget.
        shrinking_cpu_s: the same in CPU time.
        last: CPU time when the last run was over, or what it found was kept.
    """

    plan: Plan
    subject: AnySubject
    known: Known = field(default_factory=Known)
    on_progress: Callable[[Finding | None], None] = lambda _: None
    entries: Sequence[CorpusEntry] = ()
    runs: int = 0
    tactic: str = ""
    coverage: dict[str, Coverage] = field(default_factory=dict)
    spent_on: dict[str, Counters] = field(default_factory=dict)
    found: dict[tuple[str, ...], Finding] = field(default_factory=dict)
    result: ShardResult = field(init=False)
    is_stopped: bool = False
    began: float = field(default_factory=time.monotonic)
    began_cpu: float = field(default_factory=time.process_time)
    passed: dict[tuple[str, ...], Violation] = field(default_factory=dict)
    shrinking_s: float = 0.0
    shrinking_cpu_s: float = 0.0
    last: float = field(default_factory=time.process_time)

    def __post_init__(self) -> None:
        self.result = ShardResult(
            self.plan,
            self.subject.version(),
            fixed=[case.title for case in self.known.fixed],
            expected=expected(self.plan.scope, self.subject),
            cannot=dict(self.subject.cannot()),
            kinds=[kind.word for kind in self.scope.kinds],
            corpus_size=len(self.entries),
        )

    @property
    def scope(self) -> FuzzingScope:
        return SCOPES[self.plan.scope]

    @property
    def number(self) -> int:
        """Of the run that is under way."""
        return self.plan.first + self.runs

    def spent(self) -> bool:
        """The budget is used up."""
        seconds = time.monotonic() - self.began
        if seconds - self.result.seconds >= POINT_S or not self.result.curve:
            self.settle(seconds)
            self.on_progress(None)
        cpu_s = time.process_time() - self.began_cpu
        return self.plan.budget.spent(
            seconds - self.shrinking_s, cpu_s - self.shrinking_cpu_s, self.runs
        )

    def settle(self, seconds: float) -> None:
        """Bring the result up to date."""
        result = self.result
        result.seconds, result.runs = seconds, self.number
        result.findings = list(self.found.values())
        for tactic, coverage in self.coverage.items():
            tally = coverage.tally()
            tally.add(self.spent_on[tactic])
            result.counters[tactic] = tally
        result.note_point()

    # One run

    def attempt(self, run: Callable[[], World]) -> None:
        """One run, however it ends."""
        violation = None
        self.passed.clear()
        try:
            with self.watching_checks():
                steps: Sequence[Step] = run().steps
        except Violation as found:
            steps, violation = found.steps, found
        except Exception as error:
            error.add_note(f"in run {self.number} of seed {self.plan.seed}")
            raise
        self.count(steps)
        self.record_passed()
        finding = self.record_violation(violation) if violation is not None else None
        self.last = time.process_time()
        self.runs += 1
        self.announce(finding)

    def explore(self, extent: Explored, violation: Violation | None = None) -> None:
        """Record how far an exploration is, and the violation that it came to, if any."""
        self.result.explored = extent
        self.record_passed()
        counters = self.spent_on[self.tactic]
        self.runs = counters.runs = extent.states - extent.states_before
        counters.steps = extent.transitions - extent.transitions_before
        counters.seconds = time.process_time() - self.began_cpu
        if violation is not None:
            self.announce(self.record_violation(violation))

    def announce(self, finding: Finding | None) -> None:
        """Report a new finding, if there is one; end where Ctrl-C came while it was shrunk."""
        if finding is not None:
            self.on_progress(finding)
        if self.is_stopped:
            raise KeyboardInterrupt

    def observing(self, tactic: str) -> Observer:
        """Return the observer of the steps of a run with that tactic."""
        self.tactic = tactic
        WRITE_AHEAD_LOG.about = f"run {self.number} {tactic}"
        if tactic not in self.coverage:
            self.coverage[tactic] = COVERAGES[self.plan.scope]()
            self.spent_on[tactic] = Counters()
        coverage = self.coverage[tactic]
        return coverage.watch if self.is_watched else coverage.observe

    @property
    def is_watched(self) -> bool:
        return self.number % WATCHED == 0

    @contextmanager
    def watching_checks(self) -> Iterator[None]:
        """Count the checks of properties, where the run is watched."""
        if not self.is_watched:
            yield
            return
        counts: dict[str, int] = {}
        try:
            with counting_checks(counts):
                yield
        finally:
            if self.tactic:
                self.spent_on[self.tactic].add(Counters(checked=counts))

    def count(self, steps: Sequence[Step]) -> None:
        """A run is over."""
        tally = self.spent_on[self.tactic]
        tally.runs += 1
        tally.steps += len(steps)
        tally.seconds += time.process_time() - self.last
        if self.is_watched:
            tally.sketch = merged(tally.sketch, [digest(steps)])

    def run_config(self, chooser: Chooser) -> AnyRunConfig:
        """Draw the configuration of a run; every other cluster is in production mode."""
        if self.plan.scope == "worker":
            return cast("Subject", self.subject).run_config(chooser)
        draw = draw_cluster if self.plan.scope == "cluster" else draw_processes
        return production_mode(draw(chooser, self.plan.workers), self.number)

    # What is found

    def add_entry(self, entry: CorpusEntry) -> None:
        """A run reached something new; its entry goes into the corpus, while that takes any."""
        if not self.plan.corpus or self.result.corpus_error:
            return
        try:
            corpus.store(Path(self.plan.corpus), entry)
        except OSError as error:
            self.result.corpus_error = (
                f"{self.plan.corpus}: {reason(error)}; the corpus does not grow any more"
            )
        else:
            self.result.corpus_added += 1

    def remainder(self, violation: Violation) -> Violation | None:
        """Return what of a violation ends its run; known bugs behind which it goes on are noted."""
        left, known = remainder(violation, lambda mark: self.known.case_of(mark) is not None)
        self.passed.update((signature(violation).bug, violation) for violation in known)
        return left

    def record_passed(self) -> None:
        """Count the known bugs behind which a run went on, each once."""
        for bug, violation in self.passed.items():
            finding = self.found.get(bug)
            if finding is None:
                finding = self.found[bug] = first_occurrence(
                    violation,
                    signature(violation),
                    self.plan.subject,
                    run=self.number,
                    seed=self.plan.seed,
                    tactic=self.tactic,
                )
                finding.occurrences = 0
                finding.fixed, finding.known = self.plan.fixed, self.known_as(finding)
            finding.occurrences += 1
            finding.passed += 1
        self.passed.clear()

    def record_violation(self, violation: Violation) -> Finding | None:
        """Count a violation; the first of its signature is shrunk and returned, if new.

        Of those behind it a few are, too, each a finding of its own where it needs other kinds of steps.
        """
        self.spent_on[self.tactic].found += 1
        plan, mark = self.plan, signature(violation)
        finding = first_occurrence(
            violation, mark, plan.subject, run=self.number, seed=plan.seed, tactic=self.tactic
        )
        finding.fixed = plan.fixed
        first = self.found.setdefault(mark.bug, finding)
        if first is finding:
            finding.known = self.known_as(finding)
            if finding.is_new:
                self.keep(finding, violation)
            return finding if finding.is_new else None
        first.occurrences += 1
        is_counted_only = first.occurrences not in SHRUNK_AGAIN
        if not first.is_new or is_counted_only or violation.run_config.scope == "worker":
            return None
        self.keep(finding, violation)
        if not finding.is_new or not finding.needs_others(first):
            return None
        finding.kinds = finding.kinds_of_steps()
        bug = (*mark.bug, *finding.kinds)
        return finding if self.found.setdefault(bug, finding) is finding else None

    def keep(self, finding: Finding, violation: Violation) -> None:
        """Shrink a new finding. The case of all its steps is reported before."""
        engine = self.plan.engine
        set_unshrunk_case(finding, violation, engine)
        self.result.findings = list(self.found.values())
        self.result.doing = (
            f"shrinking {len(violation.steps)} steps that break {finding.signature.property}"
        )
        self.on_progress(None)
        patience_s = min(PATIENCE_S, max(SHRINKING_S - self.shrinking_cpu_s, 0.0))
        with self.shrinking(), WRITE_AHEAD_LOG.doing(f"keep {self.number} {self.tactic}"):
            shrunk = shrink_finding(self.subject, finding, violation, engine, patience_s)
            finding.known = self.known_before(shrunk.violation)
            self.on_progress(None)
            look_closer(self.subject, finding, shrunk.violation, engine)
        if shrunk.stopped:
            self.is_stopped = True
        self.result.doing = ""

    def known_before(self, violation: Violation) -> str:
        """Title of the case of a known bug that its steps meet first, which it is the aftermath of.

        Empty where nothing known comes before it.
        """
        if violation.property in DEADLY:
            return ""
        with GOING_ON.behind(everything):
            first = replay(self.subject, violation.run_config.config, violation.steps, self.scope)
        case = self.known.case_of(signature(first)) if first is not None else None
        return case.title if case is not None else ""

    @contextmanager
    def shrinking(self) -> Iterator[None]:
        """Keep the time that this lasts from counting against the budget of the campaign."""
        began, began_cpu = time.monotonic(), time.process_time()
        try:
            yield
        finally:
            self.shrinking_s += time.monotonic() - began
            self.shrinking_cpu_s += time.process_time() - began_cpu

    def known_as(self, finding: Finding) -> str:
        """Title or file name of the case that shows a bug already; empty where there is none."""
        case = self.known.case_of(finding.signature)
        return case.title if case is not None else case_among(finding, self.plan.seen)


def open_shard(
    plan: Plan,
    on_progress: Callable[[Finding | None], None] = lambda _: None,
) -> Shard:
    """The shard that a plan describes.

    Raises:
        SubjectUnavailable: its subject cannot be had.
        CaseError: its corpus is of a later workerfuzz, or cannot be listed.
    """
    there = corpus.load(Path(plan.corpus)) if plan.corpus else corpus.Corpus()
    subject, known = system(plan.subject, plan.scope), Known()
    if plan.scope != "worker" and plan.known:
        with trial_fixes(plan.subject, plan.fixed) as fixed:
            known = known_bugs(
                cast("ClusterSystem | ProcessSystem", subject), scope=plan.scope, fixed=fixed
            )
    kinds = [kind for kind in SCOPES[plan.scope].kinds if kind.word not in subject.cannot()]
    entries = there.of(plan.subject, plan.scope, kinds)
    shard = Shard(plan, subject, known, on_progress, entries)
    shard.result.unreadable = [*there.problems]
    return shard


@contextmanager
def noting_interruption(shard: Shard) -> Iterator[None]:
    """Note in the shard that Ctrl-C or SIGTERM came; then it is handled as it was before."""
    former = {number: signal.getsignal(number) for number in INTERRUPTIONS}

    def note(number: int, frame: FrameType | None) -> None:
        shard.is_stopped = True
        signal.signal(number, former[signal.Signals(number)])
        signal.raise_signal(number)

    with handling_interruptions(note):
        yield


def planted_in(plan: Plan) -> AbstractContextManager[None]:
    """While this lasts, the mutant of a plan is there; the catalogue is imported for it alone."""
    if not plan.planted:
        return nullcontext()
    from workerfuzz.harness.campaigns.mutants.catalogue import named

    return named(plan.planted).planted()


def fill(shard: Shard) -> ShardResult:
    """Run until the budget is spent, or Ctrl-C; returns what there is by then."""
    plan = shard.plan
    try:
        with (
            planted_in(plan),
            trial_fixes(plan.subject, plan.fixed),
            GOING_ON.behind(shard.remainder),
            noting_interruption(shard),
        ):
            ENGINES[plan.engine](shard)
    except KeyboardInterrupt:
        shard.result.interrupted = True
    except Exception:
        if (
            not shard.is_stopped
        ):  # else it hides a KeyboardInterrupt, as assertions of Hypothesis do
            raise
        shard.result.interrupted = True
    shard.settle(time.monotonic() - shard.began)
    return shard.result
