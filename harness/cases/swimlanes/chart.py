"""A case as it was played: lanes, what happened where, what was sent and when it arrived. Data alone.

Rows are counted from 0. Row 0 is the beginning, before the first step; then comes a row for each step,
then one for each thing that happened while coming to rest.
"""

import enum
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.subjects.tables import Tables

#: How a change and a table write that there is no record.
NOTHING: Final = "-"

NO_TABLES: Final[Mapping[str, Tables]] = MappingProxyType({})


class LaneRole(enum.StrEnum):
    """Role of a participant."""

    CLIENT = "client"
    SCHEDULER = "scheduler"
    WORKER = "worker"
    PEER = "peer"  # of a worker that is alone under test: nothing is known of it but its answers


class ArrowKind(enum.StrEnum):
    """Kind of an arrow."""

    MESSAGE = "message"  # waits in the mailbox of its sender and receiver
    CALL = "call"  # overtakes the mailboxes: sent and there in one step
    REQUEST = "request"  # a worker asks a peer for keys
    DATA = "data"  # what the peer answers


class Delivery(enum.StrEnum):
    """Outcome of something that was sent."""

    ARRIVED = "arrived"
    LOST = "lost"
    UNDER_WAY = "under way"


class SpanKind(enum.StrEnum):
    """Kind of a span."""

    THREAD = "thread"  # from Execute to its end
    TRANSFER = "transfer"  # from GatherDep to its answer
    WAIT = "wait"  # until a busy peer is asked again
    PAUSE = "pause"


@dataclass(frozen=True, slots=True)
class Lane:
    """One participant.

    Attributes:
        name: as steps call it.
        label: as it is shown.
        since: row in which it came; 0 where it was there from the beginning.
        until: row in which it died; None where it is alive in the end.
    """

    name: str
    label: str
    role: LaneRole
    since: int = 0
    until: int | None = None


