"""Consequences of a handler or an action of the scheduler."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from workerfuzz.statemachine.scheduler.scheduler_state import SchedulerState
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState
from workerfuzz.statemachine.scheduler.task import SchedulerFailure, SchedulerTask


class SchedulerRecommendation(NamedTuple):
    """A recommended state; ``failure``: why it is to be erred."""

    state: SchedulerTaskState
    failure: SchedulerFailure | None = None


@dataclass(slots=True)
class SchedulerOutcome:
    """Consequences of a message or a transition; ``SchedulerState`` records outgoing messages itself.

    Attributes:
        recommend: states that tasks must go to next, by key; by handlers only.
        review: keys whose state may no longer be the one that their record asks for.
    """

    recommend: Mapping[str, SchedulerRecommendation] = field(default_factory=dict)
    review: Iterable[str] = ()


#: Moves one task; the last argument says why it fails, where it does. Returns keys to review.
Action: TypeAlias = Callable[
    [SchedulerState, SchedulerTask, SchedulerFailure | None], Iterable[str]
]
