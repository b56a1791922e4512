"""The state that a record asks for, as a function of the record and its worker."""

from workerfuzz.statemachine.worker.states import NEEDS_INPUTS, Role, State
from workerfuzz.statemachine.worker.task import ABSENT, TaskState
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: Left by an event of their own, whatever the role has become.
SETTLED = frozenset({State.MEMORY, State.ERROR})


def target_state(worker: WorkerState, task: TaskState) -> State:
    """Return the state that a task should have, from its role, what it holds, and its inputs."""
    if task.state in SETTLED:
        return task.state
    if task.execution is not None:
        return _with_thread(task)
    if task.coming_from is not None:
        return _with_transfer(task)
    return _with_nothing(worker, task)


def _with_thread(task: TaskState) -> State:
    assert task.execution is not None
    if task.role is Role.FETCH:
        return State.RESUMED
    if task.role is Role.NONE or task.successor is not None:
        return State.CANCELLED
    return State.LONG_RUNNING if task.execution.seceded else State.EXECUTING


def _with_transfer(task: TaskState) -> State:
    if task.role is Role.NONE or task.successor is not None:
        return State.CANCELLED
    return State.RESUMED if task.role is Role.COMPUTE else State.FLIGHT


def _with_nothing(worker: WorkerState, task: TaskState) -> State:
    role = task.role
    if task.doomed:
        return State.FORGOTTEN if task.state is State.RELEASED else State.RELEASED
    if task.scattered is not ABSENT:
        return State.MEMORY
    if role is Role.COMPUTE:
        if task.state is State.RESCHEDULED:
            return State.RESCHEDULED
        if task.state in NEEDS_INPUTS and worker.inputs_are_here(task):
            return runnable_state(task)
        return State.WAITING
    if role is Role.FETCH:
        return State.FETCH if task.who_has else State.MISSING
    return State.RELEASED


def runnable_state(task: TaskState) -> State:
    """Ready, or constrained where the request names resources."""
    assert task.request is not None
    return State.CONSTRAINED if task.request.resources else State.READY
