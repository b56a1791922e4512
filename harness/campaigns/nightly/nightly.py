"""A night from its beginning to its end, phase by phase; goes on where one was interrupted."""

import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from workerfuzz.harness.campaigns.nightly.budget_split import MOST_SHARDS, BudgetSplit
from workerfuzz.harness.campaigns.nightly.explored import explored_lines
from workerfuzz.harness.campaigns.nightly.mutant_sample import (
    MutantTester,
    sample_size,
    try_no_mutants,
    try_sample,
)
from workerfuzz.harness.campaigns.nightly.night import Night, Phase
from workerfuzz.harness.campaigns.nightly.night_files import NightSummary, Part, Written
from workerfuzz.harness.campaigns.nightly.night_log import NightLog
from workerfuzz.harness.campaigns.nightly.regression_replay import RegressionReplay, Replayer
from workerfuzz.harness.campaigns.nightly.validity import (
    ShardFailures,
    canaries,
    novelty_line,
    problems_of,
    reasons_invalid,
)
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.executor import Executor, ProgressCallback, ignore_progress
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.replay.replay import Replay
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.engines.shrink.corpus_minimisation import Minimised


class ShowProgress(Protocol):
    """Shows how far a short phase is: the activity, items done, and their number where it is known."""

    def __call__(self, activity: str, done: int, total: int | None, /) -> None: ...


class ShardObserver(Protocol):
    """Follows the shards of a night."""

    def show(self, result: ShardResult, finding: Finding | None = None, /) -> None:
        """Show the result of a shard so far; the finding is new."""


class NightObserver(Protocol):
    """Shows a night while it runs."""

    def say(self, line: str) -> None:
        """Show a line that people may want to read at once."""

    def found(self, finding: Finding) -> None:
        """A new finding is written; called once for each."""

    def short_phase(self) -> AbstractContextManager[ShowProgress]:
        """A short phase begins."""

    def fuzzing(self, budget: Budget) -> AbstractContextManager[ShardObserver]:
        """Shards begin to run, with so much of the budget left."""


class NotMinimised(Exception):
    """A corpus keeps all of its entries; says in a line why."""


class CorpusMinimiser(Protocol):
    """Minimises the entries of one target in a corpus folder; raises NotMinimised."""

    def __call__(self, folder: Path, target: Target, /) -> Minimised: ...


class ReportWriter(Protocol):
    """Writes what people look at into the folder of a night; returns lines about that."""

    def __call__(self, path: Path, /) -> list[str]: ...


class SilentObserver:
    """Shows nothing; a base for observers that show a part."""

    def say(self, line: str) -> None:
        pass

    def found(self, finding: Finding) -> None:
        pass

    def short_phase(self) -> AbstractContextManager[ShowProgress]:
        return nullcontext(show_nothing)

    def fuzzing(self, budget: Budget) -> AbstractContextManager[ShardObserver]:
        return nullcontext(self)

    def show(self, result: ShardResult, finding: Finding | None = None, /) -> None:
        pass


def show_nothing(activity: str, done: int, total: int | None, /) -> None:
    """Discard the progress of a short phase."""


def keep_all_entries(folder: Path, target: Target, /) -> Minimised:
    """Leave a corpus as it is."""
    return Minimised(0, 0, 0)


def write_no_report(path: Path, /) -> list[str]:
    """Write nothing."""
    return []


#: Shows nothing.
SILENT: Final[NightObserver] = SilentObserver()


