"""What Dask's scheduler could decide by itself now, in some timing: stealing, and copies."""

from collections.abc import Iterator
from typing import Any

from workerfuzz.harness.subjects.dask.names import peer_at


def stealable(scheduler: Any, stealing: Any) -> Iterator[tuple[str, str]]:
    """(key, thief): moves that ``WorkStealing.balance`` considers, whatever they cost."""
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


def _thieves(scheduler: Any, task: Any, idle: set[Any]) -> set[Any]:
    valid = scheduler.valid_workers(task)
    if valid is None:
        return idle
    return (idle & valid) or (idle if task.loose_restrictions else set())


def replicable(scheduler: Any) -> Iterator[tuple[str, str]]:
    """(key, worker): as in ``ActiveMemoryManagerExtension._find_recipient``."""
    for key, task in scheduler.tasks.items():
        if task.who_has and task.state == "memory" and not task.actor:
            for worker in scheduler.running - task.who_has:
                yield str(key), peer_at(worker.address)


def droppable(scheduler: Any) -> Iterator[tuple[str, str]]:
    """(key, worker): as in ``ActiveMemoryManagerExtension._find_dropper``."""
    for task in scheduler.replicated_tasks:
        if task.actor or len(task.who_has) < 2:
            continue
        needed = {waiter.processing_on for waiter in task.waiters or ()} & task.who_has
        candidates = task.who_has - needed
        if len(candidates) == 1 and needed and not needed & scheduler.running:
            candidates -= scheduler.running  # the only copy that is not on a paused worker
        for worker in candidates:
            yield str(task.key), peer_at(worker.address)


def unsatisfiable(scheduler: Any) -> Iterator[str]:
    """Tasks without a worker of which none that is there would do."""
    for task in scheduler.unrunnable:
        if not any(_would_do(task, worker) for worker in scheduler.workers.values()):
            yield str(task.key)


def _would_do(task: Any, worker: Any) -> bool:
    if task.loose_restrictions:
        return True
    if task.worker_restrictions and worker.address not in task.worker_restrictions:
        return False
    wanted = task.resource_restrictions or {}
    return all(worker.resources.get(name, 0) >= amount for name, amount in wanted.items())
