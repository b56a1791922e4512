"""What a layout has found places for, drawn; what lies below comes first."""

from collections.abc import Iterator

from workerfuzz.harness.cases.swimlanes.chart import Lane, Lasting, Role, Span, StateChange
from workerfuzz.harness.cases.swimlanes.folding import Fold
from workerfuzz.harness.report.swimlanes import shapes as draw
from workerfuzz.harness.report.swimlanes.arrows import arrows
from workerfuzz.harness.report.swimlanes.layout import (
    CELL,
    EVENT,
    GUTTER,
    HEADS,
    TEXT,
    Layout,
    Placed,
    cell_words,
)
from workerfuzz.harness.report.swimlanes.palette import family


def painted(layout: Layout, *, live: bool = False) -> Iterator[str]:
    """Pieces of SVG. ``live``: rows, cells and arrows say what they are about."""
    return Painting(layout, live=live).pieces()


class Painting:
    """Draws one chart."""

    def __init__(self, layout: Layout, *, live: bool) -> None:
        self.layout = layout
        self.chart = layout.chart
        self.live = live
        self.asked = self.chart.breach.keys if self.chart.breach else ()

    def pieces(self) -> Iterator[str]:
        for it in self.layout.rows:
            if isinstance(it, Placed):
                yield from self.band(it)
        for lane in self.layout.lanes:
            yield from self.lane(lane)
        for span in self.chart.spans:
            yield from self.bar(span)
        yield from arrows(self.layout, live=self.live)
        for it in self.layout.rows:
            yield self.row(it) if isinstance(it, Placed) else self.fold(*it)

    # Lanes

    def lane(self, lane: Lane) -> Iterator[str]:
        x, y = self.layout.x[lane.name], self.layout.y
        top = y(lane.since) if lane.since else float(HEADS - 12)
        yield draw.line(x, top, x, y(lane.until), "l")
        room = min(draw.wide(lane.label) + 14, self.layout.pitch - 4)
        letters = max(int((room - 6) / draw.LETTER), 2)
        yield draw.rect(x - room / 2, 6, room, 22, "head")
        yield draw.text(x, 21, lane.label[:letters], "t", "mid")
        if lane.until in self.layout.by_number:
            yield draw.cross(x, y(lane.until), "x")

    def bar(self, span: Lasting) -> Iterator[str]:
        """A thread runs on a lane; or a peer, of which nothing else is known, has not answered."""
        lane = span.about if span.kind is Span.TRANSFER else span.lane
        of_peer = lane in self.layout.x and self.chart.lane(lane).role is Role.PEER
        if lane in self.layout.x and (span.kind is Span.THREAD or of_peer):
            top, bottom = self.layout.y(span.since), self.layout.y(span.until)
            kind = "b" if span.kind is Span.THREAD else "b asked"
            if bottom > top:
                yield draw.rect(self.layout.x[lane] - 3.5, top, 7, bottom - top, kind)

    # Rows

    def is_broken(self, placed: Placed) -> bool:
        breach = self.chart.breach
        return breach is not None and breach.row == placed.row.number

    def band(self, placed: Placed) -> Iterator[str]:
        """What is behind a row: something to see if it broke a property, or to light up."""
        broken = self.is_broken(placed)
        if not broken and not self.live:
            return
        top = placed.top + TEXT * len(placed.remarks) + (EVENT if placed.rests else 0)
        height = placed.bottom - top + 2
        kind = "band broken" if broken else "band"
        band = draw.rect(0, top, self.layout.width, height, kind, round_by=0)
        yield draw.group(band, row=placed.row.number) if self.live else band

    def row(self, placed: Placed) -> str:
        drawn = "".join(self.row_pieces(placed))
        return draw.group(drawn, class_="row", row=placed.row.number) if self.live else drawn

    def row_pieces(self, placed: Placed) -> Iterator[str]:
        row, y = placed.row, placed.y
        broken = self.is_broken(placed)
        for number, remark in enumerate(placed.remarks):
            yield draw.text(GUTTER, placed.top + TEXT * (number + 1) - 4, remark, "rem")
        if placed.rests:
            yield from self.section(placed)
        first = placed.words[0][1] if placed.words else y + 4
        yield draw.text(GUTTER - 8, first, str(row.number), "x" if broken else "no", "ends")
        for words, at, kind in placed.words:
            yield draw.text(GUTTER, at, words, f"t {kind}")
        x = self.layout.x.get(row.lane)
        if x is not None:
            if self.chart.lane(row.lane).until != row.number:
                yield draw.dot(x, y, "dot bad" if broken else "dot")
            if placed.label and not self.layout.narrow:
                yield draw.text(x + 12, y + 4, placed.label, "t s")
        for cell in placed.cells:
            yield self.cell(*cell)
        if broken and self.chart.breach is not None:
            yield self.flag(placed, self.chart.breach.property or f"{row.step}: impossible")

    def section(self, placed: Placed) -> Iterator[str]:
        y = placed.top + TEXT * len(placed.remarks) + EVENT / 2
        yield draw.line(0, y, self.layout.width, y, "cut")
        yield draw.text(GUTTER, y + 4, "at rest: what is outstanding ends", "sec")

    def flag(self, placed: Placed, words: str) -> str:
        """The property that broke, at the right end of its row."""
        said = f"✗ {words}"
        letters = int((self.layout.width - GUTTER - 16) / draw.LETTER)
        said = said if len(said) <= letters else said[: letters - 1] + "…"
        room = draw.wide(said) + 12
        x, y = self.layout.width - room - 4, placed.bottom - 19
        flag = draw.rect(x, y, room, 19, "flag")
        return flag + draw.text(x + room / 2, y + 13.5, said, "flagged", "mid")

    def cell(self, change: StateChange, x: float, y: float, room: float) -> str:
        """A key and its state."""
        lane = self.chart.lane(change.lane).label
        words = f"{lane} {cell_words(change)}" if self.layout.narrow else cell_words(change)
        letters = max(int((room - 6) / draw.LETTER), 2)
        words = words if len(words) <= letters else words[: letters - 1] + "…"
        kind = f"cell {family(change.after or 'forgotten')}"
        kind += " asked" if change.key in self.asked else ""
        drawn = draw.rect(x, y, room, CELL - 3, kind) + draw.text(x + 5, y + 12.5, words, kind)
        return draw.group(drawn, class_="k", key=change.key) if self.live else drawn

    def fold(self, fold: Fold, y: float) -> str:
        return draw.text(GUTTER, y, f"⋮ {fold.rows} more", "no")
