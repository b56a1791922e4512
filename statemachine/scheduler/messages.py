"""Messages between participants, beside events and messages of a worker and requests of clients.

``Confirm`` and ``Confirmed`` make the scheduler's knowledge exact. What a worker says about a key before
it has confirmed its release is outdated: its messages crossed the one that released the key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.statemachine.worker.config import WorkerConfig
from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.worker_state import WorkerState


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm:
    """Ask the process of a worker for a confirmation, once the keys are released there.

    Attributes:
        number: of the question; never asked twice.
        forgotten: keys whose former record has to be removed, with thread and transfer; none: at once.
        stored: keys that a client put there, of which the scheduler knows by now. What the worker was
            told about them in between was about former values.
    """

    number: int
    forgotten: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """Answer of the process of a worker to a ``Confirm``."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Report of the process of a worker: it takes new tasks, or is paused."""

    running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """A new worker registers."""

    config: WorkerConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Lose:
    """A worker died or left.

    Attributes:
        expected: it was retired; its tasks have not killed it.
    """

    expected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected:
    """The connection of a client has ended: it wants nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """A client connects again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steal:
    """Decision of work stealing: another worker should compute a task."""

    key: str
    thief: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicate:
    """Decision to copy a value to another worker."""

    key: str
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherOnWorker:
    """Decision to copy a value to another worker, by a request of its own."""

    key: str
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Answer to that request: the worker has copied the value."""

    key: str
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Decision of the active memory manager: a worker may drop its replica."""

    key: str
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retire:
    """Decision to retire a worker: it gets nothing new, and leaves when its values are elsewhere."""

    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unretire:
    """Decision to keep a worker that was to be retired."""

    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ManageMemory:
    """The active memory manager runs once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recompute:
    """Decision to compute tasks anew, whether they are under way or in memory."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """The scheduler was lost; ``workers`` are those still alive, by name (R21)."""

    workers: Mapping[str, WorkerState]


class SchedulerMessage(NamedTuple):
    """One message of the scheduler to a worker or a client."""

    receiver: str
    message: Event | Confirm | client_requests.ClientNotice
