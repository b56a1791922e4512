"""SVG of a chart whose parts have their places: lanes, rows, arrows, and a legend."""

from collections.abc import Iterator, Sequence
from typing import Final

from workerfuzz.harness.cases.swimlanes.chart import (
    Arrow,
    Delivery,
    Lane,
    LaneRole,
    Span,
    SpanKind,
    StateChange,
)
from workerfuzz.harness.cases.swimlanes.folding import Fold, brief
from workerfuzz.harness.report.swimlanes import shapes as draw
from workerfuzz.harness.report.swimlanes.layout import (
    CELL,
    EVENT,
    GUTTER,
    LABELS_HEIGHT,
    REMARK,
    TEXT,
    Layout,
    PlacedRow,
    cell_words,
    kind_of,
    remarks_height,
)
from workerfuzz.harness.report.swimlanes.palette import LEGEND, family

#: What lines mean, by class.
LINE_MEANINGS: Final = {
    "m": "message, from sending to arrival",
    "c": "call: sent and handled in one step",
    "q": "request for keys, or its answer",
    "x": "lost",
}


def lane_labels(layout: Layout) -> Iterator[str]:
    """Names of the lanes, each above its lane."""
    for lane in layout.lanes:
        x = layout.x[lane.name]
        room = min(draw.wide(lane.label) + 14, layout.pitch - 4)
        yield draw.rect(x - room / 2, 6, room, 22, "head")
        yield draw.text(x, 21, draw.fitting(lane.label, room - 6), "t", "mid")


