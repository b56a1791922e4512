"""Beginning a night, and resuming one that was interrupted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import workerfuzz
from workerfuzz.harness.campaigns.nightly.budget_split import rounds
from workerfuzz.harness.campaigns.nightly.folder import Folder, FolderError, check_format
from workerfuzz.harness.campaigns.nightly.mutant_sample import MutantTester, try_no_mutants
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.night_files import (
    NightSummary,
    Written,
    each_night,
    last_night,
    summaries,
)
from workerfuzz.harness.campaigns.nightly.night_log import NightLog
from workerfuzz.harness.campaigns.nightly.nightly import (
    SILENT,
    CorpusMinimiser,
    Nightly,
    NightObserver,
    ReportWriter,
    keep_all_entries,
    now,
    write_no_report,
)
from workerfuzz.harness.campaigns.nightly.regression_replay import Replayer
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.targets import Target
from workerfuzz.harness.campaigns.shard.executor import Executor
from workerfuzz.harness.cases.format import corpus
from workerfuzz.harness.cases.format.files import reason
from workerfuzz.harness.engines.findings.finding import names_in


@dataclass(frozen=True, slots=True, kw_only=True)
class NightOptions:
    """Options of a night that does not resume another one.

    Attributes:
        targets: each with the version of its subject.
        python: interpreter in whose environment; empty: this one.
        fixed: trial fixes of the subjects that have any.
    """

    seed: int
    budget: Budget
    targets: Mapping[Target, str]
    jobs: int = 1
    python: str = ""
    fixed: tuple[str, ...] = ()

    def night(self, folder: Folder) -> Night:
        """It begins now, or a second after the one that has that name."""
        night = Night(
            self.seed,
            now(),
            self.budget,
            targets=[*self.targets],
            versions={
                "workerfuzz": workerfuzz.__version__,
                **{target.subject: version for target, version in self.targets.items()},
            },
            before=names_in(folder.findings),
            rounds=rounds(self.budget, len(self.targets), self.jobs),
            python=self.python,
            trial_fixes=[*self.fixed],
        )
        while any((folder.nights / night.name).glob("*.json")):
            began = datetime.fromisoformat(night.began) + timedelta(seconds=1)
            night.began = began.isoformat(timespec="seconds")
        return night


@dataclass(slots=True)
class NightStart:
    """A night that is about to run.

    Attributes:
        problems: files of the folder that cannot be read, a line each.
    """

    nightly: Nightly
    problems: list[str] = field(default_factory=list)


def open_night(
    folder: Folder,
    options: NightOptions,
    executor: Executor,
    replayer: Replayer,
    *,
    minimiser: CorpusMinimiser = keep_all_entries,
    mutant_tester: MutantTester = try_no_mutants,
    report_writer: ReportWriter = write_no_report,
    observer: NightObserver = SILENT,
    fixed_replayer: Replayer | None = None,
    resume: bool = False,
) -> NightStart:
    """Open the next night of a folder.

    Args:
        fixed_replayer: replays findings of former nights with the trial fixes of this one.
        resume: go on with the last one, if it was interrupted.

    Raises:
        FolderError: the folder takes nothing, or is of a newer format.
        CaseError: its corpus is.
    """
    resumed = unfinished_night(folder) if resume else None
    night = resumed.night if resumed is not None else options.night(folder)
    log, former, problems = NightLog(folder, night, observer.say), list[NightSummary](), list[str]()

    def others() -> Iterator[tuple[Path, NightSummary]]:
        for path, summary, unreadable in summaries(
            folder, resumed.path if resumed is not None else None
        ):
            problems.extend(unreadable)
            former.append(summary)
            yield path, summary

    try:
        log.load_former(others())
        if resumed is not None:
            problems.extend(resumed.problems)
            log.resume(resumed)
    except OSError as error:
        raise FolderError(f"{folder.path}: {reason(error)}; nothing can be kept there") from None
    nightly = Nightly(
        log,
        executor=executor,
        replayer=replayer,
        minimiser=minimiser,
        mutant_tester=mutant_tester,
        report_writer=report_writer,
        observer=observer,
        fixed_replayer=fixed_replayer,
        jobs=options.jobs,
        former=former,
        resumed=resumed,
    )
    return NightStart(nightly, [*problems, *corpus.load(folder.corpus).problems])


def unfinished_night(folder: Folder) -> Written | None:
    """The last night of a folder, if it was ended before its budget was spent."""
    last = last_night(folder)
    if last is None or not is_unfinished(last):
        return None
    return next(each_night(folder), None)


def is_unfinished(night: Night) -> bool:
    """It was ended before its budget was spent, and can be read."""
    return bool(night.targets) and (night.interrupted or not night.ended)


def python_of_last(path: Path) -> str:
    """Interpreter of the night that would be gone on with in a folder; empty: the one that runs.

    Raises:
        FolderError: the folder is of a newer format.
    """
    check_format(path)
    last = last_night(Folder(path))
    return last.python if last is not None and is_unfinished(last) else ""
