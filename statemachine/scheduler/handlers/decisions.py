"""Decisions beside the requests of clients: to steal, to replicate, to drop; and the possible ones."""

from collections.abc import Iterator

from workerfuzz.statemachine.scheduler import messages
from workerfuzz.statemachine.scheduler.client_requests import NoticeStatus
from workerfuzz.statemachine.scheduler.handlers.worker_processes import by_urgency
from workerfuzz.statemachine.scheduler.outcome import SchedulerOutcome, SchedulerRecommendation
from workerfuzz.statemachine.scheduler.placement import able_workers
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import SchedulerTask, Theft
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


def gatherers(scheduler: SchedulerState, key: str) -> Iterator[str]:
    """Workers that could be asked for another copy and keep it: no former value is to go there."""
    task = scheduler.tasks.get(key)
    for worker in takers(scheduler, key):
        if task is not None and worker not in task.unconfirmed and worker not in task.gathering:
            yield worker


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


def acquire(scheduler: SchedulerState, task: SchedulerTask, worker: str) -> None:
    """Ask a worker to copy a value."""
    task.known_to[worker] = None
    scheduler.send(
        worker,
        events.AcquireReplicas(
            who_has={task.key: scheduler.holders(task, worker)}, nbytes={task.key: task.nbytes}
        ),
    )


def on_replicate(
    scheduler: SchedulerState, _: str, message: messages.Replicate
) -> SchedulerOutcome:
    """Ask a worker for a copy."""
    if message.worker not in takers(scheduler, message.key):
        raise InvalidEvent(f"{message.worker} cannot get a copy of {message.key} now")
    task = scheduler.tasks[message.key]
    acquire(scheduler, task, message.worker)
    return SchedulerOutcome(review=(task.key,))


def on_gather_on_worker(
    scheduler: SchedulerState, _: str, message: messages.GatherOnWorker
) -> SchedulerOutcome:
    """Have a worker copy a value; it is no holder before it has answered.

    Source: distributed 2026.8.0, scheduler.py, ``Scheduler.gather_on_worker``
    """
    if message.worker not in gatherers(scheduler, message.key):
        raise InvalidEvent(f"{message.worker} cannot copy {message.key} now")
    task = scheduler.tasks[message.key]
    task.known_to[message.worker] = None
    task.gathering[message.worker] = None
    return SchedulerOutcome(review=(task.key,))


def on_gathered(scheduler: SchedulerState, _: str, message: messages.Gathered) -> SchedulerOutcome:
    """Record the copy, unless the worker was told to let go of it meanwhile, or has died."""
    task = scheduler.tasks.get(message.key)
    if task is None or message.worker not in task.gathering:
        return SchedulerOutcome()
    del task.gathering[message.worker]
    scheduler.add_holder(task, message.worker)
    if task.state is SchedulerTaskState.ERRED or not task.needed:
        scheduler.free(task, message.worker)
    return SchedulerOutcome(review=(task.key,))


def on_retire(scheduler: SchedulerState, _: str, message: messages.Retire) -> SchedulerOutcome:
    """Give a worker nothing new, and tell it to begin nothing.

    Source: distributed 2026.8.0, scheduler.py, ``Scheduler.retire_workers``
    """
    record = scheduler.workers[message.worker]
    record.running, record.retiring = False, True
    scheduler.send(message.worker, events.Pause())
    return SchedulerOutcome()


def on_unretire(scheduler: SchedulerState, _: str, message: messages.Unretire) -> SchedulerOutcome:
    """Tell a worker that it may go on; it gets something new when it has said that it runs."""
    scheduler.workers[message.worker].retiring = False
    scheduler.send(message.worker, events.Unpause())
    return SchedulerOutcome()


def on_manage_memory(
    scheduler: SchedulerState, _: str, message: messages.ManageMemory
) -> SchedulerOutcome:
    """Copy what only retiring workers hold, and have surplus replicas dropped.

    Source: distributed 2026.8.0, active_memory_manager.py, ``ReduceReplicas``, ``RetireWorker``
    """
    for task in list(scheduler.tasks.values()):
        if task.state is not SchedulerTaskState.MEMORY or task.actor:
            continue
        staying = [name for name in task.who_has if not scheduler.workers[name].retiring]
        if not staying:
            taker = min(takers(scheduler, task.key), default=None)
            if taker is not None:
                acquire(scheduler, task, taker)
            continue
        reading = {scheduler.tasks[key].processing_on for key in task.needed_by}
        useful = [name for name in staying if name in reading] or staying[:1]
        for worker in [name for name in task.who_has if name not in useful]:
            scheduler.release_replica(task, worker)
    return SchedulerOutcome()


def on_recompute(
    scheduler: SchedulerState, _: str, message: messages.Recompute
) -> SchedulerOutcome:
    """Take back requests and results, and compute the tasks anew, the most urgent first.

    An actor stays as it is. Clients that were told of a result hear that it is gone.
    """
    recommend: dict[str, SchedulerRecommendation] = {}
    known = [key for key in message.keys if key in scheduler.tasks]
    for key in by_urgency(scheduler, known):
        task = scheduler.tasks[key]
        if task.spec is None or task.actor or not task.in_use:
            continue
        if task.under_way or task.state is SchedulerTaskState.MEMORY:
            recommend[key] = SchedulerRecommendation(SchedulerTaskState.RELEASED)
            if task.state is SchedulerTaskState.MEMORY:
                scheduler.tell_wanting(task, NoticeStatus.LOST)
    return SchedulerOutcome(recommend)


def on_drop(scheduler: SchedulerState, _: str, message: messages.Drop) -> SchedulerOutcome:
    """Tell a worker that it may drop its copy. It is no holder from now on, unless it refuses."""
    if message.worker not in spare_holders(scheduler, message.key):
        raise InvalidEvent(f"{message.worker} cannot drop {message.key} now")
    task = scheduler.tasks[message.key]
    scheduler.release_replica(task, message.worker)
    return SchedulerOutcome(review=(task.key,))
