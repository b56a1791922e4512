"""The command that shows a case: in the terminal, as a picture, as a page."""

from pathlib import Path
from typing import Annotated

import typer

from workerfuzz.harness.cli.options import (
    ExitStatus,
    FixedOption,
    fix_hash_order,
    subject_names,
)

app = typer.Typer()

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
    fixed: FixedOption = None,
) -> None:
    """Show what happens in a case: who says what to whom, states, and what breaks."""
    from workerfuzz.harness.cli.case_output import show_folder, show_lanes, write_pictures

    if case.is_dir():
        show_folder(case, html, subject)
        return
    from workerfuzz.harness.cases.format.casefile import parse_leniently
    from workerfuzz.harness.cases.format.files import read
    from workerfuzz.harness.report.terminal import show_case
    from workerfuzz.harness.subjects import get, trial_fixes

    source = read(case)
    read_case = parse_leniently(source, case)
    name = subject or read_case.subjects[0]
    fix_hash_order(name)
    system = get(name)
    with trial_fixes(name, fixed or ()):
        if svg or html or mermaid:
            write_pictures(read_case, system, source, svg=svg, html=html, mermaid=mermaid)
            return
        held = (
            show_case(read_case, system) if text else show_lanes(read_case, system, step, diff=diff)
        )
    raise typer.Exit(ExitStatus.FINE if held else ExitStatus.BROKEN)
