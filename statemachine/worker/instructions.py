"""Instructions of a worker in reply to an event: work for its environment, messages to the scheduler."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from workerfuzz.statemachine.worker.task import TaskSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """An instruction to the environment of the worker, or a message to the scheduler."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execute(Instruction):
    """Run a task in a thread; answered once by one of ``events.Execute*`` or ``events.Reschedule``.

    Attributes:
        run_id: of the request that it is started for; the completion must name it.
        inputs: values of all dependencies, as they are now, by key.
    """

    key: str
    run_id: int
    spec: TaskSpec
    inputs: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherDep(Instruction):
    """Copy keys from a peer; answered once by one of ``events.GatherDep*``.

    Attributes:
        keys: what to ask for, most urgent first.
        total_nbytes: their size in bytes, as far as known.
    """

    worker: str
    keys: tuple[str, ...]
    total_nbytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryBusyWorkerLater(Instruction):
    """Wait a moment; answered once by ``events.RetryBusyWorker``."""

    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Instruction):
    """A message to the scheduler."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFinished(Message):
    """The value of a requested task is here. ``nbytes``: its size in bytes."""

    key: str
    run_id: int
    nbytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskErred(Message):
    """A task failed.

    Attributes:
        run_id: of the request; None where nobody requested it: its copying failed too often.
        cause: the dependency that failed; None where the task itself did.
    """

    key: str
    run_id: int | None
    exception: str
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddKeys(Message):
    """Copies of these keys are here."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseWorkerData(Message):
    """The copy of this key was released."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LongRunning(Message):
    """A task left its slot. ``compute_duration_s``: how long it ran before, in seconds."""

    key: str
    run_id: int
    compute_duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule(Message):
    """A task asks to be run elsewhere; it stays here in ``rescheduled`` until the scheduler answers."""

    key: str
    run_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRefreshWhoHas(Message):
    """Ask the scheduler for the holders of these keys. Answered by ``events.RefreshWhoHas``."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StealResponse(Message):
    """Answer to a ``StealRequest``: granted if ``state`` is one of ``STEALABLE``.

    Attributes:
        state: of the task when it was asked for; None where there is no record.
    """

    key: str
    state: str | None
    stimulus_id: str


#: Every instruction, in the order of DESIGN.
INSTRUCTIONS: Final[tuple[type[Instruction], ...]] = (
    Execute, GatherDep, RetryBusyWorkerLater,
    TaskFinished, TaskErred, AddKeys, ReleaseWorkerData, LongRunning, Reschedule,
    RequestRefreshWhoHas, StealResponse,
)  # fmt: skip
