"""Into waiting, ready, constrained, executing and long-running: the way of a compute request."""

from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import TaskState
from workerfuzz.statemachine.worker.transitions.outcome import Outcome, Recommendation
from workerfuzz.statemachine.worker.transitions.settling import inherit
from workerfuzz.statemachine.worker.worker_state import WorkerState


def to_waiting(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """Need the dependencies. With all of them here, the review makes it runnable at once (R7).

    A dependency that failed fails this task. That it may be tried once more is up to the request,
    not to this: a task that is only now done with a thread or a transfer was requested before (R38).
    """
    worker.move(task, State.WAITING)
    recommend: dict[str, Recommendation] = {}
    for dependency in map(worker.tasks.__getitem__, task.dependencies):
        if dependency.state is State.ERROR:
            recommend = {task.key: Recommendation(State.ERROR, inherit(dependency))}
            break
    return Outcome(recommend=recommend, review=(task.key, *task.dependencies))


def to_ready(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """Queue for a thread."""
    worker.move(task, State.READY)
    return Outcome()


def to_constrained(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """Queue for a thread and resources."""
    worker.move(task, State.CONSTRAINED)
    return Outcome()


def start_executing(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """Take a slot and resources, and hand out the inputs as they are now."""
    worker.move(task, State.EXECUTING)
    execution = worker.take_thread(task)
    inputs = {
        key: worker.data[key] if key in worker.data else worker.actors[key]
        for key in task.dependencies
    }
    execute = do.Execute(key=task.key, run_id=execution.run_id, spec=execution.spec, inputs=inputs)
    return Outcome(instructions=(execute,))


def resume_executing(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """The thread that still runs counts for the new request (R28)."""
    worker.move(task, State.EXECUTING)
    return Outcome()


def secede(worker: WorkerState, task: TaskState, duration_s: object) -> Outcome:
    """Leave the slot, keep the thread and its resources; the scheduler hears of it."""
    assert isinstance(duration_s, float)
    worker.leave_slot(task)
    worker.move(task, State.LONG_RUNNING)
    return Outcome(instructions=(long_running(task, duration_s),))


def resume_long_running(worker: WorkerState, task: TaskState, _: object) -> Outcome:
    """Like ``resume_executing``; the scheduler has to hear that there is no slot in use."""
    worker.move(task, State.LONG_RUNNING)
    return Outcome(instructions=(long_running(task),))


def long_running(task: TaskState, duration_s: float = 0.0) -> do.LongRunning:
    """Return the message that a task left its slot."""
    assert task.request is not None
    return do.LongRunning(key=task.key, run_id=task.request.run_id, compute_duration_s=duration_s)
