"""The command that shows a case: in the terminal, as a picture, as a page."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from workerfuzz.harness.cli.options import (
    DASK,
    ExitStatus,
    complain,
    fix_hash_order,
    subject_names,
)

app = typer.Typer()

#: Instead of a file: standard output.
STDOUT: Final = Path("-")

SvgOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write a picture; - is standard output.")
]
HtmlOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write a page to step through; a folder for a folder."),
]
MermaidOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write a Mermaid diagram, for Markdown.")
]


@app.command()
def show(  # noqa: PLR0917 - options of a command are never given by position
    case: Annotated[
        Path, typer.Argument(metavar="CASE", help="The case to play; with --html, or a folder.")
    ],
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="On which system; else the first it is about.",
            autocompletion=subject_names,
        ),
    ] = None,
    text: Annotated[
        bool, typer.Option("--text", help="Step by step, in words: states and instructions.")
    ] = False,
    step: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Every table after step N.")
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="What each step, or step N, changed in the tables.")
    ] = False,
    svg: SvgOption = None,
    html: HtmlOption = None,
    mermaid: MermaidOption = None,
) -> None:
    """Show what happens in a case: who says what to whom, states, and what breaks."""
    if case.is_dir():
        show_folder(case, html, subject)
        return
    from workerfuzz.harness.cases.format.casefile import parse_leniently
    from workerfuzz.harness.cases.format.reading import read
    from workerfuzz.harness.report.terminal import show_case
    from workerfuzz.harness.subjects import get

    source = read(case)
    read_case = parse_leniently(source, case)
    name = subject or read_case.subjects[0]
    fix_hash_order(name)
    system = get(name)
    if svg or html or mermaid:
        write_pictures(read_case, system, source, svg=svg, html=html, mermaid=mermaid)
        return
    held = show_case(read_case, system) if text else show_lanes(read_case, system, step, diff=diff)
    raise typer.Exit(ExitStatus.FINE if held else ExitStatus.BROKEN)


def show_lanes(case: Any, subject: Any, step: int | None, *, diff: bool) -> bool:
    """Prints lanes or tables. Returns whether every property held."""
    from workerfuzz.harness.cases.swimlanes import step_detail
    from workerfuzz.harness.cases.swimlanes.charting import chart_of
    from workerfuzz.harness.report.swimlanes import terminal
    from workerfuzz.harness.report.terminal import console

    chart = chart_of(case, subject, tables=diff or step is not None)
    screen = console()
    if step is not None and step >= len(chart.rows):
        complain(f"{case.place}: there is no step {step}; the last one is {len(chart.rows) - 1}")
        raise typer.Exit(ExitStatus.BAD_INPUT)
    if step is not None:
        row = chart.rows[step]
        lines = step_detail.changed_by(chart, row) if diff else step_detail.of_row(chart, row)
        terminal.print_lines(lines, screen)
    elif diff:
        terminal.print_lines(step_detail.changes(chart), screen)
    else:
        terminal.show(chart, screen)
    return chart.breach is None


def write_pictures(
    case: Any,
    subject: Any,
    source: str,
    *,
    svg: Path | None,
    html: Path | None,
    mermaid: Path | None,
) -> None:
    """Each picture that is wanted; what breaks in the case is part of it, and no failure."""
    from workerfuzz.harness.cases.swimlanes.charting import chart_of
    from workerfuzz.harness.report.swimlanes.gallery import command
    from workerfuzz.harness.report.swimlanes.mermaid import mermaid as diagram
    from workerfuzz.harness.report.swimlanes.page import page
    from workerfuzz.harness.report.swimlanes.svg import picture

    chart = chart_of(case, subject, tables=html is not None)
    if svg is not None:
        put(svg, picture(chart))
    if html is not None:
        put(html, page(chart, source, command(case.path, subject.name)))
    if mermaid is not None:
        put(mermaid, diagram(chart))


def show_folder(folder: Path, out: Path | None, subject: str | None) -> None:
    """A page for each case, and one that leads to all."""
    if out is None:
        complain(f"{folder}: a folder; --html DIR makes a page of each of its cases")
        raise typer.Exit(ExitStatus.BAD_INPUT)
    fix_hash_order(subject or DASK)
    from workerfuzz.harness.cases.format.reading import case_files, reason
    from workerfuzz.harness.report.live.progress import followed
    from workerfuzz.harness.report.swimlanes.gallery import INDEX, GalleryPage, gallery

    count = len([*case_files([folder])])
    pages = gallery(folder, out, subject)
    try:
        entries: list[GalleryPage] = [*followed(pages, "drawing", count)]
    except OSError as error:
        complain(f"{out}: {reason(error)}; the pages were not written: name another folder")
        raise typer.Exit(ExitStatus.BAD_INPUT) from None
    for it in entries:
        if it.problem:
            complain(f"{it.case} has no picture: {it.problem}")
    drawn = sum(1 for it in entries if it.page)
    typer.echo(f"{drawn} of {len(entries)} cases drawn: {out / INDEX}")


def put(path: Path, content: str, what: str = "picture") -> None:
    """Writes a file, or standard output."""
    from workerfuzz.harness.cases.format.reading import reason
    from workerfuzz.harness.cases.format.saving import write

    if path == STDOUT:
        typer.echo(content, nl=False)
        return
    try:
        write(path, content)
    except OSError as error:
        complain(f"{path}: {reason(error)}; the {what} was not written: name another file")
        raise typer.Exit(ExitStatus.BAD_INPUT) from None
