"""What holds in a worker of ours after every event: its indexes against the states of its tasks.

The state machine itself asserts none of this. Each check is given the worker and the tasks that the last
event touched; a sweep gives it all tasks, and checks the totals as well.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from workerfuzz.statemachine.due import Due
from workerfuzz.statemachine.properties import Property, always, properties_in
from workerfuzz.statemachine.queue import TaskQueue
from workerfuzz.statemachine.states import (
    HOLDING,
    NEEDS_INPUTS,
    RUNNABLE,
    USES_INPUTS,
    WANTS_COPY,
    Intent,
    Role,
    State,
)
from workerfuzz.statemachine.table import COMPOUND
from workerfuzz.statemachine.task import ABSENT, TaskState
from workerfuzz.statemachine.worker import ADDRESS, WorkerState

Touched = Iterable[TaskState]

#: What a record in a state is for (R5, R8). States that are not listed may have any role.
ROLES: Final = {
    State.WAITING: Role.COMPUTE,
    State.READY: Role.COMPUTE,
    State.CONSTRAINED: Role.COMPUTE,
    State.EXECUTING: Role.COMPUTE,
    State.LONG_RUNNING: Role.COMPUTE,
    State.RESCHEDULED: Role.COMPUTE,
    State.FETCH: Role.FETCH,
    State.MISSING: Role.FETCH,
    State.FLIGHT: Role.FETCH,
    State.RELEASED: Role.NONE,
}

#: Where a record may be, by what the scheduler wants of it; where a task here needs it, as for a copy.
STATES: Final = {
    Intent.COMPUTE: (NEEDS_INPUTS | HOLDING | {State.RESCHEDULED, State.MEMORY, State.ERROR})
    - {State.FLIGHT},
    Intent.FETCH: (WANTS_COPY | HOLDING | {State.MEMORY, State.ERROR}) - USES_INPUTS,
    Intent.NONE: frozenset({State.RELEASED, State.MEMORY, State.ERROR, State.CANCELLED}),
}

#: States in which a missing input of a waiting task is not being cared for.
IDLE: Final = frozenset({State.RELEASED, State.ERROR, State.FORGOTTEN})


@always("What a task is for and the state it is in fit together (R5, R6, R8).", *ROLES)
def role_fits_state(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        expected = ROLES.get(task.state)
        if expected is not None and task.role is not expected:
            yield f"{task.key} is {task.state} with role {task.role}"


@always("A state is one of those that what the scheduler wants can lead to (R5, R41).")
def state_fits_intent(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        if task.doomed:
            if task.state is not State.CANCELLED or task.intent is not Intent.NONE:
                yield f"{task.key} is {task.state} for {task.intent}, and to be forgotten"
        elif task.intent is Intent.NONE and task.needed_by:
            if task.state not in STATES[Intent.FETCH]:
                yield f"{task.key} is {task.state}, needed by {sorted(task.needed_by)}"
        elif task.state not in STATES[task.intent]:
            yield f"{task.key} is {task.state}, wanted for {task.intent}"


@always(
    "Cancelled and resumed hold what they say, and go where they say.",
    State.CANCELLED,
    State.RESUMED,
)
def compound_state_is_legal(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        if task.state is State.CANCELLED or task.state is State.RESUMED:
            if (task.state, task.previous, task.next) not in COMPOUND:
                yield f"{task.key} is {task.state}({task.previous} -> {task.next})"
            elif task.state is State.CANCELLED and task.role is not Role.NONE and not task.next:
                yield f"{task.key} is cancelled with role {task.role}"
            elif task.state is State.RESUMED and task.role is not _resumed_role(task):
                yield f"{task.key} is resumed({task.previous}) with role {task.role}"


def _resumed_role(task: TaskState) -> Role:
    return Role.FETCH if task.execution is not None else Role.COMPUTE


@always("A task holds a thread or a transfer exactly while its state says so, never both (R33).")
def holds_what_its_state_says(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        thread, transfer = task.execution is not None, task.coming_from is not None
        if task.state is State.FLIGHT:
            right = transfer and not thread
        elif task.state in HOLDING:
            right = thread != transfer
        else:
            right = not thread and not transfer
        if not right:
            yield f"{task.key} is {task.state} with thread={thread}, transfer={transfer}"


@always("A task is coming from somebody exactly while a transfer that names it is open.")
def flight_comes_from_somebody(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        peer = task.coming_from
        if (peer is not None) != (task.key in worker.in_flight):
            yield f"{task.key} is {task.state} with coming_from={peer}"
        elif peer is not None and not asked_for(worker, peer, task.key):
            yield f"{task.key} is coming from {peer}, which was not asked for it"


def asked_for(worker: WorkerState, peer: str, key: str) -> bool:
    """A transfer from the peer is open, and names the key."""
    transfer = worker.transfers.get(peer)
    return transfer is not None and key in transfer.keys


@always("A slot is taken by every thread that did not secede, and by nothing else.")
def slots_are_taken_by_threads(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        execution = task.execution
        slot = execution is not None and not execution.seceded
        if slot != (task.key in worker.executing):
            yield f"{task.key} is {task.state}, slot taken: {task.key in worker.executing}"
        beside = execution is not None and execution.seceded
        if beside != (task.key in worker.long_running):
            yield f"{task.key} is {task.state}, seceded: {task.key in worker.long_running}"


@always("A value is stored exactly for tasks in memory.")
def memory_has_a_value(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        stored = (task.key in worker.data) + (task.key in worker.actors)
        if stored != (task.state is State.MEMORY):
            yield f"{task.key} is {task.state}, values stored: {stored}"


@always("A task stands in the queue of its state, once, and in no other.")
def queued_where_its_state_says(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        queued = task.state is State.FETCH or task.state in RUNNABLE
        if queued != (task.queued_at is not None):
            yield f"{task.key} is {task.state}, queued at {task.queued_at}"
        elif queued:
            yield from _absent_from_queues(worker, task)
        if (task.state is State.MISSING) != (task.key in worker.missing):
            yield f"{task.key} is {task.state}, among the missing: {task.key in worker.missing}"


def _absent_from_queues(worker: WorkerState, task: TaskState) -> Iterator[str]:
    if task.state is State.READY:
        queues = {"ready": worker.ready}
    elif task.state is State.CONSTRAINED:
        queues = {"constrained": worker.constrained}
    else:
        nothing = TaskQueue()
        queues = {
            f"data_needed[{peer}]": worker.data_needed.get(peer, nothing) for peer in task.who_has
        }
    assert task.queued_at is not None
    for name, queue in queues.items():
        if not queue.holds(task.queued_at, task.key):
            yield f"{task.key} is {task.state} but not in {name}"


@always("Holders are known from both sides, and the worker is not among its own peers.")
def holders_agree(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        for peer in task.who_has:
            if peer == ADDRESS:
                yield f"{task.key} is held by the worker itself"
            elif task.key not in worker.has_what.get(peer, ()):
                yield f"{peer} holds {task.key}, has_what does not know"


@always("A key is queued to be copied exactly if somebody holds it.", *WANTS_COPY)
def somebody_holds_what_is_queued(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        if task.state in WANTS_COPY and bool(task.who_has) != (task.state is State.FETCH):
            yield f"{task.key} is {task.state}, held by {sorted(task.who_has)}"


@always("A task needs its dependencies exactly until it runs, and they know that.")
def needs_are_known(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        needs = task.state in NEEDS_INPUTS
        for key in task.dependencies:
            dependency = worker.tasks.get(key)
            if needs != (dependency is not None and task.key in dependency.needed_by):
                yield f"{task.key} is {task.state}; {key} knows a need: {not needs}"
        for key in task.needed_by:
            dependent = worker.tasks.get(key)
            if dependent is None or dependent.state not in NEEDS_INPUTS:
                yield f"{task.key} is needed by {key}, which waits for nothing"


@always("A task waits exactly while one of its dependencies is not here (R7).", *NEEDS_INPUTS)
def waits_for_something(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        runnable = task.state in RUNNABLE
        if task.state in NEEDS_INPUTS and worker.inputs_are_here(task) != runnable:
            yield f"{task.key} is {task.state}, inputs here: {not runnable}"


@always(
    "Something is being done about every dependency that a task waits for (#4724).",
    State.WAITING,
    *IDLE,
)
def dependencies_are_cared_for(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        if task.state is State.WAITING:
            for key in task.dependencies:
                if worker.tasks[key].state in IDLE:
                    yield f"{task.key} waits for {key}, which is {worker.tasks[key].state}"
        elif task.state in IDLE and task.needed_by:
            yield f"{task.key} is {task.state} and needed by {sorted(task.needed_by)}"


@always(
    "A task is queued under the priority of its request, a copy under that of any it is for.",
    State.FETCH,
    *RUNNABLE,
)
def queued_as_urgently_as_asked(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        queued = task.queued_at
        if queued is None:
            continue
        if task.state in RUNNABLE and task.request is not None and queued != task.request.priority:
            yield f"{task.key} is queued at {queued}, requested at {task.request.priority}"
        for key in task.needed_by if task.state is State.FETCH else ():
            request = worker.tasks[key].request
            if request is not None and request.priority < queued:
                yield f"{task.key} is queued at {queued}, needed by {key} at {request.priority}"


@always("Ready tasks take no resources, constrained ones do.", *RUNNABLE)
def constrained_takes_resources(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        if task.state not in RUNNABLE or task.request is None:
            continue
        if bool(task.request.resources) != (task.state is State.CONSTRAINED):
            yield f"{task.key} is {task.state} and takes {dict(task.request.resources)}"


@always("What was asked to be computed here has its content (R9, R21).")
def compute_has_content(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        if task.intent is Intent.COMPUTE and (task.spec is None or task.request is None):
            yield f"{task.key} is to be computed, without spec or request"


@always("A value that was scattered waits only while a thread or a transfer is held.")
def scattered_value_is_taken(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        if task.scattered is not ABSENT and task.state not in HOLDING:
            yield f"{task.key} is {task.state}, and its scattered value was not stored"


@always("A story is contiguous and ends in the state of its task (R46).")
def story_is_contiguous(worker: WorkerState, touched: Touched) -> Iterator[str]:
    for task in touched:
        story = task.history
        finish = story[-1].finish if story else State.RELEASED
        if finish is not task.state:
            yield f"{task.key} is {task.state}, its story ends in {finish}"
        if len(story) > 1 and story[-2].finish is not story[-1].start:
            yield f"{task.key} went to {story[-2].finish}, then on from {story[-1].start}"


def states_of(_: WorkerState, touched: Touched) -> frozenset[State]:
    """States without which some properties cannot be broken."""
    return frozenset([task.state for task in touched])


#: In the order in which they are checked.
INVARIANTS: Final[tuple[Property, ...]] = Due(properties_in(globals()), states_of)
