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


def _entered(changes: Changes, state: State) -> Counter[str]:
    return Counter(key for key, change in changes if change.finish is state)


def _differences(told: Counter[str], due: Counter[str], what: str) -> Iterator[str]:
    for key in sorted({*told, *due}):
        if told[key] != due[key]:
            yield f"{key}: {what} told {told[key]} times, due {due[key]}"


@always("The scheduler is told of every value that comes to be here, once.")
def every_value_is_told(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    told: Counter[str] = Counter()
    for it in issued:
        if isinstance(it, do.TaskFinished):
            told[it.key] += 1
        elif isinstance(it, do.AddKeys):
            told.update(it.keys)
    due = _entered(changes, State.MEMORY)
    if isinstance(event, events.ComputeTask | events.RemoveReplicas | events.UpdateData):
        told = Counter({key: min(told[key], due[key]) for key in told})  # may repeat what is known
    yield from _differences(told, due, "value")


@always("The scheduler is told of every value that goes from here, once.")
def every_loss_is_told(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    told = Counter(it.key for it in issued if isinstance(it, do.ReleaseWorkerData))
    due = Counter(key for key, change in changes if change.start is State.MEMORY)
    yield from _differences(told, due, "loss")


@always("The scheduler is told of every task that fails here, once.")
def every_failure_is_told(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    told = Counter(it.key for it in issued if isinstance(it, do.TaskErred))
    yield from _differences(told, _entered(changes, State.ERROR), "failure")


@always("The scheduler is told of every task that runs outside the slots, at each request.")
def every_secession_is_told(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    told = Counter(it.key for it in issued if isinstance(it, do.LongRunning))
    due = _entered(changes, State.LONG_RUNNING)
    if isinstance(event, events.ComputeTask) and event.key not in due:
        due[event.key] = told[event.key]  # requested again while it runs on
    yield from _differences(told, due, "secession")


@always("A task is handed back exactly when its thread asks for it.")
def every_reschedule_is_told(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    told = Counter(it.key for it in issued if isinstance(it, do.Reschedule))
    due = Counter(
        key
        for key, change in changes
        if change.finish is State.RESCHEDULED and change.start in USES_INPUTS
    )
    yield from _differences(told, due, "reschedule")


@always("Every start of a thread or a transfer is asked for, once.")
def every_start_is_asked_for(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    threads = Counter(it.key for it in issued if isinstance(it, do.Execute))
    started = Counter(
        key
        for key, change in changes
        if change.finish is State.EXECUTING and change.start in NEEDS_INPUTS
    )
    yield from _differences(threads, started, "thread")
    transfers = Counter(key for it in issued if isinstance(it, do.GatherDep) for key in it.keys)
    opened = Counter(
        key
        for key, change in changes
        if change.finish is State.FLIGHT and change.start is State.FETCH
    )
    yield from _differences(transfers, opened, "transfer")


@always("A steal is answered once, and granted exactly where compute is wanted and nothing held (R34).")
def steal_is_answered(event: Event, changes: Changes, issued: Instructions) -> Iterator[str]:
    answers = [it for it in issued if isinstance(it, do.StealResponse)]
    if not isinstance(event, events.StealRequest):
        if answers:
            yield f"{answers[0].key}: an answer that nobody asked for"
        return
    if [(it.key, it.stimulus_id) for it in answers] != [(event.key, event.stimulus_id)]:
        yield f"{event.key}: {len(answers)} answers"
        return
    given = any(
        key == event.key and change.finish is State.RESCHEDULED for key, change in changes
    )
    if given != (answers[0].state in NEEDS_INPUTS):
        yield f"{event.key}: answered {answers[0].state}, given away: {given}"
    if not given and changes:
        yield f"{event.key}: refused, yet {changes[0][0]} became {changes[0][1].finish}"


#: In the order in which they are checked.
MESSAGES: Final[tuple[Property, ...]] = properties_in(globals())
