"""The state that a record asks for, as a function of the record and its scheduler."""

from workerfuzz.statemachine.scheduler.placement import place
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import SchedulerTask


def target_state(scheduler: SchedulerState, task: SchedulerTask) -> SchedulerTaskState:
    """Return the state that a task should have, from its users, its holders and its inputs."""
    if not task.in_use:
        return _unused(task)
    if task.state is SchedulerTaskState.ERRED:
        return SchedulerTaskState.ERRED  # left when a client retries or releases it
    if not task.needed:
        return SchedulerTaskState.RELEASED
    if task.who_has:
        return SchedulerTaskState.MEMORY
    if task.spec is None:
        return SchedulerTaskState.RELEASED
    if task.state not in (SchedulerTaskState.RELEASED, SchedulerTaskState.MEMORY):
        return _under_way(scheduler, task)
    return (
        SchedulerTaskState.WAITING
        if task.state is SchedulerTaskState.RELEASED
        else SchedulerTaskState.RELEASED
    )


def _unused(task: SchedulerTask) -> SchedulerTaskState:
    if task.state is not SchedulerTaskState.RELEASED:
        return SchedulerTaskState.RELEASED
    return (
        SchedulerTaskState.RELEASED
        if task.detached and task.unconfirmed
        else SchedulerTaskState.FORGOTTEN
    )


def _under_way(scheduler: SchedulerState, task: SchedulerTask) -> SchedulerTaskState:
    inputs = scheduler.inputs(task)
    if any(dependency.out_of_reach for dependency in inputs):
        return SchedulerTaskState.RELEASED  # to be given up, with what came to need it meanwhile
    states = [dependency.state for dependency in inputs]
    if SchedulerTaskState.ERRED in states:
        return SchedulerTaskState.ERRED
    if task.renewed or any(state is not SchedulerTaskState.MEMORY for state in states):
        return SchedulerTaskState.WAITING
    if task.state is SchedulerTaskState.PROCESSING or task.state is SchedulerTaskState.QUEUED:
        return task.state
    return place(scheduler, task).state
