"""The command that shows a case: its lanes in the terminal, its tables, or its transcript."""

from pathlib import Path
from typing import Annotated, Any

import typer

from workerfuzz.harness.cli.options import Status, complain, fix_hash_order

app = typer.Typer()


@app.command()
def show(
    case: Annotated[Path, typer.Argument(metavar="CASE", help="The case to play.")],
    subject: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="On which system; else the first it is about."),
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
) -> None:
    """Show what happens in a case: who says what to whom, states, and what breaks."""
    from workerfuzz.harness.cases.casefile import parse_leniently
    from workerfuzz.harness.cases.reading import read
    from workerfuzz.harness.report.terminal import show_case
    from workerfuzz.harness.subjects import get

    read_case = parse_leniently(read(case), case)
    name = subject or read_case.subjects[0]
    fix_hash_order(name)
    system = get(name)
    held = show_case(read_case, system) if text else show_lanes(read_case, system, step, diff=diff)
    raise typer.Exit(Status.FINE if held else Status.BROKEN)


def show_lanes(case: Any, subject: Any, step: int | None, *, diff: bool) -> bool:
    """Prints lanes or tables. Returns whether every property held."""
    from workerfuzz.harness.cases.lanes import closely
    from workerfuzz.harness.cases.lanes.play import chart_of
    from workerfuzz.harness.report.lanes import terminal
    from workerfuzz.harness.report.terminal import console

    chart = chart_of(case, subject, tables=diff or step is not None)
    screen = console()
    if step is not None and step >= len(chart.rows):
        complain(f"{case.place}: there is no step {step}; the last one is {len(chart.rows) - 1}")
        raise typer.Exit(Status.BAD_INPUT)
    if step is not None:
        row = chart.rows[step]
        lines = closely.changed_by(chart, row) if diff else closely.of_row(chart, row)
        terminal.print_lines(lines, screen)
    elif diff:
        terminal.print_lines(closely.changes(chart), screen)
    else:
        terminal.show(chart, screen)
    return chart.breach is None
