"""The states of a task on a worker, and the intent of the scheduler.

Names are Dask's. ``State`` says what is going on, ``Intent`` what the scheduler last asked for,
``Role`` what follows from that intent and from the tasks here that need the key.
"""

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final


class State(enum.StrEnum):
    """State of one task on this worker. The value is its name in messages and cases."""

    RELEASED = "released"
    WAITING = "waiting"
    FETCH = "fetch"
    FLIGHT = "flight"
    MISSING = "missing"
    READY = "ready"
    CONSTRAINED = "constrained"
    EXECUTING = "executing"
    LONG_RUNNING = "long-running"
    MEMORY = "memory"
    ERROR = "error"
    CANCELLED = "cancelled"
    RESUMED = "resumed"
    RESCHEDULED = "rescheduled"
    FORGOTTEN = "forgotten"


#: Meaning of each state.
MEANING: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.RELEASED: "known; holds no data; nothing is being done about it",
        State.WAITING: "to be computed; at least one dependency is not in memory here",
        State.FETCH: "a peer holds the data; queued to be copied",
        State.FLIGHT: "being copied from a peer",
        State.MISSING: "wanted here, but nobody is known to hold it",
        State.READY: "all dependencies are here; queued for a thread",
        State.CONSTRAINED: "like ready, but needs resources as well as a thread",
        State.EXECUTING: "running in a thread, which takes a slot",
        State.LONG_RUNNING: "running in a thread that left its slot",
        State.MEMORY: "its value is stored here",
        State.ERROR: "it failed, or a dependency did; the exception is in the record",
        State.CANCELLED: "not wanted as it is, but still holds a thread or a transfer",
        State.RESUMED: "wanted again, in another way than the thread or transfer it holds",
        State.RESCHEDULED: "handed back to the scheduler; holds nothing",
        State.FORGOTTEN: "the record is gone",
    }
)


class Intent(enum.StrEnum):
    """The last request of the scheduler for a key."""

    COMPUTE = "compute"
    FETCH = "fetch"
    NONE = "none"


class Role(enum.StrEnum):
    """Purpose of a record: the intent, or fetch where a task here needs the key."""

    COMPUTE = "compute"
    FETCH = "fetch"
    NONE = "none"


#: Wants its dependencies in memory here, and does not run yet.
NEEDS_INPUTS: Final = frozenset({State.WAITING, State.READY, State.CONSTRAINED})

#: Runs with inputs that it carries along; they are not given away meanwhile.
USES_INPUTS: Final = frozenset({State.EXECUTING, State.LONG_RUNNING})

#: Queued for a thread.
RUNNABLE: Final = frozenset({State.READY, State.CONSTRAINED})

#: May hold a thread or a transfer; every other state holds nothing.
HOLDING: Final = frozenset(
    {State.EXECUTING, State.LONG_RUNNING, State.FLIGHT, State.CANCELLED, State.RESUMED}
)

#: Waits for a copy of its value without having a transfer.
WANTS_COPY: Final = frozenset({State.FETCH, State.MISSING})

#: What the scheduler takes a task for that it asked this worker to compute, by the state here, once
#: every message has arrived (R51). In other states the task is not this worker's to compute.
SEEN_BY_SCHEDULER: Final[Mapping[State, str]] = MappingProxyType(
    {
        State.WAITING: "processing",
        State.READY: "processing",
        State.CONSTRAINED: "processing",
        State.EXECUTING: "processing",
        State.LONG_RUNNING: "processing",
        State.CANCELLED: "processing",  # a thread or transfer of former content comes first
        State.RESUMED: "processing",  # a transfer comes first
        State.RESCHEDULED: "released",
        State.MEMORY: "memory",
        State.ERROR: "erred",
    }
)
