"""Events of a worker: facts reported by the scheduler, by threads, or by the network.

Every event is well-formed by construction; whether it *can have happened* (a completion must answer an
instruction that is outstanding) is decided by ``handlers``, before anything is written. Names and
meaning are Dask's, unless a docstring says otherwise.

Source: distributed 2026.8.0, worker_state_machine.py, ``StateMachineEvent``
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from workerfuzz.statemachine.worker.errors import InvalidEvent
from workerfuzz.statemachine.worker.task import Request, TaskSpec

#: Peers that hold a key, by key. No peer: the scheduler knows of no holder (R22).
WhoHas: TypeAlias = Mapping[str, tuple[str, ...]]

#: Size in bytes, by key. A key that is not listed keeps the size it had.
Nbytes: TypeAlias = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens to one worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputeTask(Event):
    """The scheduler asks for a task to be computed here.

    Attributes:
        who_has: holders of dependencies; replaces what was known of each key it lists.
        nbytes: sizes of dependencies, in bytes.

    Raises:
        InvalidEvent: ``who_has`` or ``nbytes`` list a key that is no dependency.
    """

    spec: TaskSpec
    request: Request
    who_has: WhoHas = field(default_factory=dict)
    nbytes: Nbytes = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.spec.key

    def __post_init__(self) -> None:
        dependencies = self.spec.dependencies
        for key in (*self.who_has, *self.nbytes):
            if key not in dependencies:
                raise InvalidEvent(f"{key} is not a dependency of {self.spec.key}")


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeKeys(Event):
    """Keys are not wanted any more: values go, records stay (R39). In Dask, records go as well."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetKeys(Event):
    """Everything about these keys is to be deleted (R37, R42). Dask has no such message."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcquireReplicas(Event):
    """The scheduler wants copies of keys here.

    Attributes:
        who_has: holders; replaces what was known of each key.
        nbytes: sizes, in bytes.
    """

    who_has: WhoHas
    nbytes: Nbytes = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveReplicas(Event):
    """The worker may drop its copies; it refuses while a task here needs one."""

    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StealRequest(Event):
    """The scheduler asks whether a task may be computed elsewhere.

    Attributes:
        stimulus_id: to be named in the answer, which counts only with it.
    """

    key: str
    stimulus_id: str = "steal"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCompute(Event):
    """The task is not to be computed here, unless a thread runs it already."""

    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshWhoHas(Event):
    """The scheduler's answer to ``RequestRefreshWhoHas``: holders now; replaces what was known."""

    who_has: WhoHas


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveWorker(Event):
    """A peer left the cluster, the scheduler says. A transfer open with it ends by its own answer."""

    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateData(Event):
    """A client scattered values to this worker."""

    values: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Event):
    """The worker is short of memory: nothing new is started or copied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpause(Event):
    """The worker has memory again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindMissing(Event):
    """A clock ticked: time to ask the scheduler about keys that nobody holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryBusyWorker(Event):
    """The time after which a busy peer may be asked again is over."""

    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteSuccess(Event):
    """A thread ended with a value.

    Attributes:
        run_id: of the ``Execute`` that started the thread.
        value: any object; None is a value.
        nbytes: size of the value, in bytes.

    Raises:
        InvalidEvent: ``nbytes`` is negative.
    """

    key: str
    run_id: int
    value: object
    nbytes: int = 1

    def __post_init__(self) -> None:
        if self.nbytes < 0:
            raise InvalidEvent(f"the size of {self.key} is negative: {self.nbytes}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecuteFailure(Event):
    """A thread ended with an exception, given as text.

    Attributes:
        run_id: of the ``Execute`` that started the thread.
    """

    key: str
    run_id: int
    exception: str = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule(Event):
    """A thread ended with ``distributed.Reschedule``: the task asks to be run elsewhere.

    Attributes:
        run_id: of the ``Execute`` that started the thread.
    """

    key: str
    run_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Secede(Event):
    """A running task left its slot; its thread goes on and keeps its resources.

    Attributes:
        run_id: of the ``Execute`` that started the thread.
        compute_duration_s: how long it ran before, in seconds.
    """

    key: str
    run_id: int
    compute_duration_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherDepSuccess(Event):
    """A peer answered a ``GatherDep``, possibly with fewer keys than it was asked for.

    Attributes:
        worker: the peer that answered; must have a transfer open with us.
        values: what arrived, by key; the keys are a subset of those asked for.
    """

    worker: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherDepBusy(Event):
    """A peer has too many transfers open and sends nothing."""

    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherDepNetworkFailure(Event):
    """The connection to a peer broke; nothing arrived."""

    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GatherDepFailure(Event):
    """Data of a peer failed to deserialise, or the copy failed on our side otherwise."""

    worker: str
    exception: str = "failed to deserialise"


#: Every event, in the order of DESIGN: scheduler, environment, threads, network.
EVENTS: Final[tuple[type[Event], ...]] = (
    ComputeTask, FreeKeys, ForgetKeys, AcquireReplicas, RemoveReplicas, StealRequest, CancelCompute,
    RefreshWhoHas, RemoveWorker, UpdateData, Pause, Unpause, FindMissing, RetryBusyWorker,
    ExecuteSuccess, ExecuteFailure, Reschedule, Secede,
    GatherDepSuccess, GatherDepBusy, GatherDepNetworkFailure, GatherDepFailure,
)  # fmt: skip

#: Events with which a thread ends.
ENDS_THREAD: Final = (ExecuteSuccess, ExecuteFailure, Reschedule)

#: Events with which a transfer ends.
ENDS_TRANSFER: Final = (
    GatherDepSuccess,
    GatherDepBusy,
    GatherDepNetworkFailure,
    GatherDepFailure,
)

#: Events that tell what the scheduler wants; only these change an intent (R3).
FROM_SCHEDULER: Final = frozenset(EVENTS[:10])
