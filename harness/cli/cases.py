"""Commands about cases."""

import enum
import shlex
from pathlib import Path
from typing import Annotated

import typer

from workerfuzz.harness.cli.options import (
    DASK,
    REFERENCE,
    ExitStatus,
    QuietOption,
    SubjectOption,
    complain,
    fix_hash_order,
)

app = typer.Typer()


class Form(enum.StrEnum):
    """What a case can be written as."""

    PYTEST = "pytest"


@app.command()
def replay(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Cases, or folders of cases.")
    ],
    subject: SubjectOption = REFERENCE,
    rewrite: Annotated[
        bool, typer.Option("--rewrite", help="Write what follows now; then read the difference.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Replay cases: is everything still as it is written?"""
    if rewrite:  # here; all else but the reference is replayed elsewhere
        fix_hash_order(subject)
    from workerfuzz.harness.cases.format.reading import case_files
    from workerfuzz.harness.cases.replay.batch import UNREADABLE, Result, replay_files, summary
    from workerfuzz.harness.cases.replay.replay_process import Child
    from workerfuzz.harness.report.live.progress import followed
    from workerfuzz.harness.subjects import get

    system, files = get(subject), [*case_files(paths)]
    done: list[Result] = []
    end = ExitStatus.FINE
    with Child() as child:
        elsewhere = child.replay if subject != REFERENCE else None
        results = replay_files(files, system, rewriting=rewrite, elsewhere=elsewhere)
        try:
            for result in followed(results, "replaying", len(files), quiet=quiet):
                done.append(result)
                for line in result.report:
                    typer.echo(line, err=result.called == UNREADABLE)
        except KeyboardInterrupt:
            complain("interrupted")
            end = ExitStatus.INTERRUPTED
    typer.echo(summary(done))
    raise typer.Exit(max((result.status for result in done), default=0) or end)


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
    from workerfuzz.harness.cases.export.export import export
    from workerfuzz.harness.cases.format.casefile import parse_leniently
    from workerfuzz.harness.cases.format.reading import read, reason
    from workerfuzz.harness.cases.format.saving import write
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
        raise typer.Exit(ExitStatus.BAD_INPUT) from None
    typer.echo(f"written to {out}; run it: python -m pytest {shlex.quote(str(out))}")
