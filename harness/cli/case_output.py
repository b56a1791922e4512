"""Output of the command that shows a case: lanes and tables on the terminal, pictures, pages."""

from pathlib import Path

import typer

from workerfuzz.harness.cases.format.case import Case
from workerfuzz.harness.cases.format.files import case_files, reason
from workerfuzz.harness.cases.swimlanes import step_detail
from workerfuzz.harness.cases.swimlanes.charting import chart_of
from workerfuzz.harness.cli.options import DASK, ExitStatus, complain, fix_hash_order, write_output
from workerfuzz.harness.report.live.progress import track
from workerfuzz.harness.report.swimlanes import terminal
from workerfuzz.harness.report.swimlanes.gallery import INDEX, GalleryPage, command, gallery
from workerfuzz.harness.report.swimlanes.mermaid import mermaid as diagram
from workerfuzz.harness.report.swimlanes.page import page
from workerfuzz.harness.report.swimlanes.svg import picture
from workerfuzz.harness.report.terminal import console
from workerfuzz.harness.subjects.protocol import Subject


def show_lanes(case: Case, subject: Subject, step: int | None, *, diff: bool) -> bool:
    """Print lanes or tables. Returns whether every property held."""
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
    case: Case,
    subject: Subject,
    source: str,
    *,
    svg: Path | None,
    html: Path | None,
    mermaid: Path | None,
) -> None:
    """Each picture that is wanted; what breaks in the case is part of it, and no failure."""
    chart = chart_of(case, subject, tables=html is not None)
    if svg is not None:
        write_output(svg, picture(chart))
    if html is not None:
        assert case.path is not None  # it was read from a file
        write_output(html, page(chart, source, command(case.path, subject.name)))
    if mermaid is not None:
        write_output(mermaid, diagram(chart))


def show_folder(folder: Path, out: Path | None, subject: str | None) -> None:
    """A page for each case, and one that leads to all."""
    if out is None:
        complain(f"{folder}: a folder; --html DIR makes a page of each of its cases")
        raise typer.Exit(ExitStatus.BAD_INPUT)
    fix_hash_order(subject or DASK)
    count = len([*case_files([folder])])
    pages = gallery(folder, out, subject)
    try:
        entries: list[GalleryPage] = [*track(pages, "drawing", count)]
    except OSError as error:
        complain(f"{out}: {reason(error)}; the pages were not written: name another folder")
        raise typer.Exit(ExitStatus.BAD_INPUT) from None
    for entry in entries:
        if entry.problem:
            complain(f"{entry.case} has no picture: {entry.problem}")
    drawn = sum(1 for page in entries if page.page)
    typer.echo(f"{drawn} of {len(entries)} cases drawn: {out / INDEX}")
