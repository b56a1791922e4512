"""Bent lines between boxes: each is bent so that it is in the way as little as it can."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import Final

Spot = tuple[float, float]

#: How far the middle of a line may be pulled aside, in px; the straightest come first.
BENDS: Final = (0, 14, -14, 28, -28, 44, -44, 60, -60, 80, -80, 105, -105, 140, -140, 190, -190)

#: Points at which a line is looked at.
POINTS: Final = 32

#: Size in px of the squares in which lines that come near each other meet.
SQUARE: Final = 9

#: What is bad about a line: a point in a box, one near it, one out of sight, another line in the same
#: square, another in its middle, a pixel of bend.
IN_BOX, NEAR, OUTSIDE, MEETING, SAME, BENT = 150.0, 15.0, 60.0, 2.0, 400.0, 0.12

#: Room in px that a line leaves around boxes that it is not about.
ROOM: Final = 7


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, by its middle and size in px."""

    x: float
    y: float
    width: float
    height: float

    def holds(self, spot: Spot, room: float = 0) -> bool:
        """Return True if a point is inside the box or closer to it than ``room``."""
        return (
            abs(spot[0] - self.x) < self.width / 2 + room
            and abs(spot[1] - self.y) < self.height / 2 + room
        )

    def meets(self, other: "Box") -> bool:
        """Return True if the boxes overlap."""
        return (
            abs(other.x - self.x) < (self.width + other.width) / 2
            and abs(other.y - self.y) < (self.height + other.height) / 2
        )


@dataclass(frozen=True, slots=True)
class BentLine:
    """From a point to another, pulled toward a third: a quadratic Bezier curve."""

    start: Spot
    pulled: Spot
    end: Spot

    def at(self, share: float) -> Spot:
        """The point at that share of the way, 0 to 1."""
        rest = 1 - share
        a, b, c = rest * rest, 2 * rest * share, share * share
        (x1, y1), (x2, y2), (x3, y3) = self.start, self.pulled, self.end
        return a * x1 + b * x2 + c * x3, a * y1 + b * y2 + c * y3

    def points(self) -> list[Spot]:
        return [self.at(place / POINTS) for place in range(POINTS + 1)]

    def part(self, first: float, last: float) -> "BentLine":
        """The piece between two shares of the way."""
        start, end = self.at(first), self.at(last)
        one, other = between(self.start, self.pulled, first), between(self.pulled, self.end, first)
        return BentLine(start, between(one, other, last), end)

    def outside(self, start: Box, end: Box) -> "BentLine":
        """The piece that is in neither box, to a tenth of a pixel or so."""
        first = border(lambda share: start.holds(self.at(share), 1))
        last = 1 - border(lambda share: end.holds(self.at(1 - share), 2))
        return self.part(first, last) if first < last else self


def between(one: Spot, other: Spot, share: float) -> Spot:
    return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share


def border(inside: Callable[[float], bool]) -> float:
    """Return the parameter in the first half of a curve at which it leaves its start."""
    low, high = 0.0, 0.5
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle) else (low, middle)
    return high


@dataclass(slots=True)
class Canvas:
    """Everything that is already placed in the picture.

    Attributes:
        boxes: lines go around these.
        frame: lines stay in it.
        crowd: how many lines come through each square.
        middles: of the lines: two that share one could not be told apart.
        labels: words beside lines.
    """

    boxes: Sequence[Box]
    frame: Box
    crowd: Counter[tuple[int, int]] = field(default_factory=Counter)
    middles: list[Spot] = field(default_factory=list)
    labels: list[Box] = field(default_factory=list)

    def line(self, start: Box, end: Box) -> BentLine:
        """The line between two boxes that is least in the way; it has its place from now on."""
        return self.keep(min(self.possible(start, end), key=lambda it: self.harm(it, start, end)))

    def possible(self, start: Box, end: Box) -> list[BentLine]:
        """As straight as they can be first. Between the same boxes, the way back bends away."""
        along, down = end.x - start.x, end.y - start.y
        length = hypot(along, down) or 1.0
        middle = between((start.x, start.y), (end.x, end.y), 0.5)
        return [
            BentLine(
                (start.x, start.y),
                (middle[0] + 2 * bend * down / length, middle[1] - 2 * bend * along / length),
                (end.x, end.y),
            ).outside(start, end)
            for bend in BENDS
        ]

    def harm(self, curve: BentLine, start: Box, end: Box) -> float:
        """Return the cost of a curve: boxes and lines in its way, parts outside the frame, its bend."""
        others = [it for it in self.boxes if it not in (start, end)]
        points = curve.points()
        near = [(it, spot) for spot in points for it in others if it.holds(spot, ROOM)]
        inside = sum(it.holds(spot) for it, spot in near)
        again = sum(it.holds(spot) for spot in points[2:-2] for it in (start, end))
        away = sum(not self.frame.holds(spot) for spot in points)
        met = sum(self.crowd[square] for square in {*map(square_of, points)})
        same = sum(apart(curve.at(0.5), it) < SQUARE for it in self.middles)
        bent = apart(curve.at(0.5), straight(curve))
        cost = IN_BOX * (inside + again) + NEAR * len(near) + OUTSIDE * away
        return cost + MEETING * met + SAME * same + BENT * bent

    def keep(self, curve: BentLine) -> BentLine:
        self.crowd.update({*map(square_of, curve.points())})
        self.middles.append(curve.at(0.5))
        return curve

    def label(self, curve: BentLine, width: float, height: float) -> Box:
        """Place the label of a line beside it, at the position that covers the least."""
        return self.note(min(beside(curve, width, height), key=self.covers))

    def covers(self, label: Box) -> float:
        """Return the cost of the boxes, labels and lines that a label covers."""
        hidden = sum(label.meets(it) for it in (*self.boxes, *self.labels))
        columns = range(*reach(label.x, label.width))
        lines = range(*reach(label.y, label.height))
        return 100 * hidden + sum(self.crowd[x, y] for x in columns for y in lines)

    def note(self, label: Box) -> Box:
        self.labels.append(label)
        return label


#: Shares of the way at which words may stand, the best first.
SHARES: Final = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2, 0.8)


def beside(curve: BentLine, width: float, height: float) -> Iterable[Box]:
    return [Box(*curve.at(share), width, height) for share in SHARES]


def reach(middle: float, size: float) -> tuple[int, int]:
    """The squares from one side to the other."""
    return int((middle - size / 2) // SQUARE), int((middle + size / 2) // SQUARE) + 1


def square_of(spot: Spot) -> tuple[int, int]:
    return int(spot[0] // SQUARE), int(spot[1] // SQUARE)


def apart(one: Spot, other: Spot) -> float:
    """Return the distance of two points, in px."""
    return hypot(one[0] - other[0], one[1] - other[1])


def straight(curve: BentLine) -> Spot:
    return between(curve.start, curve.end, 0.5)
