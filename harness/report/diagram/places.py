"""Positions of states in a diagram, set by hand in the order of a task's life."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.report.diagram.curves import BentLine, Box, Canvas
from workerfuzz.harness.report.diagram.machine import DiagramTransition, StateDiagram
from workerfuzz.harness.report.swimlanes.shapes import wide

#: Columns and lines of the map, by participant; what is not here stands below the others.
PLACES: Final[Mapping[str, Mapping[str, tuple[float, float]]]] = MappingProxyType(
    {
        "worker": {
            "released": (0, 2.05),
            "forgotten": (0, 3.6),
            "waiting": (1, 0.87),
            "missing": (0.95, 3.55),
            "fetch": (1.9, 3.9),
            "ready": (1.75, 0.1),
            "constrained": (2, 1.3),
            "executing": (2.85, 0.25),
            "rescheduled": (2.05, 2.4),
            "long-running": (4.35, 0.1),
            "cancelled": (2.86, 2.2),
            "resumed": (4.1, 2.1),
            "flight": (3.5, 3.6),
            "memory": (5, 1.0),
            "error": (5, 3.15),
        },
        "scheduler": {
            "released": (0, 1.1),
            "waiting": (1.2, 1.1),
            "no-worker": (2.4, 0.2),
            "queued": (2.4, 2.1),
            "processing": (3.6, 1.1),
            "memory": (5, 0.4),
            "erred": (5, 2),
            "forgotten": (0, 2.4),
        },
    }
)

#: Between columns and lines, in px; around all, and above them.
ACROSS: Final = 196
DOWN: Final = 146
MARGIN: Final = 70
HEAD: Final = 78

#: Words above the map end here.
ABOVE: Final = 50

#: Height of a state.
HEIGHT: Final = 34

#: Where more than this share of the states lead to one, each of their lines ends at once and says where
#: it leads.
MANY: Final = 0.6

#: What is left below a state for such a line, in px.
SHORT_LINE: Final = 26


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A transition that is a line, with where its count stands."""

    transition: DiagramTransition
    curve: BentLine
    label: Box | None


@dataclass(frozen=True, slots=True)
class ShortLine:
    """A transition that ends just below its start; the point where it begins."""

    transition: DiagramTransition
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class DiagramLayout:
    """Everything that is drawn, in px."""

    machine: StateDiagram
    boxes: Mapping[str, Box]
    lines: tuple[PlacedLine, ...]
    short_lines: tuple[ShortLine, ...]
    width: float
    height: float


def layout_of(machine: StateDiagram) -> DiagramLayout:
    """The same map for the same machine, whoever asks."""
    boxes = boxes_of(machine)
    common = crowded(machine)
    short_lines = {
        transition: ShortLine(
            transition, boxes[transition.start].x, boxes[transition.start].y + HEIGHT / 2
        )
        for transition in machine.transitions
        if transition.finish == common
    }
    below = [Box(it.x, it.y + SHORT_LINE / 2, 104, SHORT_LINE) for it in short_lines.values()]
    wide_, high = extent([*boxes.values(), *below])
    frame = Box(wide_ / 2, (ABOVE + high) / 2, wide_ - 12, high - ABOVE)
    canvas = Canvas([*boxes.values(), *below], frame)
    canvas.labels.extend(below)
    lines = [transition for transition in machine.transitions if transition not in short_lines]
    lines.sort(key=lambda it: length(boxes[it.start], boxes[it.finish]))
    curves = {
        transition: canvas.line(boxes[transition.start], boxes[transition.finish])
        for transition in lines
    }
    drawn = tuple(
        PlacedLine(transition, curve, label(canvas, transition, curve))
        for transition, curve in curves.items()
    )
    return DiagramLayout(machine, boxes, drawn, tuple(short_lines.values()), wide_, high)


def boxes_of(machine: StateDiagram) -> dict[str, Box]:
    """A box for each state."""
    places = PLACES[machine.participant]
    lowest = max(line for _, line in places.values()) + 1
    others = [state for state in machine.states if state not in places]
    spots = {**places, **{state: (place, lowest) for place, state in enumerate(others)}}
    return {
        state: Box(
            MARGIN + spots[state][0] * ACROSS, HEAD + spots[state][1] * DOWN, room(state), HEIGHT
        )
        for state in machine.states
    }


def room(state: str) -> float:
    return wide(state) + 26


def crowded(machine: StateDiagram) -> str:
    """The state to which most lead, if that are many; else empty."""
    leading = {
        state: sum(it.finish == state for it in machine.transitions) for state in machine.states
    }
    most = max(leading, key=lambda it: leading[it])
    return most if leading[most] > MANY * len(leading) else ""


def length(start: Box, end: Box) -> float:
    return hypot(end.x - start.x, end.y - start.y)


def label(canvas: Canvas, transition: DiagramTransition, curve: BentLine) -> Box | None:
    return canvas.label(curve, wide(transition.number) + 4, 14) if transition.number else None


def extent(boxes: list[Box]) -> tuple[float, float]:
    """Width and height of all."""
    return (
        max(it.x + it.width / 2 for it in boxes) + 24,
        max(it.y + it.height / 2 for it in boxes) + 24,
    )
