"""Claims about messages of the scheduler: what it asked for is recorded, and is answered.

Each check is given the worker just after such a message.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from workerfuzz.statemachine.properties.property import AnyProperty, always, properties_in
from workerfuzz.statemachine.properties.worker.model_observation import ModelObservation
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.states import HOLDING, NEEDS_INPUTS, USES_INPUTS, Intent, State
from workerfuzz.statemachine.worker.task import ABSENT, TaskState
from workerfuzz.statemachine.worker.worker_state import ADDRESS, WorkerState

#: Looked up here, once: before Python 3.12 that takes longer than all that is done with them.
COMPUTE, FETCH, NONE = Intent.COMPUTE, Intent.FETCH, Intent.NONE
ERROR, MEMORY = State.ERROR, State.MEMORY

#: A compute request can be withdrawn here: no thread runs it, and it is not answered.
WITHDRAWABLE: Final = NEEDS_INPUTS | {State.RESUMED, State.CANCELLED, State.RESCHEDULED}

#: What every key that a message names is wanted for from then on.
WANTED_FOR: Final[Mapping[type, Intent]] = MappingProxyType(
    {
        events.ComputeTask: COMPUTE,
        events.FreeKeys: NONE,
        events.ForgetKeys: NONE,
    }
)

#: The same, where it depends: on what the key was wanted for, and the states that it was and is in.
CHANGES: Final[Mapping[type, Callable[[Intent, State, State], Intent]]] = MappingProxyType(
    {
        events.AcquireReplicas: lambda before, was, now: (
            FETCH if before is NONE or was is ERROR else before
        ),
        events.RemoveReplicas: lambda before, was, now: (
            NONE if now is not MEMORY and (was is MEMORY or before is FETCH) else before
        ),
        events.StealRequest: lambda before, was, now: NONE if was in NEEDS_INPUTS else before,
        events.CancelCompute: lambda before, was, now: (
            NONE if before is COMPUTE and was in WITHDRAWABLE else before
        ),
    }
)

#: A message after which ``WANTED_FOR`` or ``CHANGES`` holds.
TaskMessage: TypeAlias = (
    events.ComputeTask
    | events.FreeKeys
    | events.ForgetKeys
    | events.AcquireReplicas
    | events.RemoveReplicas
    | events.StealRequest
    | events.CancelCompute
)


def named(event: TaskMessage) -> Iterable[str]:
    """The keys that a message is about."""
    match event:
        case events.AcquireReplicas():
            return event.who_has
        case events.FreeKeys() | events.ForgetKeys() | events.RemoveReplicas():
            return event.keys
        case events.ComputeTask() | events.StealRequest() | events.CancelCompute():
            return (event.key,)


@always(
    "What the scheduler asks for is what a record is for from then on (R3, R39).",
    *WANTED_FOR,
    *CHANGES,
)
def intent_is_what_was_asked(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: TaskMessage = worker.last.event
    right = WANTED_FOR.get(type(event))
    for key in named(event):
        task = worker.tasks.get(key)
        if task is None or task.intent is right:
            continue
        before, was = worker.last.was(task, "intent"), worker.last.was(task, "state")
        wanted = right or CHANGES[type(event)](before, was, task.state)
        if task.intent is not wanted:
            yield f"{key} was {was} for {before}, is to be for {wanted}, is for {task.intent}"


@always(
    "A request is in the record as it was made: run id, priority, resources, content (R18, R21).",
    events.ComputeTask,
)
def request_is_written_down(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: events.ComputeTask = worker.last.event
    task = worker.tasks[event.key]
    if task.request != event.request or worker.last_run_id != event.request.run_id:
        yield f"{event.key} was requested by {event.request}, written down is {task.request}"
    if (task.successor or task.spec) != event.spec:
        yield f"{event.key} is to be {event.spec}, written down is {task.successor or task.spec}"
    if task.freed:
        yield f"{event.key} was requested, and counts as freed"


@always(
    "Holders and sizes are what the scheduler told last; the worker is not among its peers.",
    events.ComputeTask,
    events.AcquireReplicas,
    events.RefreshWhoHas,
)
def holders_are_what_was_told(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: events.ComputeTask | events.AcquireReplicas | events.RefreshWhoHas = worker.last.event
    for key, peers in event.who_has.items():
        task = worker.tasks.get(key)
        others = {*peers}
        others.discard(ADDRESS)
        if task is not None and task.who_has.keys() != others:
            yield f"{key} is held by {sorted(peers)}, written down is {sorted(task.who_has)}"
    for key, size in getattr(event, "nbytes", {}).items():
        if worker.tasks[key].nbytes != size and worker.tasks[key].state is not MEMORY:
            yield f"{key} has {size} bytes, written down is {worker.tasks[key].nbytes}"


@always("A request for a key whose value is here is answered at once.", events.ComputeTask)
def done_is_told_again(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: events.ComputeTask = worker.last.event
    if worker.tasks[event.key].state is MEMORY:
        told = [
            message.run_id
            for message in worker.last.told(do.TaskFinished)
            if message.key == event.key
        ]
        if told != [event.request.run_id]:
            yield f"{event.key} is here, and run {event.request.run_id} is not reported as finished"


@always(
    "A value that was stored under other content goes when the key is requested (R31, R44).",
    events.ComputeTask,
)
def former_value_goes(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: events.ComputeTask = worker.last.event
    task = worker.tasks[event.key]
    if task.state is MEMORY and worker.last.was(task, "spec") not in (None, event.spec):
        yield f"{event.key} is in memory, as what it was before {event.spec}"


@always(
    "A task that erred is tried again when it, or its copy, is asked for (R38).",
    events.ComputeTask,
    events.AcquireReplicas,
)
def a_request_is_another_try(observation: ModelObservation) -> Iterator[str]:
    """Only a dependency that failed by being computed here fails a request at once."""
    worker = observation.worker
    event: events.ComputeTask | events.AcquireReplicas = worker.last.event
    for key in (event.key,) if isinstance(event, events.ComputeTask) else event.who_has:
        task = worker.tasks[key]
        if task.state is ERROR and not (fails_again(worker, task) and told(worker, key)):
            yield f"{key} stays in error, and was asked for once more"


def fails_again(worker: WorkerState, task: TaskState) -> bool:
    """A dependency of it was to be computed here, and failed."""
    inputs = [worker.tasks[key] for key in task.dependencies if key in worker.tasks]
    return any(task.state is ERROR and task.intent is COMPUTE for task in inputs)


def told(worker: WorkerState, key: str) -> bool:
    """The scheduler hears in this event that the task erred."""
    return any(message.key == key for message in worker.last.told(do.TaskErred))


@always(
    "A copy that may be dropped is dropped, unless a task here uses it: then that is told (R39).",
    events.RemoveReplicas,
)
def replicas_go_unless_used(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: events.RemoveReplicas = worker.last.event
    used = inputs_of_threads(worker)
    kept = worker.last.keys_told(do.AddKeys)
    for key in event.keys:
        task = worker.tasks.get(key)
        if task is None or worker.last.was(task, "state") is not MEMORY:
            continue
        in_use = bool(task.needed_by) or key in used
        if in_use != (task.state is MEMORY):
            yield f"{key} is {task.state}, in use: {in_use}"
        elif in_use and key not in kept:
            yield f"{key} is kept, and nobody was told"


def inputs_of_threads(worker: WorkerState) -> set[str]:
    """Keys that a running task takes."""
    return {
        key
        for name in (*worker.executing, *worker.long_running)
        if (runner := worker.tasks[name]).state in USES_INPUTS
        for key in runner.dependencies
    }


@always(
    "A value that was scattered while a thread or transfer was held is not stored later, where it may "
    "be dropped or was freed since.",
    events.FreeKeys,
    events.ForgetKeys,
    events.RemoveReplicas,
)
def dropped_values_do_not_come_back(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: events.FreeKeys | events.ForgetKeys | events.RemoveReplicas = worker.last.event
    for key in event.keys:
        task = worker.tasks.get(key)
        if task is None or task.scattered is ABSENT:
            continue
        may_stay = isinstance(event, events.RemoveReplicas)
        if not (may_stay and (task.needed_by or key in inputs_of_threads(worker))):
            yield f"{key} is {task.state}, and a value that was to go is stored after that"


@always("A scattered value that is stored is reported: a client waits for that.", events.UpdateData)
def scattered_values_are_reported(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: events.UpdateData = worker.last.event
    reported = worker.last.keys_told(do.AddKeys)
    reported.update(message.key for message in worker.last.told(do.TaskFinished))
    for key in event.values:
        if key in worker.data and key not in reported:
            yield f"{key} was scattered and is stored, and nobody was told"


@always(
    "A scattered value is stored at once, or kept while a thread or a transfer is held.",
    events.UpdateData,
)
def scattered_value_is_kept(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: events.UpdateData = worker.last.event
    for key, value in event.values.items():
        task = worker.tasks[key]
        held = worker.last.was(task, "state") in HOLDING
        if (task.scattered if held else worker.data.get(key, task)) is not value:
            yield f"{key} is {task.state}, and {value!r} is not {'kept' if held else 'stored'}"


#: In the order in which they are checked.
ASKED: Final[tuple[AnyProperty, ...]] = properties_in(globals())
