"""Handlers of messages of worker processes, and of workers that join or die."""

from collections.abc import Iterable

from workerfuzz.statemachine.scheduler import messages
from workerfuzz.statemachine.scheduler.outcome import SchedulerOutcome, SchedulerRecommendation
from workerfuzz.statemachine.scheduler.participants import WorkerRecord
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import SchedulerFailure, SchedulerTask
from workerfuzz.statemachine.worker import events


def on_confirmed(
    scheduler: SchedulerState, worker: str, message: messages.Confirmed
) -> SchedulerOutcome:
    """Accept reports of a worker about these keys again."""
    keys = scheduler.workers[worker].asked.pop(message.number)
    for key in keys:
        task = scheduler.tasks.get(key)
        if task is None:
            continue
        if task.unconfirmed.get(worker) == message.number:
            has_confirmed(task, worker)
        elif task.stored.get(worker) == message.number:
            del task.stored[worker]
    return SchedulerOutcome(review=keys)


def has_confirmed(task: SchedulerTask, worker: str) -> None:
    """Record that no outdated message of this worker is under way."""
    task.unconfirmed.pop(worker, None)
    if not task.unconfirmed:
        task.renewed = False


def on_running(
    scheduler: SchedulerState, worker: str, message: messages.Running
) -> SchedulerOutcome:
    """A paused worker gets nothing new; what it has, it keeps. Nor does one that is to leave."""
    record = scheduler.workers[worker]
    record.running = message.running and not record.retiring
    return SchedulerOutcome(review=by_urgency(scheduler, scheduler.no_worker))


def on_join(scheduler: SchedulerState, worker: str, message: messages.Join) -> SchedulerOutcome:
    scheduler.workers[worker] = WorkerRecord(worker, message.config)
    scheduler.joins[worker] = scheduler.joins.get(worker, 0) + 1
    return SchedulerOutcome(review=by_urgency(scheduler, scheduler.no_worker))


def by_urgency(scheduler: SchedulerState, keys: Iterable[str]) -> list[str]:
    return sorted(keys, key=lambda key: (scheduler.tasks[key].priority, key))


def on_lose(scheduler: SchedulerState, worker: str, message: messages.Lose) -> SchedulerOutcome:
    """Forget its replicas, and reassign its tasks unless they may have killed it.

    Source: distributed 2026.8.0, scheduler.py, ``Scheduler.remove_worker``
    """
    lost = scheduler.workers.pop(worker)
    for name in scheduler.workers:
        scheduler.send(name, events.RemoveWorker(worker=worker))
    recommend = {
        key: SchedulerRecommendation(SchedulerTaskState.WAITING)
        if message.expected
        else after_death(scheduler, scheduler.tasks[key])
        for key in lost.processing
    }
    review = by_urgency(scheduler, scheduler.no_worker)  # loose restrictions may give way
    for key, task in scheduler.tasks.items():
        if forget_worker(task, worker):
            review.append(key)
        if task.home == worker:
            recommend[key] = SchedulerRecommendation(
                SchedulerTaskState.ERRED, SchedulerFailure(f"{worker}, where it lived, died", key)
            )
    return SchedulerOutcome(recommend, review)


def forget_worker(task: SchedulerTask, worker: str) -> bool:
    """Remove a dead worker from a record. Returns whether that changed anything."""
    task.known_to.pop(worker, None)
    held, owed = worker in task.who_has, worker in task.unconfirmed
    task.who_has.pop(worker, None)
    has_confirmed(task, worker)
    task.stored.pop(worker, None)
    task.gathering.pop(worker, None)
    if task.preferred_worker == worker:
        task.preferred_worker = None
    return held or owed


def after_death(scheduler: SchedulerState, task: SchedulerTask) -> SchedulerRecommendation:
    """Return the next state of a task whose worker died: waiting, or erred after too many deaths."""
    task.suspicion += 1
    if task.suspicion <= scheduler.config.allowed_failures:
        return SchedulerRecommendation(SchedulerTaskState.WAITING)
    return SchedulerRecommendation(
        SchedulerTaskState.ERRED,
        SchedulerFailure(f"{task.suspicion} workers died while they had it", task.key),
    )
