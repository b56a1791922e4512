"""Choice of the worker that computes a task, and whether the task waits instead."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from workerfuzz.statemachine.scheduler.participants import WorkerRecord
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import SchedulerTask


class Placement(NamedTuple):
    """State of a task whose inputs are all in memory. ``worker``: computes it, in processing."""

    state: SchedulerTaskState
    worker: WorkerRecord | None = None


def place(scheduler: SchedulerState, task: SchedulerTask) -> Placement:
    """Choose the best worker; or wait for one to join, or to have room."""
    candidates = [worker for worker in able_workers(scheduler, task) if worker.running]
    if not candidates:
        return Placement(SchedulerTaskState.NO_WORKER)
    if may_queue(scheduler, task):
        candidates = [worker for worker in candidates if has_room(scheduler, worker)]
        if not candidates:
            return Placement(SchedulerTaskState.QUEUED)
    for worker in candidates:
        if worker.name == task.preferred_worker:
            return Placement(SchedulerTaskState.PROCESSING, worker)
    return Placement(
        SchedulerTaskState.PROCESSING, min(candidates, key=lambda worker: cost(task, worker))
    )


def able_workers(scheduler: SchedulerState, task: SchedulerTask) -> Sequence[WorkerRecord]:
    """Return workers that may compute a task, paused or not: restrictions hold and resources suffice.

    Source: distributed 2026.8.0, scheduler.py, ``SchedulerState.valid_workers``
    """
    workers, options = scheduler.workers, task.options
    named = [workers[name] for name in options.workers if name in workers]
    if not named and (options.loose or not options.workers):
        named = list(workers.values())
    return [
        worker
        for worker in named
        if all(
            worker.config.resources.get(name, 0) >= amount
            for name, amount in options.resources.items()
        )
    ]


def cost(task: SchedulerTask, worker: WorkerRecord) -> tuple[float, float, str]:
    """Estimate the delay before a start: tasks ahead, and inputs to copy, each as long as a task.

    Source: distributed 2026.8.0, scheduler.py, ``SchedulerState.worker_objective``
    """
    waiting = worker.load / worker.config.nthreads
    missing = sum(key not in worker.has_what for key in task.dependencies)
    return (waiting + missing, waiting, worker.name)


def may_queue(scheduler: SchedulerState, task: SchedulerTask) -> bool:
    """Return True for a task that any worker can start at once: it waits for the first with room.

    Source: distributed 2026.8.0, scheduler.py, ``SchedulerState.is_rootish``
    """
    options = task.options
    return (
        not math.isinf(scheduler.config.saturation)
        and not task.dependencies
        and not options.workers
        and not options.resources
    )


def has_room(scheduler: SchedulerState, worker: WorkerRecord) -> bool:
    """Return True if a running worker has fewer tasks than it is given in advance.

    Source: distributed 2026.8.0, scheduler.py, ``_worker_full``
    """
    limit = max(math.ceil(scheduler.config.saturation * worker.config.nthreads), 1)
    return worker.running and worker.load < limit


def next_queued(scheduler: SchedulerState) -> SchedulerTask | None:
    """Return the most urgent queued task, if some worker has room.

    Source: distributed 2026.8.0, scheduler.py, ``Scheduler.stimulus_queue_slots_maybe_opened``
    """
    if not scheduler.queued:
        return None
    if not any(has_room(scheduler, worker) for worker in scheduler.workers.values()):
        return None
    return scheduler.tasks[scheduler.queued.first()[1]]
