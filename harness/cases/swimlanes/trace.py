"""The record of a case that is played: rows, messages sent in each, and their delivery."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from workerfuzz.harness.cases.swimlanes.chart import (
    NO_TABLES,
    Arrow,
    ArrowKind,
    ChartRow,
    Delivery,
    Lane,
    LaneRole,
    Span,
    SpanKind,
    StateChange,
)
from workerfuzz.harness.subjects.tables import Tables
from workerfuzz.strategies.worker import Step

#: In which lanes stand from left to right.
ORDER: Final = {role: place for place, role in enumerate(LaneRole)}

#: What a row is called in which nothing happens any more.
REST: Final = "rest"

#: States by lane and key.
States = Mapping[tuple[str, str], str]


@dataclass(slots=True)
class RowUnderway:
    """A row that may still change.

    Attributes:
        doing: the words of what happened are known.
        over: all that happened in it has, and was found right.
    """

    step: str = ""
    lane: str = ""
    keys: tuple[str, ...] = ()
    at_rest: bool = False
    doing: bool = False
    over: bool = False
    states: States = field(default_factory=dict)
    tables: Mapping[str, Tables] = field(default_factory=lambda: NO_TABLES)


@dataclass(slots=True)
class Sent:
    """An arrow whose end is not known yet."""

    kind: ArrowKind
    sender: str
    receiver: str
    says: tuple[str, ...]
    keys: tuple[str, ...]
    row: int
    ended: int | None = None
    fate: Delivery = Delivery.UNDER_WAY

    def words(self) -> str:
        return "; ".join(self.says)


@dataclass(slots=True)
class Begun:
    """A span whose end is not known yet."""

    kind: SpanKind
    lane: str
    about: str
    keys: tuple[str, ...]
    row: int
    ended: int | None = None
    how: str = ""


class Trace:
    """Takes notes, row by row.

    Attributes:
        known: keys that may be named.
        look: what states, and what tables, are there now; asked after each row.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self.known = frozenset(known)
        self.look: Callable[[], tuple[States, Mapping[str, Tables]]] = lambda: ({}, NO_TABLES)
        self.rows: list[RowUnderway] = [RowUnderway(step="the beginning")]
        self.lanes: dict[str, Lane] = {}
        self.arrows: list[Sent] = []
        self.spans: list[Begun] = []
        self._envelopes: dict[int, tuple[object, Sent]] = {}
        self._open: dict[tuple[SpanKind, str, str], Begun] = {}
        self._travelling: dict[tuple[ArrowKind, str, str], Sent] = {}

    @property
    def now(self) -> int:
        """The row that is under way."""
        return len(self.rows) - 1

    # Rows

    def begin(self, step: Step | None) -> None:
        """Something is going to happen; None: at rest."""
        if not self.rows[-1].over:
            self.settle()
        if step is None:
            self.rows.append(RowUnderway(at_rest=True))
        else:
            self.rows.append(RowUnderway(str(step), keys=step.keys()))

    def settle(self, *, over: bool = False) -> None:
        """Note how things stand."""
        row = self.rows[-1]
        row.states, row.tables = self.look()
        row.over = over

    def rests(self) -> None:
        """Everything outstanding has ended; now it is judged."""
        self.rows.append(RowUnderway(REST, at_rest=True))

    def doing(self, lane: str, step: Step | str, keys: Iterable[str] = ()) -> None:
        """Note the step of a row and its lane; the first note counts, later ones follow from it."""
        row = self.rows[-1]
        if row.doing:
            return
        row.doing, row.lane = True, lane
        if row.at_rest:
            row.step = str(step)
            row.keys = step.keys() if isinstance(step, Step) else tuple(keys)

    # Lanes

    def joins(self, name: str, role: LaneRole, label: str = "") -> None:
        """A participant takes part; one that is new comes now, unless it was there all the time."""
        if name not in self.lanes:
            since = self.now if role is LaneRole.WORKER else 0
            self.lanes[name] = Lane(name, label or name, role, since)
        elif self.lanes[name].until is not None:  # another one at the same address
            self.lanes[name] = replace(self.lanes[name], until=None)

    def leaves(self, name: str) -> None:
        lane = self.lanes[name]
        self.lanes[name] = Lane(name, lane.label, lane.role, lane.since, self.now)

    # What travels

    def sends(
        self,
        kind: ArrowKind,
        sender: str,
        receiver: str,
        says: Sequence[str],
        keys: Iterable[str] = (),
    ) -> Sent:
        """Something is sent; its keys are those that its words name, unless they are given."""
        named = tuple(keys) or tuple(dict.fromkeys(key for say in says for key in self.named(say)))
        sent = Sent(kind, sender, receiver, tuple(says), named, self.now)
        self.arrows.append(sent)
        return sent

    def named(self, words: str) -> Iterator[str]:
        """Keys that a message is about. Its first word says what it is."""
        _, *others = words.split()
        return (word for word in others if word in self.known)

    def arrives(self, sent: Sent) -> None:
        sent.ended, sent.fate = self.now, Delivery.ARRIVED

    def loses(self, sent: Sent) -> None:
        sent.ended, sent.fate = self.now, Delivery.LOST

    def calls(
        self, sender: str, receiver: str, says: Sequence[str], keys: Iterable[str] = ()
    ) -> None:
        """Sent and there at once."""
        self.arrives(self.sends(ArrowKind.CALL, sender, receiver, says, keys))

    def posted(self, envelope: object, sent: Sent) -> None:
        """This very envelope is what was sent."""
        self._envelopes[id(envelope)] = (
            envelope,
            sent,
        )  # the envelope is kept: no other gets its id

    def sent_as(self, envelope: object) -> Sent:
        return self._envelopes[id(envelope)][1]

    def travels(
        self, kind: ArrowKind, sender: str, receiver: str, says: str, keys: Sequence[str]
    ) -> None:
        """Of this kind, there is one at a time between two participants."""
        self._travelling[kind, sender, receiver] = self.sends(kind, sender, receiver, [says], keys)

    def travelled(
        self, kind: ArrowKind, sender: str, receiver: str, end: Callable[[Sent], None]
    ) -> None:
        """It arrives or is lost, if it has not been before."""
        sent = self._travelling.pop((kind, sender, receiver), None)
        if sent is not None:
            end(sent)

    def travellers(self, kind: ArrowKind) -> list[tuple[str, str]]:
        """Sender and receiver of what is under way."""
        return [
            (sender, receiver)
            for travelling_kind, sender, receiver in self._travelling
            if travelling_kind is kind
        ]

    # What lasts

    def lasts(self, kind: SpanKind, lane: str, about: str, keys: Iterable[str] = ()) -> None:
        begun = Begun(kind, lane, about, tuple(keys), self.now)
        self.spans.append(begun)
        self._open[kind, lane, about] = begun

    def ends(self, kind: SpanKind, lane: str, about: str, how: str) -> None:
        begun = self._open.pop((kind, lane, about), None)
        if begun is not None:
            begun.ended, begun.how = self.now, how

    def all_end(self, lane: str, how: str) -> None:
        """Whatever lasts on a lane ends."""
        for kind, party, about in list(self._open):
            if party == lane:
                self.ends(kind, party, about, how)

    # What came of it

    def noted_lanes(self) -> tuple[Lane, ...]:
        """Clients, scheduler, workers, peers; each in the order of their names."""
        return tuple(sorted(self.lanes.values(), key=lambda lane: (ORDER[lane.role], lane.name)))

    def noted_rows(self, told: Sequence[tuple[int, tuple[str, ...]]]) -> tuple[ChartRow, ...]:
        """All rows. ``told``: line and remarks of each step in its case."""
        before: States = {}
        rows = []
        for number, row in enumerate(self.rows):
            place = number - 1
            line, remarks = told[place] if 0 <= place < len(told) and not row.at_rest else (0, ())
            rows.append(
                ChartRow(
                    number, row.step, row.lane, line, row.at_rest, row.keys,
                    tuple(changed(before, row.states)), remarks, row.tables,
                )
            )  # fmt: skip
            before = row.states
        return tuple(rows)

    def noted_arrows(self) -> tuple[Arrow, ...]:
        return tuple(
            Arrow(
                sent.kind,
                sent.sender,
                sent.receiver,
                sent.says,
                sent.keys,
                sent.row,
                sent.ended,
                sent.fate,
            )
            for sent in self.arrows
        )

    def noted_spans(self) -> tuple[Span, ...]:
        return tuple(
            Span(begun.kind, begun.lane, begun.about, begun.keys, begun.row, begun.ended, begun.how)
            for begun in self.spans
        )


def changed(before: States, after: States) -> Iterator[StateChange]:
    """Return the differences, sorted by lane and key."""
    for lane, key in sorted({*before, *after}):
        was, now = before.get((lane, key)), after.get((lane, key))
        if was != now:
            yield StateChange(lane, key, was, now)
