"""The command that tells afterwards what a night found."""

from pathlib import Path
from typing import Annotated, Final

import typer

from workerfuzz.harness.cli.options import DASK, QuietOption, complain, fix_hash_order, write_output

app = typer.Typer()

#: What the page of a night is called, in its own folder.
PAGE: Final = "report.html"


DirArgument = Annotated[
    Path,
    typer.Argument(
        metavar="DIR",
        help="The folder of `workerfuzz nightly`, of which the last night counts; or one night "
        "of it, nights/NAME.",
    ),
]

HtmlOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write one page, which needs nothing else; where nothing is asked for, it becomes "
        "report.html in the folder of the night. - is standard output.",
    ),
]

MarkdownOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write a summary for a step in CI.")
]

JunitOption = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write JUnit XML, for machines.")
]

AnnotationsOption = Annotated[
    bool, typer.Option("--annotations", help="Print what GitHub shows beside the cases.")
]


@app.command()
def report(  # noqa: PLR0917 - options of a command are never given by position
    folder: DirArgument,
    html: HtmlOption = None,
    markdown: MarkdownOption = None,
    junit: JunitOption = None,
    annotations: AnnotationsOption = False,
    quiet: QuietOption = False,
) -> None:
    """Tell what a night found: the verdict, what is new, known and fixed, and what was not reached."""
    fix_hash_order(DASK)
    from workerfuzz.harness.campaigns.nightly.night_files import select_night
    from workerfuzz.harness.engines.findings.finding import Finding
    from workerfuzz.harness.report.live.progress import track
    from workerfuzz.harness.report.night_report.annotations import annotations as annotation_lines
    from workerfuzz.harness.report.night_report.finding_detail import DetailLoader, draw
    from workerfuzz.harness.report.night_report.junit import junit as xml
    from workerfuzz.harness.report.night_report.markdown import markdown as summary
    from workerfuzz.harness.report.night_report.night_report import Fixed, NightReport
    from workerfuzz.harness.report.night_report.page import page

    night = select_night(folder)
    for problem in night.written.problems:
        complain(problem)
    before = night.before.night if night.before is not None else None
    night_report = NightReport(
        night.written.night, before, night.written.problems, night.folder.path
    )
    if markdown is not None:
        write_output(markdown, summary(night_report), "summary")
    if junit is not None:
        write_output(junit, xml(night_report), "JUnit XML")
    if annotations:
        for line in annotation_lines(night_report):
            typer.echo(line)
    if html is not None or not (markdown or junit or annotations):
        path = html or night.written.path / PAGE
        load = DetailLoader(night.folder.findings, draw).load
        every: list[Finding | Fixed] = [*night_report.findings, *night_report.fixed]
        shown = map(load, track(every, "drawing findings", len(every), quiet=quiet))
        write_output(path, page(night_report, [*shown]), "report")
        if html is None:
            typer.echo(f"{night_report.verdict}: {path}")
