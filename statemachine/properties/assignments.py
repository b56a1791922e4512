"""Claims about tasks that a scheduler gives to workers, and about what becomes of them there.

They go by messages that the environment saw, and by what clients asked for; never by a choice of the
system itself.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from workerfuzz.statemachine.properties.property import always
from workerfuzz.statemachine.scheduler.client_requests import Options
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.events import Event

#: What a thread may be reported as, by how it ended. A value that is not wanted any more may be kept.
REPORTS: Final[Mapping[str, tuple[type[do.Message], ...]]] = {
    "well": (do.TaskFinished, do.AddKeys),
    "badly": (do.TaskErred,),
    "spoiled": (do.TaskErred,),
    "elsewhere": (do.Reschedule,),
}


class RequestObservation(NamedTuple):
    """A request that the scheduler has just sent to a worker.

    Attributes:
        options: those that clients submitted the task with; more than one where it is not known which of
            them count.
        resources: amounts that every worker has, by name.
        running: workers that the scheduler knows; whether it was told that they take new tasks.
        is_stolen: the scheduler decided before that this worker is to have the task.
    """

    worker: str
    event: Event
    options: Sequence[Options]
    resources: Mapping[str, float]
    running: Mapping[str, bool]
    is_stolen: bool = False


class PriorityObservation(NamedTuple):
    """Two requests of different priority that are with workers.

    Attributes:
        urgent, other: key of the task with the higher priority, and of the other one.
        is_first: the first one is before the second, by what the requests say or when they were sent.
    """

    urgent: str
    other: str
    is_first: bool


class RoomObservation(NamedTuple):
    """The scheduler after a call: its queue, and the tasks of each running worker that take a slot.

    Attributes:
        queued: tasks that wait in the queue.
        limit: tasks for each worker beyond which further ones are queued.
        taken: tasks that take a slot, by worker, in the order in which they were given to it.
        dequeued: tasks that were in the queue and were given to a worker in this call.
    """

    queued: Collection[str]
    limit: int
    taken: Mapping[str, Sequence[str]]
    dequeued: Collection[str]


class StrandedObservation(NamedTuple):
    """Tasks that wait for a worker, with the options that clients submitted them with."""

    options: Mapping[str, Sequence[Options]]
    resources: Mapping[str, float]
    running: Mapping[str, bool]


class FailureObservation(NamedTuple):
    """A report of the current run of a task that it failed, or the death of the worker that had it.

    Attributes:
        cause: what counts: ``failures``, or ``deaths``.
        given_up: the scheduler made it erred; otherwise it is tried again.
        total: failures or deaths since the task was new.
        fresh_count: those since a client asked for another try, or since it was in memory.
        fewest, most: so many of them are allowed.
    """

    key: str
    cause: str
    given_up: bool
    total: int
    fresh_count: int
    fewest: int
    most: int


class RunObservation(NamedTuple):
    """A thread that has just ended on a worker, with what the worker reported in reply.

    Attributes:
        outcome: how it ended, a key of ``REPORTS``.
        is_asked: the last that reached the worker about the task was a request to compute that content.
        was_stored: the worker had a value of the task before, from elsewhere, which it may report.
    """

    worker: str
    key: str
    outcome: str
    is_asked: bool
    was_stored: bool
    reports: Sequence[do.Message]


class FreedObservation(NamedTuple):
    """A worker that has just been told that keys are not wanted, and the keys of its values."""

    worker: str
    freed: Collection[str]
    stored: Collection[str]


class RemovedObservation(NamedTuple):
    """A worker that was told that a peer is gone.

    Attributes:
        counted_on: keys that it believes the peer to hold, or asks it for.
    """

    worker: str
    peer: str
    counted_on: Collection[str]


class RetryObservation(NamedTuple):
    """The scheduler just after a client asked for another try of failed keys.

    Attributes:
        erred: keys that are still erred, of those and their inputs that were.
    """

    client: str
    erred: Collection[str]


class StolenObservation(NamedTuple):
    """A request for a task that its former worker has just given away to be stolen.

    Attributes:
        thief: worker that the scheduler wants to have it; it is running, and may compute it.
    """

    key: str
    worker: str
    thief: str


class ReportedObservation(NamedTuple):
    """The scheduler just after a worker reported that it does not store values any more."""

    worker: str
    released: Collection[str]
    held: Collection[str]


class QuestionObservation(NamedTuple):
    """The scheduler just after a worker asked who holds keys.

    Attributes:
        known, unknown: keys with and without a record on the scheduler when the question arrived.
        answered: keys whose holders it named in reply.
        dropped: keys that it told the worker to free or forget.
    """

    worker: str
    known: Collection[str]
    unknown: Collection[str]
    answered: Collection[str]
    dropped: Collection[str]


class UnusedObservation(NamedTuple):
    """The scheduler just after a client let go of keys.

    Attributes:
        states: of those keys, and of all that rests on them, that no client uses any more.
    """

    client: str
    states: Mapping[str, str | None]


class RebuiltObservation(NamedTuple):
    """A scheduler that has begun with what workers report, once clients have submitted again.

    Attributes:
        at_work: (worker, key): a thread runs what was requested of the worker last, and of no other
            worker later; its value is needed and its inputs are there.
        stored: keys of values that some worker stores.
        requested: (worker, key) of requests that the scheduler sent.
        freed: (worker, key) of keys that it told a worker to free or forget.
    """

    at_work: Collection[tuple[str, str]]
    stored: Collection[str]
    requested: Collection[tuple[str, str]]
    freed: Collection[tuple[str, str]]


def offers(options: Options, worker: str, resources: Mapping[str, float]) -> bool:
    """Return whether a worker is among those that a task is restricted to, and has its resources."""
    named = not options.workers or worker in options.workers
    return named and has_resources(options, resources)


def has_resources(options: Options, resources: Mapping[str, float]) -> bool:
    return all(resources.get(name, 0) >= amount for name, amount in options.resources.items())


@always("A task is given only to a worker that its restrictions and resources allow.")
def tasks_go_where_they_may(request: RequestObservation) -> Iterator[str]:
    event, worker = request.event, request.worker
    if not isinstance(event, events.ComputeTask):
        return
    if not any(may_have(request, options) for options in request.options):
        wanted = " or ".join(map(described, request.options))
        yield f"{event.key}, submitted with {wanted}, is given to {worker}"


def may_have(request: RequestObservation, options: Options) -> bool:
    """Return whether a worker may have a task; a stolen one may give loose restrictions up."""
    worker, resources = request.worker, request.resources
    given_up = options.loose and request.is_stolen and has_resources(options, resources)
    return given_up or may_run(options, worker, resources, request.running)


def may_run(
    options: Options, worker: str, resources: Mapping[str, float], running: Mapping[str, bool]
) -> bool:
    """Return whether a worker may run a task: elsewhere than restricted, only if nowhere else."""
    if offers(options, worker, resources):
        return True
    nowhere = not any(running.get(name, False) for name in options.workers)
    return options.loose and nowhere and has_resources(options, resources)


def described(options: Options) -> str:
    """Return what restricts a task, in words."""
    parts = [f"{name}={amount:g}" for name, amount in options.resources.items()]
    parts += [f"on={'|'.join(options.workers)}"] if options.workers else []
    parts += ["loose"] if options.loose else []
    return ",".join(parts) or "no restriction"


@always(
    "A request names the resources that its task was submitted with, and each input with its size."
)
def requests_are_complete(request: RequestObservation) -> Iterator[str]:
    event = request.event
    if isinstance(event, events.ComputeTask):
        resources = event.request.resources
        if request.options and all(options.resources != resources for options in request.options):
            wanted = " or ".join(map(described, request.options))
            yield f"{event.key}, submitted with {wanted}, is to take {dict(resources)}"
        inputs: Collection[str] = event.spec.dependencies
    elif isinstance(event, events.AcquireReplicas):
        inputs = event.who_has
    else:
        return
    for key in inputs:
        if key not in event.who_has or key not in event.nbytes:
            yield f"{request.worker} is not told who holds {key}, or how large it is"


@always("A paused worker is given nothing new.")
def paused_workers_are_given_nothing(request: RequestObservation) -> Iterator[str]:
    if not request.running.get(request.worker, True):
        how = "after it was to steal that" if request.is_stolen else "although it is paused"
        yield f"{request.worker} is given {', '.join(keys_about(request.event))} {how}"


@always("The scheduler counts on no worker that it removed.")
def removed_workers_are_not_named(request: RequestObservation) -> Iterator[str]:
    event, known = request.event, request.running
    if request.worker not in known:
        yield f"{request.worker} was removed, and is sent {', '.join(keys_about(event))}"
    who_has = getattr(event, "who_has", {})
    for key, holders in who_has.items():
        for holder in holders:
            if holder not in known:
                yield f"{request.worker} is told that {holder}, which was removed, has {key}"


def keys_about(event: Event) -> Collection[str]:
    """Return the keys that a message to a worker is about; those of inputs are not among them."""
    if isinstance(event, events.ComputeTask):
        return (event.key,)
    for name in ("keys", "who_has", "values"):
        if hasattr(event, name):
            return tuple(getattr(event, name))
    return (event.key,) if hasattr(event, "key") else ()


@always("A task with a higher priority of its user is requested with a higher priority.")
def priorities_are_passed_on(observation: PriorityObservation) -> Iterator[str]:
    if not observation.is_first:
        yield f"{observation.urgent} is to be computed after {observation.other}, the less urgent one"


@always("Of tasks with the same priority of their users, one of an earlier graph is more urgent.")
def earlier_graphs_are_more_urgent(observation: PriorityObservation) -> Iterator[str]:
    if not observation.is_first:
        yield f"{observation.urgent} is to be computed after {observation.other}, of a later graph"


@always("Of tasks that waited for a worker, the more urgent are requested of it first.")
def urgent_tasks_are_requested_first(observation: PriorityObservation) -> Iterator[str]:
    if not observation.is_first:
        yield f"{observation.urgent} is requested after {observation.other}, the less urgent one"


@always("A task leaves the queue only for a worker that has room.")
def room_is_not_exceeded(room: RoomObservation) -> Iterator[str]:
    for worker, taken in room.taken.items():
        for key in taken[room.limit :]:
            if key in room.dequeued:
                yield f"{key} leaves the queue for {worker}, whose {room.limit} places are taken"


@always("No task is queued while a running worker has room.")
def room_is_not_left_idle(room: RoomObservation) -> Iterator[str]:
    for worker, taken in room.taken.items():
        if room.queued and len(taken) < room.limit:
            some = len(taken)
            yield f"{min(room.queued)} is queued, and {worker} has {some} of {room.limit} tasks"


@always("No task waits for a worker while one is running that its restrictions name.")
def able_workers_are_not_overlooked(stranded: StrandedObservation) -> Iterator[str]:
    for key, submitted in stranded.options.items():
        for worker, is_running in stranded.running.items():
            able = (offers(options, worker, stranded.resources) for options in submitted)
            if is_running and submitted and all(able):
                yield f"{key} waits for a worker, and {worker} may compute it"


@always("A task is tried as often as its retries say, and after as many deaths as are allowed.")
def tries_are_counted(failure: FailureObservation) -> Iterator[str]:
    if failure.given_up and failure.total <= failure.fewest:
        yield (
            f"{failure.key} is given up after {failure.total} {failure.cause}, of which "
            f"{failure.fewest} are allowed"
        )
    elif not failure.given_up and failure.fresh_count > failure.most:
        yield (
            f"{failure.key} is tried again after {failure.fresh_count} {failure.cause}, of which "
            f"{failure.most} are allowed"
        )


@always("A task that was given away to be stolen goes to the thief.")
def stolen_tasks_go_to_the_thief(stolen: StolenObservation) -> Iterator[str]:
    if stolen.worker != stolen.thief:
        yield f"{stolen.key} is given to {stolen.worker}; {stolen.thief} was to steal it"


@always("A worker that reported that it does not store a value is no holder of it any more.")
def released_values_are_not_counted_on(observation: ReportedObservation) -> Iterator[str]:
    for key in observation.released:
        if key in observation.held:
            yield f"{observation.worker} has released {key}, and counts as a holder"


@always("A worker that asks who holds a key is told, or told to drop a key that has no record.")
def questions_are_answered(question: QuestionObservation) -> Iterator[str]:
    for key in question.known:
        if key not in question.answered and key not in question.dropped:
            yield f"{question.worker} asked who holds {key}, and is not told"
    for key in question.unknown:
        if key not in question.dropped:
            yield f"{question.worker} asked who holds {key}, which is unknown, and is to keep it"


@always("What no client uses any more is neither computed nor kept.")
def unused_tasks_are_released(observation: UnusedObservation) -> Iterator[str]:
    for key, state in observation.states.items():
        if state not in UNUSED:
            yield f"{observation.client} let go of {key}, which nobody uses and is {state}"


@always("What a client brings that has been removed is kept for nobody.")
def removed_clients_keep_nothing(observation: UnusedObservation) -> Iterator[str]:
    for key, state in observation.states.items():
        if state not in UNUSED:
            yield f"{observation.client} was removed, and keeps {key}, which is {state}"


#: States of a task on a scheduler that nobody uses.
UNUSED: Final = (None, "released", "forgotten")


@always("A thread that ended is reported as what it ended as, where it was asked for.")
def runs_are_reported_as_they_ended(run: RunObservation) -> Iterator[str]:
    allowed = REPORTS[run.outcome] + ((do.AddKeys,) if run.was_stored else ())
    message = [report for report in run.reports if run.key in keys_reported(report)]
    ends = [item for item in message if isinstance(item, ENDS)]
    for report in ends:
        if not isinstance(report, allowed):
            kind = type(report).__name__
            yield f"{run.key} ended {run.outcome} on {run.worker}, which reports {kind}"
    if run.is_asked and not ends:
        yield f"{run.key} ended {run.outcome} on {run.worker}, which does not report it"


#: Reports by which a run is over.
ENDS: Final = (do.TaskFinished, do.TaskErred, do.Reschedule, do.AddKeys)


def keys_reported(report: do.Message) -> Collection[str]:
    """Return the keys that a report of a worker is about."""
    return getattr(report, "keys", None) or (getattr(report, "key", ""),)


@always("A value that was freed on a worker is not there any more.")
def freed_values_are_gone(observation: FreedObservation) -> Iterator[str]:
    for key in observation.freed:
        if key in observation.stored:
            yield f"{key} was freed on {observation.worker}, which still has it"


@always("A worker counts on no peer that it was told to be gone.")
def removed_peers_are_not_counted_on(observation: RemovedObservation) -> Iterator[str]:
    for key in observation.counted_on:
        yield f"{observation.worker} counts on {observation.peer}, which was removed, for {key}"


@always("Another try is one of every failed input.")
def failed_inputs_are_tried_again(retry: RetryObservation) -> Iterator[str]:
    for key in retry.erred:
        yield f"{retry.client} asked for another try, and {key} is still erred"


@always("What was computed, or is being computed, survives the loss of the scheduler (R21).")
def work_survives_its_scheduler(observation: RebuiltObservation) -> Iterator[str]:
    at_work = {key: worker for worker, key in observation.at_work}
    for worker, key in observation.requested:
        if key in observation.stored:
            yield f"{key} is to be computed by {worker}, and was stored when the scheduler was lost"
        elif key in at_work:
            yield f"{key} is to be computed by {worker}, and runs on {at_work[key]}"
    for worker, key in observation.freed:
        if at_work.get(key) == worker:
            yield f"{worker} is told to free {key}, which it runs, and which is wanted"
