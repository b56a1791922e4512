"""Entry point of the model of a scheduler: apply messages, follow transitions, assign queued tasks."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from workerfuzz.statemachine.scheduler.handlers import FROM_WORKERS, HANDLERS
from workerfuzz.statemachine.scheduler.messages import SchedulerMessage
from workerfuzz.statemachine.scheduler.outcome import SchedulerOutcome, SchedulerRecommendation
from workerfuzz.statemachine.scheduler.placement import next_queued
from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.scheduler.table import TRANSITIONS
from workerfuzz.statemachine.scheduler.target_state import target_state
from workerfuzz.statemachine.scheduler.task import SchedulerTask
from workerfuzz.statemachine.worker.errors import (
    InvalidEvent,
    InvalidTransition,
    TransitionsDoNotEnd,
)

#: Transitions that one message may cause, for each record: a task passes through few states a round.
TRANSITIONS_PER_TASK: Final = 50


def handle_message(
    scheduler: SchedulerState, sender: str, message: object
) -> list[SchedulerMessage]:
    """Apply one message, and return the messages to workers and clients, in order.

    Deterministic, like ``worker.machine.handle_stimulus``. Messages of senders that are not there are
    outdated, and ignored.

    Args:
        sender: the worker or client that it comes from; of a decision (``messages.Steal`` and its
            like) it means nothing.

    Raises:
        InvalidEvent: a scheduler does not know what that is, or cannot do it now.
        InvalidTransition, TransitionsDoNotEnd: the model is wrong.
    """
    handler = HANDLERS.get(type(message))
    if handler is None:
        raise InvalidEvent(f"a scheduler does not know what {type(message).__name__} is")
    scheduler.outbox, scheduler.changes, scheduler.touched = [], [], {}
    scheduler.cause = type(message).__name__
    if type(message) in FROM_WORKERS and sender not in scheduler.workers:
        return []
    settle(scheduler, handler(scheduler, sender, message))
    while (task := next_queued(scheduler)) is not None:
        settle(
            scheduler,
            SchedulerOutcome({task.key: SchedulerRecommendation(SchedulerTaskState.PROCESSING)}),
        )
    return scheduler.outbox


def settle(scheduler: SchedulerState, outcome: SchedulerOutcome) -> None:
    """Follow recommendations, then review, one key after the other, until none is left."""
    pending = OrderedDict(outcome.recommend)  # a dict takes its first item in linear time
    reviews = OrderedDict.fromkeys(outcome.review)
    left = TRANSITIONS_PER_TASK * (len(scheduler.tasks) + 1)
    while (next_ := next_transition(scheduler, pending, reviews)) is not None:
        task, to = next_
        left -= 1
        if left < 0:
            raise TransitionsDoNotEnd(
                f"{scheduler.cause}: still going to {to.state} with {task.key}"
            )
        for key in transition(scheduler, task, to):
            reviews[key] = None


def next_transition(
    scheduler: SchedulerState,
    pending: OrderedDict[str, SchedulerRecommendation],
    reviews: OrderedDict[str, None],
) -> tuple[SchedulerTask, SchedulerRecommendation] | None:
    """The next task to move and where to; None when everything is where it belongs."""
    if pending:
        key, to = pending.popitem(last=False)
        scheduler.touched[key] = None
        return scheduler.tasks[key], to
    while reviews:
        key, _ = reviews.popitem(last=False)
        scheduler.touched[key] = None
        task = scheduler.tasks.get(key)
        if task is None:
            continue
        wanted = target_state(scheduler, task)
        if wanted is not task.state:
            return task, SchedulerRecommendation(wanted)
    return None


def transition(
    scheduler: SchedulerState, task: SchedulerTask, to: SchedulerRecommendation
) -> Iterable[str]:
    """Move one task along a row of the table."""
    action = TRANSITIONS.get((task.state, to.state))
    if action is None:
        raise InvalidTransition(
            f"{scheduler.cause}: {task.key} cannot go from {task.state} to {to.state}"
        )
    return action(scheduler, task, to.failure)
