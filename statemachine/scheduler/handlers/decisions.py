"""Decisions beside the requests of clients: to steal, to replicate, to drop; and the possible ones."""

from collections.abc import Iterator

from workerfuzz.statemachine.scheduler import messages
from workerfuzz.statemachine.scheduler.outcome import SchedulerOutcome
from workerfuzz.statemachine.scheduler.placement import able_workers
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import Theft
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.errors import InvalidEvent


def thieves(scheduler: SchedulerState, key: str) -> Iterator[str]:
    """Workers that could compute a task instead of the one that was asked to."""
    task = scheduler.tasks.get(key)
    if task is None or task.processing_on is None or task.seceded or task.theft is not None:
        return
    for worker in able_workers(scheduler, task):
        if worker.running and worker.name != task.processing_on:
            yield worker.name


def takers(scheduler: SchedulerState, key: str) -> Iterator[str]:
    """Workers that could hold another copy. An actor stays where it is."""
    task = scheduler.tasks.get(key)
    if task is None or task.state is not SchedulerTaskState.MEMORY or task.actor:
        return
    for worker in scheduler.workers.values():
        if worker.running and worker.name not in task.who_has:
            yield worker.name


def spare_holders(scheduler: SchedulerState, key: str) -> Iterator[str]:
    """Workers that could do without their copy: never the last one, nor an actor's own."""
    task = scheduler.tasks.get(key)
    if task is None or task.state is not SchedulerTaskState.MEMORY or len(task.who_has) < 2:
        return
    for worker in task.who_has:
        if worker != task.home:
            yield worker


def on_steal(scheduler: SchedulerState, _: str, message: messages.Steal) -> SchedulerOutcome:
    """Ask the victim; until it answers, the task stays assigned to it.

    Source: distributed 2026.8.0, stealing.py, ``WorkStealing.move_task_request``
    """
    if message.thief not in thieves(scheduler, message.key):
        raise InvalidEvent(f"{message.thief} cannot steal {message.key} now")
    task = scheduler.tasks[message.key]
    assert task.processing_on is not None
    task.theft = Theft(f"steal-{task.run_id}-{message.thief}", message.thief)
    scheduler.send(
        task.processing_on, events.StealRequest(key=task.key, stimulus_id=task.theft.stimulus_id)
    )
    return SchedulerOutcome(review=(task.key,))


def on_replicate(
    scheduler: SchedulerState, _: str, message: messages.Replicate
) -> SchedulerOutcome:
    """Ask a worker for a copy."""
    if message.worker not in takers(scheduler, message.key):
        raise InvalidEvent(f"{message.worker} cannot get a copy of {message.key} now")
    task = scheduler.tasks[message.key]
    task.known_to[message.worker] = None
    scheduler.send(
        message.worker,
        events.AcquireReplicas(
            who_has={task.key: scheduler.holders(task, message.worker)},
            nbytes={task.key: task.nbytes},
        ),
    )
    return SchedulerOutcome(review=(task.key,))


def on_drop(scheduler: SchedulerState, _: str, message: messages.Drop) -> SchedulerOutcome:
    """Tell a worker that it may drop its copy. It is no holder from now on, unless it refuses."""
    if message.worker not in spare_holders(scheduler, message.key):
        raise InvalidEvent(f"{message.worker} cannot drop {message.key} now")
    task = scheduler.tasks[message.key]
    scheduler.release_replica(task, message.worker)
    return SchedulerOutcome(review=(task.key,))