class ChartRenderer:
    """Draws one chart.

    Attributes:
        live: rows, cells and arrows say in their attributes which ones they are.
    """

    def __init__(self, layout: Layout, *, live: bool = False) -> None:
        self.layout = layout
        self.chart = layout.chart
        self.live = live
        self.highlighted_keys = self.chart.breach.keys if self.chart.breach else ()

    def elements(self) -> Iterator[str]:
        """Everything but the names of lanes; what lies below comes first."""
        for row in self.layout.rows:
            if isinstance(row, PlacedRow):
                yield from self.background(row)
        for lane in self.layout.lanes:
            yield from self.lane(lane)
        for span in self.chart.spans:
            yield from self.span(span)
        for number, arrow in enumerate(self.chart.arrows):
            if self.layout.shows(arrow):
                drawn = self.arrow(number, arrow)
                yield draw.group(drawn, class_="arrow", arrow=number) if self.live else drawn
        for row in self.layout.rows:
            yield self.row(row) if isinstance(row, PlacedRow) else self.folded(*row)

    # Lanes

    def lane(self, lane: Lane) -> Iterator[str]:
        x, y = self.layout.x[lane.name], self.layout.y
        top = y(lane.since) if lane.since else float(LABELS_HEIGHT - 12)
        yield draw.line(x, top, x, y(lane.until), "l")
        if lane.until in self.layout.by_number:
            yield draw.cross(x, y(lane.until), "x")

    def span(self, span: Span) -> Iterator[str]:
        """A thread that runs on a lane; or a peer that has not answered yet."""
        of_peer = self.is_open_request(span)
        lane = span.about if of_peer else span.lane
        if of_peer or (span.kind is SpanKind.THREAD and lane in self.layout.x):
            top, bottom = self.layout.y(span.since), self.layout.y(span.until)
            kind = "b" if span.kind is SpanKind.THREAD else "b asked"
            if bottom > top:
                yield draw.rect(self.layout.x[lane] - 3.5, top, 7, bottom - top, kind)

    # Rows

    def is_broken(self, placed: PlacedRow) -> bool:
        breach = self.chart.breach
        return breach is not None and breach.row == placed.row.number

    def background(self, placed: PlacedRow) -> Iterator[str]:
        """The background of a row: seen where a property broke, and for the current step."""
        broken = self.is_broken(placed)
        if not broken and not self.live:
            return
        top = placed.top + remarks_height(placed) + (EVENT if placed.rests else 0)
        height = placed.bottom - top + 2
        kind = "band broken" if broken else "band"
        background = draw.rect(0, top, self.layout.width, height, kind, round_by=0)
        yield draw.group(background, row=placed.row.number) if self.live else background

    def row(self, placed: PlacedRow) -> str:
        drawn = "".join(self.row_elements(placed))
        return draw.group(drawn, class_="row", row=placed.row.number) if self.live else drawn

    def row_elements(self, placed: PlacedRow) -> Iterator[str]:
        row, y = placed.row, placed.y
        broken = self.is_broken(placed)
        if placed.remarks:
            yield from self.remarks(placed)
        if placed.rests:
            yield from self.rest_marker(placed)
        first = placed.words[0][1] if placed.words else y + 4
        yield draw.text(GUTTER - 8, first, str(row.number), "x" if broken else "no", "ends")
        for words, at, kind in placed.words:
            yield draw.text(GUTTER, at, words, f"t {kind}")
        x = self.layout.x.get(row.lane)
        if x is not None:
            if self.chart.lane(row.lane).until != row.number:
                yield draw.dot(x, y, "dot bad" if broken else "dot")
            if placed.label and not self.layout.narrow:
                words = draw.fitting(placed.label, self.layout.width - x - 14)
                yield draw.text(x + 12, y + 4, words, "t s")
        for cell in placed.cells:
            yield self.cell(*cell)
        if broken and self.chart.breach is not None:
            yield self.breach_label(placed, self.chart.breach.property or f"{row.step}: impossible")

    def remarks(self, placed: PlacedRow) -> Iterator[str]:
        """Comments of the case, in a box in front of the arrows that go on behind it."""
        room = max(map(draw.wide, placed.remarks)) + 12
        high = remarks_height(placed) - 2
        yield draw.rect(GUTTER - 6, placed.top, room, high, "note")
        for number, remark in enumerate(placed.remarks, start=1):
            yield draw.text(GUTTER, placed.top + REMARK + TEXT * number - 5, remark, "rem")

    def rest_marker(self, placed: PlacedRow) -> Iterator[str]:
        """The line from which on the cluster comes to rest."""
        y, words = (
            placed.top + remarks_height(placed) + EVENT / 2,
            "at rest: what is outstanding ends",
        )
        yield draw.line(0, y, self.layout.width, y, "cut")
        yield draw.rect(GUTTER - 6, y - 9, draw.wide(words) + 12, 18, "note")
        yield draw.text(GUTTER, y + 4, words, "sec")

    def breach_label(self, placed: PlacedRow, words: str) -> str:
        """The property that broke, at the right end of its row."""
        text = draw.fitting(f"✗ {words}", self.layout.width - GUTTER - 16)
        room = draw.wide(text) + 12
        x, y = self.layout.width - room - 4, placed.bottom - 19
        flag = draw.rect(x, y, room, 19, "flag")
        return flag + draw.text(x + room / 2, y + 13.5, text, "flagged", "mid")

    def cell(self, change: StateChange, x: float, y: float, room: float) -> str:
        """A key and its state."""
        lane = self.chart.lane(change.lane).label
        words = f"{lane} {cell_words(change)}" if self.layout.narrow else cell_words(change)
        words = draw.fitting(words, room - 6)
        kind = f"cell {family(change.after or 'forgotten')}"
        kind += " asked" if change.key in self.highlighted_keys else ""
        drawn = draw.rect(x, y, room, CELL - 3, kind) + draw.text(x + 5, y + 12.5, words, kind)
        return draw.group(drawn, class_="k", key=change.key) if self.live else drawn

    def folded(self, fold: Fold, y: float) -> str:
        return draw.text(GUTTER, y, f"⋮ {fold.rows} more", "no")

    # Arrows

    def arrow(self, number: int, arrow: Arrow) -> str:
        """Its line, its head, and its label."""
        layout, kind = self.layout, kind_of(arrow)
        x1, x2 = layout.x[arrow.sender], layout.x[arrow.receiver]
        side = 1 if x2 > x1 else -1
        placed = layout.by_number.get(arrow.ended) if arrow.ended is not None else None
        instant = (
            next((y for instant_arrow, y in placed.instants if instant_arrow is arrow), None)
            if placed
            else None
        )
        if placed is None:
            return self.undelivered(number, arrow)
        if arrow.fate is Delivery.LOST:
            return self.lost(arrow, placed, instant)
        if instant is not None:
            drawn = draw.arrow(x1 + 4 * side, instant, x2 - 5 * side, instant, kind)
            ends = draw.dot(x1, instant, "dot", 3) + draw.dot(x2, instant, "dot", 3)
            return drawn + ends + self.label_above(arrow, brief(arrow), instant)
        drawn = draw.arrow(x1, layout.start(arrow.sent), x2 - 5 * side, placed.y, kind)
        return drawn + self.label_beside(arrow, placed)

    def label_above(self, arrow: Arrow, words: str, y: float) -> str:
        """A label above a level line."""
        layout = self.layout
        if layout.narrow:
            return ""
        words = draw.fitting(words, layout.width - GUTTER - 8)
        half = draw.wide(words) / 2
        middle = (layout.x[arrow.sender] + layout.x[arrow.receiver]) / 2
        middle = min(max(middle, GUTTER + half), layout.width - 4 - half)
        return draw.text(middle, y - 5, words, f"t {kind_of(arrow)}", "mid")

    def label_beside(self, arrow: Arrow, placed: PlacedRow) -> str:
        """A label on the far side of the receiver; or where there is no room, below the head."""
        layout = self.layout
        if layout.narrow:
            return ""
        words, x = placed.manner + brief(arrow), layout.x[arrow.receiver]
        rightward = x > layout.x[arrow.sender]
        below = layout.below(arrow, placed)
        left = rightward is below
        room = x - 13 - (0 if below else GUTTER) if left else layout.width - x - 13
        words = draw.fitting(words, room)
        return draw.text(
            x - 11 if left else x + 11,
            placed.y + (TEXT - 1 if below else 4),
            words,
            f"t {kind_of(arrow)}",
            "ends" if left else "",
        )

    def lost(self, arrow: Arrow, placed: PlacedRow, instant: float | None) -> str:
        """An arrow that ends on its way, with a cross and a label."""
        layout = self.layout
        x1, end = layout.x[arrow.sender], layout.reach(arrow)
        words = f"lost: {brief(arrow)}"
        if instant is not None:
            drawn = draw.line(x1, instant, end, instant, "x") + draw.cross(end, instant, "x")
            by_the_row = arrow.words == placed.row.step
            return drawn if by_the_row else drawn + self.label_above(arrow, words, instant)
        y = next((y for lost_arrow, y in placed.lost if lost_arrow is arrow), placed.y)
        drawn = draw.line(x1, layout.start(arrow.sent), end, y, "x") + draw.cross(end, y, "x")
        return drawn if layout.narrow else drawn + draw.text(end + 9, y + 4, words, "t x")

    def undelivered(self, number: int, arrow: Arrow) -> str:
        """An arrow that ends in no row that is drawn, with its label."""
        layout, kind = self.layout, kind_of(arrow)
        pending = layout.undelivered.get(number)
        x, y = layout.x[arrow.sender], pending.y if pending is not None else layout.y(arrow.ended)
        drawn = draw.line(x, layout.start(arrow.sent), layout.reach(arrow), y, kind)
        lines = pending.lines if pending is not None else ()
        return drawn + "".join(draw.text(x, y, words, f"t {kind}") for words, x, y in lines)

    # Legend

    def legend(self, width: float) -> tuple[str, float]:
        """Return the legend of colours and lines that occur in the picture, and its height."""
        drawn, x, y = [], 0.0, 0.0
        for sample, room, words in self.legend_entries():
            whole = room + 8 + draw.wide(words)
            if x and x + whole > width:
                x, y = 0.0, y + CELL + 2
            drawn.append(draw.group(sample, at=f"translate({draw.n(x)} {draw.n(y)})"))
            drawn.append(draw.text(x + room + 8, y + 13, words, "no"))
            x += whole + 20
        return "".join(drawn), y + CELL

    def legend_entries(self) -> Iterator[tuple[str, float, str]]:
        """Each sign with its width and its meaning."""
        changes = [change for row in self.placed_rows() for change in row.row.changes]
        families = {family(change.after or "forgotten") for change in changes}
        for name, (state, meaning) in LEGEND.items():
            if name in families:
                room = draw.wide(state) + 10
                chip = draw.rect(0, 0, room, CELL - 3, f"cell {name}")
                yield chip + draw.text(5, 12.5, state, f"cell {name}"), room, meaning
        if any(change.key in self.highlighted_keys for change in changes):
            chip = draw.rect(0, 0, 26, CELL - 3, "cell none asked")
            yield (
                chip + draw.text(5, 12.5, "a", "cell none asked"),
                26,
                "key of the broken property",
            )
        arrows = [arrow for arrow in self.chart.arrows if self.layout.shows(arrow)]
        kinds = {kind_of(arrow) for arrow in arrows}
        for kind, meaning in LINE_MEANINGS.items():
            if kind == "x" and kind in kinds:
                yield draw.line(0, 9, 26, 9, kind) + draw.cross(26, 9, kind, 4), 30, meaning
            elif kind in kinds:
                yield draw.arrow(0, 9, 30, 9, kind), 30, meaning
        if self.layout.undelivered:
            kind = next(iter(kinds - {"x"}), "m")
            yield draw.line(0, 9, 26, 9, kind), 26, "no head: under way in the end"
        spans = self.chart.spans
        if any(span.kind is SpanKind.THREAD for span in spans):
            yield draw.rect(0, 0, 7, CELL - 3, "b", round_by=0), 7, "a thread runs"
        if any(self.is_open_request(span) for span in spans):
            yield draw.rect(0, 0, 7, CELL - 3, "b asked", round_by=0), 7, "a peer has not answered"

    def placed_rows(self) -> Sequence[PlacedRow]:
        return [row for row in self.layout.rows if isinstance(row, PlacedRow)]

    def is_open_request(self, span: Span) -> bool:
        """A transfer from a peer of which nothing else is known."""
        known = span.kind is SpanKind.TRANSFER and span.about in self.layout.x
        return known and self.chart.lane(span.about).role is LaneRole.PEER
