"""Entry point of the model of a worker: apply events, follow transitions, start work."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from workerfuzz.statemachine.worker import dispatch
from workerfuzz.statemachine.worker.errors import (
    ContradictoryRecommendations,
    InvalidEvent,
    InvalidTransition,
    TransitionsDoNotEnd,
)
from workerfuzz.statemachine.worker.event_record import NOTHING, EventRecord
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.handlers import HANDLERS
from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.table import TRANSITIONS
from workerfuzz.statemachine.worker.task import TaskState
from workerfuzz.statemachine.worker.transitions.outcome import Outcome, Recommendation
from workerfuzz.statemachine.worker.transitions.target_state import target_state
from workerfuzz.statemachine.worker.worker_state import WorkerState

#: Transitions that one event may cause, for each record: a task passes through few states a round.
TRANSITIONS_PER_TASK: Final = 50


def handle_stimulus(worker: WorkerState, *events: Event) -> list[Instruction]:
    """Apply events, one after the other, and return the instructions of the worker.

    Deterministic: equal workers and equal events give equal workers and equal instructions, in every
    process (D1).

    Raises:
        InvalidEvent: an event cannot have happened.
        InvalidTransition, ContradictoryRecommendations, TransitionsDoNotEnd: the model is wrong.

    After any exception the worker is as it was before the first of the events (D5).
    """
    instructions: list[Instruction] = []
    try:
        worker.changes, worker.touched = [], {}
        for event in events:
            handle(worker, event, instructions)
    except BaseException:
        worker.journal.undo()
        worker.changes, worker.touched, worker.last = [], {}, NOTHING
        raise
    writes = worker.journal.commit()
    worker.last = EventRecord(events[0] if len(events) == 1 else None, instructions, writes)
    return instructions


def handle(worker: WorkerState, event: Event, instructions: list[Instruction]) -> None:
    """One event: what it says, what follows from that, and what can be started now."""
    handler = HANDLERS.get(type(event))
    if handler is None:
        raise InvalidEvent(f"a worker does not know what {type(event).__name__} is")
    name = type(event).__name__
    settle(worker, name, handler(worker, event), instructions)
    while (task := dispatch.next_execution(worker)) is not None:
        settle(worker, name, Outcome({task.key: Recommendation(State.EXECUTING)}), instructions)
    if worker.data_needed:
        settle(worker, name, dispatch.start_transfers(worker), instructions)


def settle(
    worker: WorkerState, event: str, outcome: Outcome, instructions: list[Instruction]
) -> None:
    """Follow recommendations until none is left; then review, one key after the other (R12)."""
    pending: OrderedDict[str, Recommendation] = (
        OrderedDict()
    )  # a dict takes its first item in linear time
    reviews: OrderedDict[str, None] = OrderedDict()
    left = TRANSITIONS_PER_TASK * (len(worker.tasks) + 1)
    while True:
        if outcome.recommend:
            merge(pending, outcome.recommend)
        for key in outcome.review:
            reviews[key] = None
        instructions.extend(outcome.instructions)
        if not pending and not reviews:
            return
        next_ = next_transition(worker, pending, reviews)
        if next_ is None:
            return
        task, to = next_
        left -= 1
        if left < 0:
            raise TransitionsDoNotEnd(f"{event}: still going to {to.state} with {task.key}")
        outcome = transition(worker, event, task, to)


def merge(pending: dict[str, Recommendation], recommended: Mapping[str, Recommendation]) -> None:
    """Of two that agree on the state, the first counts: its value, its peer, its cause."""
    for key, to in recommended.items():
        if pending.setdefault(key, to).state is not to.state:
            raise ContradictoryRecommendations(
                f"{key} was to become {pending[key].state}, and now {to.state}"
            )


def next_transition(
    worker: WorkerState, pending: OrderedDict[str, Recommendation], reviews: OrderedDict[str, None]
) -> tuple[TaskState, Recommendation] | None:
    """The next task to move and where to; None when everything is where it belongs."""
    touched = worker.touched
    if pending:
        key, to = pending.popitem(last=False)
        touched[key] = None
        return worker.tasks[key], to
    while reviews:
        key, _ = reviews.popitem(last=False)
        touched[key] = None
        task = worker.tasks[key]
        wanted = target_state(worker, task)
        if wanted is not task.state:
            return task, Recommendation(wanted)
    return None


def transition(worker: WorkerState, event: str, task: TaskState, to: Recommendation) -> Outcome:
    """Move one task along a row of the table, or through released where there is none (R16)."""
    start, finish = task.state, to.state
    worker.set_cause(event, finish)
    action = TRANSITIONS.get((start, finish))
    if action is not None:
        return action(worker, task, to.payload)
    release = TRANSITIONS.get((start, State.RELEASED))
    restart = TRANSITIONS.get((State.RELEASED, finish))
    if release is None or restart is None:
        raise InvalidTransition(f"{event}: {task.key} cannot go from {start} to {finish}")
    first = release(worker, task, to.payload)
    second = restart(worker, task, to.payload)
    merge(both := dict(first.recommend), second.recommend)
    return Outcome(
        recommend=both,
        review=(*first.review, *second.review),
        instructions=(*first.instructions, *second.instructions),
    )
