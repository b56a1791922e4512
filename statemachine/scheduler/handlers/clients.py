"""Handlers of requests of clients."""

from collections.abc import Container

from workerfuzz.statemachine.scheduler import client_requests, messages
from workerfuzz.statemachine.scheduler.client_requests import NO_OPTIONS, NoticeStatus, Options
from workerfuzz.statemachine.scheduler.outcome import SchedulerOutcome, SchedulerRecommendation
from workerfuzz.statemachine.scheduler.participants import ClientRecord
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import SchedulerTask
from workerfuzz.statemachine.worker.task import TaskSpec


def on_submit(
    scheduler: SchedulerState, client: str, request: client_requests.Submit
) -> SchedulerOutcome:
    """Record new tasks, and the keys that the client wants.

    What is in use keeps its content. A task whose inputs are not all known is given up, with what
    depends on it: the client is told.
    """
    record = scheduler.client(client)
    record.graphs += 1
    record.note_request()
    scheduler.submissions += 1
    fresh: dict[str, SchedulerTask] = {}
    for place, spec in enumerate(request.specs):
        task = scheduler.tasks.get(spec.key)
        if task is not None and task.in_use and task.edition:
            continue
        if not all(is_known(scheduler, key, fresh) for key in spec.dependencies):
            continue
        options = request.options.get(spec.key, NO_OPTIONS)
        task = renew(scheduler, spec, options)
        task.priority = (-options.priority, scheduler.submissions, place)
        fresh[task.key] = task
    for task in fresh.values():
        scheduler.attach(task)
    for key in request.wanted:
        want(scheduler, client, key, fresh)
    return SchedulerOutcome(review=(*request.wanted, *fresh))


def is_known(scheduler: SchedulerState, key: str, fresh: Container[str]) -> bool:
    """A key is in use already, or part of the same graph."""
    task = scheduler.tasks.get(key)
    return task is not None and (task.in_use or key in fresh)


def renew(scheduler: SchedulerState, spec: TaskSpec, options: Options) -> SchedulerTask:
    """The record of a key that is not in use, with this content.

    Where the former content was the same, down to that of its inputs, what workers still do about it
    counts (R28). Otherwise it has to be gone first.
    """
    task = scheduler.tasks.get(spec.key)
    if task is None:
        task = scheduler.tasks[spec.key] = SchedulerTask(spec.key)
    editions = {key: scheduler.tasks[key].edition for key in spec.dependencies}
    if task.spec != spec or task.editions != editions:
        scheduler.write_content(task, spec)
        task.renewed = bool(task.unconfirmed)
    task.options = options
    task.retries_left = options.retries
    task.suspicion = task.input_failures = 0
    return task


def want(scheduler: SchedulerState, client: str, key: str, fresh: Container[str]) -> None:
    """A client wants a key; it is told at once what is known already."""
    if not is_known(scheduler, key, fresh):
        scheduler.tell(
            client, key, NoticeStatus.CANCELLED, f"{key}, or what it needs, is not known"
        )
        return
    task = scheduler.tasks[key]
    if task.out_of_reach:
        scheduler.tell(client, key, NoticeStatus.CANCELLED, f"{key} is lost")
        return
    scheduler.want(client, task)
    tell_status(scheduler, client, task)


def tell_status(scheduler: SchedulerState, client: str, task: SchedulerTask) -> None:
    """A client is told of a task that nothing more will be told about by itself."""
    if task.state is SchedulerTaskState.MEMORY:
        scheduler.tell(client, task.key, NoticeStatus.FINISHED)
    elif task.failure is not None:
        scheduler.tell(client, task.key, NoticeStatus.ERRED, task.failure.reason)


def on_release(
    scheduler: SchedulerState, client: str, request: client_requests.Release
) -> SchedulerOutcome:
    record = scheduler.client(client)
    record.note_request()
    for key in request.keys:
        if key in scheduler.tasks and key not in record.overtaken:
            scheduler.unwant(client, scheduler.tasks[key])
    return SchedulerOutcome(review=request.keys)


