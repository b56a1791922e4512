"""Decisions that Dask's scheduler could make now, with some timing or other."""

from collections.abc import Iterator
from typing import TypeAlias

from workerfuzz.harness.subjects.dask.instrumentation import DaskObject, peer_at

#: (key, worker): a decision that the scheduler could make.
Decision: TypeAlias = tuple[str, str]


def stealable(scheduler: DaskObject, stealing: DaskObject) -> Iterator[Decision]:
    """Yield (key, thief) of moves that work stealing considers, whatever they cost.

    Source: distributed 2026.8.0, stealing.py, WorkStealing.balance.
    """
    if not stealing.key_stealable or not 0 < len(scheduler.idle) < len(scheduler.workers):
        return
    idle = scheduler.running.intersection(scheduler.idle.values())
    for task in stealing.key_stealable:
        victim = task.processing_on
        if victim is None or victim in idle or task in stealing.in_flight:
            continue
        if task not in victim.processing or len(victim.processing) <= victim.nthreads:
            continue
        for thief in _thieves(scheduler, task, idle):
            yield str(task.key), peer_at(thief.address)


def _thieves(scheduler: DaskObject, task: DaskObject, idle: set[DaskObject]) -> set[DaskObject]:
    valid = scheduler.valid_workers(task)
    if valid is None:
        return idle
    return (idle & valid) or (idle if task.loose_restrictions else set())


def replicable(scheduler: DaskObject) -> Iterator[Decision]:
    """Yield (key, worker) of copies that could be wanted.

    Source: distributed 2026.8.0, active_memory_manager.py,
    ActiveMemoryManagerExtension._find_recipient.
    """
    for key, task in scheduler.tasks.items():
        if task.who_has and task.state == "memory" and not task.actor:
            for worker in scheduler.running - task.who_has:
                yield str(key), peer_at(worker.address)


def droppable(scheduler: DaskObject) -> Iterator[Decision]:
    """Yield (key, worker) of copies that are one too many.

    Source: distributed 2026.8.0, active_memory_manager.py,
    ActiveMemoryManagerExtension._find_dropper.
    """
    for task in scheduler.replicated_tasks:
        if task.actor or len(task.who_has) < 2:
            continue
        needed = {waiter.processing_on for waiter in task.waiters or ()} & task.who_has
        candidates = task.who_has - needed
        if len(candidates) == 1 and needed and not needed & scheduler.running:
            candidates -= scheduler.running  # the only copy that is not on a paused worker
        for worker in candidates:
            yield str(task.key), peer_at(worker.address)


def unsatisfiable(scheduler: DaskObject) -> Iterator[str]:
    """Yield tasks without a worker that could not run on any worker that is there."""
    for task in scheduler.unrunnable:
        if not any(_can_run(task, worker) for worker in scheduler.workers.values()):
            yield str(task.key)


def _can_run(task: DaskObject, worker: DaskObject) -> bool:
    """Resources are never loose."""
    elsewhere = task.worker_restrictions and worker.address not in task.worker_restrictions
    if elsewhere and not task.loose_restrictions:
        return False
    needed = task.resource_restrictions or {}
    return all(worker.resources.get(name, 0) >= amount for name, amount in needed.items())
