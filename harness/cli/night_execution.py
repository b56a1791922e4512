"""Execution of a night of a command: its executor, its observer on the terminal, its exit status."""

import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import typer
from msgspec.structs import replace

from workerfuzz.harness.campaigns.executors.available_targets import targets_there
from workerfuzz.harness.campaigns.executors.corpus_minimiser import minimise_apart
from workerfuzz.harness.campaigns.executors.interpreter import interpreter
from workerfuzz.harness.campaigns.nightly.corpus_minimisation import CorpusMinimiser
from workerfuzz.harness.campaigns.nightly.folder import opened
from workerfuzz.harness.campaigns.nightly.night import Night
from workerfuzz.harness.campaigns.nightly.nightly import Nightly, ShardObserver, ShowProgress
from workerfuzz.harness.campaigns.nightly.regression_replay import Replayer
from workerfuzz.harness.campaigns.nightly.resume import NightOptions, open_night
from workerfuzz.harness.campaigns.plan.budget import Budget
from workerfuzz.harness.campaigns.plan.targets import Target, targets
from workerfuzz.harness.campaigns.shard.executor import Executor
from workerfuzz.harness.cases.replay.replay_process import Child
from workerfuzz.harness.cli.execution import Where, clustered, cores, processes
from workerfuzz.harness.cli.night_report import PAGE, write_reports
from workerfuzz.harness.cli.options import REFERENCE, ExitStatus, complain
from workerfuzz.harness.engines.findings.finding import Finding
from workerfuzz.harness.engines.findings.finding_files import save
from workerfuzz.harness.engines.findings.finding_writer import today
from workerfuzz.harness.report.live.live import watching
from workerfuzz.harness.report.live.progress import showing
from workerfuzz.harness.report.night_summary import first_lines, last_lines
from workerfuzz.harness.subjects import OWN, declaration

#: Phases that replay what is written: where it differs, a case differs.
CASES: Final = ("replay", "known")


def begin(
    folder: Path,
    orders: NightOptions,
    carry: Executor,
    *,
    resume: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """A night of the folder, or the rest of one."""
    with opened(folder) as its, replaying(orders.python) as replay:
        opening = open_night(
            its,
            orders,
            carry,
            replay,
            minimiser=minimising(orders.python),
            report_writer=lambda night: write_reports(night, orders.python),
            observer=TerminalObserver(out, quiet),
            resume=resume,
        )
        for problem in opening.problems:
            complain(problem)
        sit(opening.nightly)


def where_and_what(
    python: str, subjects: list[str], scope: str | None
) -> tuple[str, Mapping[Target, str]]:
    """Return the interpreter, empty for this one, and the targets.

    Raises:
        CannotCarry: the interpreter cannot be used.
        SubjectUnavailable: a subject is not installed.
    """
    if not python:
        return "", targets(subjects, scope)
    demanding = [it for it in subjects or OWN if declaration(it).requires]
    path = interpreter(python, (demanding or subjects)[0])
    return path, targets_there(path, subjects, scope)


@dataclass(frozen=True, slots=True)
class TerminalObserver:
    """Shows a night on the terminal.

    Attributes:
        out: folder where cases of new findings are written as well.
    """

    out: Path | None
    quiet: bool

    def say(self, line: str) -> None:
        typer.echo(line)

    def found(self, finding: Finding) -> None:
        copy_case(finding, self.out)

    def short_phase(self) -> AbstractContextManager[ShowProgress]:
        return showing(quiet=self.quiet)

    def fuzzing(self, budget: Budget) -> AbstractContextManager[ShardObserver]:
        return watching(budget, quiet=self.quiet)


def sit(night: Nightly) -> None:
    """Run a night, or the rest of one, and end with its exit status. Without its page it is red."""
    for line in first_lines(night.night, night.sharing(), resumed=night.resumed is not None):
        typer.echo(line)
    done = night.run()
    if not (night.diary.path / PAGE).is_file() and not done.interrupted:
        folder = shlex.quote(str(night.diary.folder.path))
        missing = f"the page was not written; `workerfuzz report {folder}` writes it"
        done.phase("report").red.append(missing)
        night.diary.flush()
    for line in last_lines(done, night.diary.folder.path):
        typer.echo(line)
    raise typer.Exit(status_of_night(done))


def copy_case(met: Finding, out: Path | None) -> None:
    """Save the case of a new finding in that folder as well."""
    if out is not None:
        problem = save(replace(met), out, today())
        if problem:
            complain(problem)


def status_of_night(night: Night) -> ExitStatus:
    """Return the exit status of a night: findings come before faults, faults before interruption."""
    if night.new or any(phase.red for phase in night.phases if phase.name in CASES):
        return ExitStatus.BROKEN
    if night.red:
        return ExitStatus.FAULT
    return ExitStatus.INTERRUPTED if night.interrupted else ExitStatus.FINE


@contextmanager
def carrier(where: Where) -> Iterator[tuple[Executor, int]]:
    """Return the executor, of processes or of a cluster, and the number of shards at a time."""
    if where.cluster is not None:
        with clustered(where, REFERENCE) as its:
            yield its
    else:
        jobs = where.jobs or cores()
        yield processes(where, jobs, where.python or sys.executable), jobs


def minimising(python: str) -> CorpusMinimiser:
    """Return the minimiser of the corpus."""
    return minimise_apart(python or sys.executable)


@contextmanager
def replaying(python: str) -> Iterator[Replayer]:
    """Replay files in a process of its own, which may die of it."""
    with Child(python=python or sys.executable) as child:
        yield child.replay