@dataclass(frozen=True, slots=True)
class StateChange:
    """Net change of one key on one lane; a state is None where there is no record."""

    lane: str
    key: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        return f"{self.key}: {self.before or NOTHING} -> {self.after or NOTHING}"


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One thing that happened.

    Attributes:
        step: as a case writes it, also where it happened at rest; ``rest`` for the judgement there.
        lane: where it happened; empty where it is about nobody.
        line: of the step in its file; 0 where there is none.
        keys: that the step names.
        changes: sorted by lane, then by key.
        remarks: what the case says above the step, without its ``#``.
        tables: of every lane after it, where they were asked for.
    """

    number: int
    step: str
    lane: str
    line: int = 0
    at_rest: bool = False
    keys: tuple[str, ...] = ()
    changes: tuple[StateChange, ...] = ()
    remarks: tuple[str, ...] = ()
    tables: Mapping[str, Tables] = field(default_factory=lambda: NO_TABLES)


@dataclass(frozen=True, slots=True)
class Arrow:
    """Something that was sent.

    Attributes:
        says: each message in it, in words.
        keys: that it is about.
        sent: row in which it was sent.
        ended: row in which it arrived or was lost; None where it is under way in the end.
    """

    kind: ArrowKind
    sender: str
    receiver: str
    says: tuple[str, ...]
    keys: tuple[str, ...]
    sent: int
    ended: int | None = None
    fate: Delivery = Delivery.UNDER_WAY

    @property
    def words(self) -> str:
        return "; ".join(self.says)


@dataclass(frozen=True, slots=True)
class Span:
    """A state of one lane that lasts over several rows.

    Attributes:
        about: key of a thread; peer of a transfer or of a wait; empty for a pause.
        keys: of the thread or the transfer.
        since: row in which it was asked for.
        until: row in which it ended; None where it lasts.
        how: it ended, in a word.
    """

    kind: SpanKind
    lane: str
    about: str
    keys: tuple[str, ...]
    since: int
    until: int | None = None
    how: str = ""


@dataclass(frozen=True, slots=True)
class ChartFailure:
    """A broken property or an impossible step, and its row.

    Attributes:
        property: its name; empty where a step was impossible.
        keys: in question, those of the counterexample first.
    """

    row: int
    property: str
    sentence: str
    counterexample: str
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A case as it was played on one subject.

    Attributes:
        about: scope, subject, version and configuration, in a line.
        notes: what the header of the case says beside: known to break, found, notes.
        lanes: clients, scheduler, workers; those that take part.
        arrows: in the order sent.
        breach: None where every property held.
    """

    title: str
    place: str
    about: str
    subject: str
    notes: tuple[str, ...] = ()
    lanes: tuple[Lane, ...]
    rows: tuple[ChartRow, ...]
    arrows: tuple[Arrow, ...] = ()
    spans: tuple[Span, ...] = ()
    breach: ChartFailure | None = None
    _states: list[Mapping[tuple[str, str], str]] = field(
        init=False, default_factory=list, repr=False, compare=False
    )

    @property
    def steps(self) -> int:
        """Number of steps that were taken."""
        return sum(1 for row in self.rows if row.number and not row.at_rest)

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key that something is about, in the order of appearance."""
        found = dict.fromkeys(self.breach.keys if self.breach else ())
        for row in self.rows:
            found.update(dict.fromkeys((*row.keys, *(change.key for change in row.changes))))
        for arrow in self.arrows:
            found.update(dict.fromkeys(arrow.keys))
        return tuple(found)

    def lane(self, name: str) -> Lane:
        return next(lane for lane in self.lanes if lane.name == name)

    def states(self, row: int) -> Mapping[tuple[str, str], str]:
        """States after a row, by lane and key."""
        if not self._states:
            now: dict[tuple[str, str], str] = {}
            for chart_row in self.rows:
                for change in chart_row.changes:
                    if change.after is None:
                        now.pop((change.lane, change.key), None)
                    else:
                        now[change.lane, change.key] = change.after
                self._states.append(dict(now))
        return self._states[row]

    def sent_in(self, row: int) -> Iterator[Arrow]:
        return (arrow for arrow in self.arrows if arrow.sent == row)

    def ended_in(self, row: int) -> Iterator[Arrow]:
        """Return the arrows that arrived or were lost in a row."""
        return (arrow for arrow in self.arrows if arrow.ended == row)

    def under_way(self, row: int) -> Iterator[Arrow]:
        """Return the arrows sent by then that are neither delivered nor lost."""
        return (
            arrow
            for arrow in self.arrows
            if arrow.sent <= row and (arrow.ended is None or arrow.ended > row)
        )


_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

#: A key of this name is an article as well, unless one of these follows.
ARTICLE: Final = "a"
AFTER_A_KEY: Final = frozenset(
    {"is", "was", "has", "had", "may", "on", "in", "by", "and", "that", "which", "starts", "failed",
     "waits", "went", "depends", "stays"}
)  # fmt: skip


def keys_in(text: str, known: Collection[str]) -> tuple[str, ...]:
    """Keys that a counterexample names, in the order of their appearance."""
    found: dict[str, None] = {}
    for match in _WORD.finditer(text):
        word = match[0].rstrip(".-")
        if word in known and not is_article(word, text[match.end() :]):
            found[word] = None
    return tuple(found)


def is_article(word: str, rest: str) -> bool:
    following = re.match(r" ([a-z]+)", rest)
    return word == ARTICLE and following is not None and following[1] not in AFTER_A_KEY


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """A row as far as it concerns one key.

    Attributes:
        changes: as text: ``scheduler: waiting -> processing``.
        arrived, sent: what was about the key and arrived, or was sent, in that row.
    """

    row: ChartRow
    changes: tuple[str, ...]
    arrived: tuple[Arrow, ...]
    sent: tuple[Arrow, ...]


def story(chart: Chart, key: str) -> Iterator[KeyEvent]:
    """All that happened to a key, from the beginning to the end."""
    for row in chart.rows:
        changes = tuple(
            f"{chart.lane(change.lane).label}: {change.before or '-'} -> {change.after or '-'}"
            for change in row.changes
            if change.key == key
        )
        arrived = tuple(arrow for arrow in chart.ended_in(row.number) if key in arrow.keys)
        sent = tuple(arrow for arrow in chart.sent_in(row.number) if key in arrow.keys)
        if changes or arrived or sent or key in row.keys:
            yield KeyEvent(row, changes, arrived, sent)
