"""A case as one HTML file that needs nothing else: steps forward and back, messages, keys to follow."""

from collections.abc import Iterator, Sequence
from typing import Final

from workerfuzz.harness.cases.swimlanes.chart import Chart, ChartRow, StateChange
from workerfuzz.harness.cases.swimlanes.folding import Fold, shown_rows
from workerfuzz.harness.cases.swimlanes.step_detail import differing, label
from workerfuzz.harness.cases.swimlanes.text_drawing import Drawn
from workerfuzz.harness.report.swimlanes.palette import FAMILIES
from workerfuzz.harness.report.swimlanes.svg import (
    SMALL,
    legend,
    live_fragments,
    style_sheet,
    width_of,
)
from workerfuzz.harness.report.templating import render, resource

#: Width in px of the picture at the most: the details of a step fit beside it in a window of 1280 px.
MOST_WIDTH: Final = 860

#: Width in px of the legend; it stands among the details.
LEGEND_WIDTH: Final = 330

#: Lines of tables that a step changed, at the most; a page stays small.
MOST_CHANGES: Final = 60


def page(chart: Chart, text: str = "", command: str = "") -> str:
    """The whole page.

    Args:
        chart: with tables, if what steps change in them is to be shown.
        text: the case as it is written.
        command: what replays it.
    """
    width = min(width_of(chart), MOST_WIDTH)
    return render(
        "case.html.jinja",
        chart=chart,
        breach=chart.breach,
        broken_row=chart.rows[chart.breach.row] if chart.breach else None,
        wide=live_fragments(chart, width, name="wide"),
        small=live_fragments(chart, SMALL, name="small"),
        width=int(width),
        style=style_sheet() + resource("case.css"),
        script=resource("case.js"),
        data=data_of(chart),
        legend=legend(chart, LEGEND_WIDTH),
        text=text,
        command=command,
    )


def data_of(chart: Chart) -> dict[str, object]:
    """Return the data for the script of the page, in types that JSON can represent."""
    shown = [row for row in shown_rows(chart) if not isinstance(row, Fold)]
    return {
        "lanes": [[lane.name, lane.label] for lane in chart.lanes],
        "rows": [*rows_data(chart, shown)],
        "arrows": [
            [
                arrow.kind,
                arrow.sender,
                arrow.receiver,
                arrow.words,
                arrow.keys,
                arrow.sent,
                arrow.ended,
                arrow.fate,
            ]
            for arrow in chart.arrows
        ],
        "keys": chart.keys,
        "asked": chart.breach.keys if chart.breach else (),
        "breach": chart.breach.row if chart.breach else None,
        "broken": broken_lines(chart),
        "steps": chart.steps,
        "families": {state: name for name, states in FAMILIES.items() for state in sorted(states)},
    }


def broken_lines(chart: Chart) -> list[str]:
    """Property, sentence and counterexample of what broke."""
    breach = chart.breach
    if breach is None:
        return []
    return [breach.property or "impossible", breach.sentence, breach.counterexample]


def rows_data(chart: Chart, shown: Sequence[ChartRow]) -> Iterator[dict[str, object]]:
    """The rows that are shown, each with what changed in those before it that are not."""
    after = 0
    for row in shown:
        hidden = [change for before in chart.rows[after : row.number] for change in before.changes]
        after = row.number + 1
        yield row_data(chart, row, hidden)


def row_data(chart: Chart, row: ChartRow, hidden: Sequence[StateChange]) -> dict[str, object]:
    """One row: what it changed, in states and in tables."""
    return {
        "n": row.number,
        "step": row.step,
        "lane": row.lane,
        "keys": row.keys,
        "rest": row.at_rest,
        "hidden": [(change.lane, change.key, change.before, change.after) for change in hidden],
        "changed": [
            (change.lane, change.key, change.before, change.after) for change in row.changes
        ],
        "tables": tables_changed(chart, row)[:MOST_CHANGES],
    }


def tables_changed(chart: Chart, row: ChartRow) -> list[tuple[str, str]]:
    """Lines, each with its class: ``party``, ``out`` or ``in``."""
    before = chart.rows[row.number - 1].tables if row.number else {}
    found: list[tuple[str, str]] = []
    for participant in {**before, **row.tables}:
        was, tables = before.get(participant, {}), row.tables.get(participant, {})
        for table in {**was, **tables}:
            lines: list[Drawn] = [*differing(table, was, tables)]
            if lines:
                found.append(("party", f"{label(chart, participant)}: {table}"))
                found += [(line[0][1], line[0][0].strip()) for line in lines]
    return found
