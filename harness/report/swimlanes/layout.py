"""Positions of everything in a chart: lanes from left to right, rows from top to bottom."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from workerfuzz.harness.cases.swimlanes.chart import (
    Arrow,
    Chart,
    ChartRow,
    Delivery,
    Lane,
    StateChange,
)
from workerfuzz.harness.cases.swimlanes.folding import (
    Fold,
    brief,
    is_silent,
    label_of,
    shown_lanes,
    shown_rows,
)
from workerfuzz.harness.report.swimlanes.shapes import LETTER, fitting, wide

#: All in px: room for numbers on the left; at the sides of lanes; heads of lanes.
GUTTER: Final = 34
LABELS_HEIGHT: Final = 40

#: Heights of a line of text, of what happens, of an arrow that takes no time, of a cell, between rows.
TEXT: Final = 16
EVENT: Final = 20
INSTANT: Final = 25
CELL: Final = 20
BETWEEN: Final = 12

#: Room above and below the words of a remark, in its box.
REMARK: Final = 4

#: Arrows that end in no row that is drawn: so many are labelled, each in a line of its own.
MOST_UNDELIVERED: Final = 12

#: Of the way to its receiver, an arrow that does not arrive goes this part.
PART: Final = 0.55

#: A picture that is less wide has its words above its arrows, not beside them.
NARROW: Final = 560


@dataclass(slots=True)
class PlacedRow:
    """One row in the picture.

    Attributes:
        top, bottom: what belongs to it.
        y: where its dot is, and where what was sent long before arrives.
        instants: arrows that take no time, each with its own height.
        late: what arrives or is lost, and was sent in an earlier row.
        lost: what of that is lost, each with its own height.
        label: what happened, if no arrow says it.
        manner: the same in a word, before what an arrow says that ends in it.
        words: in a narrow picture, everything that is said of the row, line by line.
        cells: by lane, line by line.
    """

    row: ChartRow
    top: float = 0
    bottom: float = 0
    y: float = 0
    remarks: list[str] = field(default_factory=list)
    instants: list[tuple[Arrow, float]] = field(default_factory=list)
    late: list[Arrow] = field(default_factory=list)
    lost: list[tuple[Arrow, float]] = field(default_factory=list)
    label: str = ""
    manner: str = ""
    words: list[tuple[str, float, str]] = field(default_factory=list)
    cells: list[tuple[StateChange, float, float, float]] = field(default_factory=list)
    rests: bool = False


@dataclass(frozen=True, slots=True)
class Undelivered:
    """An arrow that ends in no row: the height of its end, and its label as lines with their places."""

    y: float
    lines: tuple[tuple[str, float, float], ...]


class Layout:
    """Places of lanes and rows.

    Attributes:
        width, height: of the picture, in px.
        x: of each lane.
        rows: from top to bottom, folds among them.
        undelivered: by number of the arrow, those that end below all rows, with their labels.
    """

    def __init__(self, chart: Chart, width: float, last: int | None = None) -> None:
        self.chart = chart
        self.width = width
        self.narrow = width < NARROW
        shown = shown_rows(chart, last)
        self.lanes: Sequence[Lane] = shown_lanes(chart, shown)
        self.x = self._lanes()
        self.rows: list[PlacedRow | tuple[Fold, float]] = []
        self.by_number: dict[int, PlacedRow] = {}
        self.undelivered: dict[int, Undelivered] = {}
        self._down = float(LABELS_HEIGHT)
        self._rests = False
        for row in shown:
            if isinstance(row, Fold):
                self.rows.append((row, self._down + TEXT))
                self._down += TEXT + BETWEEN
            else:
                self._place(row)
        self._place_undelivered()
        self.height = self._down + 12

    def _lanes(self) -> dict[str, float]:
        """Lanes stand as far from each other as there is room; the last one has room for words."""
        count = len(self.lanes)
        beside = 24.0 if self.narrow else 40.0
        after = 24.0 if self.narrow else min(190.0, self.width / (count + 1))
        pitch = (self.width - GUTTER - beside - after) / max(count - 1, 1)
        pitch = min(pitch, 230.0)
        return {lane.name: GUTTER + beside + pitch * place for place, lane in enumerate(self.lanes)}

    @property
    def pitch(self) -> float:
        places = [*self.x.values()]
        return places[1] - places[0] if len(places) > 1 else self.width - GUTTER

    def shows(self, arrow: Arrow) -> bool:
        """Something of it is in the picture."""
        first, last = min(self.by_number, default=0), max(self.by_number, default=0)
        seen = arrow.sent <= last and (arrow.ended is None or arrow.ended >= first)
        return seen and arrow.sender in self.x and arrow.receiver in self.x

    def y(self, row: int | None) -> float:
        """Height of a row; above or below all that is drawn, if it is not."""
        if row is not None and row in self.by_number:
            return self.by_number[row].y
        first = next(iter(self.by_number), 0)
        return self.height - 4 if row is None or row > first else float(LABELS_HEIGHT)

    def start(self, row: int) -> float:
        """Return the y coordinate at which arrows of a row start: below the text of the row."""
        placed = self.by_number.get(row)
        return self.y(row) if placed is None or self.narrow else placed.bottom

    def _place_undelivered(self) -> None:
        """Arrows that have not ended where the picture ends; a line for each, below the last row."""
        last = max(self.by_number, default=0)
        for number, arrow in enumerate(self.chart.arrows):
            if len(self.undelivered) == MOST_UNDELIVERED or not self.shows(arrow):
                continue
            if arrow.ended is None or arrow.ended > last:
                self.undelivered[number] = self._undelivered(arrow)

    def _undelivered(self, arrow: Arrow) -> "Undelivered":
        """Beyond the end of its line where there is room; else below it; above it where it is narrow."""
        words, x = fitting(f"under way: {brief(arrow)}", self.width - GUTTER - 8), self.reach(arrow)
        if self.narrow:
            ends = (
                f"{self.chart.lane(arrow.sender).label} to {self.chart.lane(arrow.receiver).label}"
            )
            letters = int((self.width - GUTTER - 6) / LETTER)
            lines = []
            for part in textwrap.wrap(f"under way: {ends}: {brief(arrow)}", letters):
                self._down += TEXT
                lines.append((part, float(GUTTER), self._down - 4))
            self._down += TEXT
            return Undelivered(self._down - 5, tuple(lines))
        leftward = self.x[arrow.receiver] < self.x[arrow.sender]
        y = self._down + EVENT / 2
        self._down += EVENT
        start = x - 9 - wide(words) if leftward else x + 9
        if not GUTTER <= start <= self.width - 4 - wide(words):
            start = max(min(x - wide(words) / 2, self.width - 4 - wide(words)), GUTTER)
            self._down += TEXT
            return Undelivered(y, ((words, start, y + TEXT),))
        return Undelivered(y, ((words, start, y + 4),))

    def reach(self, arrow: Arrow) -> float:
        """Return the x coordinate at which an arrow that does not reach its receiver ends."""
        sender, receiver = self.x[arrow.sender], self.x[arrow.receiver]
        return sender + PART * (receiver - sender)

    # Rows

    def _place(self, row: ChartRow) -> None:
        placed = PlacedRow(row, top=self._down)
        self.rows.append(placed)
        self.by_number[row.number] = placed
        letters = int((self.width - GUTTER - 16) / LETTER)
        placed.remarks = [line for remark in row.remarks for line in textwrap.wrap(remark, letters)]
        self._down += remarks_height(placed)
        placed.rests = row.at_rest and not self._rests
        if placed.rests:
            self._rests = True
            self._down += EVENT
        self._events(placed)
        broken = self.chart.breach is not None and self.chart.breach.row == row.number
        if broken and row.lane:
            self._down += CELL  # for the flag
        placed.bottom = self._down
        self._down += BETWEEN

    def _events(self, placed: PlacedRow) -> None:
        """Place the events and the arrows of the row."""
        row, chart = placed.row, self.chart
        ended = [
            arrow
            for arrow in chart.ended_in(row.number)
            if {arrow.sender, arrow.receiver} <= {*self.x}
        ]
        instants = [arrow for arrow in ended if arrow.sent == row.number]
        placed.late = [arrow for arrow in ended if arrow.sent != row.number]
        arrived = [arrow for arrow in ended if arrow.fate is Delivery.ARRIVED]
        if not is_silent(row, arrived):
            placed.label = label_of(row)
        if self.narrow:
            self._narrow(placed, instants)
            return
        if any(arrow.receiver == row.lane and arrow in arrived for arrow in placed.late):
            placed.manner, placed.label = f"{row.step.split()[0]}: " if placed.label else "", ""
        arrives = [arrow for arrow in placed.late if arrow.fate is Delivery.ARRIVED]
        if placed.late or placed.label or not instants:
            placed.y = self._down + EVENT / 2
            self._down += EVENT
            if any(self.below(arrow, placed) for arrow in arrives):
                self._down += TEXT - 4
        for arrow in placed.late:
            if arrow.fate is Delivery.LOST:
                placed.lost.append((arrow, self._down + CELL / 2))
                self._down += CELL
        for arrow in instants:
            placed.instants.append((arrow, self._down + INSTANT - 8))
            self._down += INSTANT
        if instants and not placed.y:
            placed.y = placed.instants[0][1]
        self._cells(placed)

    def below(self, arrow: Arrow, placed: PlacedRow) -> bool:
        """Its words have no room on the far side of its receiver, and stand below its head."""
        left = self.x[arrow.receiver] < self.x[arrow.sender]
        room = self.x[arrow.receiver] - GUTTER if left else self.width - self.x[arrow.receiver]
        return wide(placed.manner + brief(arrow)) + 14 > room

    def _cells(self, placed: PlacedRow) -> None:
        """States below what happened, at their lanes; as many in a line as there is room for."""
        down: dict[str, float] = {}
        for lane, changes in self._changes(placed.row).items():
            x0 = self.x[lane] + 11
            x, y = x0, self._down
            limit = min(x0 + self.pitch - 24, self.width - 2)
            for change in changes:
                room = wide(cell_words(change)) + 10
                if x > x0 and x + room > limit:
                    x, y = x0, y + CELL
                placed.cells.append((change, x, y, min(room, self.width - 2 - x)))
                x += room + 5
            down[lane] = y + CELL
        self._down = max(down.values(), default=self._down)

    def _changes(self, row: ChartRow) -> dict[str, list[StateChange]]:
        found: dict[str, list[StateChange]] = {}
        for change in row.changes:
            lane = self.chart.lane(change.lane)
            alive = lane.until is None or lane.until > row.number
            if change.lane in self.x and alive:
                found.setdefault(change.lane, []).append(change)
        return found

    def _narrow(self, placed: PlacedRow, instants: Sequence[Arrow]) -> None:
        """Words first, line by line; then the arrows; cells as part of the words."""
        letters = int((self.width - GUTTER - 6) / LETTER)
        if placed.label:
            self._words(placed, placed.row.step, letters, "s")
        for arrow in placed.late:
            lost = "lost: " if arrow.fate is Delivery.LOST else ""
            self._words(placed, lost + brief(arrow), letters, kind_of(arrow))
        for arrow in instants:
            lost = "lost: " if arrow.fate is Delivery.LOST else ""
            if arrow.words != placed.label:
                self._words(placed, lost + brief(arrow), letters, kind_of(arrow))
            placed.instants.append((arrow, self._down + 8))
            self._down += 18
        changes = [item for change in self._changes(placed.row).values() for item in change]
        x, y = float(GUTTER), self._down
        for change in changes:
            room = wide(self.chart.lane(change.lane).label + " " + cell_words(change)) + 10
            if x > GUTTER and x + room > self.width - 2:
                x, y = GUTTER, y + CELL
            placed.cells.append((change, x, y, min(room, self.width - 2 - x)))
            x += room + 5
        self._down = y + (CELL if changes else 0)
        if placed.late or not instants:
            placed.y = self._down + 9
            self._down += 18
        else:
            placed.y = placed.instants[0][1]

    def _words(self, placed: PlacedRow, words: str, letters: int, kind: str) -> None:
        for part in textwrap.wrap(words, letters):
            self._down += TEXT
            placed.words.append((part, self._down - 4, kind))


def remarks_height(placed: PlacedRow) -> float:
    """Height of the box with the remarks of a row; 0 where there are none."""
    return TEXT * len(placed.remarks) + 2 * REMARK if placed.remarks else 0


def cell_words(change: StateChange) -> str:
    return f"{change.key} {change.after or '-'}"


def kind_of(arrow: Arrow) -> str:
    """Class of an arrow: by how it travels, and whether it got there."""
    if arrow.fate is Delivery.LOST:
        return "x"
    return {"message": "m", "call": "c", "request": "q", "data": "q"}[arrow.kind]
