"""The command ``workerfuzz``. Commands import what they need when they run: help comes at once."""

import enum
import io
import os
import re
import shlex
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


class Status(enum.IntEnum):
    """Exit statuses."""

    FINE = 0  # nothing new found; all as written
    BROKEN = 1  # a property was broken, or a case differs
    BAD_INPUT = 2  # the input or the command is wrong
    FAULT = 3  # the harness could not do its work
    INTERRUPTED = 130  # Ctrl-C, and nothing wrong until then


class Engine(enum.StrEnum):
    """Who chooses the next step."""

    HYPOTHESIS = "hypothesis"
    WALK = "walk"


class Scope(enum.StrEnum):
    """How much of a cluster is fuzzed."""

    WORKER = "worker"
    CLUSTER = "cluster"


class Profile(enum.StrEnum):
    """How long and how thoroughly."""

    QUICK = "quick"
    DEEP = "deep"


class Form(enum.StrEnum):
    """What a case can be written as."""

    PYTEST = "pytest"


REFERENCE: Final = "reference"
DASK: Final = "dask"


def show_version(wanted: bool) -> None:
    if wanted:
        from workerfuzz import __version__

        typer.echo(f"workerfuzz {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """Fuzz the worker state machine of a task scheduler, and replay what was found."""


SubjectOption = Annotated[
    str, typer.Option("--subject", metavar="NAME", help="Which system; see `workerfuzz subjects`.")
]


EngineOption = Annotated[Engine, typer.Option(help="Who chooses the steps.")]


def duration(value: str) -> float:
    """``20s``, ``5m``, ``1h`` or a number of seconds."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smh]?)", value)
    seconds = float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]] if match else 0.0
    if seconds <= 0:
        raise typer.BadParameter(f'expected a time like 20s, 5m or 1h, found "{value}"')
    return seconds


@app.command()
def run(  # noqa: PLR0917 - options of a command are never given by position
    subject: SubjectOption = REFERENCE,
    scope: Annotated[Scope, typer.Option(help="What is fuzzed.")] = Scope.WORKER,
    engine: EngineOption = Engine.HYPOTHESIS,
    for_s: Annotated[
        float | None,
        typer.Option("--for", parser=duration, metavar="TIME", help="How long: 20s, 5m, 1h."),
    ] = None,
    runs: Annotated[int | None, typer.Option(min=1, metavar="N", help="How many runs.")] = None,
    seed: Annotated[int | None, typer.Option(metavar="S", help="Repeats the same runs.")] = None,
    profile: Annotated[Profile, typer.Option(help="How thoroughly.")] = Profile.QUICK,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=8, metavar="N", help="Workers of a cluster; else 1 to 4."),
    ] = None,
    no_known: Annotated[
        bool, typer.Option("--no-known", help="Treat known bugs as new; in a cluster.")
    ] = False,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where cases of what is found are written.")
    ] = Path("regressions"),
) -> None:
    """Fuzz: let everything happen that can happen, and keep what breaks as a case."""
    fix_hash_order(subject)
    from workerfuzz.harness.campaigns.fuzz import Budget, fuzz
    from workerfuzz.harness.report.terminal import campaign_lines
    from workerfuzz.harness.subjects import fuzzed_alone

    if seed is None:
        seed = int.from_bytes(os.urandom(4))
    if scope is Scope.CLUSTER:
        run_clusters(subject, Budget(for_s, runs, profile), seed, workers, no_known, out)
        return
    system, budget = fuzzed_alone(subject), Budget(for_s, runs, profile)
    typer.echo(f"fuzzing {subject} {system.version()}, {budget}; Ctrl-C ends it with what there is")
    campaign = fuzz(system, engine, seed, budget)
    typer.echo("\n".join(campaign_lines(campaign)))
    finding = campaign.keep(out)
    if finding is not None:
        typer.echo("\n" + "\n".join(finding.report()))
        raise typer.Exit(Status.BROKEN)
    if campaign.interrupted:
        raise typer.Exit(Status.INTERRUPTED)
    if profile is Profile.DEEP and any(campaign.coverage.unreached()):
        complain("this many runs should have reached all there is")
        raise typer.Exit(Status.BROKEN)


def run_clusters(  # noqa: PLR0917 - the options of a command
    subject: str, budget: Any, seed: int, workers: int | None, no_known: bool, out: Path
) -> None:
    """Fuzz whole clusters, and keep each bug that is not known as a case."""
    from workerfuzz.harness.campaigns.hunt import Hunt
    from workerfuzz.harness.cases.known_bugs import known_bugs
    from workerfuzz.harness.report.hunted import hunt_lines
    from workerfuzz.harness.subjects import get_cluster

    system = get_cluster(subject)
    known = {} if no_known else known_bugs(system)
    typer.echo(
        f"fuzzing clusters of {subject} {system.version()}, {budget}, seed {seed}; "
        "Ctrl-C ends it with what there is"
    )
    hunt = Hunt(system, seed, budget, workers, known, out).go()
    for line in hunt_lines(hunt):
        typer.echo(line)
    if hunt.new():
        raise typer.Exit(Status.BROKEN)
    if hunt.interrupted:
        raise typer.Exit(Status.INTERRUPTED)


