"""A map as SVG: states as boxes, transitions as lines, as thick as runs took them often."""

import math
import textwrap
from collections.abc import Iterator, Mapping
from html import escape
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.report.diagram.edge_routing import BezierCurve, Box
from workerfuzz.harness.report.diagram.layout import (
    STUB_LENGTH,
    DiagramLayout,
    EdgeStub,
    RoutedEdge,
    layout,
)
from workerfuzz.harness.report.diagram.machine import DiagramTransition, InTable, StateDiagram
from workerfuzz.harness.report.swimlanes import shapes as draw
from workerfuzz.harness.report.swimlanes.palette import family
from workerfuzz.harness.report.templating import resource

#: Width in px of a line that was never taken, of one that nobody counted, and what a tenfold adds.
THIN, PLAIN, TENFOLD = 0.8, 1.4, 0.75

#: What each colour says.
LEGEND: Final[Mapping[InTable, str]] = MappingProxyType(
    {
        InTable.BOTH: "in both tables",
        InTable.REFERENCE: "in the reference's table alone",
        InTable.DASK: "in Dask's table alone",
        InTable.NOBODY: "in no table, and taken",
    }
)

#: Length of a line that shows a colour, and the room for it and its words, in px.
SAMPLE: Final = 34

#: Height of a line of words, in px.
TEXT: Final = 17


def picture(machine: StateDiagram) -> str:
    """A whole SVG file: it needs nothing else."""
    drawn = layout(machine)
    words, below = legend(drawn)
    pieces = "".join((*title(drawn), *elements(drawn), words))
    size = f"{draw.n(drawn.width)} {draw.n(below)}"
    sheet = resource("lanes.css") + resource("diagram.css")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="wf map" viewBox="0 0 {size}" '
        f'width="{draw.n(drawn.width)}" height="{draw.n(below)}" role="img" '
        f'aria-labelledby="map-t map-d"><title id="map-t">{escape(machine.title)}</title>'
        f'<desc id="map-d">{escape(machine.description, quote=False)}</desc>'
        f"<style>{sheet}</style>{pieces}</svg>\n"
    )


def title(drawn: DiagramLayout) -> Iterator[str]:
    """Yield the title and the description of the diagram."""
    yield draw.text(20, 24, drawn.machine.title, "title")
    letters = int((drawn.width - 40) / draw.LETTER)
    for place, line in enumerate(textwrap.wrap(drawn.machine.description, letters)[:2]):
        yield draw.text(20, 43 + place * TEXT, line, "no")


def elements(drawn: DiagramLayout) -> Iterator[str]:
    """Lines below, then states, then counts: nothing hides a word."""
    for edge in drawn.lines:
        yield with_tooltip(
            edge.transition,
            curve_path(edge.curve, edge.transition) + head(edge.curve, edge.transition.in_table),
        )
    for short in drawn.stubs:
        yield with_tooltip(short.transition, stub_line(short))
    for state, box in drawn.boxes.items():
        yield state_box(state, drawn.machine.states[state], box)
    for edge in drawn.lines:
        yield from count(edge)


def with_tooltip(transition: DiagramTransition, content: str) -> str:
    """A transition that shows its description where the mouse points at it."""
    description = escape(transition.description, quote=False)
    return f'<g class="transition"><title>{description}</title>{content}</g>'


def width(transition: DiagramTransition) -> float:
    """Return the width of its line, which grows with the logarithm of its count."""
    if transition.count is None:
        return PLAIN
    return THIN + TENFOLD * math.log10(transition.count + 1)


def curve_path(curve: BezierCurve, transition: DiagramTransition) -> str:
    points = (curve.start, curve.control, curve.end)
    start, control, end = (f"{draw.n(x)} {draw.n(y)}" for x, y in points)
    return line(f"M{start}Q{control} {end}", transition)


def line(commands: str, transition: DiagramTransition) -> str:
    never = " never" if transition.count == 0 else ""
    kind = f"{transition.in_table}{never}"
    return f'<path d="{commands}" class="{kind}" style="stroke-width:{width(transition):.2f}"/>'


def head(curve: BezierCurve, in_table: InTable) -> str:
    """Return the head of an arrow, along the end of its curve."""
    (x1, y1), (x2, y2) = curve.at(0.93), curve.end
    along = math.atan2(y2 - y1, x2 - x1)
    return arrow_head(x2, y2, along, in_table)


def arrow_head(x: float, y: float, along: float, in_table: InTable) -> str:
    length, half = 9, 4.2
    base = x - length * math.cos(along), y - length * math.sin(along)
    aside = half * math.sin(along), -half * math.cos(along)
    corners = [(base[0] + aside[0], base[1] + aside[1]), (base[0] - aside[0], base[1] - aside[1])]
    (ax, ay), (bx, by) = corners
    shape = f"M{x:.1f} {y:.1f}L{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}z"
    return f'<path d="{shape}" class="head {in_table}"/>'


def stub_line(short: EdgeStub) -> str:
    """A short line down from a state, with the name of its target beside it."""
    transition, x = short.transition, short.x - 40
    end = short.y + STUB_LENGTH - 8
    text = f"{transition.finish} {transition.number}".rstrip()
    return (
        line(f"M{draw.n(x)} {draw.n(short.y)}V{draw.n(end - 4)}", transition)
        + arrow_head(x, end, math.pi / 2, transition.in_table)
        + draw.text(x + 8, end - 1, text, kind_of(transition))
    )


def state_box(state: str, meaning: str, box: Box) -> str:
    kind = family(state)
    x, y = box.x - box.width / 2, box.y - box.height / 2
    return (
        f"<g><title>{escape(f'{state}: {meaning}', quote=False)}</title>"
        + draw.rect(x, y, box.width, box.height, f"state {kind}", round_by=9)
        + draw.text(box.x, box.y + 4, state, f"state {kind}", "mid")
        + "</g>"
    )


def count(edge: RoutedEdge) -> Iterator[str]:
    if edge.label is not None:
        yield draw.text(
            edge.label.x, edge.label.y + 4, edge.transition.number, kind_of(edge.transition), "mid"
        )


def kind_of(transition: DiagramTransition) -> str:
    """Classes of a count."""
    return f"count {transition.in_table}{' zero' if transition.count == 0 else ''}"


def legend(drawn: DiagramLayout) -> tuple[str, float]:
    """Return the legend below the diagram, and the y coordinate of its lower edge."""
    machine, x, y = drawn.machine, 20.0, drawn.height + 10
    shown = [table for table in LEGEND if machine.transitions_in(table)] if machine.dask else []
    pieces = []
    for in_table in shown:
        text = f"{LEGEND[in_table]} ({len(machine.transitions_in(in_table))})"
        line = f"M{draw.n(x)} {draw.n(y)}h{SAMPLE - 9}"
        pieces.append(f'<path d="{line}" class="{in_table}" style="stroke-width:2"/>')
        pieces.append(arrow_head(x + SAMPLE, y, 0, in_table))
        pieces.append(draw.text(x + SAMPLE + 8, y + 4, text))
        x += SAMPLE + 28 + draw.wide(text)
    if shown:
        y += TEXT + 4
    if machine.observed:
        text = "thicker: taken more often; 0: never taken"
        pieces.append(draw.text(20, y + 4, text, "no"))
        y += TEXT
    return "".join(pieces), y + 8