@dataclass(slots=True)
class Nightly:
    """A night from where it stands to its end, or to Ctrl-C.

    Attributes:
        jobs: number of shards that the executor runs at a time.
        former: summaries of the other nights of the folder, the last first.
        fixed_replayer: replays on subjects that have trial fixes with those of this night; None: it has
            none.
        resumed: the part of this night that was done before; None: it begins now.
        failures: failures of shards themselves.
    """

    log: NightLog
    _: KW_ONLY
    executor: Executor
    replayer: Replayer
    minimiser: CorpusMinimiser = keep_all_entries
    mutant_tester: MutantTester = try_no_mutants
    report_writer: ReportWriter = write_no_report
    observer: NightObserver = SILENT
    fixed_replayer: Replayer | None = None
    jobs: int = 1
    former: list[NightSummary] = field(default_factory=list)
    resumed: Written | None = None
    failures: ShardFailures = field(default_factory=ShardFailures)
    show: ShowProgress = field(default=show_nothing, init=False)
    replayed: int = field(default=0, init=False)

    @property
    def night(self) -> Night:
        return self.log.night

    def run(self) -> Night:
        """All phases, or those until Ctrl-C."""
        self.night.interrupted, self.night.ended = False, ""
        self.log.flush()
        try:
            self.short_phases()
            self.fuzz()
            self.try_mutants()
            with self.during("minimise") as phase:
                self.minimise(phase)
        except KeyboardInterrupt:
            self.night.interrupted = True
        with self.during("report") as phase:
            phase.lines = [novelty_line(self.night, self.former)]
            phase.red = [*reasons_invalid(self.night, self.former)]
        self.log.finish(now())
        self.write_reports()
        return self.night

    def try_mutants(self) -> None:
        """Try a sample of generated mutants; a night that is too short for any has no such phase."""
        count = sample_size(self.night, self.jobs)
        if count and self.mutant_tester is not try_no_mutants:
            with self.during("mutants") as phase:
                try_sample(phase, self.night, count, self.mutant_tester)

    def write_reports(self) -> None:
        """The night is over and written; it can be read in other ways, too."""
        phase, began = self.night.phase("report"), time.monotonic()
        try:
            lines = self.report_writer(self.log.path)
        except KeyboardInterrupt:
            lines = ["interrupted as it was written; workerfuzz report writes it"]
        for line in lines:
            self.observer.say(f"report: {line}")
        phase.lines += lines
        phase.seconds += time.monotonic() - began
        if lines:
            self.log.flush()

    @contextmanager
    def during(self, name: str) -> Iterator[Phase]:
        """A short phase, which is done from its beginning whenever a night goes on."""
        phase = self.night.phase(name)
        phase.lines, phase.red = [], []
        began = time.monotonic()
        try:
            with self.observer.short_phase() as self.show:
                self.show(name, 0, None)
                yield phase
        finally:
            phase.seconds = time.monotonic() - began
            for line in phase.lines:
                self.observer.say(f"{name}: {line}")
            for line in phase.red:
                self.observer.say(f"{name}: RED: {line}")
            self.log.flush()

    def budget_split(self) -> BudgetSplit:
        """Return the shards that remain to be run, continuing a resumed night."""
        spent_s = sum(phase.seconds for phase in self.night.phases if phase.name == "fuzz")
        folder = self.log.folder
        split = BudgetSplit(
            self.night, self.jobs, spent_s, str(folder.corpus), str(folder.explored)
        )
        if self.resumed is not None:
            split.results, split.parts = self.resumed.results, self.resumed.parts
        return split

    def short_phases(self) -> None:
        """Run the phases before fuzzing: canary, replay of cases, replay of known bugs."""
        with self.during("canary") as phase:
            self.canary(phase)
        tonight = RegressionReplay(self.night, self.replay, self.replay_with_fixes)
        with self.during("replay") as phase:
            tonight.cases(phase)
            tonight.findings(phase, self.log.folder.findings, self.fixed_before())
        with self.during("known") as phase:
            tonight.known(phase)
        self.night.fixed = tonight.fixed

    def fixed_before(self) -> frozenset[str]:
        """Findings that did not break any more in the last night that replayed them."""
        return frozenset(
            next((summary.fixed for summary in self.former if summary.fixed is not None), ())
        )

    def replay(self, path: Path, subject: str) -> Replay:
        """Replays a file, and shows which one."""
        self.show_replay(path, subject)
        return self.replayer(path, subject)

    def replay_with_fixes(self, path: Path, subject: str) -> Replay:
        """Replay a finding as it was found: with the trial fixes of this night, if it has any."""
        if self.fixed_replayer is None or not self.night.fixes_of(subject):
            return self.replay(path, subject)
        self.show_replay(path, subject)
        return self.fixed_replayer(path, subject)

    def show_replay(self, path: Path, subject: str) -> None:
        self.replayed += 1
        self.show(f"replaying on {subject}: {path.stem[:40]}", self.replayed, None)

    def canary(self, phase: Phase) -> None:
        """Planted bugs are found by what is going to fuzz, and nothing where none is planted."""
        planted = canaries(self.night.targets)
        last = self.night.seed * MOST_SHARDS + MOST_SHARDS - 1
        done = self.executor([canary.plan(last) for canary in planted], ignore_progress)
        if was_interrupted(done):
            raise KeyboardInterrupt
        for canary, result in zip(planted, done, strict=True):
            phase.red += [*canary.failures(result), *problems_of(result)]
            if not canary.planted:
                for finding in result.new:
                    self.log.write_case(None, finding)
        if not phase.red:
            names = ", ".join(canary.planted for canary in planted if canary.planted)
            phase.lines = [f"found {names}; nothing else"]

    def minimise(self, phase: Phase) -> None:
        """Minimise the corpus: the entries of each target by themselves."""
        for target in self.night.targets:
            if target.explores:
                continue
            try:
                done = self.minimiser(self.log.folder.corpus, target)
            except NotMinimised as error:
                phase.red.append(f"{target}: the corpus keeps all entries: {error}")
            else:
                phase.lines += [f"{target}: {done}"] if done.before else []

    def fuzz(self) -> None:
        """Shards, until the budget is spent."""
        phase = self.night.phase("fuzz")
        split = self.budget_split()
        begun: list[Part] = []
        with self.observer.fuzzing(split.left()) as observer:
            progress = self.progress_callback(split, begun, observer)
            done = self.executor(self.plans(split, begun), progress)
        phase.seconds = split.seconds()
        self.log.flush()
        count = len(self.night.new)
        phase.lines = [f"{count} new, {len(self.night.findings) - count} known"]
        phase.lines += explored_lines(self.night)
        if self.night.trial_fixes:
            phase.lines.append(f"with the trial fixes {', '.join(self.night.trial_fixes)}")
        phase.red = [*([f"{count} new"] if count else []), *self.failures.lines()]
        if was_interrupted(done):
            raise KeyboardInterrupt

    def plans(self, split: BudgetSplit, begun: list[Part]) -> Iterator[Plan]:
        """Yield the plans of the shards; each knows the bugs that have a case by then."""
        for part, plan in split.plans():
            if all(self.failures.is_given_up(target.system) for target in self.night.targets):
                return
            if self.failures.is_given_up((plan.subject, plan.scope)):
                continue
            begun.append(part)
            yield replace(
                plan,
                seen=self.log.seen_on(plan.subject, plan.scope),
                fixed=self.night.fixes_of(plan.subject),
            )

    def progress_callback(
        self, split: BudgetSplit, begun: list[Part], observer: ShardObserver
    ) -> ProgressCallback:
        """Return the progress callback of the shards; it logs each result and shows it."""
        phase = self.night.phase("fuzz")
        for result in self.log.results.values():
            observer.show(result)

        def on_progress(index: int, result: ShardResult, finding: Finding | None) -> None:
            phase.seconds = split.seconds()
            self.failures.record(index, result)
            self.night.versions.setdefault(result.plan.subject, result.version)
            new = self.log.record(begun[index], result)
            for one in new:
                self.observer.found(one)
                observer.show(result, one)
            if not new:
                observer.show(result)

        return on_progress


def was_interrupted(results: Iterable[ShardResult]) -> bool:
    """Somebody asked for the end; a shard that fell over was not asked."""
    return any(result.interrupted and not result.faults for result in results)


def now() -> str:
    """Date and time, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
