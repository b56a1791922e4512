"""Claims about a record and the records, holders and requests that it refers to."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from workerfuzz.statemachine.properties.property import Property, always
from workerfuzz.statemachine.properties.worker.model_observation import TaskObservation
from workerfuzz.statemachine.properties.worker.record_features import RecordFeatures
from workerfuzz.statemachine.worker.states import NEEDS_INPUTS, RUNNABLE, State
from workerfuzz.statemachine.worker.worker_state import ADDRESS

#: States in which a missing input of a waiting task is not being cared for.
IDLE: Final = frozenset({State.RELEASED, State.ERROR, State.FORGOTTEN})


@always("Holders are known from both sides, and the worker is not among its own peers.")
def holders_agree(observation: TaskObservation) -> Iterator[str]:
    worker, task = observation
    for peer in task.who_has:
        if peer == ADDRESS:
            yield f"{task.key} is held by the worker itself"
        elif task.key not in worker.has_what.get(peer, ()):
            yield f"{peer} holds {task.key}, has_what does not know"


@always("A task needs its dependencies exactly until it runs, and they know that.")
def needs_are_known(observation: TaskObservation) -> Iterator[str]:
    worker, task = observation
    needs = task.state in NEEDS_INPUTS
    for key in task.dependencies:
        dependency = worker.tasks.get(key)
        if needs != (dependency is not None and task.key in dependency.needed_by):
            yield f"{task.key} is {task.state}; {key} knows a need: {not needs}"
    for key in task.needed_by:
        dependent = worker.tasks.get(key)
        if dependent is None or dependent.state not in NEEDS_INPUTS:
            yield f"{task.key} is needed by {key}, which waits for nothing"


@always("A task waits exactly while one of its dependencies is not here (R7).")
def waits_for_something(observation: TaskObservation) -> Iterator[str]:
    worker, task = observation
    here = all(key in worker.data or key in worker.actors for key in task.dependencies)
    if task.state in NEEDS_INPUTS and here != (task.state in RUNNABLE):
        yield f"{task.key} is {task.state}, inputs here: {here}"


@always("Something is being done about every dependency that a task waits for (#4724).")
def dependencies_are_cared_for(observation: TaskObservation) -> Iterator[str]:
    worker, task = observation
    if task.state is State.WAITING:
        for key in task.dependencies:
            if worker.tasks[key].state in IDLE:
                yield f"{task.key} waits for {key}, which is {worker.tasks[key].state}"
    elif task.state in IDLE and task.needed_by:
        yield f"{task.key} is {task.state} and needed by {sorted(task.needed_by)}"


@always("A task is queued under the priority of its request, a copy under that of any it is for.")
def queued_as_urgently_as_asked(observation: TaskObservation) -> Iterator[str]:
    worker, task = observation
    queued, request = task.queued_at, task.request
    if queued is None:
        return
    if task.state in RUNNABLE and request is not None and queued != request.priority:
        yield f"{task.key} is queued at {queued}, requested at {request.priority}"
    for key in task.needed_by if task.state is State.FETCH else ():
        request = worker.tasks[key].request
        if request is not None and request.priority < queued:
            yield f"{task.key} is queued at {queued}, needed by {key} at {request.priority}"


#: In the order in which they are checked; each with the features that a record must have to break it.
CAN_BREAK: Final[Mapping[Property[TaskObservation], Callable[[RecordFeatures], bool]]] = (
    MappingProxyType(
        {
            holders_agree: lambda features: features.held,
            needs_are_known: lambda features: features.depends or features.needed_here,
            waits_for_something: lambda features: features.state in NEEDS_INPUTS,
            dependencies_are_cared_for: lambda features: features.depends or features.needed_here,
            queued_as_urgently_as_asked: lambda features: features.queued is not None,
        }
    )
)
