"""A night from its beginning to its end, phase by phase; goes on where one was interrupted."""

import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from workerfuzz.harness.campaigns.nightly import novelty
from workerfuzz.harness.campaigns.nightly.budget_split import MOST_SHARDS, BudgetSplit
from workerfuzz.harness.campaigns.nightly.canary import canaries
from workerfuzz.harness.campaigns.nightly.corpus_minimisation import (
    CorpusMinimiser,
    minimise_all,
    minimise_here,
)
from workerfuzz.harness.campaigns.nightly.failures import ShardFailures, problems_of
from workerfuzz.harness.campaigns.nightly.night import Night, Phase
from workerfuzz.harness.campaigns.nightly.night_files import NightSummary, Part, Written
from workerfuzz.harness.campaigns.nightly.night_log import NightLog
from workerfuzz.harness.campaigns.nightly.regression_replay import RegressionReplay, Replayer
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.plan import Plan
from workerfuzz.harness.campaigns.shard.executor import Executor, ProgressCallback, ignore_progress
from workerfuzz.harness.campaigns.shard.result import ShardResult
from workerfuzz.harness.cases.replay.replay import Replay
from workerfuzz.harness.engines.findings.finding import Finding


class ShowProgress(Protocol):
    """Shows how far a short phase is: the activity, items done, and their number where it is known."""

    def __call__(self, activity: str, done: int, total: int | None, /) -> None: ...


class ShardObserver(Protocol):
    """Follows the shards of a night."""

    def tell(self, result: ShardResult, finding: Finding | None = None, /) -> None:
        """A shard has come so far; the finding is new."""


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

    def tell(self, result: ShardResult, finding: Finding | None = None, /) -> None:
        pass


