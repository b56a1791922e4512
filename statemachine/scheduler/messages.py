"""Messages between participants, beside events and messages of a worker and requests of clients.

``Confirm`` and ``Confirmed`` make the scheduler's knowledge exact. What a worker says about a key before
it has confirmed that it let go of it is of the past: its messages crossed the one that told it so.
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
    """The scheduler asks a worker's process for an answer, once this has come true there.

    Attributes:
        number: of the question; never asked twice.
        gone: keys whose former record has to be gone, thread and transfer included; none: at once.
    """

    number: int
    forgotten: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """A worker's process answers a ``Confirm``."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A worker's process says whether it takes new tasks; it does not while it is paused."""

    running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """A fresh worker registers."""

    config: WorkerConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class Lose:
    """A worker is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steal:
    """Somebody decided that a task had better be computed by another worker."""

    key: str
    thief: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicate:
    """Somebody decided that another worker should hold a value."""

    key: str
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """Somebody decided that a worker need not hold a value."""

    key: str
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuild:
    """A scheduler was lost; these are the workers that are still there, by name (R21)."""

    workers: Mapping[str, WorkerState]


class SchedulerMessage(NamedTuple):
    """One thing that the scheduler says, and to whom: a worker or a client."""

    receiver: str
    message: Event | Confirm | client_requests.ClientNotice
