"""What holds between the state of a task before an event and after it.

Each check is given the name of the event, what a record was before (``Glimpse``) and the record after.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from workerfuzz.statemachine.events import FROM_SCHEDULER
from workerfuzz.statemachine.properties import Property, always, properties_in
from workerfuzz.statemachine.states import Intent, State
from workerfuzz.statemachine.table import DETOURS, TRANSITIONS
from workerfuzz.statemachine.task import Change, Execution, TaskSpec, TaskState

#: Names of events that may change an intent.
SCHEDULER: Final = frozenset(kind.__name__ for kind in FROM_SCHEDULER)

#: Names of events with which a thread ends.
ENDS_THREAD: Final = frozenset({"ExecuteSuccess", "ExecuteFailure", "Reschedule"})


class Glimpse(NamedTuple):
    """What a record was before an event."""

    task: TaskState
    intent: Intent
    spec: TaskSpec | None
    successor: TaskSpec | None
    suspicion: int
    execution: Execution | None

    @classmethod
    def of(cls, task: TaskState) -> "Glimpse":
        return cls(task, task.intent, task.spec, task.successor, task.suspicion, task.execution)


Pairs = Iterable[tuple[Glimpse, TaskState]]


@always("An intent changes only in an event that came from the scheduler (R3).")
def intent_is_the_schedulers(event: str, pairs: Pairs, _: object) -> Iterator[str]:
    if event not in SCHEDULER:
        for before, task in pairs:
            if task.intent is not before.intent:
                yield f"{task.key} was wanted for {before.intent}, now {task.intent}, by {event}"


@always("The content of a record changes only to its successor's, or with a request (R44, R45).")
def content_is_immutable(event: str, pairs: Pairs, _: object) -> Iterator[str]:
    for before, task in pairs:
        if task.spec is before.spec or event == "ComputeTask":
            continue
        if task.spec is None or task.spec != before.successor:
            yield f"{task.key} was {before.spec}, now {task.spec}, by {event}"


@always("What was counted against a key stays, until it arrives or is to be computed here (R38).")
def suspicion_is_never_lost(event: str, pairs: Pairs, _: object) -> Iterator[str]:
    for before, task in pairs:
        forgiven = event == "ComputeTask" or any(
            change.finish is State.MEMORY for change in task.history[-3:]
        )
        if task.suspicion < before.suspicion and not forgiven:
            yield f"{task.key} had failed {before.suspicion} times, now {task.suspicion}"


@always("A thread belongs to one task from its start to its end, with what it took.")
def thread_is_kept(event: str, pairs: Pairs, _: object) -> Iterator[str]:
    for before, task in pairs:
        let_go = before.execution is not None and task.execution is not before.execution
        if let_go and event not in ENDS_THREAD:
            yield f"the thread of {task.key} was let go by {event}"


@always(
    "Every transition is a row of the table, or half of a detour that is listed (R16, R23, R24)."
)
def transitions_are_legal(
    event: str, pairs: Pairs, changes: Iterable[tuple[str, Change]]
) -> Iterator[str]:
    origin: dict[str, State] = {}
    for key, change in changes:
        if (change.start, change.finish) not in TRANSITIONS:
            yield f"{key} went from {change.start} to {change.finish}, which is no row"
        elif change.toward is not change.finish:
            origin[key] = change.start
        elif key in origin and (detour := (origin.pop(key), change.finish)) not in DETOURS:
            yield f"{key} went from {detour[0]} to {detour[1]} through released: unexpected"


#: In the order in which they are checked.
PROGRESS: Final[tuple[Property, ...]] = properties_in(globals())
