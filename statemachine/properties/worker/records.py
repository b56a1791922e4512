"""Claims about the records of the reference worker: each against its state and the indexes.

The state machine itself asserts none of this. Claims about several records are in ``relations``.
"""

from collections.abc import Iterator
from typing import Final

from workerfuzz.statemachine.properties.property import AnyProperty, always, properties_in
from workerfuzz.statemachine.properties.worker.model_observation import RecordObservation
from workerfuzz.statemachine.properties.worker.record_features import RecordFeatures
from workerfuzz.statemachine.worker.edges import COMPOUND
from workerfuzz.statemachine.worker.states import (
    HOLDING,
    NEEDS_INPUTS,
    RUNNABLE,
    USES_INPUTS,
    WANTS_COPY,
    Intent,
    Role,
    State,
)

#: What a record in a state is for (R5, R8). States that are not listed may have any role.
ROLES: Final = {
    State.WAITING: Role.COMPUTE,
    State.READY: Role.COMPUTE,
    State.CONSTRAINED: Role.COMPUTE,
    State.EXECUTING: Role.COMPUTE,
    State.LONG_RUNNING: Role.COMPUTE,
    State.RESCHEDULED: Role.COMPUTE,
    State.FETCH: Role.FETCH,
    State.MISSING: Role.FETCH,
    State.FLIGHT: Role.FETCH,
    State.RELEASED: Role.NONE,
}

#: Where a record may be, by what the scheduler wants of it; where a task here needs it, as for a copy.
STATES: Final = {
    Intent.COMPUTE: (NEEDS_INPUTS | HOLDING | {State.RESCHEDULED, State.MEMORY, State.ERROR})
    - {State.FLIGHT},
    Intent.FETCH: (WANTS_COPY | HOLDING | {State.MEMORY, State.ERROR}) - USES_INPUTS,
    Intent.NONE: frozenset({State.RELEASED, State.MEMORY, State.ERROR, State.CANCELLED}),
}


@always("What a task is for and the state it is in fit together (R5, R6, R8).")
def role_fits_state(record: RecordObservation) -> Iterator[str]:
    key, features = record
    role = role_of(features)
    if role is not ROLES.get(features.state, role):
        yield f"{key} is {features.state} with role {role}"


def role_of(features: RecordFeatures) -> Role:
    """Return the purpose of a record: as the scheduler wants it, or a copy for a task here (R5)."""
    if features.doomed:
        return Role.NONE
    if features.intent is Intent.COMPUTE:
        return Role.COMPUTE
    return Role.FETCH if features.intent is Intent.FETCH or features.needed_here else Role.NONE


@always("A state is one of those that what the scheduler wants can lead to (R5, R41).")
def state_fits_intent(record: RecordObservation) -> Iterator[str]:
    key, features = record
    if features.doomed:
        if features.state is not State.CANCELLED or features.intent is not Intent.NONE:
            yield f"{key} is {features.state} for {features.intent}, and to be forgotten"
    elif features.intent is Intent.NONE and features.needed_here:
        if features.state not in STATES[Intent.FETCH]:
            yield f"{key} is {features.state}, and needed here"
    elif features.state not in STATES[features.intent]:
        yield f"{key} is {features.state}, wanted for {features.intent}"


@always("Cancelled and resumed hold what they say, and go where they say.")
def compound_state_is_legal(record: RecordObservation) -> Iterator[str]:
    key, features = record
    if features.state is State.CANCELLED or features.state is State.RESUMED:
        role = role_of(features)
        resumed_role = Role.COMPUTE if features.seceded is None else Role.FETCH
        if (features.state, features.previous, features.next) not in COMPOUND:
            yield f"{key} is {features.state}({features.previous} -> {features.next})"
        elif features.state is State.CANCELLED and role is not Role.NONE and not features.next:
            yield f"{key} is cancelled with role {role}"
        elif features.state is State.RESUMED and role is not resumed_role:
            yield f"{key} is resumed({features.previous}) with role {role}"