def on_cancel(
    scheduler: SchedulerState, client: str, request: client_requests.Cancel
) -> SchedulerOutcome:
    """Release these keys and their dependents for the client; with ``force``, for every client.

    Source: distributed 2026.8.0, scheduler.py, ``Scheduler.stimulus_cancel``
    """
    record = scheduler.client(client)
    record.note_request()
    given_up: dict[str, None] = {}
    left = list(request.keys)
    while left:
        key = left.pop()
        task = scheduler.tasks.get(key)
        if task is None or key in given_up:
            continue
        given_up[key] = None
        left += task.dependents
        for other in list(task.wanted_by) if request.force else [client]:
            if other in task.wanted_by and not (other == client and key in record.overtaken):
                scheduler.tell(other, key, NoticeStatus.CANCELLED, f"{client} gave it up")
                scheduler.unwant(other, task)
    return SchedulerOutcome(review=given_up)


def on_retry(
    scheduler: SchedulerState, client: str, request: client_requests.Retry
) -> SchedulerOutcome:
    """Restart failed tasks with all that failed before them, and notify their clients.

    A released input has to be computed again, and what failed behind it would fail it at once.

    Source: distributed 2026.8.0, scheduler.py, ``Scheduler.stimulus_retry``, which stops at inputs
    that are not erred themselves
    """
    again: dict[str, SchedulerRecommendation] = {}
    seen: set[str] = set()
    left = [key for key in request.keys if key in scheduler.tasks]
    while left:
        task = scheduler.tasks[left.pop()]
        if task.key in seen:
            continue
        seen.add(task.key)
        if task.state in (SchedulerTaskState.ERRED, SchedulerTaskState.RELEASED):
            left += task.dependencies
        if task.state is not SchedulerTaskState.ERRED:
            continue
        again[task.key] = SchedulerRecommendation(SchedulerTaskState.RELEASED)
        task.retries_left = task.options.retries
        task.suspicion = task.input_failures = 0
        scheduler.tell_wanting(task, NoticeStatus.PENDING)
    return SchedulerOutcome(again)


def on_scattered(
    scheduler: SchedulerState, client: str, request: client_requests.Scattered
) -> SchedulerOutcome:
    """Record scattered values. Workers that died hold nothing; another one may have their name now.

    A request of a client that has been removed meanwhile tells of values that nobody wants.
    """
    is_there = client not in scheduler.removed_clients
    record = scheduler.client(client) if is_there else ClientRecord(client)
    record.scatters += 1
    for key, workers in request.who_has.items():
        if request.streamed > record.streamed:
            record.overtaken[key] = request.streamed
        task = scheduler.tasks.get(key)
        if task is None or not task.in_use:
            task = task or scheduler.tasks.setdefault(key, SchedulerTask(key))
            scheduler.write_content(task, None)
            task.detached = False
        for worker in workers:
            joined = request.joined.get(worker)  # not known of workers that a lost scheduler knew
            is_same = joined is None or scheduler.joins.get(worker, joined) == joined
            if worker in scheduler.workers and is_same:
                scheduler.accept(task, worker)
        if is_there:
            want(scheduler, client, key, request.who_has)
        elif not task.in_use:
            for worker in list(task.who_has):
                scheduler.drop_holder(task, worker)
    return SchedulerOutcome(review=request.who_has)


def on_disconnected(
    scheduler: SchedulerState, client: str, message: messages.Disconnected
) -> SchedulerOutcome:
    """Release everything that a client wants, and forget the client."""
    record = scheduler.clients.pop(client, ClientRecord(client))
    wanted = tuple(record.wants)
    for key in wanted:
        del scheduler.tasks[key].wanted_by[client]
    scheduler.removed_clients[client] = None
    return SchedulerOutcome(review=wanted)


def on_connect(
    scheduler: SchedulerState, client: str, message: messages.Connect
) -> SchedulerOutcome:
    """A client is new, whatever it was called before."""
    del scheduler.removed_clients[client]
    return SchedulerOutcome()
