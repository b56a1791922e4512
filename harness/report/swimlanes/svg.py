"""A chart as SVG: lanes, arrows from the step that sends to the step that delivers, states, a legend."""

import textwrap
from collections.abc import Iterator
from html import escape
from typing import Final

from workerfuzz.harness.cases.swimlanes.chart import Chart
from workerfuzz.harness.cases.swimlanes.folding import shown_lanes, shown_rows
from workerfuzz.harness.cases.swimlanes.listing import heading, verdict
from workerfuzz.harness.report.swimlanes import shapes as draw
from workerfuzz.harness.report.swimlanes.layout import LABELS_HEIGHT, TEXT, Layout
from workerfuzz.harness.report.swimlanes.renderer import ChartRenderer, lane_labels
from workerfuzz.harness.report.templating import resource

#: Width in px of a picture for small screens; of others, for each lane, and at the least and most.
SMALL: Final = 372
PER_LANE: Final = 185
LEAST: Final = 720
MOST: Final = 1180

#: Space in px around the words above and below a picture that stands alone.
MARGIN: Final = 12


def width_of(chart: Chart) -> float:
    """Return the preferred width of a picture, in px."""
    lanes = len(shown_lanes(chart, shown_rows(chart)))
    return min(max(LEAST, 140 + PER_LANE * lanes), MOST)


def picture(chart: Chart, width: float | None = None) -> str:
    """A whole SVG file: it needs nothing else, and says what it shows and what broke."""
    layout = Layout(chart, width or width_of(chart))
    above = [*heading(chart)][:2]
    words, down = lines([line[0] for line in above], layout.width, MARGIN)
    content, high = drawn(layout)
    below, end = lines([line[0] for line in verdict(chart)], layout.width, down + high)
    content = draw.group(content, class_="wf", at=f"translate(0 {draw.n(down)})")
    sheet = f"<style>{style_sheet()}</style>"
    return element(chart, layout.width, end + MARGIN, f"{sheet}{words}{content}{below}") + "\n"


def drawn(layout: Layout) -> tuple[str, float]:
    """A picture with the names of its lanes above it and its legend below; and its height."""
    painting = ChartRenderer(layout)
    legend, high = painting.legend(layout.width - 2 * MARGIN)
    legend = draw.group(legend, at=f"translate({MARGIN} {draw.n(layout.height + MARGIN / 2)})")
    whole = "".join((*lane_labels(layout), *painting.elements(), legend))
    return whole, layout.height + high + MARGIN


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
    chart: Chart, width: float | None = None, *, name: str = "case", last: int | None = None
) -> str:
    """An ``<svg>`` element for a page that has ``style_sheet``.

    Args:
        width: in px; a small one has its words above its arrows.
        name: makes ids that nobody else on the page has.
        last: draw no more rows than so many, up to the one that broke something.
    """
    layout = Layout(chart, width or width_of(chart), last)
    content, high = drawn(layout)
    return element(chart, layout.width, high, content, name=name)


#: Height of the names of lanes where they are a picture of their own.
HEAD: Final = LABELS_HEIGHT - 8


def live_fragments(chart: Chart, width: float, *, name: str) -> tuple[str, str]:
    """Two ``<svg>`` elements for a page that lets people step through a case: lane heads, and the rest.

    In the second, everything says which row, arrow or key it is about.
    """
    layout = Layout(chart, width)
    size = f"{draw.n(layout.width)} {draw.n(HEAD)}"
    heads = (
        f'<svg class="wf" viewBox="0 0 {size}" width="{draw.n(layout.width)}" height="{draw.n(HEAD)}" '
        f'aria-hidden="true">{"".join(lane_labels(layout))}</svg>'
    )
    content = "".join(ChartRenderer(layout, live=True).elements())
    high = layout.height - HEAD
    return heads, element(chart, width, high, content, name=name, role="group", top=HEAD)


def legend(chart: Chart, width: float) -> str:
    """Return the legend of colours and lines of a chart, as an ``<svg>`` element."""
    content, high = ChartRenderer(Layout(chart, width_of(chart))).legend(width)
    size = f"{draw.n(width)} {draw.n(high)}"
    return (
        f'<svg class="wf" viewBox="0 0 {size}" width="{draw.n(width)}" height="{draw.n(high)}" '
        f'role="group" aria-label="Legend">{content}</svg>'
    )


def element(
    chart: Chart,
    width: float,
    height: float,
    content: str,
    *,
    name: str = "case",
    role: str = "img",
    top: float = 0,
) -> str:
    """The picture, with its description for screen readers.

    Args:
        top: height at which it begins.
    """
    size = f"{draw.n(width)} {draw.n(height)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="wf" viewBox="0 {draw.n(top)} {size}" '
        f'width="{draw.n(width)}" height="{draw.n(height)}" role="{role}" '
        f'aria-labelledby="{name}-t {name}-d">'
        f'<title id="{name}-t">{escape(chart.title, quote=False)}</title>'
        f'<desc id="{name}-d">{escape("".join(described(chart)), quote=False)}</desc>'
        f"{content}</svg>"
    )


def style_sheet() -> str:
    """Return the style sheet of pictures, light and dark."""
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
