"""Positions of states in a diagram, set by hand in the order of a task's life."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import hypot
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.report.diagram.edge_routing import BezierCurve, Box, EdgeRouter
from workerfuzz.harness.report.diagram.machine import DiagramTransition, StateDiagram
from workerfuzz.harness.report.swimlanes.shapes import wide

#: Columns and lines of the map, by participant; what is not here stands below the others.
POSITIONS: Final[Mapping[str, Mapping[str, tuple[float, float]]]] = MappingProxyType(
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

#: Distances of columns and rows, in px; the margin at the left, and above.
COLUMN_WIDTH: Final = 196
ROW_HEIGHT: Final = 146
MARGIN: Final = 70
TOP: Final = 78

#: Lower edge of the title, in px.
TITLE_BOTTOM: Final = 50

#: Height of a state.
HEIGHT: Final = 34

#: Where more than this share of the states lead to one, each of their edges is a stub that names it.
MOST_COMMON_SHARE: Final = 0.6

#: Length of a stub below a state, in px.
STUB_LENGTH: Final = 26


@dataclass(frozen=True, slots=True)
class RoutedEdge:
    """A transition drawn as a curve, with the place of its count."""

    transition: DiagramTransition
    curve: BezierCurve
    label: Box | None


@dataclass(frozen=True, slots=True)
class EdgeStub:
    """A transition drawn as a stub below its start; the point where it begins."""

    transition: DiagramTransition
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class DiagramLayout:
    """Everything that is drawn, in px."""

    machine: StateDiagram
    boxes: Mapping[str, Box]
    lines: tuple[RoutedEdge, ...]
    stubs: tuple[EdgeStub, ...]
    width: float
    height: float


def layout(machine: StateDiagram) -> DiagramLayout:
    """Place everything; equal machines have equal layouts."""
    boxes = state_boxes(machine)
    common = most_common_target(machine)
    stubs = {
        transition: EdgeStub(
            transition, boxes[transition.start].x, boxes[transition.start].y + HEIGHT / 2
        )
        for transition in machine.transitions
        if transition.finish == common
    }
    below = [Box(stub.x, stub.y + STUB_LENGTH / 2, 104, STUB_LENGTH) for stub in stubs.values()]
    wide_, high = extent([*boxes.values(), *below])
    frame = Box(wide_ / 2, (TITLE_BOTTOM + high) / 2, wide_ - 12, high - TITLE_BOTTOM)
    router = EdgeRouter([*boxes.values(), *below], frame)
    router.labels.extend(below)
    lines = [transition for transition in machine.transitions if transition not in stubs]
    lines.sort(key=lambda transition: length(boxes[transition.start], boxes[transition.finish]))
    curves = {
        transition: router.line(boxes[transition.start], boxes[transition.finish])
        for transition in lines
    }
    drawn = tuple(
        RoutedEdge(transition, curve, label(router, transition, curve))
        for transition, curve in curves.items()
    )
    return DiagramLayout(machine, boxes, drawn, tuple(stubs.values()), wide_, high)


def state_boxes(machine: StateDiagram) -> dict[str, Box]:
    """A box for each state."""
    places = POSITIONS[machine.participant]
    lowest = max(line for _, line in places.values()) + 1
    others = [state for state in machine.states if state not in places]
    positions = {**places, **{state: (place, lowest) for place, state in enumerate(others)}}
    return {
        state: Box(MARGIN + x * COLUMN_WIDTH, TOP + y * ROW_HEIGHT, room(state), HEIGHT)
        for state, (x, y) in ((state, positions[state]) for state in machine.states)
    }


def room(state: str) -> float:
    return wide(state) + 26


def most_common_target(machine: StateDiagram) -> str:
    """Return the state that most transitions lead to, if that are many; else empty."""
    leading = {
        state: sum(transition.finish == state for transition in machine.transitions)
        for state in machine.states
    }
    most = max(leading, key=lambda state: leading[state])
    return most if leading[most] > MOST_COMMON_SHARE * len(leading) else ""


def length(start: Box, end: Box) -> float:
    return hypot(end.x - start.x, end.y - start.y)


def label(router: EdgeRouter, transition: DiagramTransition, curve: BezierCurve) -> Box | None:
    return router.label(curve, wide(transition.number) + 4, 14) if transition.number else None


def extent(boxes: list[Box]) -> tuple[float, float]:
    """Width and height of all."""
    return (
        max(box.x + box.width / 2 for box in boxes) + 24,
        max(box.y + box.height / 2 for box in boxes) + 24,
    )
