"""Claims about a record before an event and after it.

They are due where a record changed in something that a ``RecordBefore`` tells.
"""

from collections.abc import Iterator
from typing import Final

from workerfuzz.statemachine.properties.property import AnyProperty, always, properties_in
from workerfuzz.statemachine.properties.worker.model_observation import ModelObservation
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.events import ENDS_THREAD, ENDS_TRANSFER, FROM_SCHEDULER, Event
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import TaskState


@always("An intent changes only in an event that came from the scheduler (R3).")
def intent_is_the_schedulers(observation: ModelObservation) -> Iterator[str]:
    event = observation.event
    if type(event) not in FROM_SCHEDULER:
        for before, task in observation.changed:
            if task.intent is not before.intent:
                yield f"{task.key} was wanted for {before.intent}, now {task.intent}, by {event}"


@always("The content of a record changes only to its successor's, or with its request (R44, R45).")
def content_is_immutable(observation: ModelObservation) -> Iterator[str]:
    event = observation.event
    for before, task in observation.changed:
        if task.spec is before.spec or is_about(event, events.ComputeTask, task):
            continue
        if task.spec is None or task.spec != before.successor:
            yield f"{task.key} was {before.spec}, now {task.spec}, by {event}"


@always("What was counted against a key stays, until it arrives or is to be computed here (R38).")
def suspicion_is_never_lost(observation: ModelObservation) -> Iterator[str]:
    event, changes = observation.event, observation.worker.changes
    for before, task in observation.changed:
        if task.suspicion >= before.suspicion or is_about(event, events.ComputeTask, task):
            continue
        if not any(
            key == task.key and transition.finish is State.MEMORY for key, transition in changes
        ):
            yield f"{task.key} had failed {before.suspicion} times, now {task.suspicion}"


@always("A failure to copy is counted only when a transfer ends; a new record has none (R38).")
def only_transfers_are_suspicious(observation: ModelObservation) -> Iterator[str]:
    event = observation.event
    for before, task in observation.changed:
        if task.suspicion > before.suspicion and not isinstance(event, ENDS_TRANSFER):
            yield f"{task.key} had failed {before.suspicion} times, now {task.suspicion}, by {event}"


@always("A thread belongs to one task from its start to its end, with what it took.")
def thread_is_kept(observation: ModelObservation) -> Iterator[str]:
    event = observation.event
    for before, task in observation.changed:
        let_go = before.execution is not None and task.execution is not before.execution
        if let_go and not is_about(event, ENDS_THREAD, task):
            yield f"the thread of {task.key} was let go by {event}"


def is_about(event: Event, kind: type[Event] | tuple[type[Event], ...], task: TaskState) -> bool:
    """The event is of that kind, and about that very task."""
    return isinstance(event, kind) and getattr(event, "key", None) == task.key


#: In the order in which they are checked.
PROGRESS: Final[tuple[AnyProperty, ...]] = properties_in(globals())
