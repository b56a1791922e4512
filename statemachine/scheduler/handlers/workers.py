"""Handlers of messages of workers.

Reports of a run count by its run id; what else a worker says of a key counts unless the worker still has
to confirm its release. Either way a message that crossed another one does no harm.
"""

from typing import Final

from workerfuzz.statemachine.scheduler.outcome import SchedulerOutcome, SchedulerRecommendation
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import SchedulerFailure, SchedulerTask
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.states import NEEDS_INPUTS

#: Answers to a steal that grant it.
GRANTED: Final = frozenset(map(str, NEEDS_INPUTS))


def running(
    scheduler: SchedulerState, worker: str, key: str, run_id: int | None
) -> SchedulerTask | None:
    """Return the task that a worker computes under this run id; None where that is outdated."""
    task = scheduler.tasks.get(key)
    if task is None or task.processing_on != worker or task.run_id != run_id:
        return None
    return task


def reported_task(scheduler: SchedulerState, worker: str, key: str) -> SchedulerTask | None:
    """Return the task that a worker reports about; None where unknown, or the report is outdated.

    An unknown key was scattered to the worker: its client will say so.
    """
    task = scheduler.tasks.get(key)
    if task is None or worker in task.unconfirmed or worker in task.stored:
        return None
    return task


def on_task_finished(
    scheduler: SchedulerState, worker: str, message: do.TaskFinished
) -> SchedulerOutcome:
    task = running(scheduler, worker, message.key, message.run_id)
    if task is None:
        return has_value(scheduler, worker, message.key)
    task.nbytes = message.nbytes
    scheduler.add_holder(task, worker)
    return SchedulerOutcome(review=(task.key,))


def on_add_keys(scheduler: SchedulerState, worker: str, message: do.AddKeys) -> SchedulerOutcome:
    review: list[str] = []
    for key in message.keys:
        review += has_value(scheduler, worker, key).review
    return SchedulerOutcome(review=review)


def has_value(scheduler: SchedulerState, worker: str, key: str) -> SchedulerOutcome:
    """Record a holder; free the value where nobody needs it."""
    task = reported_task(scheduler, worker, key)
    if task is None:
        return SchedulerOutcome()
    scheduler.add_holder(task, worker)
    if task.state is SchedulerTaskState.ERRED or not task.needed:
        scheduler.free(task, worker)
    return SchedulerOutcome(review=(key,))


def on_release_worker_data(
    scheduler: SchedulerState, worker: str, message: do.ReleaseWorkerData
) -> SchedulerOutcome:
    task = reported_task(scheduler, worker, message.key)
    if task is None:
        return SchedulerOutcome()
    scheduler.drop_holder(task, worker)
    return SchedulerOutcome(review=(task.key,))


def on_task_erred(
    scheduler: SchedulerState, worker: str, message: do.TaskErred
) -> SchedulerOutcome:
    """A task failed, or an input of it: by itself, or because it could not be copied there.

    A copy that nobody asked to be computed failed for whoever waits for it there; each of these tasks
    reports for itself.
    """
    task = running(scheduler, worker, message.key, message.run_id)
    if task is None:
        return SchedulerOutcome()
    if message.cause is not None:
        return input_failed(scheduler, task, SchedulerFailure(message.exception, message.cause))
    if task.retries_left > 0:
        task.retries_left -= 1
        return SchedulerOutcome({task.key: SchedulerRecommendation(SchedulerTaskState.WAITING)})
    return SchedulerOutcome(
        {
            task.key: SchedulerRecommendation(
                SchedulerTaskState.ERRED, SchedulerFailure(message.exception, task.key)
            )
        }
    )


def input_failed(
    scheduler: SchedulerState, task: SchedulerTask, failure: SchedulerFailure
) -> SchedulerOutcome:
    """An input failed where a task was to run: try again, with who holds it now, but not for ever."""
    task.input_failures += 1
    if task.input_failures > scheduler.config.allowed_input_failures:
        return SchedulerOutcome(
            {task.key: SchedulerRecommendation(SchedulerTaskState.ERRED, failure)}
        )
    return SchedulerOutcome({task.key: SchedulerRecommendation(SchedulerTaskState.WAITING)})


def on_long_running(
    scheduler: SchedulerState, worker: str, message: do.LongRunning
) -> SchedulerOutcome:
    """Free the slot.

    Source: distributed 2026.8.0, scheduler.py, ``Scheduler.handle_long_running``
    """
    task = running(scheduler, worker, message.key, message.run_id)
    if task is None:
        return SchedulerOutcome()
    scheduler.leave_slot(task)
    return SchedulerOutcome(review=(task.key,))


def on_reschedule(
    scheduler: SchedulerState, worker: str, message: do.Reschedule
) -> SchedulerOutcome:
    """Place the task anew, as it asked for."""
    task = running(scheduler, worker, message.key, message.run_id)
    return (
        SchedulerOutcome({task.key: SchedulerRecommendation(SchedulerTaskState.WAITING)})
        if task is not None
        else SchedulerOutcome()
    )


def on_request_refresh_who_has(
    scheduler: SchedulerState, worker: str, message: do.RequestRefreshWhoHas
) -> SchedulerOutcome:
    """Send the holders. Keys that nobody holds are released on the worker: it need not look for them.

    Where a task there waits for such a key, that was taken back already.
    """
    known = {key: scheduler.tasks.get(key) for key in message.keys}
    found = {
        key: scheduler.holders(task, worker) if task is not None else ()
        for key, task in known.items()
    }
    scheduler.send(worker, events.RefreshWhoHas(who_has=found))
    strangers = tuple(key for key, task in known.items() if task is None)
    if strangers:
        scheduler.send(worker, events.ForgetKeys(keys=strangers))
    pointless = [task for task in known.values() if task is not None and is_pointless(task, worker)]
    for task in pointless:
        scheduler.free(task, worker)
    return SchedulerOutcome(review=[task.key for task in pointless])


def is_pointless(task: SchedulerTask, worker: str) -> bool:
    """Nothing is to be copied, and the worker was not told otherwise yet."""
    in_hand = task.processing_on == worker or worker in task.unconfirmed
    return task.state is not SchedulerTaskState.MEMORY and not in_hand


def on_steal_response(
    scheduler: SchedulerState, worker: str, message: do.StealResponse
) -> SchedulerOutcome:
    """Handle the answer of the victim; only the one to the latest request counts.

    Source: distributed 2026.8.0, stealing.py, ``WorkStealing.move_task_confirm``
    """
    task = scheduler.tasks.get(message.key)
    if task is None or task.theft is None or task.theft.stimulus_id != message.stimulus_id:
        return SchedulerOutcome()
    thief, task.theft = task.theft.thief, None
    if message.state not in GRANTED:
        return SchedulerOutcome(review=(task.key,))
    scheduler.prefer(task, thief)
    return SchedulerOutcome({task.key: SchedulerRecommendation(SchedulerTaskState.WAITING)})
