"""Messages, threads and transfers that the transitions of one event made due, and that were issued.

For each transition a table says what is due, and for each instruction another says what it reports.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.edges import EDGES, Edge
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import NEEDS_INPUTS, USES_INPUTS, State
from workerfuzz.statemachine.worker.task import Transition

Changes = Sequence[tuple[str, Transition]]

#: What is due or told, and the key that it is about.
Entry: TypeAlias = tuple[str, str]

#: What an instruction tells: of what kind, and about which keys.
TELLS: Final[Mapping[type[Instruction], tuple[str, Callable[[Any], Sequence[str]]]]] = (
    MappingProxyType(
        {
            do.TaskFinished: ("value", lambda item: (item.key,)),
            do.AddKeys: ("value", lambda item: item.keys),
            do.ReleaseWorkerData: ("loss", lambda item: (item.key,)),
            do.TaskErred: ("failure", lambda item: (item.key,)),
            do.LongRunning: ("secession", lambda item: (item.key,)),
            do.Reschedule: ("reschedule", lambda item: (item.key,)),
            do.Execute: ("thread", lambda item: (item.key,)),
            do.GatherDep: ("transfer", lambda item: item.keys),
            do.StealResponse: ("answer", lambda item: (item.key,)),
        }
    )
)

#: What is due on entering a state; some of it only from some states.
ENTERING: Final[Mapping[State, tuple[str, frozenset[State]]]] = MappingProxyType(
    {
        State.MEMORY: ("value", frozenset(State)),
        State.ERROR: ("failure", frozenset(State)),
        State.LONG_RUNNING: ("secession", frozenset(State)),
        State.RESCHEDULED: ("reschedule", USES_INPUTS),
        State.EXECUTING: ("thread", NEEDS_INPUTS),
        State.FLIGHT: ("transfer", frozenset({State.FETCH})),
    }
)


def due_for(start: State, finish: State) -> tuple[str, ...]:
    """Return the reports that are due when a task goes from one state to another."""
    kind, starts = ENTERING.get(finish, ("", frozenset()))
    entered = (kind,) if start in starts else ()
    return (*entered, "loss") if start is State.MEMORY else entered


DUE: Final[Mapping[Edge, tuple[str, ...]]] = MappingProxyType(
    {edge: due_for(*edge) for edge in EDGES}
)

#: What may be told once more although it is not due, in reply to a message that asks for it.
MAY_REPEAT: Final[Mapping[type[Event], str]] = MappingProxyType(
    {
        events.ComputeTask: "value secession",
        events.RemoveReplicas: "value",
        events.UpdateData: "value",
    }
)


class ReportCounts(NamedTuple):
    """Reports that one event made due and that were made, sorted."""

    event: Event
    changes: Changes
    issued: Sequence[Instruction]
    due: list[Entry]
    told: list[Entry]

    @classmethod
    def of(cls, event: Event, changes: Changes, issued: Sequence[Instruction]) -> "ReportCounts":
        """Count. If ``due`` and ``told`` agree, nothing is broken, unless it is about a steal."""
        due = [
            (kind, key)
            for key, (_, start, finish, _) in changes
            for kind in DUE.get((start, finish), ())
        ]
        if type(event) is events.StealRequest:
            due.append(("answer", event.key))
        told: list[Entry] = []
        for instruction in issued:
            if (tells := TELLS.get(type(instruction))) is not None:
                kind, keys = tells
                told += [(kind, key) for key in keys(instruction)]
        if told and type(event) in MAY_REPEAT:
            repeatable = MAY_REPEAT[type(event)]
            told = [item for item in told if item in due or item[0] not in repeatable]
        if len(due) > 1:
            due.sort()
            told.sort()
        return tuple.__new__(cls, (event, changes, issued, due, told))
