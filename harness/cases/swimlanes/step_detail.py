"""One step looked at closely: every table after it, and what it changed in them."""

from collections.abc import Iterator, Mapping

from workerfuzz.harness.cases.swimlanes.chart import Chart, ChartRow
from workerfuzz.harness.cases.swimlanes.text_drawing import PLAIN, Drawn
from workerfuzz.harness.subjects.tables import Tables


def of_row(chart: Chart, row: ChartRow) -> Iterator[Drawn]:
    """Every table after a row, participant by participant."""
    yield [(f"after {named(chart, row)}", "title")]
    for participant, tables in row.tables.items():
        yield [(label(chart, participant), "party")]
        for table, lines in tables.items():
            yield from in_lines(table, lines)


def in_lines(table: str, lines: Mapping[str, str]) -> Iterator[Drawn]:
    """A table; in one line, if it has a single value."""
    if list(lines) == [""]:
        yield [(f"  {table}: ", "table"), (lines[""], PLAIN)]
        return
    yield [(f"  {table}", "table")]
    for about, text in lines.items():
        yield [(f"    {about}: {text}" if text else f"    {about}", PLAIN)]


def changes(chart: Chart) -> Iterator[Drawn]:
    """Yield the changes of each row in the tables."""
    for row in chart.rows[1:]:
        yield from changed_by(chart, row)


def changed_by(chart: Chart, row: ChartRow) -> Iterator[Drawn]:
    """Yield the changes of one row in the tables: lines removed, and lines added."""
    yield [(named(chart, row), "title")]
    before = chart.rows[row.number - 1].tables if row.number else {}
    nothing = True
    for participant in {**before, **row.tables}:
        was, tables = before.get(participant, {}), row.tables.get(participant, {})
        for table in {**was, **tables}:
            lines = [*differing(table, was, tables)]
            if lines:
                nothing = False
                yield [(f"  {label(chart, participant)} ", "party"), (table, "table")]
                yield from lines
    if nothing:
        yield [("  nothing", "dim")]


def differing(table: str, was: Tables, tables: Tables) -> Iterator[Drawn]:
    before, after = was.get(table, {}), tables.get(table, {})
    for about in {**before, **after}:
        if before.get(about) != after.get(about):
            head = f"{about}: " if about else ""
            if about in before:
                yield [(f"    - {head}{before[about]}", "out")]
            if about in after:
                yield [(f"    + {head}{after[about]}", "in")]


def named(chart: Chart, row: ChartRow) -> str:
    """``step 3 of 12: deliver c0->scheduler``."""
    if row.number == 0:
        return row.step
    if row.at_rest:
        return f"{row.number}, at rest: {row.step}"
    return f"step {row.number} of {chart.steps}: {row.step}"


def label(chart: Chart, participant: str) -> str:
    return next((lane.label for lane in chart.lanes if lane.name == participant), participant)
