"""A chart as SVG: lanes, arrows from the step that sends to the step that delivers, states as cells."""

import textwrap
from collections.abc import Iterator
from html import escape
from typing import Final

from workerfuzz.harness.cases.swimlanes.chart import Chart
from workerfuzz.harness.cases.swimlanes.folding import shown_lanes, shown_rows
from workerfuzz.harness.cases.swimlanes.listing import heading, verdict
from workerfuzz.harness.report.swimlanes import shapes as draw
from workerfuzz.harness.report.swimlanes.layout import TEXT, Layout
from workerfuzz.harness.report.swimlanes.painting import painted
from workerfuzz.harness.report.templating import resource

#: Width in px of a picture for small screens; of others, for each lane, and at the least and most.
SMALL: Final = 372
PER_LANE: Final = 185
LEAST: Final = 720
MOST: Final = 1180

#: Space in px around the words above and below a picture that stands alone.
MARGIN: Final = 12


def width_of(chart: Chart) -> float:
    """How wide a picture is, in px, if there is room enough."""
    lanes = len(shown_lanes(chart, shown_rows(chart)))
    return min(max(LEAST, 140 + PER_LANE * lanes), MOST)


def picture(chart: Chart, width: float | None = None) -> str:
    """A whole SVG file: it needs nothing else, and says what it shows and what broke."""
    layout = Layout(chart, width or width_of(chart))
    above = [*heading(chart)][:2]
    words, down = lines([line[0] for line in above], layout.width, MARGIN)
    below, end = lines([line[0] for line in verdict(chart)], layout.width, down + layout.height)
    content = draw.group("".join(painted(layout)), class_="wf", at=f"translate(0 {draw.n(down)})")
    sheet = f"<style>{style_sheet()}</style>"
    return element(chart, layout.width, end + MARGIN, f"{sheet}{words}{content}{below}") + "\n"


def lines(pieces: list[tuple[str, str]], width: float, down: float) -> tuple[str, float]:
    """Words from a height on, wrapped; and the height at which they end."""
    drawn = []
    for words, style in pieces:
        for part in textwrap.wrap(words, int((width - 2 * MARGIN) / draw.LETTER)):
            down += TEXT
            drawn.append(draw.text(MARGIN, down, part, SAID.get(style, "t")))
    return "".join(drawn), down + MARGIN


#: Classes of what is said above and below a picture.
SAID: Final = {"title": "sec", "dim": "no", "broken": "x", "counterexample": "t", "held": "ok"}


def fragment(
    chart: Chart,
    width: float | None = None,
    *,
    name: str = "case",
    last: int | None = None,
    live: bool = False,
) -> str:
    """An ``<svg>`` element for a page that has ``style_sheet``.

    Args:
        width: in px; a small one has its words above its arrows.
        name: makes ids that nobody else on the page has.
        last: draw no more rows than so many, up to the one that broke something.
        live: for a page that lets people step through it: everything says which row, which arrow or
            which key it is about.
    """
    layout = Layout(chart, width or width_of(chart), last)
    content = "".join(painted(layout, live=live))
    role = "group" if live else "img"
    return element(chart, layout.width, layout.height, content, name=name, role=role)


def element(
    chart: Chart,
    width: float,
    height: float,
    content: str,
    *,
    name: str = "case",
    role: str = "img",
) -> str:
    """The picture, with what is read out instead of it."""
    size = f"{draw.n(width)} {draw.n(height)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="wf" viewBox="0 0 {size}" '
        f'width="{draw.n(width)}" height="{draw.n(height)}" role="{role}" '
        f'aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(chart.title, quote=False)}</title>'
        f'<desc id="{name}-d">{escape("".join(described(chart)), quote=False)}</desc>'
        f"{content}</svg>"
    )


def style_sheet() -> str:
    """What pictures look like, light and dark."""
    return resource("lanes.css")


def described(chart: Chart) -> Iterator[str]:
    """The picture in words."""
    lanes = ", ".join(lane.label for lane in chart.lanes)
    yield f"Lanes of {lanes}; {chart.steps} steps, {len(chart.arrows)} arrows between them. "
    breach = chart.breach
    if breach is None:
        yield "Every property holds."
        return
    row = chart.rows[breach.row]
    where = "At rest" if row.at_rest else f"Step {row.number}"
    what = f"breaks {breach.property}" if breach.property else "is impossible"
    yield f"{where} {what}: {' '.join(breach.counterexample.split())}"
