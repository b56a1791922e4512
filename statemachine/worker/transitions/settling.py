"""Into released, forgotten, memory, error and rescheduled: where nothing is held any more."""

from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.states import NEEDS_INPUTS, USES_INPUTS, Intent, State
from workerfuzz.statemachine.worker.task import ABSENT, Failure, TaskState
from workerfuzz.statemachine.worker.transitions.outcome import Outcome, Recommendation
from workerfuzz.statemachine.worker.worker_state import WorkerState


def to_released(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """Give back whatever this state holds: a place in a queue, a value, a thread, a transfer.

    What comes next follows from the role.
    """
    start = task.state
    was_needed_by = sorted(task.needed_by) if start is State.MEMORY else ()
    worker.move(task, State.RELEASED)
    released: list[do.Instruction] = []
    if start is State.MEMORY:
        released.append(do.ReleaseWorkerData(key=task.key))
    inputs = task.dependencies if start in NEEDS_INPUTS else ()
    return Outcome(review=(*was_needed_by, task.key, *inputs), instructions=released)


def to_forgotten(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """Remove the record. A key that a task here still waits for gets a new one at once."""
    worker.move(task, State.FORGOTTEN)
    worker.forget(task)
    if not task.needed_by:
        return Outcome()
    fresh = worker.ensure(task.key)
    for key in task.needed_by:
        worker.journal.put(fresh.needed_by, key, None)
    return Outcome(review=(task.key,))


def to_memory(worker: WorkerState, task: TaskState, value: object) -> Outcome:
    """Store a value: computed, copied or scattered. What was scattered meanwhile takes precedence."""
    write = worker.journal
    stays_here = task.state in USES_INPUTS and task.spec is not None and task.spec.actor
    if task.scattered is not ABSENT:
        value, stays_here = task.scattered, False
        write.set(task, "scattered", ABSENT)
    worker.move(task, State.MEMORY)
    write.put(worker.actors if stays_here else worker.data, task.key, value)
    write.set(task, "suspicion", 0)
    return Outcome(review=sorted(task.needed_by), instructions=(here(worker, task),))


def here(worker: WorkerState, task: TaskState) -> do.Message:
    """Return the message that a value is here: the answer to its request, or else ``AddKeys``."""
    if task.intent is Intent.COMPUTE and task.request is not None and not task.answered:
        worker.journal.set(task, "answered", True)
        return do.TaskFinished(key=task.key, run_id=task.request.run_id, nbytes=task.nbytes)
    return do.AddKeys(keys=(task.key,))


def to_error(worker: WorkerState, task: TaskState, failure: object) -> Outcome:
    """Keep why it failed. Tasks that wait for it fail with it, for the same cause (R38)."""
    assert isinstance(failure, Failure)
    start = task.state
    worker.move(task, State.ERROR)
    worker.journal.set(task, "failure", failure)
    requested = task.intent is Intent.COMPUTE and task.request is not None
    worker.journal.set(task, "answered", requested)
    told = do.TaskErred(
        key=task.key,
        run_id=task.request.run_id if requested and task.request else None,
        exception=failure.exception,
        cause=failure.cause,
    )
    inherited = inherit(task)
    return Outcome(
        recommend={key: Recommendation(State.ERROR, inherited) for key in sorted(task.needed_by)},
        review=task.dependencies if start in NEEDS_INPUTS else (),
        instructions=(told,),
    )


def inherit(task: TaskState) -> Failure:
    """The failure of a task that waits for one that failed."""
    assert task.failure is not None
    return Failure(task.failure.exception, task.failure.cause or task.key)


def to_rescheduled(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """Hand a task back to the scheduler: it was stolen, or its thread asked for that (R32)."""
    start = task.state
    worker.move(task, State.RESCHEDULED)
    if start in NEEDS_INPUTS:
        return Outcome(review=(task.key, *task.dependencies))
    assert task.request is not None
    worker.journal.set(task, "answered", True)
    return Outcome(instructions=(do.Reschedule(key=task.key, run_id=task.request.run_id),))
