"""The states of a task on a worker, and what the scheduler wants of it.

Names are Dask's. ``State`` says what is going on, ``Intent`` what the scheduler last asked for,
``Role`` what follows from that intent and from the tasks here that need the key.
"""

import enum
from typing import Final


class State(enum.StrEnum):
    """Where one task is in its life on this worker. The value is its name in messages and cases."""

    RELEASED = "released"  # known; holds no data; nothing is being done about it
    WAITING = "waiting"  # to be computed; at least one dependency is not in memory here
    FETCH = "fetch"  # a peer holds the data; queued to be copied
    FLIGHT = "flight"  # being copied from a peer
    MISSING = "missing"  # wanted here, but nobody is known to hold it
    READY = "ready"  # all dependencies are here; queued for a thread
    CONSTRAINED = "constrained"  # like ready, but needs resources as well as a thread
    EXECUTING = "executing"  # running in a thread, which takes a slot
    LONG_RUNNING = "long-running"  # running in a thread that left its slot
    MEMORY = "memory"  # its value is stored here
    ERROR = "error"  # it failed, or a dependency did; the exception is in the record
    CANCELLED = "cancelled"  # not wanted as it is, but still holds a thread or a transfer
    RESUMED = "resumed"  # wanted again, in another way than the thread or transfer it holds
    RESCHEDULED = "rescheduled"  # handed back to the scheduler; holds nothing
    FORGOTTEN = "forgotten"  # the record is gone


class Intent(enum.StrEnum):
    """What the scheduler last asked for."""

    COMPUTE = "compute"
    FETCH = "fetch"
    NONE = "none"


class Role(enum.StrEnum):
    """What the record is for: the intent, or fetch where a task here needs the key."""

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
