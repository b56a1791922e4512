"""Arrows of a picture: from the row that sends to the row in which something arrives, or is lost."""

from collections.abc import Iterator

from workerfuzz.harness.cases.swimlanes.chart import Arrow, Fate
from workerfuzz.harness.cases.swimlanes.folding import brief
from workerfuzz.harness.report.swimlanes import shapes as draw
from workerfuzz.harness.report.swimlanes.layout import GUTTER, TEXT, Layout, Placed, kind_of

#: Of the way to its receiver, what does not arrive goes this part.
PART: float = 0.55


def arrows(layout: Layout, *, live: bool) -> Iterator[str]:
    """All that can be seen of them. ``live``: each says which one it is."""
    for number, arrow in enumerate(layout.chart.arrows):
        if not layout.shows(arrow):
            continue
        drawn = painted(layout, arrow)
        yield draw.group(drawn, class_="arrow", arrow=number) if live else drawn


def painted(layout: Layout, arrow: Arrow) -> str:
    """Its line, its head, and what it says."""
    kind = kind_of(arrow)
    x1, x2 = layout.x[arrow.sender], layout.x[arrow.receiver]
    side = 1 if x2 > x1 else -1
    placed = layout.by_number.get(arrow.ended) if arrow.ended is not None else None
    instant = next((y for it, y in placed.instants if it is arrow), None) if placed else None
    if placed is None or arrow.fate is Fate.LOST:
        return unfinished(layout, arrow, kind, instant)
    if instant is not None:
        drawn = draw.arrow(x1 + 4 * side, instant, x2 - 5 * side, instant, kind)
        ends = draw.dot(x1, instant, "dot", 3) + draw.dot(x2, instant, "dot", 3)
        return drawn + ends + along(layout, arrow, brief(arrow), instant)
    drawn = draw.arrow(x1, layout.start(arrow.sent), x2 - 5 * side, placed.y, kind)
    return drawn + beside(layout, arrow, placed)


def along(layout: Layout, arrow: Arrow, words: str, y: float) -> str:
    """What it says, above a line that is level."""
    if layout.narrow:
        return ""
    half = draw.wide(words) / 2
    middle = (layout.x[arrow.sender] + layout.x[arrow.receiver]) / 2
    middle = min(max(middle, GUTTER + half), layout.width - 4 - half)
    return draw.text(middle, y - 5, words, f"t {kind_of(arrow)}", "mid")


def beside(layout: Layout, arrow: Arrow, placed: Placed) -> str:
    """What it says, on the far side of its receiver; or where there is no room, below its head."""
    if layout.narrow:
        return ""
    words, x = placed.manner + brief(arrow), layout.x[arrow.receiver]
    rightward = x > layout.x[arrow.sender]
    below = layout.below(arrow, placed)
    left = rightward is below
    return draw.text(
        x - 11 if left else x + 11,
        placed.y + (TEXT - 1 if below else 4),
        words,
        f"t {kind_of(arrow)}",
        "ends" if left else "",
    )


def unfinished(layout: Layout, arrow: Arrow, kind: str, instant: float | None) -> str:
    """It is lost, or not there yet: it does not get to its receiver."""
    x1, x2 = layout.x[arrow.sender], layout.x[arrow.receiver]
    end = x1 + PART * (x2 - x1)
    placed = layout.by_number.get(arrow.ended) if arrow.ended is not None else None
    if instant is not None and placed is not None:
        drawn = draw.line(x1, instant, end, instant, kind) + draw.cross(end, instant, "x")
        said = arrow.words == placed.row.step  # by the row itself
        return drawn if said else drawn + along(layout, arrow, f"lost: {brief(arrow)}", instant)
    lost = next((y for it, y in placed.lost if it is arrow), placed.y) if placed else None
    y = layout.y(arrow.ended) if lost is None else lost
    drawn = draw.line(x1, layout.start(arrow.sent), end, y, kind)
    if lost is None:
        return drawn
    words = "" if layout.narrow else draw.text(end + 9, y + 4, f"lost: {brief(arrow)}", "t x")
    return drawn + draw.cross(end, y, "x") + words
