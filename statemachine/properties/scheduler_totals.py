"""Claims about the reference scheduler as a whole: sums, and no worker idle that could work."""

import math
from collections.abc import Iterator
from typing import Final

from workerfuzz.statemachine.properties.assignments import has_resources
from workerfuzz.statemachine.properties.property import AnyProperty, always, properties_in
from workerfuzz.statemachine.properties.scheduler_records import SchedulerObservation
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
            sum(len(it.processing) for it in workers),
            count[SchedulerTaskState.PROCESSING],
        ),
        "seceded": (sum(len(it.seceded) for it in workers), sum(task.seceded for task in tasks)),
        "has_what": (sum(len(it.has_what) for it in workers), sum(len(it.who_has) for it in tasks)),
        "wants": (
            sum(len(it.wants) for it in scheduler.clients.values()),
            sum(len(it.wanted_by) for it in tasks),
        ),
        "dependents": (
            sum(len(it.dependents) for it in tasks),
            sum(len(it.dependencies) for it in used),
        ),
        "needed_by": (
            sum(len(it.needed_by) for it in tasks),
            sum(len(it.dependencies) for it in tasks if it.state in UNDER_WAY),
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
