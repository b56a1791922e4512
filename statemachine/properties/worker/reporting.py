"""Claims about the transitions of one event and what came of it: messages, threads, transfers.

Nothing is broken where what is due and what is reported agree (``report_counts``).
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from workerfuzz.statemachine.properties.property import AnyProperty, Property, always, properties_in
from workerfuzz.statemachine.properties.worker.model_observation import ModelObservation
from workerfuzz.statemachine.worker import events
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.states import NEEDS_INPUTS, State


def reported_when_due(name: str, sentence: str, kind: str) -> Property[ModelObservation]:
    """A property: one kind of thing is reported exactly as often as it is due."""

    def check(observation: ModelObservation) -> Iterator[str]:
        tally = observation.counts
        due = Counter(key for what, key in tally.due if what == kind)
        told = Counter(key for what, key in tally.told if what == kind)
        for key in sorted({*due, *told}):
            if due[key] != told[key]:
                yield f"{key}: {kind} told {told[key]} times, due {due[key]}"

    return Property(name, sentence, "always", check)


every_value_is_told: Final = reported_when_due(
    "every_value_is_told",
    "The scheduler is told of every value that comes to be here, once.",
    "value",
)
every_loss_is_told: Final = reported_when_due(
    "every_loss_is_told",
    "The scheduler is told of every value that goes from here, once.",
    "loss",
)
every_failure_is_told: Final = reported_when_due(
    "every_failure_is_told",
    "The scheduler is told of every task that fails here, once.",
    "failure",
)
every_secession_is_told: Final = reported_when_due(
    "every_secession_is_told",
    "The scheduler is told of every task that runs outside the slots, at each request.",
    "secession",
)
every_reschedule_is_told: Final = reported_when_due(
    "every_reschedule_is_told",
    "A task is handed back exactly when its thread asks for it.",
    "reschedule",
)
every_thread_is_asked_for: Final = reported_when_due(
    "every_thread_is_asked_for",
    "Every task that begins to run is to be executed, once.",
    "thread",
)
every_transfer_is_asked_for: Final = reported_when_due(
    "every_transfer_is_asked_for",
    "Every key that begins to be copied is to be gathered, once.",
    "transfer",
)


@always(
    "A steal is answered once, and granted exactly where compute is wanted and nothing held (R34)."
)
def steal_is_answered(observation: ModelObservation) -> Iterator[str]:
    tally = observation.counts
    event, changes = tally.event, tally.changes
    answers = [
        instruction for instruction in tally.issued if isinstance(instruction, do.StealResponse)
    ]
    if not isinstance(event, events.StealRequest):
        for message in answers:
            yield f"{message.key}: an answer that nobody asked for"
        return
    if [(message.key, message.stimulus_id) for message in answers] != [
        (event.key, event.stimulus_id)
    ]:
        yield f"{event.key}: {len(answers)} answers, or to another question"
        return
    given = any(
        key == event.key and transition.finish is State.RESCHEDULED for key, transition in changes
    )
    if given != (answers[0].state in NEEDS_INPUTS):
        yield f"{event.key}: answered {answers[0].state}, given away: {given}"
    if not given and changes:
        yield f"{event.key}: refused, yet {changes[0][0]} became {changes[0][1].finish}"


#: In the order in which they are checked.
MESSAGES: Final[tuple[AnyProperty, ...]] = properties_in(globals())
