"""Claims about the threads, resources and transfers of any worker, as its environment counts them.

Each check is given the worker and its environment once both know what the last event led to. They hold
whatever the worker itself believes to be running, paused, taken or under way.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from workerfuzz.statemachine.properties.environment import WorkerEnvironment
from workerfuzz.statemachine.properties.property import AnyProperty, always, properties_in
from workerfuzz.statemachine.properties.resources import is_same_amount
from workerfuzz.statemachine.properties.view import WorkerView
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.events import ENDS_THREAD, ENDS_TRANSFER
from workerfuzz.statemachine.worker.states import HOLDING, State

#: Events after which a slot, and resources, may be free.
FREES_SLOT: Final = (*ENDS_THREAD, events.Secede, events.Unpause)


class UtilizationObservation(NamedTuple):
    """A worker between two events."""

    view: WorkerView
    environment: WorkerEnvironment


@always(
    "A worker knows the threads that run, and which of them left their slot (#6916).",
    do.Execute,
    *ENDS_THREAD,
    events.Secede,
    *HOLDING,
)
def threads_are_known(observation: UtilizationObservation) -> Iterable[str]:
    view, environment = observation
    seceded = environment.seceded
    running = {key: key in seceded for key in environment.executing}
    known = view.threads()
    if known == running:
        return ()
    return [
        f"{key}: {THREAD[running.get(key)]}, the worker knows of {THREAD[known.get(key)]}"
        for key in sorted({*running, *known})
        if running.get(key) != known.get(key)
    ]


#: A thread, by whether it left its slot.
THREAD: Final = {None: "no thread", False: "a thread in a slot", True: "a thread outside the slots"}


@always(
    "A worker knows the transfers that are open, and the keys that each is to bring.",
    do.GatherDep,
    *ENDS_TRANSFER,
    *HOLDING,
)
def transfers_are_known(observation: UtilizationObservation) -> Iterator[str]:
    view, environment = observation
    known, gathering = view.transfers(), environment.gathering
    if not known and not gathering:
        return
    for peer in sorted({*known, *gathering}):
        asked, expected = sorted(gathering.get(peer, ())), sorted(known.get(peer, ()))
        if asked != expected:
            yield f"{peer} was asked for {asked}, the worker knows of {expected}"


@always(
    "No more of a resource is taken than there is, by what the requests of running threads name.",
    do.Execute,
)
def resources_stay_within_bounds(observation: UtilizationObservation) -> Iterator[str]:
    environment = observation.environment
    for name, total in environment.config.resources.items():
        left = resource_left(environment, name, total)
        if left < 0 and not is_same_amount(left, 0, total):
            yield f"{name}: {left:g} left of {total:g}"


@always(
    "What is left of each resource is its total less what the requests of running threads name.",
    do.Execute,
    *ENDS_THREAD,
    *HOLDING,
)
def resources_are_conserved(observation: UtilizationObservation) -> Iterator[str]:
    view, environment = observation
    for name, total in environment.config.resources.items():
        left = resource_left(environment, name, total)
        known = view.available_resources()[name]
        if known != left and not is_same_amount(known, left, total):
            yield f"{name}: {known:g} left, should be {left:g}"


def resource_left(environment: WorkerEnvironment, name: str, total: float) -> float:
    """Return the amount of a resource that running threads did not take."""
    for amounts in environment.taken.values():
        if name in amounts:
            total -= amounts[name]
    return total


@always(
    "No task is ready while a slot is free (#4724).",
    *FREES_SLOT,
    State.READY,
)
def no_thread_is_idle(observation: UtilizationObservation) -> Iterator[str]:
    environment = observation.environment
    states = environment.states
    slots = free_slots(observation)
    if slots > 0 and not environment.paused and State.READY in states.values():
        for key, state in states.items():
            if state is State.READY:
                yield f"{key} is ready, and {slots} slots are free"


def free_slots(observation: UtilizationObservation) -> int:
    """Return the number of slots in which no thread runs."""
    environment = observation.environment
    return environment.config.nthreads - len(environment.executing) + len(environment.seceded)


@always(
    "A task whose resources are taken holds up no other: none is constrained while a slot and all "
    "that it takes are free (R30).",
    *FREES_SLOT,
    State.CONSTRAINED,
)
def resources_hold_up_no_other(observation: UtilizationObservation) -> Iterator[str]:
    environment = observation.environment
    states = environment.states
    if State.CONSTRAINED not in states.values():
        return
    if environment.paused or free_slots(observation) <= 0:
        return
    totals = environment.config.resources
    left = {name: resource_left(environment, name, total) for name, total in totals.items()}
    for key, state in states.items():
        if state is State.CONSTRAINED:
            needed = environment.requests[key].resources
            if all(amount <= left[name] for name, amount in needed.items()):
                yield f"{key} is constrained, and all that it takes is free"


@always(
    "No peer is left alone while everything it holds could be asked for, and is wanted (#4133).",
    *ENDS_TRANSFER,
    events.RetryBusyWorker,
    events.Unpause,
    State.FETCH,
)
def no_peer_is_left_alone(observation: UtilizationObservation) -> Iterator[str]:
    """Limits of transfers are met *and used*. Which key is the most urgent is the worker's affair."""
    view, environment = observation
    states, gathering = environment.states, environment.gathering
    if State.FETCH not in states.values() or environment.paused:
        return
    sizes, config = environment.sizes, environment.config
    incoming = sum(environment.incoming.values())
    if len(gathering) >= config.transfer_count and incoming >= config.transfer_throttle_nbytes:
        return
    left = config.transfer_incoming_nbytes - incoming
    held: dict[str, list[str]] = {}
    for key, state in states.items():
        if state is State.FETCH:
            for peer in view.holders(key):
                held.setdefault(peer, []).append(key)
    for peer, keys in held.items():
        fits = not incoming or all(sizes.get(key, 1) <= left for key in keys)
        if fits and peer not in gathering and peer not in environment.retrying:
            yield f"{peer} could be asked for {', '.join(keys)}"


@always(
    "Transfers keep the limits of message, worker and throttle: a single key may exceed that of a "
    "message, and any, while nothing else is under way.",
    do.GatherDep,
)
def transfers_keep_the_limits(observation: UtilizationObservation) -> Iterator[str]:
    """Compare each open transfer with those that were open when it began, and still are."""
    environment = observation.environment
    gathering, config = environment.gathering, environment.config
    before = 0
    for already, (peer, size) in enumerate(observation.environment.incoming.items()):
        left = config.transfer_incoming_nbytes - before
        if (before or len(gathering[peer]) > 1) and size > left:
            yield f"{peer} is asked for {size} bytes, {left} would do"
        if len(gathering[peer]) > 1 and size > config.transfer_message_nbytes:
            yield f"{peer} is asked for {size} bytes in one message"
        if already >= config.transfer_count and before >= config.transfer_throttle_nbytes:
            yield f"{peer} is asked, {already} transfers with {before} bytes are open already"
        before += size


#: In the order in which they are checked.
UTILIZATION: Final[tuple[AnyProperty, ...]] = properties_in(globals())

#: Those that a worker without resources of its own does not promise.
ABOUT_RESOURCES: Final[tuple[AnyProperty, ...]] = (
    resources_stay_within_bounds,
    resources_are_conserved,
    resources_hold_up_no_other,
)