def show_nothing(activity: str, done: int, total: int | None, /) -> None:
    """Discard the progress of a short phase."""


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
        resumed: the part of this night that was done before; None: it begins now.
        failures: failures of shards themselves.
    """

    diary: NightLog
    _: KW_ONLY
    executor: Executor
    replayer: Replayer
    minimiser: CorpusMinimiser = minimise_here
    report_writer: ReportWriter = write_no_report
    observer: NightObserver = SILENT
    jobs: int = 1
    former: list[NightSummary] = field(default_factory=list)
    resumed: Written | None = None
    failures: ShardFailures = field(default_factory=ShardFailures)
    show: ShowProgress = field(default=show_nothing, init=False)
    replayed: int = field(default=0, init=False)

    @property
    def night(self) -> Night:
        return self.diary.night

    def run(self) -> Night:
        """All phases, or those until Ctrl-C."""
        self.night.interrupted, self.night.ended = False, ""
        self.diary.flush()
        try:
            self.short_phases()
            self.fuzz()
            with self.during("minimise") as phase:
                minimise_all(phase, self.diary.folder.corpus, self.night.targets, self.minimiser)
        except KeyboardInterrupt:
            self.night.interrupted = True
        with self.during("report") as phase:
            phase.told = [novelty.told(self.night, self.former)]
            phase.red = [*novelty.wrong(self.night, self.former)]
        self.diary.finish(now())
        self.write_reports()
        return self.night

    def write_reports(self) -> None:
        """The night is over and written; it can be read in other ways, too."""
        phase, began = self.night.phase("report"), time.monotonic()
        try:
            lines = self.report_writer(self.diary.path)
        except KeyboardInterrupt:
            lines = ["interrupted as it was written; workerfuzz report writes it"]
        for line in lines:
            self.observer.say(f"report: {line}")
        phase.told += lines
        phase.seconds += time.monotonic() - began
        if lines:
            self.diary.flush()

    @contextmanager
    def during(self, name: str) -> Iterator[Phase]:
        """A short phase, which is done from its beginning whenever a night goes on."""
        phase = self.night.phase(name)
        phase.told, phase.red = [], []
        began = time.monotonic()
        try:
            with self.observer.short_phase() as self.show:
                self.show(name, 0, None)
                yield phase
        finally:
            phase.seconds = time.monotonic() - began
            for line in phase.told:
                self.observer.say(f"{name}: {line}")
            for line in phase.red:
                self.observer.say(f"{name}: RED: {line}")
            self.diary.flush()

    def sharing(self) -> BudgetSplit:
        """Return the shards that remain to be run, continuing a resumed night."""
        spent_s = sum(phase.seconds for phase in self.night.phases if phase.name == "fuzz")
        sharing = BudgetSplit(self.night, self.jobs, spent_s, str(self.diary.folder.corpus))
        if self.resumed is not None:
            sharing.results, sharing.parts = self.resumed.results, self.resumed.parts
        return sharing

    def short_phases(self) -> None:
        """Run the phases before fuzzing: canary, replay of cases, replay of known bugs."""
        with self.during("canary") as phase:
            self.canary(phase)
        tonight = RegressionReplay(self.night, self.replay)
        with self.during("replay") as phase:
            tonight.cases(phase)
            tonight.findings(phase, self.diary.folder.findings, self.fixed_before())
        with self.during("known") as phase:
            tonight.known(phase)
        self.night.fixed = tonight.fixed

    def fixed_before(self) -> frozenset[str]:
        """Findings that did not break any more in the last night that replayed them."""
        return frozenset(next((it.fixed for it in self.former if it.fixed is not None), ()))

    def replay(self, path: Path, subject: str) -> Replay:
        """Replays a file, and shows which one."""
        self.replayed += 1
        self.show(f"replaying on {subject}: {path.stem[:40]}", self.replayed, None)
        return self.replayer(path, subject)

    def canary(self, phase: Phase) -> None:
        """Planted bugs are found by what is going to fuzz, and nothing where none is planted."""
        its = canaries(self.night.targets)
        last = self.night.seed * MOST_SHARDS + MOST_SHARDS - 1
        done = self.executor([one.plan(last) for one in its], ignore_progress)
        if was_interrupted(done):
            raise KeyboardInterrupt
        for one, result in zip(its, done, strict=True):
            phase.red += [*one.wrong(result), *problems_of(result)]
        if not phase.red:
            phase.told = [
                f"found {', '.join(it.planted for it in its if it.planted)}; nothing else"
            ]

    def fuzz(self) -> None:
        """Shards, until the budget is spent."""
        phase = self.night.phase("fuzz")
        sharing = self.sharing()
        begun: list[Part] = []
        with self.observer.fuzzing(sharing.left()) as watcher:
            progress = self.progress_callback(sharing, begun, watcher)
            done = self.executor(self.plans(sharing, begun), progress)
        phase.seconds = sharing.seconds()
        self.diary.flush()
        count = len(self.night.new)
        phase.told = [f"{count} new, {len(self.night.findings) - count} known"]
        phase.red = [*([f"{count} new"] if count else []), *self.failures.lines()]
        if was_interrupted(done):
            raise KeyboardInterrupt

    def plans(self, sharing: BudgetSplit, begun: list[Part]) -> Iterator[Plan]:
        """Yield the plans of the shards; each knows the bugs that have a case by then."""
        for part, plan in sharing.plans():
            if self.failures.with_all(self.night.targets):
                return
            if self.failures.too_much(plan):
                continue
            begun.append(part)
            yield replace(plan, seen=self.diary.has_seen(plan.subject, plan.scope))

    def progress_callback(
        self, sharing: BudgetSplit, begun: list[Part], watcher: ShardObserver
    ) -> ProgressCallback:
        """Return the progress callback of the shards; it logs each result and shows it."""
        phase = self.night.phase("fuzz")
        for result in self.diary.results.values():
            watcher.tell(result)

        def report_progress(place: int, result: ShardResult, finding: Finding | None) -> None:
            phase.seconds = sharing.seconds()
            self.failures.note(place, result)
            self.night.versions.setdefault(result.plan.subject, result.version)
            fresh = self.diary.note(begun[place], result)
            for one in fresh:
                self.observer.found(one)
                watcher.tell(result, one)
            if not fresh:
                watcher.tell(result)

        return report_progress


def was_interrupted(results: Iterable[ShardResult]) -> bool:
    """Somebody asked for the end; a shard that fell over was not asked."""
    return any(result.interrupted and not result.faults for result in results)


def now() -> str:
    """Date and time, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
