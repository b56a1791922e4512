"""Handlers of reports of the worker's own process: threads that end, memory that runs short.

Source: distributed 2026.8.0, worker_state_machine.py, ``_handle_execute_success``
and its siblings, ``_handle_secede``, ``_handle_pause``, ``_handle_unpause``
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Protocol

from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.errors import InvalidEvent
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import ABSENT, Failure, TaskState
from workerfuzz.statemachine.worker.transitions.outcome import Outcome, Recommendation
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: Where a task goes whose thread ended, unless the result is of no use: then it is released (R27).
AFTER_THREAD: Final[Mapping[type[events.Event], State]] = MappingProxyType(
    {
        events.ExecuteSuccess: State.MEMORY,
        events.ExecuteFailure: State.ERROR,
        events.Reschedule: State.RESCHEDULED,
    }
)

#: The result of a thread is of no use in these states.
OF_NO_USE: Final = frozenset({State.CANCELLED, State.RESUMED})


class FromThread(Protocol):
    """An event about a task that runs."""

    @property
    def key(self) -> str: ...

    @property
    def run_id(self) -> int: ...


def running(worker: WorkerState, event: FromThread) -> TaskState:
    """The task that a thread reports about; raises InvalidEvent where none was started so."""
    task = worker.tasks.get(event.key)
    if task is None or task.execution is None:
        raise InvalidEvent(f"{event.key} is not running")
    if task.execution.run_id != event.run_id:
        raise InvalidEvent(
            f"{event.key} was started with run id {task.execution.run_id}, not {event.run_id}"
        )
    return task


def thread_ended(task: TaskState, event: events.Event, payload: object) -> Outcome:
    """Take the result, or drop it; a value scattered meanwhile is the result (R28, R31)."""
    finish = State.MEMORY if task.scattered is not ABSENT else AFTER_THREAD[type(event)]
    if task.state in OF_NO_USE:
        finish = State.RELEASED
    return Outcome(recommend={task.key: Recommendation(finish, payload)})


def on_execute_success(worker: WorkerState, event: events.ExecuteSuccess) -> Outcome:
    task = running(worker, event)
    if task.state not in OF_NO_USE and task.scattered is ABSENT:
        worker.journal.set(task, "nbytes", event.nbytes)
    return thread_ended(task, event, event.value)


def on_execute_failure(worker: WorkerState, event: events.ExecuteFailure) -> Outcome:
    return thread_ended(running(worker, event), event, Failure(event.exception))


def on_reschedule(worker: WorkerState, event: events.Reschedule) -> Outcome:
    return thread_ended(running(worker, event), event, ABSENT)


def on_secede(worker: WorkerState, event: events.Secede) -> Outcome:
    """Free the slot; report it only where the task is wanted (#6916)."""
    task = running(worker, event)
    assert task.execution is not None
    if task.execution.seceded:
        raise InvalidEvent(f"{event.key} has seceded already")
    if task.state in OF_NO_USE:
        worker.leave_slot(task)
        return Outcome(review=(task.key,))
    return Outcome(
        recommend={task.key: Recommendation(State.LONG_RUNNING, event.compute_duration_s)}
    )


def on_pause(worker: WorkerState, event: events.Pause) -> Outcome:
    worker.journal.set(worker, "paused", True)
    return Outcome()


def on_unpause(worker: WorkerState, event: events.Unpause) -> Outcome:
    worker.journal.set(worker, "paused", False)
    return Outcome()
