"""The states of a task on the scheduler. Names are Dask's."""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


class SchedulerTaskState(enum.StrEnum):
    """State of one task on the scheduler. The value is its name in cases."""

    RELEASED = "released"
    WAITING = "waiting"
    NO_WORKER = "no-worker"
    QUEUED = "queued"
    PROCESSING = "processing"
    MEMORY = "memory"
    ERRED = "erred"
    FORGOTTEN = "forgotten"


#: Meaning of each state.
MEANING: Final[Mapping[SchedulerTaskState, str]] = MappingProxyType(
    {
        SchedulerTaskState.RELEASED: "known; nobody needs its value, or it cannot be had",
        SchedulerTaskState.WAITING: (
            "to be computed; an input is in memory nowhere, or former content is not gone"
        ),
        SchedulerTaskState.NO_WORKER: "to be computed; no worker that may do it is there and running",
        SchedulerTaskState.QUEUED: "to be computed; every worker that may do it has enough to do",
        SchedulerTaskState.PROCESSING: "a worker was asked to compute it",
        SchedulerTaskState.MEMORY: "at least one worker holds its value",
        SchedulerTaskState.ERRED: "it failed, or something that it depends on did",
        SchedulerTaskState.FORGOTTEN: "the record is gone",
    }
)

#: On its way to a value: its inputs are needed.
UNDER_WAY: Final = frozenset(
    {
        SchedulerTaskState.WAITING,
        SchedulerTaskState.NO_WORKER,
        SchedulerTaskState.QUEUED,
        SchedulerTaskState.PROCESSING,
    }
)
