"""Handlers of messages of the scheduler. Only these change an intent (R3).

A handler writes what was asked for; which state follows is decided by ``target_state`` in review, or
recommended here where a task has to leave a state that it would otherwise stay in.

Source: distributed 2026.8.0, worker_state_machine.py, ``_handle_compute_task``,
``_handle_free_keys``, ``_handle_acquire_replicas``, ``_handle_remove_replicas``,
``_handle_steal_request``, ``_handle_cancel_compute``, ``_handle_refresh_who_has``,
``_handle_remove_worker``, ``_handle_update_data``; ``ForgetKeys`` is of #4413, R42
"""

from collections.abc import Iterable, Mapping
from typing import Final

from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.errors import InvalidEvent
from workerfuzz.statemachine.worker.states import HOLDING, NEEDS_INPUTS, Intent, State
from workerfuzz.statemachine.worker.task import ABSENT, TaskSpec, TaskState
from workerfuzz.statemachine.worker.transitions.computing import long_running
from workerfuzz.statemachine.worker.transitions.outcome import Outcome, Recommendation
from workerfuzz.statemachine.worker.transitions.settling import here
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: Where a compute request starts anew. Elsewhere review decides, or the state stays.
RESTARTED_BY_REQUEST: Final = frozenset(
    {State.READY, State.CONSTRAINED, State.ERROR, State.RESCHEDULED}
)

#: A steal is granted here: compute is wanted and nothing is allocated (R34).
STEALABLE: Final = NEEDS_INPUTS

#: Where a compute request can be withdrawn, because no thread runs it.
CANCELLABLE: Final = NEEDS_INPUTS | {State.RESUMED, State.CANCELLED, State.RESCHEDULED}

#: States that a task has to leave when its key is freed.
LEFT_WHEN_FREED: Final = frozenset({State.MEMORY, State.ERROR})


def on_compute_task(worker: WorkerState, event: events.ComputeTask) -> Outcome:
    """Record the request; start, continue, or answer at once, as the state demands."""
    check_request(worker, event)
    write = worker.journal
    write.set(worker, "last_run_id", event.request.run_id)
    task = worker.ensure(event.key)
    other_content = task.spec is not None and task.spec != event.spec
    write.set(task, "successor", event.spec if other_content and task.state in HOLDING else None)
    if task.successor is None:
        write.set(task, "spec", event.spec)
    write.set(task, "request", event.request)
    write.set(task, "intent", Intent.COMPUTE)
    write.set(task, "freed", False)
    write.set(task, "answered", False)
    write.set(task, "doomed", False)
    write.set(task, "suspicion", 0)
    for key in event.spec.dependencies:
        dependency = worker.ensure(key)
        write.set(dependency, "doomed", False)
        if dependency.state is State.ERROR and event.who_has.get(key):
            write.set(dependency, "intent", Intent.NONE)  # it failed here, and is there now
    update_holders(worker, event.who_has, event.nbytes)
    outcome = answer_request(worker, task, other_content)
    outcome.recommend = {**another_try(worker, event.spec), **outcome.recommend}
    outcome.review = (event.key, *event.spec.dependencies)
    return outcome


def another_try(worker: WorkerState, spec: TaskSpec) -> dict[str, Recommendation]:
    """Dependencies that could not be copied are tried once more, for each request (R38).

    Those that failed by being computed here are not.
    """
    inputs = map(worker.tasks.__getitem__, spec.dependencies)
    return {
        task.key: Recommendation(State.RELEASED)
        for task in inputs
        if task.state is State.ERROR and task.intent is not Intent.COMPUTE
    }


def answer_request(worker: WorkerState, task: TaskState, other_content: bool) -> Outcome:
    """Return the immediate consequences of a compute request, by state; the rest is review."""
    start = task.state
    if start is State.MEMORY and not other_content:
        return Outcome(instructions=(here(worker, task),))
    if start is State.MEMORY:  # copied or scattered under the former content
        return Outcome(recommend={task.key: Recommendation(State.RELEASED)})
    if start is State.LONG_RUNNING:
        return Outcome(instructions=(long_running(task),))
    if start is State.WAITING:
        worker.raise_priority_of_inputs(task)
    if start in RESTARTED_BY_REQUEST:
        return Outcome(recommend={task.key: Recommendation(State.WAITING)})
    return Outcome()


def check_request(worker: WorkerState, event: events.ComputeTask) -> None:
    """Raises InvalidEvent where the scheduler cannot have sent this request."""
    run_id = event.request.run_id
    if run_id <= worker.last_run_id:
        raise InvalidEvent(f"run id {run_id} of {event.key} is not above {worker.last_run_id}")
    for name, amount in event.request.resources.items():
        if amount > worker.config.resources.get(name, 0):
            raise InvalidEvent(f"{event.key} takes {name}={amount:g}, more than this worker has")
    task = worker.tasks.get(event.key)
    requested = requested_content(task) if task is not None else None
    if task is not None and not task.freed and requested not in (None, event.spec):
        raise InvalidEvent(f"{event.key} was requested with other content and not freed since")


def requested_content(task: TaskState) -> TaskSpec | None:
    """Return the content that was requested last, whatever runs meanwhile."""
    return task.successor or task.spec


def update_holders(worker: WorkerState, who_has: events.WhoHas, nbytes: events.Nbytes) -> None:
    """Write down who holds keys, and how large they are. Every key has a record."""
    for key, peers in who_has.items():
        worker.set_holders(worker.tasks[key], peers)
    for key, size in nbytes.items():
        task = worker.tasks[key]
        if task.state is not State.MEMORY:
            worker.journal.set(task, "nbytes", size)


