"""A map as SVG: states as boxes, transitions as lines, as thick as runs took them often."""

import math
import textwrap
from collections.abc import Iterator, Mapping
from html import escape
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.report.diagram.curves import BentLine, Box
from workerfuzz.harness.report.diagram.machine import DiagramTransition, InTable, StateDiagram
from workerfuzz.harness.report.diagram.places import (
    SHORT_LINE,
    DiagramLayout,
    PlacedLine,
    ShortLine,
    layout_of,
)
from workerfuzz.harness.report.swimlanes import shapes as draw
from workerfuzz.harness.report.swimlanes.palette import family
from workerfuzz.harness.report.templating import resource

#: Width in px of a line that was never taken, of one that nobody counted, and what a tenfold adds.
THIN, PLAIN, TENFOLD = 0.8, 1.4, 0.75

#: What each colour says.
SAID: Final[Mapping[InTable, str]] = MappingProxyType(
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
    drawn = layout_of(machine)
    words, below = key(drawn)
    pieces = "".join((*title(drawn), *painted(drawn), words))
    size = f"{draw.n(drawn.width)} {draw.n(below)}"
    sheet = resource("lanes.css") + resource("diagram.css")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="wf map" viewBox="0 0 {size}" '
        f'width="{draw.n(drawn.width)}" height="{draw.n(below)}" role="img" '
        f'aria-labelledby="map-t map-d"><title id="map-t">{escape(machine.title)}</title>'
        f'<desc id="map-d">{escape(machine.told, quote=False)}</desc>'
        f"<style>{sheet}</style>{pieces}</svg>\n"
    )


def title(drawn: DiagramLayout) -> Iterator[str]:
    """Yield the title and the description of the diagram."""
    yield draw.text(20, 24, drawn.machine.title, "title")
    letters = int((drawn.width - 40) / draw.LETTER)
    for place, line in enumerate(textwrap.wrap(drawn.machine.told, letters)[:2]):
        yield draw.text(20, 43 + place * TEXT, line, "no")


def painted(drawn: DiagramLayout) -> Iterator[str]:
    """Lines below, then states, then counts: nothing hides a word."""
    for it in drawn.lines:
        yield titled(
            it.transition, bent(it.curve, it.transition) + head(it.curve, it.transition.in_table)
        )
    for short in drawn.short_lines:
        yield titled(short.transition, short_line(short))
    for state, box in drawn.boxes.items():
        yield state_of(state, drawn.machine.states[state], box)
    for it in drawn.lines:
        yield from count(it)


def titled(transition: DiagramTransition, content: str) -> str:
    """A transition that says in full what it is where somebody points at it."""
    return (
        f'<g class="transition"><title>{escape(transition.told, quote=False)}</title>{content}</g>'
    )


def width(transition: DiagramTransition) -> float:
    """Of its line: as many times it was taken tenfold, so much thicker."""
    if transition.count is None:
        return PLAIN
    return THIN + TENFOLD * math.log10(transition.count + 1)


def bent(curve: BentLine, transition: DiagramTransition) -> str:
    spots = (curve.start, curve.pulled, curve.end)
    start, pulled, end = (f"{draw.n(x)} {draw.n(y)}" for x, y in spots)
    return line(f"M{start}Q{pulled} {end}", transition)


def line(commands: str, transition: DiagramTransition) -> str:
    never = " never" if transition.count == 0 else ""
    kind = f"{transition.in_table}{never}"
    return f'<path d="{commands}" class="{kind}" style="stroke-width:{width(transition):.2f}"/>'


def head(curve: BentLine, in_table: InTable) -> str:
    """The head of an arrow, that lies along the end of its line."""
    (x1, y1), (x2, y2) = curve.at(0.93), curve.end
    along = math.atan2(y2 - y1, x2 - x1)
    return pointed(x2, y2, along, in_table)


def pointed(x: float, y: float, along: float, in_table: InTable) -> str:
    length, half = 9, 4.2
    base = x - length * math.cos(along), y - length * math.sin(along)
    aside = half * math.sin(along), -half * math.cos(along)
    corners = [(base[0] + aside[0], base[1] + aside[1]), (base[0] - aside[0], base[1] - aside[1])]
    (ax, ay), (bx, by) = corners
    shape = f"M{x:.1f} {y:.1f}L{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}z"
    return f'<path d="{shape}" class="head {in_table}"/>'


def short_line(short: ShortLine) -> str:
    """Down from a state, with the name of where it leads beside it."""
    transition, x = short.transition, short.x - 40
    end = short.y + SHORT_LINE - 8
    said = f"{transition.finish} {transition.number}".rstrip()
    return (
        line(f"M{draw.n(x)} {draw.n(short.y)}V{draw.n(end - 4)}", transition)
        + pointed(x, end, math.pi / 2, transition.in_table)
        + draw.text(x + 8, end - 1, said, kind_of(transition))
    )


def state_of(state: str, meaning: str, box: Box) -> str:
    kind = family(state)
    x, y = box.x - box.width / 2, box.y - box.height / 2
    return (
        f"<g><title>{escape(f'{state}: {meaning}', quote=False)}</title>"
        + draw.rect(x, y, box.width, box.height, f"state {kind}", round_by=9)
        + draw.text(box.x, box.y + 4, state, f"state {kind}", "mid")
        + "</g>"
    )


def count(it: PlacedLine) -> Iterator[str]:
    if it.label is not None:
        yield draw.text(
            it.label.x, it.label.y + 4, it.transition.number, kind_of(it.transition), "mid"
        )


def kind_of(transition: DiagramTransition) -> str:
    """Classes of a count."""
    return f"count {transition.in_table}{' zero' if transition.count == 0 else ''}"


def key(drawn: DiagramLayout) -> tuple[str, float]:
    """Return the legend below the diagram, and the y coordinate of its lower edge."""
    machine, x, y = drawn.machine, 20.0, drawn.height + 10
    shown = [it for it in SAID if machine.transitions_in(it)] if machine.dask else []
    pieces = []
    for in_table in shown:
        said = f"{SAID[in_table]} ({len(machine.transitions_in(in_table))})"
        line = f"M{draw.n(x)} {draw.n(y)}h{SAMPLE - 9}"
        pieces.append(f'<path d="{line}" class="{in_table}" style="stroke-width:2"/>')
        pieces.append(pointed(x + SAMPLE, y, 0, in_table))
        pieces.append(draw.text(x + SAMPLE + 8, y + 4, said))
        x += SAMPLE + 28 + draw.wide(said)
    if shown:
        y += TEXT + 4
    if machine.observed:
        said = "thicker: taken more often; 0: never taken"
        pieces.append(draw.text(20, y + 4, said, "no"))
        y += TEXT
    return "".join(pieces), y + 8
