"""Every legal transition of a task on the scheduler, and what it does. This table is the design.

Any other pair of states is an error: what a scheduler decides, it can anticipate.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from workerfuzz.statemachine.scheduler import transitions as do
from workerfuzz.statemachine.scheduler.outcome import Action
from workerfuzz.statemachine.scheduler.states import SchedulerTaskState as S

Edge: TypeAlias = tuple[S, S]


class Row(NamedTuple):
    """Action of a transition, and its reason."""

    action: Action
    because: str


# fmt: off
ROWS: Final[Mapping[Edge, Row]] = MappingProxyType({
    # start         finish            action                because
    (S.RELEASED,    S.WAITING):    Row(do.to_waiting,     "somebody needs it"),
    (S.RELEASED,    S.MEMORY):     Row(do.to_memory,      "a client brought the value"),
    (S.RELEASED,    S.FORGOTTEN):  Row(do.to_forgotten,   "nobody uses it"),

    (S.WAITING,     S.PROCESSING): Row(do.to_processing,  "all inputs are in memory"),
    (S.WAITING,     S.QUEUED):     Row(do.to_queued,      "the same, but no worker has room"),
    (S.WAITING,     S.NO_WORKER):  Row(do.to_no_worker,   "the same, but no worker may do it"),
    (S.WAITING,     S.MEMORY):     Row(do.to_memory,      "a worker has the value after all"),
    (S.WAITING,     S.ERRED):      Row(do.to_erred,       "an input failed"),
    (S.WAITING,     S.RELEASED):   Row(do.to_released,    "nobody needs it any more"),

    (S.NO_WORKER,   S.PROCESSING): Row(do.to_processing,  "a worker came, or runs again"),
    (S.NO_WORKER,   S.QUEUED):     Row(do.to_queued,      "the same, and it has enough to do"),
    (S.NO_WORKER,   S.WAITING):    Row(do.to_waiting,     "an input went"),
    (S.NO_WORKER,   S.MEMORY):     Row(do.to_memory,      "a worker has the value after all"),
    (S.NO_WORKER,   S.ERRED):      Row(do.to_erred,       "an input failed"),
    (S.NO_WORKER,   S.RELEASED):   Row(do.to_released,    "nobody needs it any more"),

    (S.QUEUED,      S.PROCESSING): Row(do.to_processing,  "a worker has room"),
    (S.QUEUED,      S.MEMORY):     Row(do.to_memory,      "a worker has the value after all"),
    (S.QUEUED,      S.RELEASED):   Row(do.to_released,    "nobody needs it any more"),

    (S.PROCESSING,  S.MEMORY):     Row(do.to_memory,      "it is done, or another has it"),
    (S.PROCESSING,  S.ERRED):      Row(do.to_erred,       "it failed, or killed its workers"),
    (S.PROCESSING,  S.WAITING):    Row(do.to_waiting,     "stolen, once more, or an input went"),
    (S.PROCESSING,  S.RELEASED):   Row(do.to_released,    "nobody needs it any more"),

    (S.MEMORY,      S.RELEASED):   Row(do.to_released,    "nobody needs it, or holds it"),
    (S.MEMORY,      S.ERRED):      Row(do.to_erred,       "the worker died that an actor lived on"),
    (S.ERRED,       S.RELEASED):   Row(do.to_released,    "to be tried again, or nobody uses it"),
})
# fmt: on

#: What each row does; the lookup of every transition.
TRANSITIONS: Final[Mapping[Edge, Action]] = MappingProxyType(
    {edge: row.action for edge, row in ROWS.items()}
)
