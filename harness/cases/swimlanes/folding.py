"""The choice of rows and lanes of a chart that are shown: enough to understand it, and no more."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from workerfuzz.harness.cases.swimlanes.chart import Arrow, Chart, ChartRow, Lane, LaneRole

#: Steps that say no more than what arrives in them.
SILENT: Final = frozenset({"deliver", "serve", "receive"})

#: Details that Dask's messages have, and that their names say already.
REDUNDANT: Final = re.compile(r" status=(OK|error)\b")

#: Of what happens at rest, so many rows at either end are shown.
EITHER_END: Final = 12


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows that are left out."""

    rows: int


def shown_rows(chart: Chart, last: int | None = None) -> list[ChartRow | Fold]:
    """The steps; and what happened at rest, if something broke there.

    Args:
        last: show no more rows than so many, up to the one that broke something.
    """
    first = [row for row in chart.rows if not row.at_rest and (row.number or sends(chart, row))]
    rested = [row for row in chart.rows if row.at_rest and matters(chart, row)]
    broke_there = chart.breach is not None and chart.rows[chart.breach.row].at_rest
    rows: list[ChartRow | Fold] = [*first, *(shortened(rested) if broke_there else ())]
    if last is not None and len(rows) > last:
        rows = [Fold(len(rows) - last), *rows[-last:]]
    return rows


def sends(chart: Chart, row: ChartRow) -> bool:
    return any(chart.sent_in(row.number))


def matters(chart: Chart, row: ChartRow) -> bool:
    """Something came of it."""
    number = row.number
    is_breach = chart.breach is not None and chart.breach.row == number
    moved = bool(row.changes) or any(chart.ended_in(number)) or sends(chart, row)
    return is_breach or moved or any(number in (span.since, span.until) for span in chart.spans)


def shortened(rows: Sequence[ChartRow]) -> Iterator[ChartRow | Fold]:
    """Without the middle, where there are many."""
    left_out = len(rows) - 2 * EITHER_END
    if left_out <= 1:
        yield from rows
        return
    yield from rows[:EITHER_END]
    yield Fold(left_out)
    yield from rows[-EITHER_END:]


def shown_lanes(chart: Chart, rows: Sequence[ChartRow | Fold]) -> list[Lane]:
    """Those of the scheduler and of workers; others where something reaches or leaves them."""
    numbers = {row.number for row in rows if isinstance(row, ChartRow)}
    used = {row.lane for row in rows if isinstance(row, ChartRow)}
    for arrow in chart.arrows:
        if arrow.sent in numbers or arrow.ended in numbers:
            used |= {arrow.sender, arrow.receiver}
    always = {LaneRole.SCHEDULER, LaneRole.WORKER}
    return [lane for lane in chart.lanes if lane.role in always or lane.name in used]


def is_silent(row: ChartRow, arrived: Sequence[Arrow]) -> bool:
    """Return whether the messages that arrive say all there is to say of a row."""
    word = row.step.split()[0]
    return bool(arrived) and (word in SILENT or label_of(row) in [arrow.words for arrow in arrived])


def brief(arrow: Arrow) -> str:
    """Return its text without redundant details, and without sender and receiver."""
    ends = {arrow.sender, arrow.receiver}
    generator = (REDUNDANT.sub("", say).split() for say in arrow.says)
    return "; ".join(" ".join(word for word in words if word not in ends) for words in generator)


def label_of(row: ChartRow) -> str:
    """Return the step of a row without the name of its lane."""
    word, *others = row.step.split()
    if row.lane in others:
        others.remove(row.lane)
    return " ".join((word, *others))
