"""Swimlanes as text: a column for each lane, time goes down, messages are lines from step to step.

A message leaves the lane of its sender in the row that sent it, goes down beside that lane while it
waits, and crosses over to its receiver in the row that delivers it.
"""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Final, NamedTuple

from workerfuzz.harness.cases.swimlanes.chart import (
    Arrow,
    ArrowKind,
    Chart,
    ChartRow,
    Delivery,
    Lane,
    SpanKind,
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

#: What a place looks like: the name of a style. States are ``state:executing`` and the like.
PLAIN: Final = ""

#: A line, as pieces of text with their styles.
Drawn = Sequence[tuple[str, str]]

#: Instead of lines and arrows, where these cannot be written.
ASCII: Final[Mapping[int, str]] = str.maketrans(
    {
        "│": "|", "┃": "#", "┊": ":", "─": "-", "╌": "-", "═": "=", "⋮": ":", "…": "~",
        **dict.fromkeys("╮╭╯╰┬├┤┼╪", "+"),
        "▶": ">", "◀": "<", "●": "*", "✗": "x", "✓": "+", "→": ">",
    }
)  # fmt: skip

#: What stands where a line crosses another that goes down.
_CROSSED: Final[Mapping[str, str]] = MappingProxyType({"─": "┼", "╌": "┼", "═": "╪"})
_DOWN: Final = frozenset("│┃┊")


class StyledLine:
    """One line, as wide as it has to be."""

    def __init__(self, width: int) -> None:
        self._cells = [(" ", PLAIN)] * width

    def __len__(self) -> int:
        return len(self._cells)

    def put(self, place: int, text: str, style: str = PLAIN) -> None:
        """Write over what is there; what has no room on the right ends in dots."""
        room = len(self) - place
        if room <= 0:
            return
        if len(text) > room:
            text = text[: room - 1] + "…"
        for offset, letter in enumerate(text):
            self._cells[place + offset] = (letter, style)

    def across(self, start: int, end: int, letter: str, style: str) -> None:
        """A line from one place to another, both included, over what goes down there."""
        for place in range(min(start, end), max(start, end) + 1):
            under, _ = self._cells[place]
            self._cells[place] = (_CROSSED[letter] if under in _DOWN else letter, style)

    def letter(self, place: int) -> str:
        return self._cells[place][0]

    def free(self, place: int) -> bool:
        """Nothing is written there; beyond the end there is nothing to write on."""
        return place < len(self) and self._cells[place][0] == " "

    def drawn(self) -> Drawn:
        """The line without what is empty at its end."""
        cells = self._cells
        while cells and cells[-1] == (" ", PLAIN):
            cells = cells[:-1]
        return [
            ("".join(letter for letter, _ in group), style)
            for style, group in groupby(cells, key=lambda cell: cell[1])
        ]


def plain(lines: Sequence[Drawn], *, ascii_only: bool = False) -> Iterator[str]:
    """Lines without their styles."""
    for line in lines:
        text = "".join(piece for piece, _ in line).rstrip()
        yield text.translate(ASCII) if ascii_only else text


#: Columns for the number of a row; between lanes, at the least and at the most.
GUTTER: Final = 5
NARROWEST: Final = 10
WIDEST: Final = 24

ACROSS: Final = {
    ArrowKind.MESSAGE: "─",
    ArrowKind.CALL: "═",
    ArrowKind.REQUEST: "╌",
    ArrowKind.DATA: "╌",
}
DOWN: Final = {
    ArrowKind.MESSAGE: "│",
    ArrowKind.CALL: "│",
    ArrowKind.REQUEST: "┊",
    ArrowKind.DATA: "┊",
}


class Channel(NamedTuple):
    """A column, beside the lane of its sender, in which an arrow goes down while it is under way."""

    arrow: Arrow
    column: int


class Sheet:
    """Lines as they are drawn, from the first to the last.

    Attributes:
        places: column of each lane.
        channels: what goes down beside a lane now.
        now: the row that is drawn.
    """

    def __init__(self, chart: Chart, lanes: Sequence[Lane], width: int) -> None:
        self.chart = chart
        self.lanes = lanes
        self.width = width
        self.pitch = min(WIDEST, (width - GUTTER) // max(len(lanes), 1))
        self.places = {
            lane.name: GUTTER + 1 + self.pitch * place for place, lane in enumerate(lanes)
        }
        self.lines: list[StyledLine] = []
        self.channels: list[Channel] = []
        self.now = 0
        self._threads = [span for span in chart.spans if span.kind is SpanKind.THREAD]

    # Lines

    def line(self) -> StyledLine:
        """One more line: lanes, and what is under way, go on."""
        line = StyledLine(self.width)
        for lane in self.lanes:
            if lane.since <= self.now and (lane.until is None or self.now < lane.until):
                letter, style = ("┃", "busy") if self.is_busy(lane.name) else ("│", "lane")
                line.put(self.places[lane.name], letter, style)
        for channel in self.channels:
            line.put(channel.column, DOWN[channel.arrow.kind], str(channel.arrow.kind))
        self.lines.append(line)
        return line

    def is_busy(self, lane: str) -> bool:
        """A thread runs there, after the row that is drawn."""
        return any(
            span.lane == lane
            and span.since <= self.now
            and (span.until is None or self.now < span.until)
            for span in self._threads
        )

    def heads(self) -> None:
        """Draw the labels of the lanes."""
        line = StyledLine(self.width)
        for lane in self.lanes:
            place = max(GUTTER, self.places[lane.name] - len(lane.label) // 2)
            line.put(place, lane.label[: self.pitch - 1], f"head {lane.role}")
        self.lines.append(line)

    # Places

    def shows(self, arrow: Arrow) -> bool:
        """Both of its ends can be seen."""
        return arrow.sender in self.places and arrow.receiver in self.places

    def channel_of(self, arrow: Arrow) -> Channel | None:
        """Remove and return the channel of an arrow that ends."""
        for channel in self.channels:
            if channel.arrow is arrow:
                self.channels.remove(channel)
                return channel
        return None

    def new_channels(self, arrows: Iterable[Arrow]) -> list[Channel]:
        """Return channels for new arrows: as near to the lane of their sender as possible."""
        found: list[Channel] = []
        for arrow in filter(self.shows, arrows):
            start = self.places[arrow.sender]
            side = self.side(arrow)
            taken = {channel.column for channel in (*self.channels, *found)}
            column = start + side
            while column in taken and abs(column - start) < self.pitch - 2:
                column += side
            found.append(Channel(arrow, column))
        return found

    def side(self, arrow: Arrow) -> int:
        """1: it goes to the right; -1: to the left."""
        return 1 if self.places[arrow.receiver] > self.places[arrow.sender] else -1

    def beside(self, place: int) -> int:
        """Return the column at which text can begin on the right of a lane."""
        columns = {channel.column for channel in self.channels}
        start = place + 2
        while {start - 1, start} & columns:
            start += 1
        return start

    def room(self, start: int) -> int:
        """Columns from there to whatever goes down next."""
        columns = [*(channel.column for channel in self.channels), *self.places.values()]
        return min((column for column in columns if column > start), default=self.width) - start - 1

    def label(self, line: StyledLine, place: int, text: str, style: str) -> None:
        """On the right of a place, or where there is less room, on its left."""
        start = self.beside(place)
        if start + len(text) > self.width and place - GUTTER > self.width - start:
            text = text[: place - GUTTER - 1]
            line.put(place - 1 - len(text), text, style)
        else:
            line.put(start, text, style)


AT_REST: Final = "at rest: what is outstanding ends"


def fits(chart: Chart, width: int, last: int | None = None) -> bool:
    """There is room for all lanes side by side."""
    lanes = shown_lanes(chart, shown_rows(chart, last))
    return GUTTER + NARROWEST * len(lanes) <= width


def draw(chart: Chart, width: int, last: int | None = None) -> list[Drawn]:
    """The lanes, without what stands above and below them.

    Args:
        width: in characters; see ``fits``.
        last: draw no more rows than so many, up to the one that broke something.
    """
    rows = shown_rows(chart, last)
    drawing = Drawing(Sheet(chart, shown_lanes(chart, rows), width))
    drawing.begin(rows)
    for row in rows:
        if isinstance(row, Fold):
            drawing.fold(row)
        else:
            drawing.row(row)
    drawing.end()
    return [line.drawn() for line in drawing.sheet.lines]


class Drawing:
    """Draws one row after the other."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.chart = sheet.chart
        self.rests = False

    # Above, between and below

    def begin(self, rows: Sequence[ChartRow | Fold]) -> None:
        """Heads of the lanes; and what is under way already, where the beginning is left out."""
        sheet = self.sheet
        sheet.heads()
        if isinstance(rows[0], Fold) and isinstance(rows[1], ChartRow):
            sheet.now = rows[1].number - 1
            sheet.channels += sheet.new_channels(self.chart.under_way(sheet.now))

    def fold(self, fold: Fold) -> None:
        line = self.sheet.line()
        line.put(0, "  ⋮", "dim")
        self.sheet.label(line, GUTTER + 1, f"{fold.rows} more", "dim")

    def end(self) -> None:
        """Continue below the last row the arrows that are still under way."""
        if self.sheet.channels:
            line = self.sheet.line()
            for channel in self.sheet.channels:
                line.put(channel.column, "⋮", str(channel.arrow.kind))

    def remarks(self, row: ChartRow) -> None:
        for remark in row.remarks:
            for text in textwrap.wrap(remark, self.sheet.width - GUTTER - 3):
                self.sheet.line().put(GUTTER + 2, f" {text} ", "remark")
        if row.at_rest and not self.rests:
            self.rests = True
            self.sheet.line().put(GUTTER + 2, f" {AT_REST} ", "section")

    # A row

    def row(self, row: ChartRow) -> None:
        chart, number = self.chart, row.number
        self.remarks(row)
        self.sheet.now = number
        first = len(self.sheet.lines)
        breaks = chart.breach is not None and chart.breach.row == number
        ended = [arrow for arrow in chart.ended_in(number) if self.sheet.shows(arrow)]
        arrived = [arrow for arrow in ended if arrow.fate is Delivery.ARRIVED]
        if not is_silent(row, arrived):
            self.happens(row)
        for arrow in arrived:
            self.arrival(arrow)
        for arrow in ended:
            if arrow.fate is Delivery.LOST:
                self.loss(arrow, is_named=arrow.words == row.step)
        below = self.departures(number, self.sheet.lines[-1])
        self.states(row.changes, below)
        self.sheet.lines[first].put(0, f"{number:>3}", "broken" if breaks else "number")
        if breaks:
            self.breach(row, self.sheet.lines[first])

    def breach(self, row: ChartRow, first: StyledLine) -> None:
        """This row broke something."""
        breach = self.chart.breach
        assert breach is not None
        first.put(3, "✗", "broken")
        place = self.sheet.places.get(row.lane, GUTTER + 1)
        line = first if row.lane not in self.sheet.places else self.sheet.line()
        what = breach.property or f"{row.step}: impossible"
        self.sheet.label(line, place, f"✗ {what}", "broken")

    def happens(self, row: ChartRow) -> None:
        """Something that nobody sent."""
        line = self.sheet.line()
        place = self.sheet.places.get(row.lane)
        if place is not None:  # otherwise it is about nobody
            dies = self.chart.lane(row.lane).until == row.number
            line.put(place, "✗" if dies else "●", "step")
            self.sheet.label(line, place, label_of(row), "step")

    # What travels

    def departures(self, number: int, line: StyledLine) -> StyledLine | None:
        """Draw the start of arrows that are sent in a row and do not end in it.

        Returns:
            A line that was begun for it, on which there is room for more; None where ``line`` had room.
        """
        sheet = self.sheet
        channels = sheet.new_channels(
            arrow for arrow in self.chart.sent_in(number) if arrow.ended != number
        )
        begun = None
        if channels and not all(self.has_room(line, channel) for channel in channels):
            line = begun = sheet.line()
        for name in dict.fromkeys(channel.arrow.sender for channel in channels):
            for right in (True, False):
                sent_by_it = [channel for channel in channels if channel.arrow.sender == name]
                place = sheet.places[name]
                self.stubs(
                    line,
                    place,
                    [channel for channel in sent_by_it if (channel.column > place) is right],
                )
        sheet.channels += channels
        return begun

    def has_room(self, line: StyledLine, channel: Channel) -> bool:
        """The way from the lane to the channel, and a column more, are not written on."""
        place, side = self.sheet.places[channel.arrow.sender], self.sheet.side(channel.arrow)
        before = {channel.column for channel in self.sheet.channels}
        columns = range(place + side, channel.column + 2 * side, side)
        return all(column in before or line.free(column) for column in columns)

    def stubs(self, line: StyledLine, place: int, channels: Sequence[Channel]) -> None:
        """From a lane to each channel that begins on one side of it."""
        if not channels:
            return
        side = self.sheet.side(channels[0].arrow)
        furthest = max(
            (channel.column for channel in channels), key=lambda column: abs(column - place)
        )
        line.across(place + side, furthest, "─", str(channels[-1].arrow.kind))
        for channel in channels:
            corner = "╮" if side > 0 else "╭"
            letter = corner if channel.column == furthest else "┬"
            line.put(channel.column, letter, str(channel.arrow.kind))
        if line.letter(place) in "│┃├┤":
            both = line.letter(place) in "├┤"
            line.put(place, "┼" if both else "├" if side > 0 else "┤", "lane")

    def arrival(self, arrow: Arrow) -> None:
        """Something crosses over to its receiver."""
        sheet, style = self.sheet, str(arrow.kind)
        channel = sheet.channel_of(arrow)
        line = sheet.line()
        start, end, side = (
            sheet.places[arrow.sender],
            sheet.places[arrow.receiver],
            sheet.side(arrow),
        )
        begin = start + side if channel is None else channel.column
        line.across(begin, end - side, ACROSS[arrow.kind], style)
        if channel is None:
            line.put(start, "●", style)
        else:
            line.put(begin, "╰" if side > 0 else "╯", style)
        line.put(end - side, "▶" if side > 0 else "◀", style)
        line.put(end, "●", style)
        self.say(line, brief(arrow), (begin + side, end - 2 * side), end, f"{style} words")

    def say(self, line: StyledLine, text: str, way: tuple[int, int], end: int, style: str) -> None:
        """Write the text of an arrow: on it, beside its head, or above it."""
        sheet, (low, high) = self.sheet, sorted(way)
        beside = sheet.beside(end)
        if len(text) + 1 <= high - low + 1:
            line.put(low + (high - low + 2 - len(text)) // 2, text, style)
        elif way[1] < end and beside + len(text) <= sheet.width:
            line.put(beside, text, style)
        else:
            sheet.lines.pop()
            place = max(GUTTER + 2, min(low, sheet.width - len(text)))
            sheet.line().put(place, text, style)
            sheet.lines.append(line)

    def loss(self, arrow: Arrow, *, is_named: bool) -> None:
        """Something is not going to arrive. ``said``: the row says already what it is."""
        channel = self.sheet.channel_of(arrow)
        line = self.sheet.line()
        column = self.sheet.places[arrow.sender] + 1 if channel is None else channel.column
        line.put(column, "✗", "lost")
        self.sheet.label(line, column, "lost" if is_named else f"lost: {brief(arrow)}", "lost")

    # States

    def states(self, changes: Sequence[StateChange], line: StyledLine | None) -> None:
        """Cells below what happened, on the lanes that they belong to; first on ``line``."""
        asked = self.chart.breach.keys if self.chart.breach else ()
        lane, at, end = "", 0, 0
        for change in changes:
            if change.lane not in self.sheet.places or self.is_gone(change.lane):
                continue
            if change.lane != lane:
                lane, at = change.lane, self.sheet.beside(self.sheet.places[change.lane])
                end = at + max(self.sheet.room(at), 4)
                line = line if line is not None and line.free(at) else self.sheet.line()
            text = cell(change, end - self.sheet.beside(self.sheet.places[lane]))
            if line is None or at + len(text) > end:
                line, at = self.sheet.line(), self.sheet.beside(self.sheet.places[lane])
            style = f"state:{change.after or 'forgotten'}"
            line.put(at, text, style + (" asked" if change.key in asked else ""))
            at += len(text) + 1

    def is_gone(self, lane: str) -> bool:
        until = self.chart.lane(lane).until
        return until is not None and until <= self.sheet.now


def cell(change: StateChange, room: int) -> str:
    """A key and its state, with some space around it where there is room."""
    text = f" {change.key} {change.after or '-'} "
    if len(text) > room:
        text = text.strip()
    return text if len(text) <= room else text[: room - 1] + "…"
