"""Consequences of a handler or an action of the worker."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from workerfuzz.statemachine.worker.instructions import Instruction
from workerfuzz.statemachine.worker.states import State
from workerfuzz.statemachine.worker.task import ABSENT, TaskState
from workerfuzz.statemachine.worker.worker_state import WorkerState


class Recommendation(NamedTuple):
    """A recommended state, with what the transition needs: a value, a failure, or a peer."""

    state: State
    payload: object = ABSENT


@dataclass(slots=True)
class Outcome:
    """Consequences of an event or a transition.

    Attributes:
        recommend: states that tasks must go to next, by key.
        review: keys whose state may no longer be the one that their record asks for.
        instructions: what the worker wants done, in order.
    """

    recommend: Mapping[str, Recommendation] = field(default_factory=dict)
    review: Iterable[str] = ()
    instructions: Iterable[Instruction] = ()


#: Moves one task; the last argument is the payload of the recommendation.
Action: TypeAlias = Callable[[WorkerState, TaskState, object], Outcome]
