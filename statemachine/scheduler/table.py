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


class SchedulerRow(NamedTuple):
    """Action of a transition, and its reason."""

    action: Action
    because: str


# fmt: off
ROWS: Final[Mapping[Edge, SchedulerRow]] = MappingProxyType({
    # start         finish         action                          because
    (S.RELEASED,    S.WAITING):    SchedulerRow(do.to_waiting,    "somebody needs it"),
    (S.RELEASED,    S.MEMORY):     SchedulerRow(do.to_memory,     "a client brought the value"),
    (S.RELEASED,    S.FORGOTTEN):  SchedulerRow(do.to_forgotten,  "nobody uses it"),

    (S.WAITING,     S.PROCESSING): SchedulerRow(do.to_processing, "all inputs are in memory"),
    (S.WAITING,     S.QUEUED):     SchedulerRow(do.to_queued,     "the same, but no worker has room"),
    (S.WAITING,     S.NO_WORKER):  SchedulerRow(do.to_no_worker,  "the same, but no worker may do it"),
    (S.WAITING,     S.MEMORY):     SchedulerRow(do.to_memory,     "a worker has the value after all"),
    (S.WAITING,     S.ERRED):      SchedulerRow(do.to_erred,      "an input failed"),
    (S.WAITING,     S.RELEASED):   SchedulerRow(do.to_released,   "nobody needs it any more"),

    (S.NO_WORKER,   S.PROCESSING): SchedulerRow(do.to_processing, "a worker came, or runs again"),
    (S.NO_WORKER,   S.QUEUED):     SchedulerRow(do.to_queued,     "the same, and it has enough to do"),
    (S.NO_WORKER,   S.WAITING):    SchedulerRow(do.to_waiting,    "an input went"),
    (S.NO_WORKER,   S.MEMORY):     SchedulerRow(do.to_memory,     "a worker has the value after all"),
    (S.NO_WORKER,   S.ERRED):      SchedulerRow(do.to_erred,      "an input failed"),
    (S.NO_WORKER,   S.RELEASED):   SchedulerRow(do.to_released,   "nobody needs it any more"),

    (S.QUEUED,      S.PROCESSING): SchedulerRow(do.to_processing, "a worker has room"),
    (S.QUEUED,      S.MEMORY):     SchedulerRow(do.to_memory,     "a worker has the value after all"),
    (S.QUEUED,      S.RELEASED):   SchedulerRow(do.to_released,   "nobody needs it any more"),

    (S.PROCESSING,  S.MEMORY):     SchedulerRow(do.to_memory,     "it is done, or another has it"),
    (S.PROCESSING,  S.ERRED):      SchedulerRow(do.to_erred,      "it failed, or killed its workers"),
    (S.PROCESSING,  S.WAITING):    SchedulerRow(do.to_waiting,    "stolen, once more, or an input went"),
    (S.PROCESSING,  S.RELEASED):   SchedulerRow(do.to_released,   "nobody needs it any more"),

    (S.MEMORY,      S.RELEASED):   SchedulerRow(do.to_released,   "nobody needs it, or holds it"),
    (S.MEMORY,      S.ERRED):      SchedulerRow(do.to_erred,      "the worker of an actor died"),
    (S.ERRED,       S.RELEASED):   SchedulerRow(do.to_released,   "another try, or nobody uses it"),
})
# fmt: on

#: What each row does; the lookup of every transition.
TRANSITIONS: Final[Mapping[Edge, Action]] = MappingProxyType(
    {edge: row.action for edge, row in ROWS.items()}
)
