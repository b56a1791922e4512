"""A chart as a Mermaid sequence diagram, for pages that draw those: issues, pull requests, wikis."""

import re
from collections.abc import Iterator
from typing import Final

from workerfuzz.harness.cases.swimlanes.chart import (
    Arrow,
    ArrowKind,
    Chart,
    ChartRow,
    Delivery,
    SpanKind,
)
from workerfuzz.harness.cases.swimlanes.folding import (
    Fold,
    brief,
    is_silent,
    label_of,
    shown_lanes,
    shown_rows,
)

#: How each kind of arrow is written.
LINES: Final = {
    ArrowKind.MESSAGE: "->>", ArrowKind.CALL: "->>", ArrowKind.REQUEST: "-->>", ArrowKind.DATA: "-->>",
}  # fmt: skip


def mermaid(chart: Chart) -> str:
    """The whole diagram. An arrow stands where it arrives, and says in which step it was sent."""
    return "\n".join(Diagram(chart).lines()) + "\n"


class Diagram:
    """Lines of one diagram. Lanes are called p0, p1, ...: their own names may be words of Mermaid."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.rows = shown_rows(chart)
        self.lanes = shown_lanes(chart, self.rows)
        self.ids = {lane.name: f"p{number}" for number, lane in enumerate(self.lanes)}
        self.all = ",".join(dict.fromkeys((self.ids[self.lanes[0].name], f"p{len(self.ids) - 1}")))

    def lines(self) -> Iterator[str]:
        yield "sequenceDiagram"
        yield f"    accTitle: {escaped(self.chart.title)}"
        for lane in self.lanes:
            yield f"    participant {self.ids[lane.name]} as {escaped(lane.label)}"
        rests = False
        for row in self.rows:
            if isinstance(row, Fold):
                yield self.note(f"{row.rows} more")
                continue
            if row.at_rest and not rests:
                rests = True
                yield self.note("at rest: what is outstanding ends")
            yield from self.row(row)
        for arrow in self.chart.under_way(self.chart.rows[-1].number):
            yield self.note(f"under way: {arrow.sender} to {arrow.receiver}: {brief(arrow)}")

    def note(self, words: str) -> str:
        return f"    Note over {self.all}: {escaped(words)}"

    def row(self, row: ChartRow) -> Iterator[str]:
        ended = [arrow for arrow in self.chart.ended_in(row.number) if self.shows(arrow)]
        arrived = [arrow for arrow in ended if arrow.fate is Delivery.ARRIVED]
        place = self.ids.get(row.lane)
        if not is_silent(row, arrived) and place is not None:
            yield f"    Note over {place}: {row.number} {escaped(label_of(row))}"
        for arrow in ended:
            yield self.arrow(arrow)
        yield from self.threads(row)
        by_lane: dict[str, list[str]] = {}
        for change in row.changes:
            if change.lane in self.ids:
                cells = by_lane.setdefault(change.lane, [])
                cells.append(f"{change.key} {change.after or '-'}")
        for lane, cells in by_lane.items():
            yield f"    Note right of {self.ids[lane]}: {escaped(', '.join(cells))}"
        breach = self.chart.breach
        if breach is not None and breach.row == row.number:
            what = breach.property or f"{row.step} is impossible"
            text = " ".join(breach.counterexample.split())
            yield "    rect rgb(255, 221, 217)"
            yield self.note(f"✗ {row.number} {what}: {text}")
            yield "    end"

    def shows(self, arrow: Arrow) -> bool:
        return arrow.sender in self.ids and arrow.receiver in self.ids

    def arrow(self, arrow: Arrow) -> str:
        lost = arrow.fate is Delivery.LOST
        line = "-x" if lost else LINES[arrow.kind]
        since = f" (sent in {arrow.sent})" if arrow.sent != arrow.ended else ""
        text = f"{arrow.ended} {'lost: ' if lost else ''}{brief(arrow)}{since}"
        return f"    {self.ids[arrow.sender]}{line}{self.ids[arrow.receiver]}: {escaped(text)}"

    def threads(self, row: ChartRow) -> Iterator[str]:
        """Bars of threads that begin or end; not of those that do both."""
        for span in self.chart.spans:
            if (
                span.kind is not SpanKind.THREAD
                or span.lane not in self.ids
                or span.since == span.until
            ):
                continue
            if span.since == row.number:
                yield f"    activate {self.ids[span.lane]}"
            elif span.until == row.number:
                yield f"    deactivate {self.ids[span.lane]}"


def escaped(words: str) -> str:
    """Escape words so that Mermaid shows them unchanged and reads no syntax in them."""
    signs = re.sub(r"[#;<>&%{}\"`\\]", lambda match: f"#{ord(match[0])};", " ".join(words.split()))
    return re.sub(r"\bend\b", "e#110;d", signs, flags=re.IGNORECASE)
