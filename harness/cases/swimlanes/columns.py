"""A sheet on which lanes go down, and beside them what is under way."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from workerfuzz.harness.cases.swimlanes.chart import Arrow, Chart, Kind, Lane, Span
from workerfuzz.harness.cases.swimlanes.styled_text import Line

#: Columns for the number of a row; between lanes, at the least and at the most.
GUTTER: Final = 5
NARROWEST: Final = 10
WIDEST: Final = 24

ACROSS: Final = {Kind.MESSAGE: "─", Kind.CALL: "═", Kind.REQUEST: "╌", Kind.DATA: "╌"}
DOWN: Final = {Kind.MESSAGE: "│", Kind.CALL: "│", Kind.REQUEST: "┊", Kind.DATA: "┊"}


class Channel(NamedTuple):
    """Where something goes down that is under way. ``column``: beside the lane of its sender."""

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
        self.places = {lane.name: GUTTER + 1 + self.pitch * it for it, lane in enumerate(lanes)}
        self.lines: list[Line] = []
        self.channels: list[Channel] = []
        self.now = 0
        self._threads = [it for it in chart.spans if it.kind is Span.THREAD]

    # Lines

    def line(self) -> Line:
        """One more line: lanes, and what is under way, go on."""
        line = Line(self.width)
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
            it.lane == lane and it.since <= self.now and (it.until is None or self.now < it.until)
            for it in self._threads
        )

    def heads(self) -> None:
        """What the lanes are called."""
        line = Line(self.width)
        for lane in self.lanes:
            place = max(GUTTER, self.places[lane.name] - len(lane.label) // 2)
            line.put(place, lane.label[: self.pitch - 1], f"head {lane.role}")
        self.lines.append(line)

    # Places

    def shows(self, arrow: Arrow) -> bool:
        """Both of its ends can be seen."""
        return arrow.sender in self.places and arrow.receiver in self.places

    def channel_of(self, arrow: Arrow) -> Channel | None:
        """Where something comes from that was under way; it is not any more."""
        for channel in self.channels:
            if channel.arrow is arrow:
                self.channels.remove(channel)
                return channel
        return None

    def new_channels(self, arrows: Iterable[Arrow]) -> list[Channel]:
        """Where these can go down: as near to the lane of their sender as possible."""
        found: list[Channel] = []
        for arrow in filter(self.shows, arrows):
            start = self.places[arrow.sender]
            side = self.side(arrow)
            taken = {it.column for it in (*self.channels, *found)}
            column = start + side
            while column in taken and abs(column - start) < self.pitch - 2:
                column += side
            found.append(Channel(arrow, column))
        return found

    def side(self, arrow: Arrow) -> int:
        """1: it goes to the right; -1: to the left."""
        return 1 if self.places[arrow.receiver] > self.places[arrow.sender] else -1

    def beside(self, place: int) -> int:
        """Where text can begin on the right of a lane."""
        columns = {channel.column for channel in self.channels}
        start = place + 2
        while {start - 1, start} & columns:
            start += 1
        return start

    def room(self, start: int) -> int:
        """Columns from there to whatever goes down next."""
        columns = [*(it.column for it in self.channels), *self.places.values()]
        return min((it for it in columns if it > start), default=self.width) - start - 1

    def label(self, line: Line, place: int, text: str, style: str) -> None:
        """On the right of a place, or where there is less room, on its left."""
        start = self.beside(place)
        if start + len(text) > self.width and place - GUTTER > self.width - start:
            text = text[: place - GUTTER - 1]
            line.put(place - 1 - len(text), text, style)
        else:
            line.put(start, text, style)