@always("A task holds a thread or a transfer exactly while its state says so, never both (R33).")
def holds_what_its_state_says(record: RecordObservation) -> Iterator[str]:
    key, features = record
    thread, transfer = features.seceded is not None, features.asked is not None
    if features.state is State.FLIGHT:
        right = transfer and not thread
    elif features.state in HOLDING:
        right = thread != transfer
    else:
        right = not thread and not transfer
    if not right:
        yield f"{key} is {features.state} with thread={thread}, transfer={transfer}"


@always("A task is coming from somebody exactly while a transfer that names it is open.")
def flight_comes_from_somebody(record: RecordObservation) -> Iterator[str]:
    key, features = record
    if (features.asked is not None) != features.in_flight:
        yield f"{key} is {features.state}, coming from somebody: {features.asked is not None}"
    elif features.asked is False:
        yield f"{key} is coming from a peer that was not asked for it"


@always("A slot is taken by every thread that did not secede, and by nothing else.")
def slots_are_taken_by_threads(record: RecordObservation) -> Iterator[str]:
    key, features = record
    if (features.seceded is False) != features.executing:
        yield f"{key} is {features.state}, slot taken: {features.executing}"
    if (features.seceded is True) != features.long_running:
        yield f"{key} is {features.state}, seceded: {features.long_running}"


@always("A value is stored exactly for tasks in memory.")
def memory_has_a_value(record: RecordObservation) -> Iterator[str]:
    key, features = record
    if features.stored != (features.state is State.MEMORY):
        yield f"{key} is {features.state}, values stored: {features.stored}"


@always("A task stands in the queue of its state, once, and in no other.")
def queued_where_its_state_says(record: RecordObservation) -> Iterator[str]:
    key, features = record
    if (features.state is State.FETCH or features.state in RUNNABLE) != (
        features.queued is not None
    ):
        yield f"{key} is {features.state}, queued: {features.queued is not None}"
    elif features.queued is False:
        yield f"{key} is {features.state} but not in every queue of that"
    if (features.state is State.MISSING) != features.missing:
        yield f"{key} is {features.state}, among the missing: {features.missing}"


@always("A key is queued to be copied exactly if somebody holds it.")
def somebody_holds_what_is_queued(record: RecordObservation) -> Iterator[str]:
    key, features = record
    if features.state in WANTS_COPY and features.held != (features.state is State.FETCH):
        yield f"{key} is {features.state}, held by a peer: {features.held}"


@always("Ready tasks take no resources, constrained ones do.")
def constrained_takes_resources(record: RecordObservation) -> Iterator[str]:
    key, features = record
    if (
        features.state in RUNNABLE
        and features.requested
        and features.takes != (features.state is State.CONSTRAINED)
    ):
        yield f"{key} is {features.state} and takes resources: {features.takes}"


@always("What was asked to be computed here has its content (R9, R21).")
def compute_has_content(record: RecordObservation) -> Iterator[str]:
    key, features = record
    if features.intent is Intent.COMPUTE and not (features.specified and features.requested):
        yield f"{key} is to be computed, without spec or request"


@always("A value that was scattered waits only while a thread or a transfer is held.")
def scattered_value_is_taken(record: RecordObservation) -> Iterator[str]:
    key, features = record
    if features.scattered and features.state not in HOLDING:
        yield f"{key} is {features.state}, and its scattered value was not stored"


@always("A story is contiguous and ends in the state of its task (R46).")
def story_is_contiguous(record: RecordObservation) -> Iterator[str]:
    key, features = record
    if features.ended is not features.state:
        yield f"{key} is {features.state}, its story ends in {features.ended}"
    if not features.contiguous:
        yield f"{key} went somewhere, then on from elsewhere to {features.ended}"


#: In the order in which they are checked.
INVARIANTS: Final[tuple[AnyProperty, ...]] = properties_in(globals())
