"""Claims about the reference scheduler as a whole: sums, and no worker idle that could work."""

import math
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from workerfuzz.statemachine.properties.assignments import has_resources
from workerfuzz.statemachine.properties.property import AnyProperty, always, properties_in
from workerfuzz.statemachine.properties.scheduler.records import SchedulerObservation
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import UNDER_WAY, SchedulerTaskState


@always("No task is queued while a worker has room.")
def no_room_is_left(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    if not scheduler.queued:
        return
    for worker in scheduler.workers.values():
        taken = len(worker.processing) - len(worker.seceded)
        limit = max(math.ceil(scheduler.config.saturation * worker.config.nthreads), 1)
        if worker.running and taken < limit:
            yield f"{min(scheduler.queued)[1]} is queued, and a worker has room"


@always("No task waits for a worker while one is there that may compute it.")
def no_worker_is_overlooked(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    for key in scheduler.no_worker:
        options = scheduler.tasks[key].options
        named = [name for name in options.workers if name in scheduler.workers]
        anywhere = not options.workers or (options.loose and not named)
        for name in scheduler.workers if anywhere else named:
            worker = scheduler.workers[name]
            if worker.running and has_resources(options, worker.config.resources):
                yield f"{key} is in no-worker, and a worker may compute it"
                break


#: Checked after every message.
TOTALS: Final[tuple[AnyProperty, ...]] = properties_in(globals())


@always("Each index holds as many keys as there are tasks in its state.")
def indexes_hold_nothing_else(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    tasks, workers = scheduler.tasks.values(), scheduler.workers.values()
    count = {state: sum(task.state is state for task in tasks) for state in SchedulerTaskState}
    used = [task for task in tasks if not task.detached]
    expected = {
        "queued": (len(scheduler.queued), count[SchedulerTaskState.QUEUED]),
        "no_worker": (len(scheduler.no_worker), count[SchedulerTaskState.NO_WORKER]),
        "processing": (
            sum(len(worker.processing) for worker in workers),
            count[SchedulerTaskState.PROCESSING],
        ),
        "seceded": (
            sum(len(worker.seceded) for worker in workers),
            sum(task.seceded for task in tasks),
        ),
        "has_what": (
            sum(len(worker.has_what) for worker in workers),
            sum(len(task.who_has) for task in tasks),
        ),
        "wants": (
            sum(len(record.wants) for record in scheduler.clients.values()),
            sum(len(task.wanted_by) for task in tasks),
        ),
        "dependents": (
            sum(len(task.dependents) for task in tasks),
            sum(len(task.dependencies) for task in used),
        ),
        "needed_by": (
            sum(len(task.needed_by) for task in tasks),
            sum(len(task.dependencies) for task in tasks if task.state in UNDER_WAY),
        ),
        "forgotten": (count[SchedulerTaskState.FORGOTTEN], 0),
    }
    for name, (found, right) in expected.items():
        if found != right:
            yield f"{name} holds {found} keys, should be {right}"
    for key, task in scheduler.tasks.items():
        if key != task.key:
            yield f"the record under {key} is {task!r}"


#: Checked in a sweep only, because they go over all that is known.
COUNTS: Final[tuple[AnyProperty, ...]] = (indexes_hold_nothing_else,)


class OfferedObservation(NamedTuple):
    """Decisions that a scheduler could make now, as (key, worker)."""

    scheduler: SchedulerState
    stealable: Collection[tuple[str, str]]
    replicable: Collection[tuple[str, str]]
    droppable: Collection[tuple[str, str]]


@always(
    "Work does not have to stay where it is: a task that did not leave its slot can be stolen by each "
    "other running worker that may compute it, once at a time."
)
def work_can_move(offered: OfferedObservation) -> Iterator[str]:
    scheduler = offered.scheduler
    for key, task in scheduler.tasks.items():
        if task.processing_on is None or task.seceded or task.theft is not None:
            continue
        options = task.options
        named = [name for name in options.workers if name in scheduler.workers]
        anywhere = not options.workers or (options.loose and not named)
        for name in scheduler.workers if anywhere else named:
            worker = scheduler.workers[name]
            able = worker.running and has_resources(options, worker.config.resources)
            if able and name != task.processing_on and (key, name) not in offered.stealable:
                yield f"{name} may compute {key}, which {task.processing_on} has, and cannot steal it"


@always("A value in memory, but no actor, can be copied to each other running worker.")
def values_can_be_copied(offered: OfferedObservation) -> Iterator[str]:
    for key, task in offered.scheduler.tasks.items():
        if not task.who_has or (task.spec is not None and task.spec.actor):
            continue
        for name, worker in offered.scheduler.workers.items():
            is_wanted = worker.running and name not in task.who_has
            if is_wanted and (key, name) not in offered.replicable:
                yield f"{key} cannot be copied to {name}"


@always("Of several copies of a value each can be dropped, but for the place where an actor lives.")
def copies_can_be_dropped(offered: OfferedObservation) -> Iterator[str]:
    for key, task in offered.scheduler.tasks.items():
        for name in task.who_has if len(task.who_has) > 1 else ():
            if name != task.home and (key, name) not in offered.droppable:
                yield f"{key} is held by {', '.join(task.who_has)}, and {name} cannot drop it"


#: Of decisions; checked in a sweep only.
OFFERED: Final[tuple[AnyProperty, ...]] = (
    work_can_move,
    values_can_be_copied,
    copies_can_be_dropped,
)
