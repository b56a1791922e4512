"""A chart in words: what stands around the lanes; and all of it, where there is no room for them."""

from collections.abc import Iterator
from typing import Final

from workerfuzz.harness.cases.swimlanes.chart import (
    NOTHING,
    Arrow,
    Chart,
    ChartRow,
    Delivery,
    KeyEvent,
    story,
)
from workerfuzz.harness.cases.swimlanes.folding import Fold, shown_rows
from workerfuzz.harness.cases.swimlanes.text_drawing import PLAIN, Drawn

#: Keys whose story is told, of those in question.
STORIES: Final = 2

#: Columns for what happened, before what it did to the key.
WIDEST_STEP: Final = 40


def heading(chart: Chart) -> Iterator[Drawn]:
    """Yield the title, the system and the notes."""
    yield [(chart.title, "title")]
    yield [(chart.about, "dim")]
    for note in chart.notes:
        yield [(note, "known" if note.startswith("known") else "dim")]


def verdict(chart: Chart) -> Iterator[Drawn]:
    """Yield the property that broke and its counterexample, or that every one holds."""
    breach = chart.breach
    if breach is None:
        yield [("every property holds, after each step and at rest", "held")]
        return
    row = chart.rows[breach.row]
    where = "at rest" if row.at_rest else f"in step {row.number}"
    yield [(f"✗ {where}: {breach.property or 'impossible'}", "broken")]
    yield [(f"  {breach.sentence}", PLAIN)]
    for line in breach.counterexample.splitlines():
        yield [(f"  {line}", "counterexample")]


def stories(chart: Chart) -> Iterator[Drawn]:
    """Yield the history of the keys in question."""
    for key in chart.breach.keys[:STORIES] if chart.breach else ():
        yield []
        yield [("the story of ", "title"), (key, "title asked")]
        told = [*story(chart, key)]
        width = min(max(len(entry.row.step) for entry in told), WIDEST_STEP) if told else 0
        for entry in told:
            yield story_line(chart, entry, width)


def story_line(chart: Chart, entry: KeyEvent, width: int) -> Drawn:
    row = entry.row
    lost = [f"lost: {arrow.words}" for arrow in entry.arrived if arrow.fate is Delivery.LOST]
    text = "; ".join((*entry.changes, *lost))
    broke = chart.breach is not None and chart.breach.row == row.number
    line = [
        (f"{row.number:>3}  ", "broken" if broke else "number"),
        (f"{row.step:<{width}}", "step"),
    ]
    return [*line, (f"  {text}", PLAIN)] if text else line


def listed(chart: Chart, last: int | None = None) -> Iterator[Drawn]:
    """Row by row: what happened, what arrived and since when, what was sent, and the states."""
    for row in shown_rows(chart, last):
        if isinstance(row, Fold):
            yield [(f"  ⋮ {row.rows} more", "dim")]
        else:
            yield from listed_row(chart, row)
    for arrow in chart.under_way(chart.rows[-1].number):
        yield [(f"under way: {sent_to(arrow)}, since {arrow.sent}", str(arrow.kind))]


def listed_row(chart: Chart, row: ChartRow) -> Iterator[Drawn]:
    broke = chart.breach is not None and chart.breach.row == row.number
    for remark in row.remarks:
        yield [(f"    {remark}", "remark")]
    rest = "at rest: " if row.at_rest else ""
    yield [(f"{row.number:>3} ", "broken" if broke else "number"), (f"{rest}{row.step}", "step")]
    for arrow in chart.ended_in(row.number):
        since = f", since {arrow.sent}" if arrow.sent != row.number else ""
        if arrow.fate is Delivery.LOST:
            yield [(f"    ✗ lost: {sent_to(arrow)}{since}", "lost")]
        else:
            yield [(f"    {sent_to(arrow)}{since}", str(arrow.kind))]
    for change in row.changes:
        lane = chart.lane(change.lane).label
        yield [
            (f"    {lane} {change.key}: {change.before or NOTHING} -> ", PLAIN),
            (change.after or NOTHING, f"state:{change.after or 'forgotten'}"),
        ]
    if broke and chart.breach is not None:
        yield [(f"    ✗ {chart.breach.property or 'impossible'}", "broken")]


def sent_to(arrow: Arrow) -> str:
    return f"{arrow.sender}->{arrow.receiver}: {arrow.words}"
