"""Actions of transitions, one per state that is entered.

An action moves one task and returns the keys to look at next. It is called by ``scheduler`` alone,
through the table.
"""

from collections.abc import Iterable

from workerfuzz.statemachine.scheduler.client_requests import NoticeStatus
from workerfuzz.statemachine.scheduler.participants import WorkerRecord
from workerfuzz.statemachine.scheduler.placement import place
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import SchedulerFailure, SchedulerTask
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.task import Request


def to_waiting(
    scheduler: SchedulerState, task: SchedulerTask, _: SchedulerFailure | None
) -> Iterable[str]:
    """Need the inputs. One that cannot be had any more takes the task with it."""
    withdraw(scheduler, task)
    scheduler.move(task, SchedulerTaskState.WAITING)
    for dependency in scheduler.inputs(task):
        if dependency.out_of_reach:
            return give_up(scheduler, task, f"{dependency.key} is lost")
    return (*task.dependencies, task.key)


def to_no_worker(
    scheduler: SchedulerState, task: SchedulerTask, _: SchedulerFailure | None
) -> Iterable[str]:
    """Wait until a worker that may compute it is there and running."""
    scheduler.move(task, SchedulerTaskState.NO_WORKER)
    return ()


def to_queued(
    scheduler: SchedulerState, task: SchedulerTask, _: SchedulerFailure | None
) -> Iterable[str]:
    """Wait until a worker has room."""
    scheduler.move(task, SchedulerTaskState.QUEUED)
    return ()


def to_processing(
    scheduler: SchedulerState, task: SchedulerTask, _: SchedulerFailure | None
) -> Iterable[str]:
    """Ask the best worker."""
    worker = place(scheduler, task).worker
    assert worker is not None
    scheduler.move(task, SchedulerTaskState.PROCESSING)
    scheduler.assign(task, worker)
    scheduler.send(worker.name, request(scheduler, task, worker))
    return ()


def request(
    scheduler: SchedulerState, task: SchedulerTask, worker: WorkerRecord
) -> events.ComputeTask:
    """Return the request to compute a task; the worker has a record of each input from then on."""
    assert task.spec is not None
    inputs = scheduler.inputs(task)
    for known in (task, *inputs):
        known.known_to[worker.name] = None
    return events.ComputeTask(
        spec=task.spec,
        request=Request(
            run_id=task.run_id, priority=task.priority, resources=task.options.resources
        ),
        who_has={it.key: scheduler.holders(it, worker.name) for it in inputs},
        nbytes={it.key: it.nbytes for it in inputs},
    )


def to_memory(
    scheduler: SchedulerState, task: SchedulerTask, _: SchedulerFailure | None
) -> Iterable[str]:
    """Some worker holds the value. Another one that was to compute it need not."""
    withdraw(scheduler, task)
    if task.actor:
        made_by = task.processing_on
        task.home = made_by if made_by in task.who_has else min(task.who_has)
    before = task.dependencies if task.under_way else ()
    scheduler.move(task, SchedulerTaskState.MEMORY)
    task.suspicion = task.input_failures = 0
    scheduler.tell_wanting(task, NoticeStatus.FINISHED)
    return (*task.needed_by, *before)


def to_erred(
    scheduler: SchedulerState, task: SchedulerTask, failure: SchedulerFailure | None
) -> Iterable[str]:
    """Keep why it failed, and where that began. Tasks that wait for it fail with it."""
    if failure is None:
        failure = next(it.failure for it in scheduler.inputs(task) if it.failure is not None)
    withdraw(scheduler, task)
    before = task.dependencies if task.under_way else ()
    free_everywhere(scheduler, task)
    scheduler.move(task, SchedulerTaskState.ERRED)
    task.failure = failure
    scheduler.tell_wanting(task, NoticeStatus.ERRED, failure.reason)
    return (*task.needed_by, *before)


def to_released(
    scheduler: SchedulerState, task: SchedulerTask, _: SchedulerFailure | None
) -> Iterable[str]:
    """Give back what this state holds: a place in a queue, a request, a value, a failure.

    Where clients brought the value and it is gone, it is so for good. Otherwise a value that is gone
    while it is needed is made anew; clients hear of it.
    """
    before = task.dependencies if task.under_way else ()
    lost = task.state is SchedulerTaskState.MEMORY and not task.who_has
    if task.in_use:
        withdraw(scheduler, task)
        free_everywhere(scheduler, task)
    else:  # workers are about to be told to forget it
        scheduler.prefer(task, task.processing_on)
        for worker in list(task.who_has):
            scheduler.drop_holder(task, worker)
    scheduler.move(task, SchedulerTaskState.RELEASED)
    if not lost:
        return (*task.needed_by, task.key, *before)
    if task.spec is None:
        return give_up(scheduler, task, f"{task.key} is lost")
    scheduler.tell_wanting(task, NoticeStatus.LOST)
    return (*task.needed_by, task.key)


def to_forgotten(
    scheduler: SchedulerState, task: SchedulerTask, _: SchedulerFailure | None
) -> Iterable[str]:
    """Have every worker forget the key; the record goes when they have."""
    inputs: Iterable[str] = ()
    if not task.detached:
        scheduler.detach(task)
        inputs = task.dependencies
        for worker in sorted(task.known_to):
            scheduler.forget_on(task, worker)
    if not task.unconfirmed:
        scheduler.move(task, SchedulerTaskState.FORGOTTEN)
        scheduler.forget(task)
    return inputs


def free_everywhere(scheduler: SchedulerState, task: SchedulerTask) -> None:
    """Nobody is to hold the value."""
    for worker in list(task.who_has):
        scheduler.free(task, worker)


def withdraw(scheduler: SchedulerState, task: SchedulerTask) -> None:
    """A worker that was asked to compute the task, and did not bring its value, is to leave it."""
    worker = task.processing_on
    if worker is not None and worker in scheduler.workers and worker not in task.who_has:
        scheduler.free(task, worker)


def give_up(scheduler: SchedulerState, task: SchedulerTask, reason: str) -> Iterable[str]:
    """Nobody gets this value any more, nor any that is to be made of it."""
    given_up: dict[str, None] = {}
    left = [task.key]
    while left:
        key = left.pop()
        if key in given_up:
            continue
        given_up[key] = None
        known = scheduler.tasks[key]
        left += known.needed_by
        scheduler.tell_wanting(known, NoticeStatus.CANCELLED, reason)
        for client in list(known.wanted_by):
            scheduler.unwant(client, known)
    return given_up
