"""What holds between the transitions of one event and the messages that came of it.

Each check is given the event, the transitions it caused, and the instructions it returned.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from workerfuzz.statemachine import events
from workerfuzz.statemachine import instructions as do
from workerfuzz.statemachine.events import Event
from workerfuzz.statemachine.instructions import Instruction
from workerfuzz.statemachine.properties import Property, always, properties_in
from workerfuzz.statemachine.states import NEEDS_INPUTS, USES_INPUTS, State
from workerfuzz.statemachine.task import Change

Changes = Sequence[tuple[str, Change]]
Instructions = Sequence[Instruction]

#: Events in reply to which a value that was known to be here may be reported again.
MAY_REPEAT: Final = (events.ComputeTask, events.RemoveReplicas, events.UpdateData)


def _differences(told: list[str], due: list[str], what: str) -> Iterator[str]:
    if sorted(told) != sorted(due):
        times, expected = Counter(told), Counter(due)
        for key in sorted({*told, *due}):
            if times[key] != expected[key]:
                yield f"{key}: {what} told {times[key]} times, due {expected[key]}"


def _entered(changes: Changes, state: State) -> list[str]:
    return [key for key, change in changes if change.finish is state]


@always("The scheduler is told of every value that comes to be here, once.")
def every_value_is_told(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    told: list[str] = []
    for it in issued:
        if type(it) is do.TaskFinished:
            told.append(it.key)
        elif type(it) is do.AddKeys:
            told.extend(it.keys)
    due = _entered(changes, State.MEMORY)
    if told and isinstance(event, MAY_REPEAT):
        told = [key for key in told if key in due]
    yield from _differences(told, due, "value")


@always("The scheduler is told of every value that goes from here, once.")
def every_loss_is_told(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    told = [it.key for it in issued if type(it) is do.ReleaseWorkerData]
    due = [key for key, change in changes if change.start is State.MEMORY]
    yield from _differences(told, due, "loss")


@always("The scheduler is told of every task that fails here, once.")
def every_failure_is_told(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    told = [it.key for it in issued if type(it) is do.TaskErred]
    yield from _differences(told, _entered(changes, State.ERROR), "failure")


@always("The scheduler is told of every task that runs outside the slots, at each request.")
def every_secession_is_told(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    told = [it.key for it in issued if type(it) is do.LongRunning]
    due = _entered(changes, State.LONG_RUNNING)
    if told and not due and type(event) is events.ComputeTask:
        due = [event.key]  # requested again while it runs on
    yield from _differences(told, due, "secession")


@always("A task is handed back exactly when its thread asks for it.")
def every_reschedule_is_told(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    told = [it.key for it in issued if type(it) is do.Reschedule]
    due = [
        key
        for key, change in changes
        if change.finish is State.RESCHEDULED and change.start in USES_INPUTS
    ]
    yield from _differences(told, due, "reschedule")


@always("Every start of a thread or a transfer is asked for, once.")
def every_start_is_asked_for(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    threads = [it.key for it in issued if type(it) is do.Execute]
    started = [
        key
        for key, change in changes
        if change.finish is State.EXECUTING and change.start in NEEDS_INPUTS
    ]
    yield from _differences(threads, started, "thread")
    transfers = [key for it in issued if type(it) is do.GatherDep for key in it.keys]
    opened = [
        key
        for key, change in changes
        if change.finish is State.FLIGHT and change.start is State.FETCH
    ]
    yield from _differences(transfers, opened, "transfer")


@always(
    "A steal is answered once, and granted exactly where compute is wanted and nothing held (R34)."
)
def steal_is_answered(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    answers = [it for it in issued if isinstance(it, do.StealResponse)]
    if not isinstance(event, events.StealRequest):
        if answers:
            yield f"{answers[0].key}: an answer that nobody asked for"
        return
    if [(it.key, it.stimulus_id) for it in answers] != [(event.key, event.stimulus_id)]:
        yield f"{event.key}: {len(answers)} answers"
        return
    given = any(key == event.key and change.finish is State.RESCHEDULED for key, change in changes)
    if given != (answers[0].state in NEEDS_INPUTS):
        yield f"{event.key}: answered {answers[0].state}, given away: {given}"
    if not given and changes:
        yield f"{event.key}: refused, yet {changes[0][0]} became {changes[0][1].finish}"


#: In the order in which they are checked.
MESSAGES: Final[tuple[Property, ...]] = properties_in(globals())
