"""Routing of edges between boxes: each is the Bezier curve that is least in the way."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import Final

Point = tuple[float, float]

#: Distances by which the middle of a curve may be bent aside, in px; the straightest come first.
BENDS: Final = (0, 14, -14, 28, -28, 44, -44, 60, -60, 80, -80, 105, -105, 140, -140, 190, -190)

#: Points at which a curve is sampled.
POINTS: Final = 32

#: Size in px of the cells of the occupancy grid.
CELL: Final = 9

#: Costs: of a point in a box, of one near it, of one outside the frame, of another curve in the same
#: cell, of another midpoint close by, of a pixel of bend.
IN_BOX, NEAR_BOX, OUTSIDE, CROSSING, SAME_MIDPOINT, BEND = 150.0, 15.0, 60.0, 2.0, 400.0, 0.12

#: Room in px that a line leaves around boxes that it is not about.
ROOM: Final = 7


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, by its middle and size in px."""

    x: float
    y: float
    width: float
    height: float

    def contains(self, point: Point, room: float = 0) -> bool:
        """Return True if a point is inside the box or closer to it than ``room``."""
        return (
            abs(point[0] - self.x) < self.width / 2 + room
            and abs(point[1] - self.y) < self.height / 2 + room
        )

    def overlaps(self, other: "Box") -> bool:
        """Return True if the boxes overlap."""
        return (
            abs(other.x - self.x) < (self.width + other.width) / 2
            and abs(other.y - self.y) < (self.height + other.height) / 2
        )


@dataclass(frozen=True, slots=True)
class BezierCurve:
    """A quadratic Bezier curve."""

    start: Point
    control: Point
    end: Point

    def at(self, share: float) -> Point:
        """Return the point at that parameter, 0 to 1."""
        rest = 1 - share
        a, b, c = rest * rest, 2 * rest * share, share * share
        (x1, y1), (x2, y2), (x3, y3) = self.start, self.control, self.end
        return a * x1 + b * x2 + c * x3, a * y1 + b * y2 + c * y3

    def points(self) -> list[Point]:
        return [self.at(place / POINTS) for place in range(POINTS + 1)]

    def segment(self, first: float, last: float) -> "BezierCurve":
        """Return the part between two parameters."""
        start, end = self.at(first), self.at(last)
        one, other = (
            interpolate(self.start, self.control, first),
            interpolate(self.control, self.end, first),
        )
        return BezierCurve(start, interpolate(one, other, last), end)

    def outside(self, start: Box, end: Box) -> "BezierCurve":
        """Return the part that is in neither box, to a tenth of a pixel or so."""
        first = boundary_parameter(lambda share: start.contains(self.at(share), 1))
        last = 1 - boundary_parameter(lambda share: end.contains(self.at(1 - share), 2))
        return self.segment(first, last) if first < last else self


def interpolate(one: Point, other: Point, share: float) -> Point:
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


def boundary_parameter(inside: Callable[[float], bool]) -> float:
    """Return the parameter in the first half of a curve at which it leaves its start."""
    low, high = 0.0, 0.5
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle) else (low, middle)
    return high


@dataclass(slots=True)
class EdgeRouter:
    """Places edges and their labels one after the other, around what is placed already.

    Attributes:
        boxes: lines go around these.
        frame: lines stay in it.
        occupancy: number of curves through each cell.
        midpoints: of the curves: two that share one could not be told apart.
        labels: words beside lines.
    """

    boxes: Sequence[Box]
    frame: Box
    occupancy: Counter[tuple[int, int]] = field(default_factory=Counter)
    midpoints: list[Point] = field(default_factory=list)
    labels: list[Box] = field(default_factory=list)

    def line(self, start: Box, end: Box) -> BezierCurve:
        """Return the cheapest curve between two boxes, and reserve its place."""
        return self.reserve(
            min(self.candidates(start, end), key=lambda curve: self.cost(curve, start, end))
        )

    def candidates(self, start: Box, end: Box) -> list[BezierCurve]:
        """Return the curves to choose from, the straightest first; the way back bends the other way."""
        along, down = end.x - start.x, end.y - start.y
        length = hypot(along, down) or 1.0
        middle = interpolate((start.x, start.y), (end.x, end.y), 0.5)
        return [
            BezierCurve(
                (start.x, start.y),
                (middle[0] + 2 * bend * down / length, middle[1] - 2 * bend * along / length),
                (end.x, end.y),
            ).outside(start, end)
            for bend in BENDS
        ]

    def cost(self, curve: BezierCurve, start: Box, end: Box) -> float:
        """Return the cost of a curve: boxes and lines in its way, parts outside the frame, its bend."""
        others = [box for box in self.boxes if box not in (start, end)]
        points = curve.points()
        near = [(box, point) for point in points for box in others if box.contains(point, ROOM)]
        inside = sum(box.contains(point) for box, point in near)
        again = sum(box.contains(point) for point in points[2:-2] for box in (start, end))
        away = sum(not self.frame.contains(point) for point in points)
        crossed = sum(self.occupancy[cell] for cell in {*map(cell_of, points)})
        same = sum(distance(curve.at(0.5), midpoint) < CELL for midpoint in self.midpoints)
        bend = distance(curve.at(0.5), chord_midpoint(curve))
        cost = IN_BOX * (inside + again) + NEAR_BOX * len(near) + OUTSIDE * away
        return cost + CROSSING * crossed + SAME_MIDPOINT * same + BEND * bend

    def reserve(self, curve: BezierCurve) -> BezierCurve:
        self.occupancy.update({*map(cell_of, curve.points())})
        self.midpoints.append(curve.at(0.5))
        return curve

    def label(self, curve: BezierCurve, width: float, height: float) -> Box:
        """Place the label of a line beside it, at the position that covers the least."""
        return self.reserve_label(
            min(label_positions(curve, width, height), key=self.cost_of_label)
        )

    def cost_of_label(self, label: Box) -> float:
        """Return the cost of the boxes, labels and lines that a label covers."""
        hidden = sum(label.overlaps(box) for box in (*self.boxes, *self.labels))
        columns = range(*reach(label.x, label.width))
        lines = range(*reach(label.y, label.height))
        return 100 * hidden + sum(self.occupancy[x, y] for x in columns for y in lines)

    def reserve_label(self, label: Box) -> Box:
        self.labels.append(label)
        return label


#: Parameters at which a label may be placed, the best first.
LABEL_SHARES: Final = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8)


def label_positions(curve: BezierCurve, width: float, height: float) -> Iterable[Box]:
    return [Box(*curve.at(share), width, height) for share in LABEL_SHARES]


def reach(middle: float, size: float) -> tuple[int, int]:
    """Return the first cell, and the one after the last, of an interval."""
    return int((middle - size / 2) // CELL), int((middle + size / 2) // CELL) + 1


def cell_of(point: Point) -> tuple[int, int]:
    return int(point[0] // CELL), int(point[1] // CELL)


def distance(one: Point, other: Point) -> float:
    """Return the distance of two points, in px."""
    return hypot(one[0] - other[0], one[1] - other[1])


def chord_midpoint(curve: BezierCurve) -> Point:
    return interpolate(curve.start, curve.end, 0.5)
