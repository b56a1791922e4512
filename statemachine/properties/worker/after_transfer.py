"""Claims about the end of a transfer: what arrived is stored, what did not is counted, asked about.

Each check is given the worker just after such an event.
"""

from collections.abc import Collection, Iterator
from typing import Final, TypeAlias

from workerfuzz.statemachine.properties.property import AnyProperty, always, properties_in
from workerfuzz.statemachine.properties.worker.model_observation import ModelObservation
from workerfuzz.statemachine.properties.worker.record_features import asked_for
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.events import ENDS_TRANSFER
from workerfuzz.statemachine.worker.states import Intent, State
from workerfuzz.statemachine.worker.task import ABSENT, TaskState
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: The type of ``ENDS_TRANSFER``.
TransferEnd: TypeAlias = (
    events.GatherDepSuccess
    | events.GatherDepBusy
    | events.GatherDepNetworkFailure
    | events.GatherDepFailure
)


def ended(worker: WorkerState, peer: str) -> list[TaskState]:
    """Records that were held by the transfer which the event ended."""
    transfer = worker.last.lost(worker.transfers).get(peer)
    tasks = [worker.tasks[key] for key in transfer.keys if key in worker.tasks] if transfer else []
    return [task for task in tasks if worker.last.was(task, "coming_from") == peer]


@always("When a transfer ends, it ends for every key that it was to bring.", *ENDS_TRANSFER)
def transfer_ends_for_all_its_keys(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: TransferEnd = worker.last.event
    peer = event.worker
    for key in worker.in_flight:
        task = worker.tasks.get(key)
        if task is not None and task.coming_from == peer and not asked_for(worker, peer, key):
            yield f"{key} is still coming from {peer}"


@always(
    "A value that arrives while it is wanted is stored, unless a scattered one came first (R10).",
    events.GatherDepSuccess,
)
def what_arrives_is_used(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: events.GatherDepSuccess = worker.last.event
    for task in ended(worker, event.worker):
        wanted = worker.last.was(task, "state") in (State.FLIGHT, State.RESUMED)
        if wanted and task.key in event.values:
            scattered = worker.last.was(task, "scattered")
            value = event.values[task.key] if scattered is ABSENT else scattered
            if worker.data.get(task.key, task) is not value:
                yield f"{task.key} is {task.state}, and {value!r} is not stored"


@always(
    "A peer that is gone holds nothing, and none holds a key that it did not send (R38).",
    events.GatherDepNetworkFailure,
    events.GatherDepSuccess,
    events.RemoveWorker,
)
def absent_peers_hold_nothing(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: events.GatherDepSuccess | events.GatherDepNetworkFailure | events.RemoveWorker = (
        worker.last.event
    )
    held = list(worker.has_what.get(event.worker, ()))
    if isinstance(event, events.GatherDepSuccess):
        asked = [task.key for task in ended(worker, event.worker)]
        held = [key for key in asked if key in held and key not in event.values]
    for key in held:
        yield f"{event.worker} holds {key}, after {event}"


@always(
    "A failure to copy is counted, unless the key is computed here or the peer is at fault (R38).",
    *ENDS_TRANSFER,
)
def failures_to_copy_are_counted(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: TransferEnd = worker.last.event
    for task in ended(worker, event.worker):
        right = worker.last.was(task, "suspicion")
        if task.state is State.MEMORY:
            right = 0
        elif task.key not in arrived(event) and is_suspect(event):
            right += worker.last.was(task, "intent") is not Intent.COMPUTE
        if task.suspicion != right:
            yield f"{task.key} has failed {right} times, counted are {task.suspicion}"


@always(
    "A copy errs exactly at the failure that reaches the limit, and at any after that (R38).",
    *ENDS_TRANSFER,
)
def failing_copies_err_at_the_limit(observation: ModelObservation) -> Iterator[str]:
    """It is in error after the event: what is wanted of it since before gets no further try."""
    worker = observation.worker
    event, last = worker.last.event, worker.last
    limit = worker.config.suspicious_limit
    for task in ended(worker, event.worker):
        failed = last.was(task, "state") is State.FLIGHT and last.was(task, "scattered") is ABSENT
        if not failed or task.key in arrived(event):
            continue
        if (task.state is State.ERROR) != (task.suspicion >= limit):
            yield f"{task.key} is {task.state}, having failed {task.suspicion} times of {limit}"


def arrived(event: TransferEnd) -> Collection[str]:
    """Return the keys whose values a transfer brought."""
    return event.values if isinstance(event, events.GatherDepSuccess) else ()


def is_suspect(event: TransferEnd) -> bool:
    """Return whether a key that did not arrive is suspect: not held, or not to be deserialised."""
    return type(event) in (events.GatherDepSuccess, events.GatherDepFailure)


@always(
    "The scheduler is asked about the keys of a busy peer that nobody else has time for (#4793).",
    events.GatherDepBusy,
)
def questions_are_to_the_point(observation: ModelObservation) -> Iterator[str]:
    worker = observation.worker
    event: events.GatherDepBusy = worker.last.event
    stuck = {
        task.key
        for task in ended(worker, event.worker)
        if worker.last.was(task, "state") is State.FLIGHT
        and task.who_has.keys() <= worker.busy_workers.keys()
    }
    asked = worker.last.keys_told(do.RequestRefreshWhoHas)
    if asked != stuck:
        yield f"asked about {sorted(asked)}; stuck are {sorted(stuck)}"


#: In the order in which they are checked.
COPIED: Final[tuple[AnyProperty, ...]] = properties_in(globals())
