"""A map as SVG: states as boxes, transitions as lines, as thick as runs took them often."""

import math
import textwrap
from collections.abc import Iterator, Mapping
from html import escape
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.report.diagram.curves import Box, Curve
from workerfuzz.harness.report.diagram.machine import Arc, Machine, Whose
from workerfuzz.harness.report.diagram.places import STUB, Drawn, Map, Stub, placed
from workerfuzz.harness.report.swimlanes import shapes as draw
from workerfuzz.harness.report.swimlanes.palette import family
from workerfuzz.harness.report.templating import resource

#: Width in px of a line that was never taken, of one that nobody counted, and what a tenfold adds.
THIN, PLAIN, TENFOLD = 0.8, 1.4, 0.75

#: What each colour says.
SAID: Final[Mapping[Whose, str]] = MappingProxyType(
    {
        Whose.BOTH: "in both tables",
        Whose.REFERENCE: "in the reference's table alone",
        Whose.DASK: "in Dask's table alone",
        Whose.NOBODY: "in no table, and taken",
    }
)

#: Length of a line that shows a colour, and the room for it and its words, in px.
SAMPLE: Final = 34

#: Height of a line of words, in px.
TEXT: Final = 17


def picture(machine: Machine) -> str:
    """A whole SVG file: it needs nothing else."""
    drawn = placed(machine)
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


def title(drawn: Map) -> Iterator[str]:
    """What it shows, in words."""
    yield draw.text(20, 24, drawn.machine.title, "title")
    letters = int((drawn.width - 40) / draw.LETTER)
    for place, line in enumerate(textwrap.wrap(drawn.machine.told, letters)[:2]):
        yield draw.text(20, 43 + place * TEXT, line, "no")


def painted(drawn: Map) -> Iterator[str]:
    """Lines below, then states, then counts: nothing hides a word."""
    for it in drawn.lines:
        yield arc_of(it.arc, bent(it.curve, it.arc) + head(it.curve, it.arc.whose))
    for stub in drawn.stubs:
        yield arc_of(stub.arc, short_line(stub))
    for state, box in drawn.boxes.items():
        yield state_of(state, drawn.machine.states[state], box)
    for it in drawn.lines:
        yield from count(it)


def arc_of(arc: Arc, content: str) -> str:
    """A transition that says in full what it is where somebody points at it."""
    return f'<g class="arc"><title>{escape(arc.told, quote=False)}</title>{content}</g>'


def width(arc: Arc) -> float:
    """Of its line: as many times it was taken tenfold, so much thicker."""
    if arc.count is None:
        return PLAIN
    return THIN + TENFOLD * math.log10(arc.count + 1)


def bent(curve: Curve, arc: Arc) -> str:
    spots = (curve.start, curve.pulled, curve.end)
    start, pulled, end = (f"{draw.n(x)} {draw.n(y)}" for x, y in spots)
    return line(f"M{start}Q{pulled} {end}", arc)


def line(commands: str, arc: Arc) -> str:
    never = " never" if arc.count == 0 else ""
    return (
        f'<path d="{commands}" class="{arc.whose}{never}" style="stroke-width:{width(arc):.2f}"/>'
    )


def head(curve: Curve, whose: Whose) -> str:
    """The head of an arrow, that lies along the end of its line."""
    (x1, y1), (x2, y2) = curve.at(0.93), curve.end
    along = math.atan2(y2 - y1, x2 - x1)
    return pointed(x2, y2, along, whose)


def pointed(x: float, y: float, along: float, whose: Whose) -> str:
    length, half = 9, 4.2
    base = x - length * math.cos(along), y - length * math.sin(along)
    aside = half * math.sin(along), -half * math.cos(along)
    corners = [(base[0] + aside[0], base[1] + aside[1]), (base[0] - aside[0], base[1] - aside[1])]
    (ax, ay), (bx, by) = corners
    shape = f"M{x:.1f} {y:.1f}L{ax:.1f} {ay:.1f}L{bx:.1f} {by:.1f}z"
    return f'<path d="{shape}" class="head {whose}"/>'


def short_line(stub: Stub) -> str:
    """Down from a state, with the name of where it leads beside it."""
    arc, x = stub.arc, stub.x - 40
    end = stub.y + STUB - 8
    said = f"{arc.finish} {arc.number}".rstrip()
    return (
        line(f"M{draw.n(x)} {draw.n(stub.y)}V{draw.n(end - 4)}", arc)
        + pointed(x, end, math.pi / 2, arc.whose)
        + draw.text(x + 8, end - 1, said, kind_of(arc))
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


def count(it: Drawn) -> Iterator[str]:
    if it.label is not None:
        yield draw.text(it.label.x, it.label.y + 4, it.arc.number, kind_of(it.arc), "mid")


def kind_of(arc: Arc) -> str:
    """Classes of a count."""
    return f"count {arc.whose}{' zero' if arc.count == 0 else ''}"


def key(drawn: Map) -> tuple[str, float]:
    """What colours and numbers mean, below the map; and the height at which that ends."""
    machine, x, y = drawn.machine, 20.0, drawn.height + 10
    shown = [it for it in SAID if machine.arcs_of(it)] if machine.dask else []
    pieces = []
    for whose in shown:
        said = f"{SAID[whose]} ({len(machine.arcs_of(whose))})"
        line = f"M{draw.n(x)} {draw.n(y)}h{SAMPLE - 9}"
        pieces.append(f'<path d="{line}" class="{whose}" style="stroke-width:2"/>')
        pieces.append(pointed(x + SAMPLE, y, 0, whose))
        pieces.append(draw.text(x + SAMPLE + 8, y + 4, said))
        x += SAMPLE + 28 + draw.wide(said)
    if shown:
        y += TEXT + 4
    if machine.observed:
        said = "thicker: taken more often; 0: never taken"
        pieces.append(draw.text(20, y + 4, said, "no"))
        y += TEXT
    return "".join(pieces), y + 8
