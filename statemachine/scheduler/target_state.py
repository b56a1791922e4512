"""The state that a record asks for, as a function of the record and its scheduler."""

from workerfuzz.statemachine.scheduler.placement import place
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import State
from workerfuzz.statemachine.scheduler.task import Task


def wanted_state(scheduler: SchedulerState, task: Task) -> State:
    """Where a task belongs, given who uses it, who holds it, and what it waits for."""
    if not task.in_use:
        return _unused(task)
    if task.state is State.ERRED:
        return State.ERRED  # left when a client asks for another try, or lets go
    if not task.needed:
        return State.RELEASED
    if task.who_has:
        return State.MEMORY
    if task.spec is None:
        return State.RELEASED
    if task.state not in (State.RELEASED, State.MEMORY):
        return _under_way(scheduler, task)
    return State.WAITING if task.state is State.RELEASED else State.RELEASED


def _unused(task: Task) -> State:
    if task.state is not State.RELEASED:
        return State.RELEASED
    return State.RELEASED if task.let_go and task.unconfirmed else State.FORGOTTEN


def _under_way(scheduler: SchedulerState, task: Task) -> State:
    inputs = scheduler.inputs(task)
    if any(dependency.out_of_reach for dependency in inputs):
        return State.RELEASED  # to be given up, with what came to need it meanwhile
    states = [dependency.state for dependency in inputs]
    if State.ERRED in states:
        return State.ERRED
    if task.renewed or any(state is not State.MEMORY for state in states):
        return State.WAITING
    if task.state is State.PROCESSING or task.state is State.QUEUED:
        return task.state
    return place(scheduler, task).state
