"""A state machine to be drawn: states, transitions, their tables, and how often runs took them."""

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from workerfuzz.harness.cases.format.spelling import counted
from workerfuzz.harness.report.night_report.heat_map import pair, short
from workerfuzz.harness.subjects import get_cluster
from workerfuzz.statemachine.scheduler import states as of_scheduler
from workerfuzz.statemachine.scheduler import table as scheduler_table
from workerfuzz.statemachine.worker import states as of_worker
from workerfuzz.statemachine.worker.edges import EDGES as WORKER_EDGES

Edge = tuple[str, str]

#: What each state says about a task, by participant; every state is there.
MEANINGS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "worker": {str(state): meaning for state, meaning in of_worker.MEANING.items()},
        "scheduler": {str(state): meaning for state, meaning in of_scheduler.MEANING.items()},
    }
)

#: The reference's table, by participant: who asks for each transition, or why it happens.
TABLES: Final[Mapping[str, Mapping[Edge, str]]] = MappingProxyType(
    {
        "worker": dict(WORKER_EDGES.items()),
        "scheduler": {edge: row.because for edge, row in scheduler_table.ROWS.items()},
    }
)


class InTable(enum.StrEnum):
    """In whose table a transition is."""

    BOTH = "both"
    REFERENCE = "reference"
    DASK = "dask"
    NOBODY = "nobody"  # runs took it all the same


@dataclass(frozen=True, slots=True)
class DiagramTransition:
    """One transition.

    Attributes:
        why: who asks for it, as the reference's table says.
        count: how often runs took it; None where none were counted that could have.
    """

    start: str
    finish: str
    in_table: InTable
    why: str = ""
    count: int | None = None

    @property
    def number(self) -> str:
        """The count in a few characters; empty where there is none."""
        return "" if self.count is None else short(self.count)

    @property
    def description(self) -> str:
        """All there is to say of it, in one line."""
        text = f"{self.start} to {self.finish}"
        if self.count is not None:
            text += f": {counted(self.count, 'time')}" if self.count else ": never taken"
        return text + TABLE_NOTES.get(self.in_table, "") + (f" ({self.why})" if self.why else "")


#: What is said of a transition that is not in every table.
TABLE_NOTES: Final[Mapping[InTable, str]] = MappingProxyType(
    {
        InTable.REFERENCE: "; in the reference's table alone",
        InTable.DASK: "; in Dask's table alone",
        InTable.NOBODY: "; in no table",
    }
)


@dataclass(frozen=True, slots=True)
class StateDiagram:
    """The states of a participant, and its transitions.

    Attributes:
        states: each with what it says about a task.
        transitions: in the order of their states.
        dask: release of Dask whose table was compared; empty where none was.
        observed: whose runs were counted; empty where none were.
    """

    participant: str
    states: Mapping[str, str]
    transitions: tuple[DiagramTransition, ...]
    dask: str = ""
    observed: str = ""

    @property
    def title(self) -> str:
        return f"States of a task on a {self.participant}"

    @property
    def description(self) -> str:
        """Description of the diagram in one line."""
        subjects = f"the reference and of dask {self.dask}" if self.dask else "the reference"
        text = f"{len(self.states)} states, {len(self.transitions)} transitions of {subjects}"
        return f"{text}; taken by {self.observed}" if self.observed else text

    def transitions_in(self, in_table: InTable) -> list[DiagramTransition]:
        return [transition for transition in self.transitions if transition.in_table is in_table]


@dataclass(frozen=True, slots=True)
class DaskTables:
    """Dask's tables: the transitions of each participant."""

    version: str
    edges: Mapping[str, Collection[Edge]]


def dask_tables() -> DaskTables:
    """Those of the release that is installed. Raises SubjectUnavailable: there is none."""
    dask = get_cluster("dask")
    return DaskTables(dask.version(), dask.edges())


def machine(
    participant: str,
    dask: DaskTables | None = None,
    counts: Mapping[str, int] | None = None,
    observed: str = "",
) -> StateDiagram:
    """The map of a participant.

    Args:
        dask: None where its tables are not known: then the reference's are all there is.
        counts: how often each was taken that could be, by names such as ``worker flight -> memory``.
        observed: whose runs these are, for people.
    """
    table = TABLES[participant]
    theirs = None if dask is None else dask.edges.get(participant) or None
    taken = {
        pair(name): n for name, n in (counts or {}).items() if name.startswith(f"{participant} ")
    }
    edges = {*table, *(theirs or ()), *taken}
    named = MEANINGS[participant]
    others = sorted({state for edge in edges for state in edge} - {*named})
    states = {**named, **dict.fromkeys(others, "the reference has no such state")}
    order = {state: place for place, state in enumerate(states)}
    transitions = (
        DiagramTransition(
            *edge,
            tables_with(edge, table, theirs),
            table.get(edge, ""),
            taken.get(edge),
        )
        for edge in sorted(edges, key=lambda edge: (order[edge[0]], order[edge[1]]))
    )
    version = dask.version if dask is not None and theirs else ""
    return StateDiagram(participant, states, tuple(transitions), version, observed)


def tables_with(edge: Edge, reference: Collection[Edge], dask: Collection[Edge] | None) -> InTable:
    """In whose table it is; where nobody knows Dask's, the reference's is all there is."""
    ours, theirs = edge in reference, edge in (reference if dask is None else dask)
    if ours:
        return InTable.BOTH if theirs else InTable.REFERENCE
    return InTable.DASK if theirs else InTable.NOBODY
