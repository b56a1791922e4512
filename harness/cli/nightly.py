"""Commands about campaigns of a whole night, and the folder in which they leave what they found."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from workerfuzz.harness.cli.execution import Where, clustered, cores, processes
from workerfuzz.harness.cli.night_report import PAGE, write_reports
from workerfuzz.harness.cli.options import (
    REFERENCE,
    ClusterOption,
    CpuOption,
    ExitStatus,
    ForOption,
    PythonOption,
    QuietOption,
    RunsOption,
    Scope,
    complain,
    fresh_seed,
    subject_names,
)

app = typer.Typer()

#: How long a night is, unless somebody says otherwise.
NIGHT_S: Final = 8 * 3600.0

#: Where everything is kept, unless somebody says otherwise.
FOLDER: Final = Path("workerfuzz-nights")

#: Seeds are below this, so that each shard of each night has a seed of its own.
MOST_SEEDS: Final = 1 << 32

#: Phases that replay what is written: where it differs, a case differs.
CASES: Final = ("replay", "known")

SubjectsOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Which system, more than once for several; else all.",
        autocompletion=subject_names,
    ),
]


@app.command()
def nightly(  # noqa: PLR0917 - options of a command are never given by position
    folder: Annotated[
        Path, typer.Option("--dir", metavar="DIR", help="Where all that is found is kept.")
    ] = FOLDER,
    for_s: ForOption = None,
    cpu_s: CpuOption = None,
    runs: RunsOption = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=MOST_SEEDS - 1, metavar="S", help="Else a fresh one each night."),
    ] = None,
    subject: SubjectsOption = None,
    scope: Annotated[Scope | None, typer.Option(help="What is fuzzed; else both.")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Processes at a time; else one a core.")
    ] = None,
    cluster: ClusterOption = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the last night, if it was interrupted.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where cases of what is new are written as well."),
    ] = None,
    python: PythonOption = None,
    quiet: QuietOption = False,
) -> None:
    """Fuzz everything for a whole night, and tell in the morning what was found."""
    from workerfuzz.harness.campaigns.nightly.resume import NightOptions, python_of_last
    from workerfuzz.harness.campaigns.plan.budget import Budget

    elsewhere = python or (python_of_last(folder) if resume else "")
    path, wanted = where_and_what(elsewhere, subject or [], scope.value if scope else None)
    with carrier(Where(jobs, path or None, None, cluster)) as (carry, at_a_time):
        orders = NightOptions(
            seed=fresh_seed() if seed is None else seed,
            budget=Budget(NIGHT_S if for_s is cpu_s is runs else for_s, cpu_s, runs),
            targets=wanted,
            jobs=at_a_time,
            python=path,
        )
        begin(folder, orders, carry, resume=resume, out=out, quiet=quiet)


def begin(
    folder: Path, orders: Any, carry: Any, *, resume: bool, out: Path | None, quiet: bool
) -> None:
    """A night of the folder, or the rest of one."""
    from workerfuzz.harness.campaigns.nightly.folder import opened
    from workerfuzz.harness.campaigns.nightly.resume import open_night

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


def where_and_what(python: str, subjects: list[str], scope: str | None) -> tuple[str, Any]:
    """Return the interpreter, empty for this one, and the targets.

    Raises:
        CannotCarry: the interpreter cannot be used.
        SubjectUnavailable: a subject is not installed.
    """
    from workerfuzz.harness.campaigns.executors.available_targets import targets_there
    from workerfuzz.harness.campaigns.executors.interpreter import interpreter
    from workerfuzz.harness.campaigns.plan.targets import targets
    from workerfuzz.harness.subjects import OWN, declaration

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

    def found(self, finding: Any) -> None:
        copy_case(finding, self.out)

    def short_phase(self) -> Any:
        from workerfuzz.harness.report.live.progress import showing

        return showing(quiet=self.quiet)

    def fuzzing(self, budget: Any) -> Any:
        from workerfuzz.harness.report.live.live import watching

        return watching(budget, quiet=self.quiet)


def sit(night: Any) -> None:
    """Run a night, or the rest of one, and end with its exit status. Without its page it is red."""
    from workerfuzz.harness.report.night_summary import first_lines, last_lines

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


def copy_case(met: Any, out: Path | None) -> None:
    """Save the case of a new finding in that folder as well."""
    from msgspec.structs import replace

    from workerfuzz.harness.engines.findings.finding_files import save
    from workerfuzz.harness.engines.findings.finding_writer import today

    if out is not None:
        problem = save(replace(met), out, today())
        if problem:
            complain(problem)


def status_of_night(night: Any) -> ExitStatus:
    """Return the exit status of a night: findings come before faults, faults before interruption."""
    if night.new or any(phase.red for phase in night.phases if phase.name in CASES):
        return ExitStatus.BROKEN
    if night.red:
        return ExitStatus.FAULT
    return ExitStatus.INTERRUPTED if night.interrupted else ExitStatus.FINE


@contextmanager
def carrier(where: Where) -> Iterator[tuple[Any, int]]:
    """Return the executor, of processes or of a cluster, and the number of shards at a time."""
    if where.cluster is not None:
        with clustered(where, REFERENCE) as its:
            yield its
    else:
        jobs = where.jobs or cores()
        yield processes(where, jobs, where.python or sys.executable), jobs


def minimising(python: str) -> Any:
    """Return the minimiser of the corpus."""
    from workerfuzz.harness.campaigns.executors.corpus_minimiser import minimise_apart

    return minimise_apart(python or sys.executable)


def day(value: str) -> str:
    """``2026-11-25``."""
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise typer.BadParameter(f'expected a day like 2026-11-25, found "{value}"') from None


@app.command()
def triage(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder of `workerfuzz nightly`.")
    ],
    since: Annotated[
        str | None,
        typer.Option(
            parser=day,
            metavar="DAY",
            help="New is what was first seen on that day or later; else by the last night.",
        ),
    ] = None,
) -> None:
    """List every bug that nights found: new, known or fixed, how often, since when; the worst first."""
    from workerfuzz.harness.campaigns.nightly.folder import existing
    from workerfuzz.harness.campaigns.nightly.night_files import each_night
    from workerfuzz.harness.campaigns.nightly.triage import triage as triaged
    from workerfuzz.harness.report.triage import triage_lines

    its, count = existing(folder), 0

    def nights() -> Iterator[Any]:
        nonlocal count
        for written in each_night(its):
            count += 1
            for problem in written.problems:
                complain(problem)
            yield written

    bugs = triaged(its, nights(), since or "")
    for line in triage_lines(bugs, count, folder):
        typer.echo(line)


@contextmanager
def replaying(python: str) -> Iterator[Any]:
    """Replays files in a process of its own, which may die of it."""
    from workerfuzz.harness.cases.replay.replay_process import Child

    with Child(python=python or sys.executable) as child:
        yield child.replay