def on_free_keys(worker: WorkerState, event: events.FreeKeys) -> Outcome:
    """Withdraw the request and release the value; the record stays."""
    return release_keys(worker, existing_tasks(worker, event.keys))


def on_forget_keys(worker: WorkerState, event: events.ForgetKeys) -> Outcome:
    """Delete everything: like ``on_free_keys``, and the records go as soon as they hold nothing."""
    tasks = existing_tasks(worker, event.keys)
    for task in tasks:
        worker.journal.set(task, "doomed", True)
    return release_keys(worker, tasks)


def release_keys(worker: WorkerState, tasks: Iterable[TaskState]) -> Outcome:
    recommend: dict[str, Recommendation] = {}
    review: list[str] = []
    write = worker.journal
    for task in tasks:
        write.set(task, "intent", Intent.NONE)
        write.set(task, "freed", True)
        write.set(task, "scattered", ABSENT)
        if task.state in LEFT_WHEN_FREED:
            recommend[task.key] = Recommendation(State.RELEASED)
        else:
            review.append(task.key)
    return Outcome(recommend=recommend, review=review)


def existing_tasks(worker: WorkerState, keys: Iterable[str]) -> list[TaskState]:
    """The records of those keys that have one."""
    return [worker.tasks[key] for key in keys if key in worker.tasks]


def on_acquire_replicas(worker: WorkerState, event: events.AcquireReplicas) -> Outcome:
    """Request copies; an unanswered compute request is never lowered to that."""
    recommend: dict[str, Recommendation] = {}
    write = worker.journal
    for key in event.who_has:
        task = worker.ensure(key)
        write.set(task, "doomed", False)
        if task.intent is Intent.NONE or task.state is State.ERROR:
            write.set(task, "intent", Intent.FETCH)
        if task.state is State.ERROR:
            recommend[key] = Recommendation(State.RELEASED)
    update_holders(worker, event.who_has, event.nbytes)
    return Outcome(recommend=recommend, review=event.who_has)


def on_remove_replicas(worker: WorkerState, event: events.RemoveReplicas) -> Outcome:
    """Drop copies, and requests for copies; refuse where a task here needs the value."""
    recommend: dict[str, Recommendation] = {}
    refused: list[str] = []
    write = worker.journal
    tasks = existing_tasks(worker, event.keys)
    for task in tasks:
        stored, in_use = task.state is State.MEMORY, worker.is_in_use(task)
        if stored and in_use:
            refused.append(task.key)
            continue
        if stored or task.intent is Intent.FETCH:
            write.set(task, "intent", Intent.NONE)
        if stored:
            recommend[task.key] = Recommendation(State.RELEASED)
        elif not in_use:
            write.set(task, "scattered", ABSENT)
    told = (do.AddKeys(keys=tuple(refused)),) if refused else ()
    return Outcome(recommend, [task.key for task in tasks], told)


def on_steal_request(worker: WorkerState, event: events.StealRequest) -> Outcome:
    """Give a task away where nothing is allocated to it; the answer names the state (R34)."""
    task = worker.tasks.get(event.key)
    answer = do.StealResponse(
        key=event.key,
        state=str(task.state) if task is not None else None,
        stimulus_id=event.stimulus_id,
    )
    if task is None or task.state not in STEALABLE:
        return Outcome(instructions=(answer,))
    worker.journal.set(task, "intent", Intent.NONE)
    return Outcome(recommend={task.key: Recommendation(State.RESCHEDULED)}, instructions=(answer,))


def on_cancel_compute(worker: WorkerState, event: events.CancelCompute) -> Outcome:
    """Withdraw a compute request, unless a thread runs it or it is done."""
    task = worker.tasks.get(event.key)
    if task is None or task.intent is not Intent.COMPUTE or task.state not in CANCELLABLE:
        return Outcome()
    worker.journal.set(task, "intent", Intent.NONE)
    return Outcome(review=(task.key,))


def on_refresh_who_has(worker: WorkerState, event: events.RefreshWhoHas) -> Outcome:
    """Replace the known holders; ignore keys without a record."""
    of_interest = {key: peers for key, peers in event.who_has.items() if key in worker.tasks}
    update_holders(worker, of_interest, {})
    return Outcome(review=of_interest)


def on_remove_worker(worker: WorkerState, event: events.RemoveWorker) -> Outcome:
    """A peer holds nothing any more. A transfer that is open ends by its own answer, which counts."""
    held = sorted(worker.has_what.get(event.worker, ()))
    for key in held:
        worker.drop_holder(worker.tasks[key], event.worker)
    return Outcome(review=held)


def on_update_data(worker: WorkerState, event: events.UpdateData) -> Outcome:
    """Store scattered values; where a thread or a transfer is held, once that has come back."""
    recommend: dict[str, Recommendation] = {}
    told: list[do.Instruction] = []
    for key, value in event.values.items():
        task = worker.ensure(key)
        worker.journal.set(task, "doomed", False)
        if task.state in HOLDING:
            worker.journal.set(task, "scattered", value)
        elif task.state is State.MEMORY:
            replace_value(worker, key, value)
            told.append(do.AddKeys(keys=(key,)))
        else:
            recommend[key] = Recommendation(State.MEMORY, value)
    return Outcome(recommend=recommend, review=event.values, instructions=told)


def replace_value(worker: WorkerState, key: str, value: object) -> None:
    """The newest value counts, and is plain data even where an actor was."""
    stored: Mapping[str, object] = worker.actors
    if key in stored:
        worker.journal.drop(worker.actors, key)
    worker.journal.put(worker.data, key, value)