@app.command()
def replay(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Cases, or folders of cases.")
    ],
    subject: SubjectOption = REFERENCE,
    rewrite: Annotated[
        bool, typer.Option("--rewrite", help="Write what follows now; then read the difference.")
    ] = False,
) -> None:
    """Replay cases: is everything still as it is written?"""
    fix_hash_order(subject)
    from workerfuzz.harness.cases.batch import UNREADABLE, Result, replay_files, summary
    from workerfuzz.harness.subjects import get

    done: list[Result] = []
    end = Status.FINE
    try:
        for result in replay_files(paths, get(subject), rewriting=rewrite):
            done.append(result)
            for line in result.report:
                typer.echo(line, err=result.called == UNREADABLE)
    except KeyboardInterrupt:
        complain("interrupted")
        end = Status.INTERRUPTED
    typer.echo(summary(done))
    raise typer.Exit(max((result.status for result in done), default=0) or end)


@app.command()
def show(
    case: Annotated[Path, typer.Argument(metavar="CASE", help="The case to play.")],
    subject: SubjectOption = REFERENCE,
) -> None:
    """Show what happens in a case, step by step: states, instructions, properties."""
    fix_hash_order(subject)
    from workerfuzz.harness.cases.casefile import parse_leniently
    from workerfuzz.harness.cases.reading import read
    from workerfuzz.harness.report.terminal import show_case
    from workerfuzz.harness.subjects import get

    held = show_case(parse_leniently(read(case), case), get(subject))
    raise typer.Exit(Status.FINE if held else Status.BROKEN)


@app.command()
def export(
    case: Annotated[Path, typer.Argument(metavar="CASE", help="The case to write as a test.")],
    form: Annotated[Form, typer.Option("--as", help="What is written.")] = Form.PYTEST,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where it is written; else it is printed.")
    ] = None,
) -> None:
    """Write a case as a test that needs distributed alone."""
    fix_hash_order(DASK)
    from workerfuzz.harness.cases.casefile import parse_leniently
    from workerfuzz.harness.cases.export import export
    from workerfuzz.harness.cases.reading import read, reason
    from workerfuzz.harness.cases.save import write
    from workerfuzz.harness.subjects import get

    text = export(parse_leniently(read(case), case), get(DASK))
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        write(out, text)
    except OSError as error:
        typer.echo(text, nl=False)
        complain(f"{out}: {reason(error)}; the test was not written")
        raise typer.Exit(Status.BAD_INPUT) from None
    typer.echo(f"written to {out}; run it: python -m pytest {shlex.quote(str(out))}")


@app.command()
def mutants(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME...]", help="All, unless some are named.")
    ] = None,
    engine: EngineOption = Engine.WALK,
    seed: Annotated[int, typer.Option(metavar="S", help="Repeats the same runs.")] = 0,
    scope: Annotated[Scope, typer.Option(help="Where they are looked for.")] = Scope.WORKER,
) -> None:
    """Plant known bugs in the reference, one at a time: which property catches each?"""
    from workerfuzz.harness.campaigns.mutants.measure import Measured, measure_all
    from workerfuzz.harness.report.terminal import mutant_line, score

    done: list[Measured] = []

    def tell(measured: Measured) -> None:
        done.append(measured)
        typer.echo(mutant_line(measured))

    try:
        measure_all(names or (), engine, tell, seed=seed, scope=scope)
    except ValueError as error:  # no such mutant
        raise typer.BadParameter(str(error)) from None
    finally:
        if done:
            typer.echo(score(done))
    raise typer.Exit(Status.FINE if all(one.is_right for one in done) else Status.BROKEN)


@app.command()
def subjects() -> None:
    """List the systems that can be fuzzed, with their versions."""
    from workerfuzz.harness.report.terminal import show_pairs
    from workerfuzz.harness.subjects import names

    show_pairs((name, version_of(name)) for name in names())


@app.command()
def properties() -> None:
    """List what is checked, by name and in words."""
    from workerfuzz.harness.cases import known
    from workerfuzz.harness.report.terminal import show_properties

    show_properties(known.properties().values())


def version_of(name: str) -> str:
    """Release of a subject, or why there is none here."""
    from workerfuzz.harness.subjects import get
    from workerfuzz.harness.subjects.protocol import SubjectUnavailable

    try:
        return get(name).version()
    except SubjectUnavailable as error:
        return str(error)


def fix_hash_order(subject: str) -> None:
    """Starts this command again with a fixed order of sets, which subjects of other people have."""
    if subject != REFERENCE and not os.environ.get("PYTHONHASHSEED", "").isdecimal():
        sys.stdout.flush()
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves


def complain(what: str) -> None:
    typer.echo(f"workerfuzz: {what}", err=True)


def status_of(error: Exception) -> Status:
    """Says what went wrong in one line; whose fault it is makes the status."""
    from workerfuzz.harness.cases.case import CaseError
    from workerfuzz.harness.subjects.protocol import SubjectUnavailable

    if isinstance(error, (CaseError, SubjectUnavailable)):
        complain(str(error))
        return Status.BAD_INPUT
    frame = traceback.extract_tb(error.__traceback__)[-1]
    notes = "".join(f", {note}" for note in getattr(error, "__notes__", ()))
    complain(
        f"the harness failed{notes}: {type(error).__name__}: {error} "
        f"({Path(frame.filename).name}:{frame.lineno}; WORKERFUZZ_TRACEBACK=1 shows more)"
    )
    if os.environ.get("WORKERFUZZ_TRACEBACK"):
        traceback.print_exception(error)
    return Status.FAULT


def run_command(arguments: Sequence[str]) -> int:
    """Runs a command and returns its exit status."""
    try:
        return int(app(arguments or ["--help"], prog_name="workerfuzz", standalone_mode=False) or 0)
    except (KeyboardInterrupt, typer.Abort):
        complain("interrupted")
        return Status.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - whatever it is, people see one line
        if hasattr(error, "format_message"):  # the command itself is wrong
            complain(error.format_message())
            return Status.BAD_INPUT
        return status_of(error)


def main() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
