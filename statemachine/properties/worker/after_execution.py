"""Claims about the end of a task on this worker: the value that is stored, the failure that is reported.

Each check is given the worker just after an event that it is about.
"""

from collections.abc import Iterator
from typing import Final

from workerfuzz.statemachine.properties.property import AnyProperty, always, properties_in
from workerfuzz.statemachine.properties.worker.model_observation import ModelObservation
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.events import ENDS_THREAD, ENDS_TRANSFER
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import ABSENT
from workerfuzz.statemachine.worker.worker_state import WorkerState


@always(
    "The result of a thread is stored as it is; an actor stays where it was made (R48).",
    events.ExecuteSuccess,
)
def actors_stay_here(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: events.ExecuteSuccess = worker.last.event
    task = worker.tasks.get(event.key)
    if task is None or task.state is not State.MEMORY or task.spec is None:
        return
    if worker.last.was(task, "scattered") is ABSENT:
        stored = worker.actors if task.spec.actor else worker.data
        if stored.get(event.key, task) is not event.value:
            yield f"{event.key} is not stored as {'actor' if task.spec.actor else 'data'}"


@always(
    "A value that was scattered while a task was under way is what is stored when that ends.",
    *ENDS_THREAD,
    *ENDS_TRANSFER,
)
def scattered_value_wins(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    for key in worker.touched:
        task = worker.tasks.get(key)
        if task is None or task.scattered is not ABSENT:
            continue
        scattered = worker.last.was(task, "scattered")
        if scattered is not ABSENT and worker.data.get(key, task) is not scattered:
            yield f"{key} is {task.state}, and {scattered!r}, which was scattered, is gone"


@always(
    "A failure names the dependency that failed, where one did, and is what the record says (R38).",
    do.TaskErred,
)
def failures_name_their_cause(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    told = worker.last.told(do.TaskErred)
    waited = {
        key
        for key, change in worker.changes
        if change.finish is State.ERROR and change.start is State.WAITING
    }
    for message in told:
        causes = causes_for(worker, message.key) if message.key in waited else {None}
        failure = worker.tasks[message.key].failure
        if message.cause not in causes:
            expected = sorted(causes, key=str)
            yield f"{message.key} is said to fail for {message.cause}, should be one of {expected}"
        elif failure is None or (failure.exception, failure.cause) != (
            message.exception,
            message.cause,
        ):
            yield f"{message.key} is said to fail with {message.exception}, its record says {failure}"


def causes_for(worker: WorkerState, key: str) -> set[str | None]:
    """Tasks whose failure is that of a dependency."""
    inputs = [worker.tasks[dep] for dep in worker.tasks[key].dependencies if dep in worker.tasks]
    failed = [task for task in inputs if task.state is State.ERROR and task.failure is not None]
    return {task.failure.cause or task.key for task in failed if task.failure is not None}


#: In the order in which they are checked.
ENDED: Final[tuple[AnyProperty, ...]] = properties_in(globals())
