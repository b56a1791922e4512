"""What holds between what a record was before an event and what it is after it.

Each check is given the event, every record that changed in what a ``RecordBefore`` tells, and every
transition of the event.
"""

from collections.abc import Hashable, Iterable, Iterator
from typing import Final, NamedTuple

from workerfuzz.statemachine.properties.property import Property, always, properties_in
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.events import FROM_SCHEDULER, Event
from workerfuzz.statemachine.worker.states import Intent, State
from workerfuzz.statemachine.worker.task import Execution, TaskSpec, TaskState, Transition

#: Events with which a thread ends.
ENDS_THREAD: Final = (events.ExecuteSuccess, events.ExecuteFailure, events.Reschedule)


class RecordBefore(NamedTuple):
    """What a record was before an event."""

    task: TaskState
    intent: Intent
    spec: TaskSpec | None
    successor: TaskSpec | None
    suspicion: int
    execution: Execution | None

    @classmethod
    def of(cls, task: TaskState) -> "RecordBefore":
        return tuple.__new__(
            cls,
            (task, task.intent, task.spec, task.successor, task.suspicion, task.execution),
        )

    def carried_over(self, record: TaskState, copy: TaskState) -> "RecordBefore":
        """The same glimpse, where a copy takes the place of the record."""
        if self.task is not record:
            return self
        execution = copy.execution if self.execution is record.execution else self.execution
        return self._replace(task=copy, execution=execution)

    def against(self, record: TaskState) -> tuple[Hashable, ...]:
        """What the record is going to be judged by, as plain data."""
        return (
            self.task is record,
            self.intent,
            self.spec,
            self.successor,
            self.suspicion,
            self.execution is record.execution,
            self.execution is None,
        )


Pairs = Iterable[tuple[RecordBefore, TaskState]]


@always("An intent changes only in an event that came from the scheduler (R3).")
def intent_is_the_schedulers(event: Event, pairs: Pairs, _: object) -> Iterator[str]:
    if type(event) not in FROM_SCHEDULER:
        for before, task in pairs:
            if task.intent is not before.intent:
                yield f"{task.key} was wanted for {before.intent}, now {task.intent}, by {event}"


@always("The content of a record changes only to its successor's, or with its request (R44, R45).")
def content_is_immutable(event: Event, pairs: Pairs, _: object) -> Iterator[str]:
    for before, task in pairs:
        if task.spec is before.spec or is_about(event, events.ComputeTask, task):
            continue
        if task.spec is None or task.spec != before.successor:
            yield f"{task.key} was {before.spec}, now {task.spec}, by {event}"


@always("What was counted against a key stays, until it arrives or is to be computed here (R38).")
def suspicion_is_never_lost(
    event: Event, pairs: Pairs, changes: Iterable[tuple[str, Transition]]
) -> Iterator[str]:
    for before, task in pairs:
        if task.suspicion >= before.suspicion or is_about(event, events.ComputeTask, task):
            continue
        if not any(key == task.key and it.finish is State.MEMORY for key, it in changes):
            yield f"{task.key} had failed {before.suspicion} times, now {task.suspicion}"


@always("A thread belongs to one task from its start to its end, with what it took.")
def thread_is_kept(event: Event, pairs: Pairs, _: object) -> Iterator[str]:
    for before, task in pairs:
        let_go = before.execution is not None and task.execution is not before.execution
        if let_go and not is_about(event, ENDS_THREAD, task):
            yield f"the thread of {task.key} was let go by {event}"


def is_about(event: Event, kind: type[Event] | tuple[type[Event], ...], task: TaskState) -> bool:
    """The event is of that kind, and about that very task."""
    return isinstance(event, kind) and getattr(event, "key", None) == task.key


#: In the order in which they are checked.
PROGRESS: Final[tuple[Property, ...]] = properties_in(globals())
