"""What holds between the transitions of one event and what came of it: messages, threads, transfers.

For each transition a table says what is due, and for each instruction another says what was told. Each
check is given the ``Counters`` of both; nothing is broken where the two agree.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from workerfuzz.statemachine.properties.property import Check, Property, always, properties_in
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import NEEDS_INPUTS, USES_INPUTS, State
from workerfuzz.statemachine.worker.table import TRANSITIONS, Edge
from workerfuzz.statemachine.worker.task import Transition

Changes = Sequence[tuple[str, Transition]]

#: What is due or told, and the key that it is about.
Entry: TypeAlias = tuple[str, str]

#: What an instruction tells: of what kind, and about which keys.
TELLS: Final[Mapping[type[Instruction], tuple[str, Callable[[Any], Sequence[str]]]]] = (
    MappingProxyType(
        {
            do.TaskFinished: ("value", lambda it: (it.key,)),
            do.AddKeys: ("value", lambda it: it.keys),
            do.ReleaseWorkerData: ("loss", lambda it: (it.key,)),
            do.TaskErred: ("failure", lambda it: (it.key,)),
            do.LongRunning: ("secession", lambda it: (it.key,)),
            do.Reschedule: ("reschedule", lambda it: (it.key,)),
            do.Execute: ("thread", lambda it: (it.key,)),
            do.GatherDep: ("transfer", lambda it: it.keys),
            do.StealResponse: ("answer", lambda it: (it.key,)),
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
    """What is due when a task goes from one state to another."""
    kind, starts = ENTERING.get(finish, ("", frozenset()))
    entered = (kind,) if start in starts else ()
    return (*entered, "loss") if start is State.MEMORY else entered


DUE: Final[Mapping[Edge, tuple[str, ...]]] = MappingProxyType(
    {edge: due_for(*edge) for edge in TRANSITIONS}
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
    """What one event made due and what was told, sorted."""

    event: Event
    changes: Changes
    issued: Sequence[Instruction]
    due: list[Entry]
    told: list[Entry]

    @classmethod
    def of(cls, event: Event, changes: Changes, issued: Sequence[Instruction]) -> "ReportCounts":
        """Where ``due`` and ``told`` agree, nothing is broken, unless it is about a steal."""
        due = [
            (kind, key)
            for key, (_, start, finish, _) in changes
            for kind in DUE.get((start, finish), ())
        ]
        if type(event) is events.StealRequest:
            due.append(("answer", event.key))
        told: list[Entry] = []
        for it in issued:
            if (tells := TELLS.get(type(it))) is not None:
                kind, keys = tells
                told += [(kind, key) for key in keys(it)]
        if told and type(event) in MAY_REPEAT:
            repeatable = MAY_REPEAT[type(event)]
            told = [item for item in told if item in due or item[0] not in repeatable]
        if len(due) > 1:
            due.sort()
            told.sort()
        return tuple.__new__(cls, (event, changes, issued, due, told))


def tallied(kind: str) -> Check:
    """A check that one kind of thing was told exactly as often as it was due."""

    def check(tally: ReportCounts) -> Iterator[str]:
        due = Counter(key for what, key in tally.due if what == kind)
        told = Counter(key for what, key in tally.told if what == kind)
        for key in sorted({*due, *told}):
            if due[key] != told[key]:
                yield f"{key}: {kind} told {told[key]} times, due {due[key]}"

    return check


def _told(name: str, sentence: str, kind: str) -> Property:
    return Property(name, sentence, "always", tallied(kind))


every_value_is_told: Final = _told(
    "every_value_is_told",
    "The scheduler is told of every value that comes to be here, once.",
    "value",
)
every_loss_is_told: Final = _told(
    "every_loss_is_told",
    "The scheduler is told of every value that goes from here, once.",
    "loss",
)
every_failure_is_told: Final = _told(
    "every_failure_is_told",
    "The scheduler is told of every task that fails here, once.",
    "failure",
)
every_secession_is_told: Final = _told(
    "every_secession_is_told",
    "The scheduler is told of every task that runs outside the slots, at each request.",
    "secession",
)
every_reschedule_is_told: Final = _told(
    "every_reschedule_is_told",
    "A task is handed back exactly when its thread asks for it.",
    "reschedule",
)
every_thread_is_asked_for: Final = _told(
    "every_thread_is_asked_for",
    "Every task that begins to run is to be executed, once.",
    "thread",
)
every_transfer_is_asked_for: Final = _told(
    "every_transfer_is_asked_for",
    "Every key that begins to be copied is to be gathered, once.",
    "transfer",
)


@always(
    "A steal is answered once, and granted exactly where compute is wanted and nothing held (R34)."
)
def steal_is_answered(tally: ReportCounts) -> Iterator[str]:
    event, changes = tally.event, tally.changes
    answers = [it for it in tally.issued if isinstance(it, do.StealResponse)]
    if not isinstance(event, events.StealRequest):
        for it in answers:
            yield f"{it.key}: an answer that nobody asked for"
        return
    if [(it.key, it.stimulus_id) for it in answers] != [(event.key, event.stimulus_id)]:
        yield f"{event.key}: {len(answers)} answers, or to another question"
        return
    given = any(key == event.key and it.finish is State.RESCHEDULED for key, it in changes)
    if given != (answers[0].state in NEEDS_INPUTS):
        yield f"{event.key}: answered {answers[0].state}, given away: {given}"
    if not given and changes:
        yield f"{event.key}: refused, yet {changes[0][0]} became {changes[0][1].finish}"


#: In the order in which they are checked.
MESSAGES: Final[tuple[Property, ...]] = properties_in(globals())
