"""Commands about cases."""

import enum
import shlex
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from workerfuzz.harness.cli.options import (
    DASK,
    ExitStatus,
    FixedOption,
    QuietOption,
    complain,
    fix_hash_order,
    subject_names,
)

app = typer.Typer()

FullStackOption = Annotated[
    bool,
    typer.Option(
        "--full-stack", help="Replay cases of clusters on whole processes of Dask instead."
    ),
]


class Form(enum.StrEnum):
    """Form in which a case is exported."""

    PYTEST = "pytest"
    SCRIPT = "script"


@app.command()
def replay(  # noqa: PLR0917 - options of a command are never given by position
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Cases, or folders of cases.")
    ],
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The only system; else each that a case names and that is installed.",
            autocompletion=subject_names,
        ),
    ] = None,
    rewrite: Annotated[
        bool, typer.Option("--rewrite", help="Write what follows now; then read the difference.")
    ] = False,
    pdb: Annotated[
        bool, typer.Option("--pdb", help="Debug the exception of a subject, where it was raised.")
    ] = False,
    full_stack: FullStackOption = False,
    fixed: FixedOption = None,
    quiet: QuietOption = False,
) -> None:
    """Replay cases: is everything still as it is written?"""
    if full_stack:
        others = {"--subject": subject, "--rewrite": rewrite, "--pdb": pdb, "--fixed": fixed}
        replay_on_processes(paths, others)
        return
    from workerfuzz.harness.cases.format.files import case_files
    from workerfuzz.harness.cases.replay import batch
    from workerfuzz.harness.cases.replay.batch import BatchReplay, Result, subjects_of, summary
    from workerfuzz.harness.cases.replay.replay_process import Child
    from workerfuzz.harness.report.live.progress import track
    from workerfuzz.harness.subjects import check_trial_fixes, get

    system, files = None if subject is None else get(subject), [*case_files(paths)]
    subjects = [subject] if subject is not None else [*subjects_of(files)]
    for name in subjects if rewrite or pdb else ():
        fix_hash_order(name)  # else a subject that is not embedded has a process of its own
    check_trial_fixes(subjects, fixed or ())  # before anything is replayed
    done, end = list[Result](), ExitStatus.FINE
    with Child(fixed=fixed or ()) as child:
        replayer = BatchReplay(
            subject=system,
            rewriting=rewrite,
            elsewhere=None if pdb else child.replay,
            on_violation=batch.debug_exception if pdb else None,
            fixed=fixed or (),
        )
        try:
            tracked = track(files, "replaying", len(files), quiet=quiet or pdb)
            for result in chain.from_iterable(map(replayer.results, tracked)):
                done.append(result)
                print_lines(result.report, err=result.is_unreadable)
        except KeyboardInterrupt:
            complain("interrupted")
            end = ExitStatus.INTERRUPTED
    typer.echo(summary(done))
    if end is ExitStatus.FINE and (why := replayer.why_nothing(done)) is not None:
        complain(f"nothing was replayed: {why}")
        end = ExitStatus.BAD_INPUT
    raise typer.Exit(max((result.status for result in done), default=0) or end)


def replay_on_processes(paths: Sequence[Path], options: Mapping[str, object]) -> None:
    """Tell what each case of a cluster shows where nothing of Dask is replaced but the network.

    Args:
        paths: cases, or folders of cases.
        options: other options by name, none of which can be given beside.
    """
    if given := [name for name, value in options.items() if value]:
        raise typer.BadParameter(f"{' and '.join(given)}: not together with --full-stack")
    from workerfuzz.harness.cases.format.case import ScopeName
    from workerfuzz.harness.cases.format.casefile import load
    from workerfuzz.harness.cases.format.files import case_files
    from workerfuzz.harness.cases.replay.full_stack import StackOutcome, replay_at_full_stack
    from workerfuzz.harness.subjects import get

    counts = dict.fromkeys(StackOutcome, 0)
    version = get(DASK).version()
    for case in map(load, case_files(paths)):
        if case.scope is ScopeName.CLUSTER and case.tells_of(DASK, version):
            done = replay_at_full_stack(case, DASK)
            counts[done.shown] += 1
            text = f": {done.told}" if done.told else ""
            typer.echo(f"{case.place} {done.shown}{text}")
    if not any(counts.values()):
        complain(f"nothing was replayed: no case is about clusters of {DASK} {version}")
        raise typer.Exit(ExitStatus.BAD_INPUT)
    typer.echo(", ".join(f"{count} {shown}" for shown, count in counts.items() if count))


def print_lines(lines: Sequence[str], *, err: bool) -> None:
    """Print the report of one replay; on standard error that of a file that is no case."""
    for line in lines:
        typer.echo(line, err=err)


@app.command()
def export(
    case: Annotated[
        Path,
        typer.Argument(metavar="CASE", help="The case to write as a test, or a folder of cases."),
    ],
    form: Annotated[
        Form,
        typer.Option(
            "--as",
            help="pytest: a test in the idiom of distributed's own, tried on real clusters. "
            "script: a file that plays a case of a cluster step by step, without a network.",
        ),
    ] = Form.PYTEST,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where it is written, a folder for a folder; else it is printed."
        ),
    ] = None,
) -> None:
    """Write a case as a test that needs distributed alone."""
    fix_hash_order(DASK)
    from workerfuzz.harness.cases.export.export import export, export_script
    from workerfuzz.harness.cases.format.casefile import parse_leniently
    from workerfuzz.harness.cases.format.files import read
    from workerfuzz.harness.subjects import get

    if case.is_dir():
        if out is None:
            complain("--out: expected a folder for the tests of a folder")
            raise typer.Exit(ExitStatus.BAD_INPUT)
        export_folder(case, form, out)
        return
    parsed = parse_leniently(read(case), case)
    text = (
        export(parsed, get(DASK)).text if form is Form.PYTEST else export_script(parsed, get(DASK))
    )
    if out is None:
        typer.echo(text, nl=False)
        return
    write_test(out, text)
    typer.echo(f"written to {out}; run it: python -m pytest {shlex.quote(str(out))}")


def export_folder(folder: Path, form: Form, out: Path) -> None:
    """Write a test of each case of a folder, and say of each which form it took, or why it took none."""
    from workerfuzz.harness.cases.export.suite import export_suite, test_name
    from workerfuzz.harness.cases.format.files import reason
    from workerfuzz.harness.subjects import get

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        complain(f"{out}: {reason(error)}; nothing was written")
        raise typer.Exit(ExitStatus.BAD_INPUT) from None
    written = total = 0
    for path, test in export_suite(folder, get(DASK), as_script=form is Form.SCRIPT):
        total += 1
        if test.text:
            written += 1
            write_test(out / test_name(path), test.text)
        typer.echo(f"{path.stem}: {test.result}")
    typer.echo(
        f"{written} of {total} written to {out}; run them: python -m pytest {shlex.quote(str(out))}"
    )


def write_test(out: Path, text: str) -> None:
    """Write a test; print it where that is not possible, and exit."""
    from workerfuzz.harness.cases.format.files import reason, write

    try:
        write(out, text)
    except OSError as error:
        typer.echo(text, nl=False)
        complain(f"{out}: {reason(error)}; the test was not written")
        raise typer.Exit(ExitStatus.BAD_INPUT) from None
