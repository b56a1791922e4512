"""Claims about the tasks of the reference scheduler: each against its state and the indexes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from workerfuzz.statemachine.properties.assignments import has_resources
from workerfuzz.statemachine.properties.property import AnyProperty, always, properties_in
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import UNDER_WAY, SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import SchedulerTask
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker.task import TaskSpec


class SchedulerObservation(NamedTuple):
    """The reference scheduler just after a message.

    Attributes:
        tasks: those that the message touched; in a sweep, all.
        former: content of each record when it was last looked at, by key.
    """

    scheduler: SchedulerState
    tasks: Sequence[SchedulerTask]
    former: Mapping[str, "ContentBefore"] = MappingProxyType({})


class ContentBefore(NamedTuple):
    """Content of a record, and the numbers of its own and of that of its inputs."""

    task: SchedulerTask
    edition: int
    spec: TaskSpec | None
    editions: Mapping[str, int]

    @classmethod
    def of(cls, task: SchedulerTask) -> "ContentBefore":
        return cls(task, task.edition, task.spec, task.editions)


def is_needed(task: SchedulerTask) -> bool:
    """Return whether somebody is to get the value; one that nobody can compute is kept for its users."""
    return bool(task.wanted_by or task.needed_by or (task.spec is None and task.dependents))


@always("A task is released where nobody needs it or nobody can make it, and otherwise it is not.")
def released_for_a_reason(observation: SchedulerObservation) -> Iterator[str]:
    for task in observation.tasks:
        is_possible = bool(task.who_has) or task.spec is not None
        is_idle = task.state is SchedulerTaskState.RELEASED
        if is_idle and is_needed(task) and is_possible:
            yield f"{task.key} is {task.state}, and is needed"
        elif not is_idle and not is_needed(task) and task.state is not SchedulerTaskState.ERRED:
            yield f"{task.key} is {task.state}, and nobody needs it"


@always("A failed task is used by somebody.")
def failures_are_of_use(observation: SchedulerObservation) -> Iterator[str]:
    for task in observation.tasks:
        if task.state is SchedulerTaskState.ERRED and not (task.wanted_by or task.dependents):
            yield f"{task.key} is {task.state}, and nobody uses it"


@always("A task waits while an input is not in memory or former content is not gone, no longer.")
def waiting_for_a_reason(observation: SchedulerObservation) -> Iterator[str]:
    for task in observation.tasks:
        if task.state not in UNDER_WAY:
            continue
        states = [observation.scheduler.tasks[key].state for key in task.dependencies]
        complete = all(state is SchedulerTaskState.MEMORY for state in states)
        if SchedulerTaskState.ERRED in states:
            yield f"{task.key} is {task.state}, and an input has failed"
        elif (task.state is SchedulerTaskState.WAITING) == (complete and not task.renewed):
            inputs = ", ".join(sorted(map(str, states))) or "none"
            yield f"{task.key} is {task.state}, its inputs {inputs}, renewed: {task.renewed}"


def may_queue(task: SchedulerTask) -> bool:
    """Return whether any worker could begin a task at once: the first one with room gets it."""
    return not (task.dependencies or task.options.workers or task.options.resources)


def places(saturation: float, nthreads: int) -> float:
    """Return the number of tasks that a worker is given before more are queued."""
    return saturation if math.isinf(saturation) else max(math.ceil(saturation * nthreads), 1)


@always("Only what any worker could begin at once is queued, and only where there is a queue.")
def queued_for_a_reason(observation: SchedulerObservation) -> Iterator[str]:
    saturation = observation.scheduler.config.saturation
    for task in observation.tasks:
        if task.state is SchedulerTaskState.QUEUED and (
            math.isinf(saturation) or not may_queue(task)
        ):
            yield f"{task.key} is {task.state}, and could have been given to a worker"


@always("What any worker could begin at once is given to one that has room.")
def room_is_for_what_may_wait(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    saturation = scheduler.config.saturation
    for key, change in scheduler.changes if not math.isinf(saturation) else ():
        task = scheduler.tasks.get(key)
        if change.finish is not SchedulerTaskState.PROCESSING or task is None:
            continue
        worker = scheduler.workers.get(task.processing_on or "")
        if worker is None or not may_queue(task) or scheduler.cause == "Rebuild":
            continue
        limit = places(saturation, worker.config.nthreads)
        taken = [task for task in worker.processing if task not in worker.seceded]
        if key in taken[int(limit) :]:
            yield f"{key} was given to {worker.name}, whose {limit:g} places were taken"


#: States before and after a task leaves the queue for a worker.
LEFT_FOR_A_WORKER: Final = (SchedulerTaskState.QUEUED, SchedulerTaskState.PROCESSING)


@always("The most urgent task leaves the queue for a worker first.")
def queue_is_in_order(observation: SchedulerObservation) -> Iterator[str]:
    """One that is released meanwhile, and needed again, is placed like any that becomes runnable."""
    scheduler = observation.scheduler
    first = min(scheduler.queued, default=None)
    for key, change in scheduler.changes if first is not None else ():
        task = scheduler.tasks.get(key)
        if first is None or task is None or (change.start, change.finish) != LEFT_FOR_A_WORKER:
            continue
        if task.state is SchedulerTaskState.PROCESSING and first < (task.priority, key):
            yield f"{key} left the queue, and {first[1]}, which is more urgent, is in it"


@always("A task has the priority of its user, then that of its graph.")
def priority_is_of_the_user(observation: SchedulerObservation) -> Iterator[str]:
    for task in observation.tasks:
        is_submitted = task.spec is not None and len(task.priority) > 1
        if is_submitted and task.priority[0] != -task.options.priority:
            yield f"{task.key} has priority {task.priority}, its user {task.options.priority}"


@always("Another try, or a new request, has all of its retries and no suspicion.")
def fresh_tries_are_complete(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    for task in observation.tasks:
        if task.state is SchedulerTaskState.MEMORY and (task.suspicion or task.input_failures):
            yield f"{task.key} is in memory, and suspected"
    for key, change in scheduler.changes if scheduler.cause == "Retry" else ():
        tried = scheduler.tasks.get(key)
        if (
            tried is None
            or change.start is not SchedulerTaskState.ERRED
            or tried.state not in UNDER_WAY
        ):
            continue
        counts = (tried.retries_left, tried.suspicion, tried.input_failures)
        if counts != (tried.options.retries, 0, 0):
            yield f"{key} is tried anew, with counts {counts}"


@always("A content has a new number where it, or that of an input, is another one; and only there.")
def editions_tell_contents_apart(observation: SchedulerObservation) -> Iterator[str]:
    for task in observation.tasks:
        before = observation.former.get(task.key)
        if before is None or before.task is not task or task.spec is None or not before.edition:
            continue
        differs = (before.spec, before.editions) != (task.spec, task.editions)
        if differs != (before.edition != task.edition):
            how = "another" if differs else "the same"
            yield f"{task.key} has {how} content, number {before.edition} before, {task.edition} now"


@always("A task in use is of the present contents of its inputs, as far as these are known.")
def inputs_are_of_present_content(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    for task in observation.tasks:
        for key in task.dependencies if task.wanted_by or task.dependents else ():
            needed = scheduler.tasks.get(key)
            if needed is not None and task.editions.get(key) not in (0, needed.edition):
                yield f"{task.key} takes {key} number {task.editions.get(key)}, not {needed.edition}"


@always("A value that a client brought counts as one byte: nobody says how large it is.")
def brought_values_count_as_one_byte(observation: SchedulerObservation) -> Iterator[str]:
    for task in observation.tasks:
        if task.spec is None and task.nbytes != 1:
            yield f"{task.key} was brought by a client, and counts as {task.nbytes} bytes"


@always("A worker that a task prefers is there.")
def preferred_workers_are_there(observation: SchedulerObservation) -> Iterator[str]:
    for task in observation.tasks:
        name = task.preferred_worker
        if name is not None and name not in observation.scheduler.workers:
            yield f"{task.key} prefers {name}, which is not there"


@always("A task that was not processed before is given to the worker that can begin it first.")
def tasks_begin_soon(observation: SchedulerObservation) -> Iterator[str]:
    """Tasks ahead for each thread, and inputs to copy, count alike. Several at once are not judged."""
    scheduler = observation.scheduler
    processing = SchedulerTaskState.PROCESSING
    given = [key for key, transition in scheduler.changes if transition.finish is processing]
    moved = [
        key
        for key, transition in scheduler.changes
        if processing in (transition.start, transition.finish)
    ]
    if len(given) != 1 or moved[-1] != given[0] or scheduler.cause == "Rebuild":
        return
    task = scheduler.tasks.get(given[0])
    chosen = task.processing_on if task is not None else None
    if task is None or chosen is None:
        return
    if sum(transition.finish is processing for transition in task.history) > 1:
        return  # to be stolen, or where its thread may still run
    options, limit = task.options, scheduler.config.saturation
    named = [name for name in options.workers if name in scheduler.workers]
    anywhere = not options.workers or (options.loose and not named)
    delays: dict[str, float] = {}
    for name in scheduler.workers if anywhere else named:
        worker = scheduler.workers[name]
        ahead = len(worker.processing) - len(worker.seceded) - (name == chosen)
        is_full = may_queue(task) and ahead >= places(limit, worker.config.nthreads)
        able = has_resources(options, worker.config.resources)
        if name == chosen or (worker.running and able and not is_full):
            missing = sum(key not in worker.has_what for key in task.dependencies)
            delays[name] = ahead / worker.config.nthreads + missing
    for name, delay in delays.items():
        if delay < delays.get(chosen, 0):  # whether it may be given there is for others to say
            yield f"{task.key} is given to {chosen}, and {name} could begin it earlier"


@always(
    "The last that a worker is told of a task that it has, or of an input of that, is no release."
)
def requests_are_not_taken_back(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    requested: dict[tuple[str, str], int] = {}
    left: dict[tuple[str, str], int] = {}
    for place, (receiver, message) in enumerate(scheduler.outbox):
        if isinstance(message, events.ComputeTask):
            requested[receiver, message.spec.key] = place
        elif isinstance(message, events.FreeKeys | events.ForgetKeys):
            left.update(((receiver, key), place) for key in message.keys)
    for (name, key), place in left.items():
        released = scheduler.tasks.get(key)
        if released is None:
            continue
        users = (
            released.dependents if scheduler.cause != "Rebuild" else ()
        )  # what failed is told again
        for other in (key, *users):
            task = scheduler.tasks[other]
            if task.processing_on == name and requested.get((name, other), -1) < place:
                yield f"{name} is told to release {key}, and has {other}"


@always(
    "A worker that looks for a key which nobody holds is told to leave it, unless it is to make it."
)
def nobody_looks_for_nothing(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    if scheduler.cause != "RequestRefreshWhoHas":
        return
    for receiver, message in scheduler.outbox:
        who_has = message.who_has if isinstance(message, events.RefreshWhoHas) else {}
        for key, holders in who_has.items():
            task = scheduler.tasks.get(key)
            if holders or task is None or task.state is SchedulerTaskState.MEMORY:
                continue
            if task.processing_on != receiver and receiver not in task.unconfirmed:
                yield f"{receiver} looks for {key}, which is {task.state}, and goes on looking"


@always("A task is processed by one worker that is there, exactly while its state says so.")
def processing_has_a_worker(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    for task in observation.tasks:
        name = task.processing_on
        if (task.state is SchedulerTaskState.PROCESSING) != (name is not None):
            yield f"{task.key} is {task.state}, processing on {name}"
        elif name is not None and name not in scheduler.workers:
            yield f"{task.key} is processing on {name}, which is not there"
        elif name is not None and task.key not in scheduler.workers[name].processing:
            yield f"{task.key} is processing on {name}, which does not count it"
        elif (task.theft is not None or task.seceded) and name is None:
            yield f"{task.key} is {task.state}, theft={task.theft}, seceded={task.seceded}"


@always("A value has a holder exactly in memory.")
def memory_has_a_holder(observation: SchedulerObservation) -> Iterator[str]:
    for task in observation.tasks:
        if (task.state is SchedulerTaskState.MEMORY) != bool(task.who_has):
            yield f"{task.key} is {task.state}, held by {', '.join(task.who_has) or 'nobody'}"


@always("Holders are known from both sides, are there, and have nothing to confirm.")
def holders_agree(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    for task in observation.tasks:
        for name in task.who_has:
            worker = scheduler.workers.get(name)
            if worker is None or task.key not in worker.has_what:
                yield f"{task.key} is held by {name}, which does not have it"
            elif name in task.unconfirmed:
                yield f"{task.key} is held by {name}, which was told to let go of it"
            elif name not in task.known_to:
                yield f"{task.key} is held by {name}, which does not know it"


@always("A failure is known exactly of what is erred.")
def erred_has_a_failure(observation: SchedulerObservation) -> Iterator[str]:
    for task in observation.tasks:
        if (task.state is SchedulerTaskState.ERRED) != (task.failure is not None):
            yield f"{task.key} is {task.state} with {task.failure}"


@always("A task stands in the index of its state, and in no other.")
def indexed_where_its_state_says(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    for task in observation.tasks:
        queued = (task.priority, task.key) in scheduler.queued
        if queued != (task.state is SchedulerTaskState.QUEUED):
            yield f"{task.key} is {task.state}, in the queue: {queued}"
        stranded = task.key in scheduler.no_worker
        if stranded != (task.state is SchedulerTaskState.NO_WORKER):
            yield f"{task.key} is {task.state}, without a worker: {stranded}"


@always("Inputs know who depends on them, and who waits for them.")
def inputs_know_their_dependents(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    for task in observation.tasks:
        for key in task.dependencies if not task.detached else ():
            needed = scheduler.tasks.get(key)
            if needed is None:
                yield f"{task.key} depends on {key}, which has no record"
            elif task.key not in needed.dependents:
                yield f"{task.key} depends on {key}, which does not know"
            elif (task.key in needed.needed_by) != (task.state in UNDER_WAY):
                yield f"{task.key} is {task.state}, {key} needed: {task.key in needed.needed_by}"


@always("What needs an input of a task that is being processed is in memory.")
def processing_has_its_inputs(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    for task in observation.tasks:
        if task.state is SchedulerTaskState.PROCESSING:
            for dependency in [scheduler.tasks[key] for key in task.dependencies]:
                if dependency.state is not SchedulerTaskState.MEMORY:
                    yield f"{task.key} is processing, its input {dependency.key} {dependency.state}"


@always("Clients know what they want as the tasks know who wants them.")
def wants_agree(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    for task in observation.tasks:
        for name, client in scheduler.clients.items():
            if (name in task.wanted_by) != (task.key in client.wants):
                yield f"{name} wants {task.key}: {task.key in client.wants}, the task disagrees"


@always("A record that nobody uses waits for workers to confirm, and is not otherwise there.")
def unused_records_go(observation: SchedulerObservation) -> Iterator[str]:
    for task in observation.tasks:
        in_use = bool(task.wanted_by or task.dependents)
        if not in_use and not (task.detached and task.unconfirmed):
            yield f"{task.key} is {task.state}, and nobody uses it"
        if in_use and task.detached:
            yield f"{task.key} was let go, and is in use"


@always("Who has to confirm something was asked.")
def confirmations_are_asked_for(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    for task in observation.tasks:
        if task.renewed and not task.unconfirmed:
            yield f"{task.key} waits for workers to confirm, and none has to"
        for name, number in task.unconfirmed.items():
            worker = scheduler.workers.get(name)
            if worker is None or task.key not in worker.asked.get(number, ()):
                yield f"{name} was not asked to confirm {number} about {task.key}"


@always("What a worker was asked to confirm is known of the task that it is about.")
def questions_are_known(observation: SchedulerObservation) -> Iterator[str]:
    scheduler = observation.scheduler
    for worker in scheduler.workers.values():
        for number, keys in worker.asked.items():
            for key in keys:
                task = scheduler.tasks.get(key)
                tables = (task.unconfirmed, task.stored) if task is not None else ()
                if all(table.get(worker.name, -1) < number for table in tables):
                    yield f"{worker.name} is to confirm {number} about {key}, which does not know"


@always("A story is contiguous and ends in the state of its task.")
def story_is_contiguous(observation: SchedulerObservation) -> Iterator[str]:
    for task in observation.tasks:
        story = task.history
        finish = story[-1].finish if story else SchedulerTaskState.RELEASED
        if finish is not task.state:
            yield f"{task.key} is {task.state}, its story ends in {finish}"
        if len(story) > 1 and story[-2].finish is not story[-1].start:
            yield f"{task.key} went to {story[-2].finish}, then on from {story[-1].start}"


#: In the order in which they are checked.
INVARIANTS: Final[tuple[AnyProperty, ...]] = properties_in(globals())
