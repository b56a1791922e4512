"""The table of transitions as a heat map: rows start, columns finish, and how often each was taken."""

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.report.groups import TransitionCounts
from workerfuzz.statemachine.scheduler import table as scheduler_table
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState as OfScheduler
from workerfuzz.statemachine.worker.edges import EDGES as WORKER_EDGES
from workerfuzz.statemachine.worker.states import State as OfWorker

#: States in the order in which they are shown, by participant.
STATES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"worker": tuple(OfWorker), "scheduler": tuple(OfScheduler)}
)

#: Who asks for a transition, by participant, then by its states; as our own tables have it.
ASKED_BY: Final[Mapping[str, Mapping[tuple[str, str], str]]] = MappingProxyType(
    {
        "worker": dict(WORKER_EDGES.items()),
        "scheduler": {edge: row.because for edge, row in scheduler_table.ROWS.items()},
    }
)

#: Counts from which on a cell is one shade darker.
SHADES: Final = (1, 10, 100, 1_000, 10_000, 100_000)


class CellKind(enum.StrEnum):
    """Meaning of a cell."""

    TAKEN = "taken"
    NEVER = "never"  # there is such a transition, and no run took it
    EXTRA = "extra"  # it was taken, and nobody knew that there is one
    NONE = "none"  # there is no such transition


@dataclass(frozen=True, slots=True)
class HeatMapCell:
    """One pair of states.

    Attributes:
        shade: how dark it is: 0 where it was never taken, then from 1 on.
        description: all there is to say of it.
    """

    kind: CellKind
    count: int
    shade: int
    description: str

    @property
    def text(self) -> str:
        """Text of the cell."""
        return "" if self.kind is CellKind.NONE else short(self.count)


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A whole map.

    Attributes:
        finishes: heads of the columns.
        rows: a state, and its cells, one for each column.
    """

    participant: str
    edges: TransitionCounts
    finishes: tuple[str, ...]
    rows: tuple[tuple[str, tuple[HeatMapCell, ...]], ...]


def heat_map(edges: TransitionCounts) -> HeatMap:
    """The map of one participant; states that nothing starts in have no row, and so for columns."""
    pairs = [pair(name) for name in (*edges.known, *edges.counts)]
    starts = in_order(edges.participant, (start for start, _ in pairs))
    finishes = in_order(edges.participant, (finish for _, finish in pairs))
    rows = ((start, tuple(cell(edges, start, finish) for finish in finishes)) for start in starts)
    return HeatMap(edges.participant, edges, finishes, tuple(rows))


def pair(name: str) -> tuple[str, str]:
    """``worker flight -> memory`` as its two states."""
    start, _, finish = name.partition(" ")[2].partition(" -> ")
    return start, finish


def in_order(participant: str, states: Iterable[str]) -> tuple[str, ...]:
    """Each state once, as our tables have them; those that we do not know come last, by name."""
    order = STATES.get(participant, ())
    ours = {state: place for place, state in enumerate(order)}
    return tuple(sorted(set(states), key=lambda state: (ours.get(state, len(ours)), state)))


def cell(edges: TransitionCounts, start: str, finish: str) -> HeatMapCell:
    name = f"{edges.participant} {start} -> {finish}"
    count = edges.counts.get(name, 0)
    if not count and name not in edges.known:
        return HeatMapCell(CellKind.NONE, 0, 0, "")
    kind = CellKind.NEVER if not count else CellKind.TAKEN
    text = f"{start} to {finish}: {f'{count:,} times' if count else 'never reached'}"
    if count and edges.known and name not in edges.known:
        kind, text = CellKind.EXTRA, f"{text}, and in no table"
    why = ASKED_BY.get(edges.participant, {}).get((start, finish), "")
    shade = sum(count >= least for least in SHADES)
    return HeatMapCell(kind, count, shade, f"{text} ({why})" if why else text)


def short(count: int) -> str:
    """A number in at most four characters: ``999``, ``1.2k``, ``34k``, ``5.6M``."""
    size, unit = float(count), ""
    for larger in ("k", "M", "G", "T"):
        if size < 999.5:
            break
        size, unit = size / 1000, larger
    return f"{size:.1f}{unit}" if unit and size < 9.95 else f"{size:.0f}{unit}"
