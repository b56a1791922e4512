"""Conversion between our events and instructions and those of Dask's ``WorkerState``.

Releases differ in the fields of their events, not in the meaning of a field of some name. So there is
one table of kinds of event and one of fields, and an event is made of whatever fields the release has;
likewise each kind of instruction has a reader.

Source: distributed 2026.8.0, worker_state_machine.py, StateMachineEvent and Instruction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol, TypeAlias

from workerfuzz.harness.subjects.dask.instrumentation import (
    OWN_NAME,
    DaskObject,
    Name,
    address,
    named,
    peer_at,
)
from workerfuzz.statemachine.worker import events as ev
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.task import TaskSpec

#: Dask's run id of a task that nobody requested.
NO_RUN: Final = -1


class ConversionContext(Protocol):
    """The worker that an event is for, or an instruction from, as far as conversions ask for it."""

    stimulus_id: str

    def nbytes(self, key: str) -> int:
        """Return the size of a value in bytes, as far as Dask knows; 1 where it does not."""

    def holds(self, key: str) -> bool:
        """Return whether the worker has the value itself."""

    def asked_nbytes(self, peer: str) -> int:
        """Return the bytes asked for in the last transfer from a peer; 0 without one."""

    def serialized(self, error: Exception) -> object:
        """Return an exception as it travels in messages."""

    def last_run_id(self, key: str) -> int:
        """Return that of the last compute request; ``NO_RUN`` where there was none."""

    def started(self, key: str) -> do.Execute:
        """Return the instruction for the thread of a task, with its inputs."""

    def urgency(self, key: str) -> tuple[tuple[int, ...], str]:
        """Order keys that are asked for in one transfer, most urgent first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyCancelled(ev.Event):
    """A task was freed before its thread began; answers an ``Execute``, as the ``Execute*`` do.

    Releases before 2022.8.1 only. No case has it: there, a thread begins with its ``Execute``.
    """

    key: str


#: Name of each event in Dask.
KINDS: Final[Mapping[type[ev.Event], str]] = MappingProxyType(
    {
        ev.ComputeTask: "ComputeTaskEvent",
        ev.FreeKeys: "FreeKeysEvent",
        ev.ForgetKeys: "FreeKeysEvent",  # Dask's means both: it forgets by itself what it may
        ev.AcquireReplicas: "AcquireReplicasEvent",
        ev.RemoveReplicas: "RemoveReplicasEvent",
        ev.StealRequest: "StealRequestEvent",
        ev.CancelCompute: "CancelComputeEvent",
        ev.RefreshWhoHas: "RefreshWhoHasEvent",
        ev.RemoveWorker: "RemoveWorkerEvent",
        ev.UpdateData: "UpdateDataEvent",
        ev.Pause: "PauseEvent",
        ev.Unpause: "UnpauseEvent",
        ev.FindMissing: "FindMissingEvent",
        ev.RetryBusyWorker: "RetryBusyWorkerEvent",
        ev.ExecuteSuccess: "ExecuteSuccessEvent",
        ev.ExecuteFailure: "ExecuteFailureEvent",
        ev.Reschedule: "RescheduleEvent",
        ev.Secede: "SecedeEvent",
        ev.GatherDepSuccess: "GatherDepSuccessEvent",
        ev.GatherDepBusy: "GatherDepBusyEvent",
        ev.GatherDepNetworkFailure: "GatherDepNetworkFailureEvent",
        ev.GatherDepFailure: "GatherDepFailureEvent",
        AlreadyCancelled: "AlreadyCancelledEvent",
    }
)

#: Kinds that some supported releases do not have. There the event does not reach the worker.
OPTIONAL_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "RemoveWorkerEvent": "before 2023.3.2 workers were not told; transfers failed instead",
        "AlreadyCancelledEvent": "since 2022.8.1 the thread of a freed task begins all the same",
    }
)

#: One of our events that has the field in question, whatever kind it is.
EventWithField: TypeAlias = DaskObject

#: Makes the value of one field.
Fill = Callable[[EventWithField, ConversionContext], object]


def _event_run_id(event: EventWithField, around: ConversionContext) -> object:
    return event.request.run_id if isinstance(event, ev.ComputeTask) else event.run_id


def _who_has(event: EventWithField, around: ConversionContext) -> dict[Name, list[Name]]:
    """Holders by key, for each key that has to be named.

    The scheduler counts a worker among the holders of what it holds: where a case names no holder
    of a value that is here, this worker is named. Where there is none at all, so it is told.
    """
    listed = {key: dict.fromkeys(event.who_has.get(key, ())) for key in _keys_to_name(event)}
    return {
        named(key): [address(peer) for peer in peers or ((OWN_NAME,) if around.holds(key) else ())]
        for key, peers in listed.items()
    }


def _nbytes(event: EventWithField, around: ConversionContext) -> object:
    if isinstance(event.nbytes, int):
        return event.nbytes
    return {named(key): event.nbytes.get(key, around.nbytes(key)) for key in _keys_to_name(event)}


def _keys_to_name(event: EventWithField) -> tuple[str, ...]:
    """Dask takes the dependencies of a task from who_has and nbytes, which must list the same."""
    if isinstance(event, ev.ComputeTask):
        return event.spec.dependencies
    return tuple(event.who_has)


#: Values of the fields, by name, whichever event has them.
FIELDS: Final[Mapping[str, Fill]] = MappingProxyType(
    {
        "stimulus_id": lambda event, around: around.stimulus_id,
        "key": lambda event, around: named(event.key),
        "keys": lambda event, around: [named(key) for key in event.keys],
        "worker": lambda event, around: address(event.worker),
        "who_has": _who_has,
        "nbytes": _nbytes,
        "data": lambda event, around: {named(key): value for key, value in event.values.items()},
        "report": lambda event, around: False,  # as a scheduler and its clients ask for it
        # a request
        "run_id": _event_run_id,
        "priority": lambda event, around: tuple(event.request.priority),
        "duration": lambda event, around: 1.0,  # expected; only passed on
        "run_spec": lambda event, around: event.spec,  # never looked into by the worker
        "function": lambda event, around: None,  # the other way to give run_spec
        "args": lambda event, around: None,
        "kwargs": lambda event, around: None,
        "resource_restrictions": lambda event, around: dict(event.request.resources),
        "actor": lambda event, around: event.spec.actor,
        "annotations": lambda event, around: {},
        "span_id": lambda event, around: None,
        # the end of a task or of a transfer
        "value": lambda event, around: event.value,
        "type": lambda event, around: type(event.value),
        "start": lambda event, around: 0.0,  # when; only passed on
        "stop": lambda event, around: 1.0,
        "compute_duration": lambda event, around: event.compute_duration_s,
        "total_nbytes": lambda event, around: around.asked_nbytes(event.worker),
        "exception": lambda event, around: around.serialized(RuntimeError(event.exception)),
        "exception_text": lambda event, around: event.exception,
        "traceback": lambda event, around: None,
        "traceback_text": lambda event, around: "",
    }
)


def spec_of(content: DaskObject) -> TaskSpec | None:
    """Return our content of a task, wherever a release has wrapped it; None: it has none."""
    for wrapping in ("data", "spec", "task"):
        content = getattr(content, wrapping, content)
    assert content is None or isinstance(content, TaskSpec), content
    return content


@dataclass(frozen=True, slots=True)
class Reader:
    """Reader of one kind of instruction.

    Attributes:
        reads: fields that are needed. ``run_id`` is not among them, since many releases do not have
            it; there it is the last request's, which is what the scheduler takes it for.
    """

    reads: tuple[str, ...]
    read: Callable[[DaskObject, ConversionContext], do.Instruction]


def _run_id(message: DaskObject, around: ConversionContext) -> int:
    run_id = getattr(message, "run_id", None)
    return around.last_run_id(message.key) if run_id is None else run_id


def _some_run_id(message: DaskObject, around: ConversionContext) -> int | None:
    run_id = _run_id(message, around)
    return None if run_id == NO_RUN else run_id


def _gather_dep(message: DaskObject, around: ConversionContext) -> do.GatherDep:
    keys = sorted(map(str, message.to_gather), key=around.urgency)
    return do.GatherDep(
        worker=peer_at(message.worker), keys=tuple(keys), total_nbytes=message.total_nbytes
    )


def _keys(message: DaskObject) -> tuple[str, ...]:
    return tuple(str(key) for key in message.keys)


#: By the name of Dask's class.
READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "Execute": Reader(("key",), lambda message, around: around.started(str(message.key))),
        "GatherDep": Reader(("worker", "to_gather", "total_nbytes"), _gather_dep),
        "RetryBusyWorkerLater": Reader(
            ("worker",),
            lambda message, around: do.RetryBusyWorkerLater(worker=peer_at(message.worker)),
        ),
        "TaskFinishedMsg": Reader(
            ("key", "nbytes"),
            lambda message, around: do.TaskFinished(
                key=str(message.key), run_id=_run_id(message, around), nbytes=message.nbytes
            ),
        ),
        "TaskErredMsg": Reader(
            ("key", "exception_text"),
            lambda message, around: do.TaskErred(
                key=str(message.key),
                run_id=_some_run_id(message, around),
                exception=message.exception_text,
            ),
        ),
        "AddKeysMsg": Reader(("keys",), lambda message, around: do.AddKeys(keys=_keys(message))),
        "ReleaseWorkerDataMsg": Reader(
            ("key",), lambda message, around: do.ReleaseWorkerData(key=str(message.key))
        ),
        "LongRunningMsg": Reader(
            ("key", "compute_duration"),
            lambda message, around: do.LongRunning(
                key=str(message.key),
                run_id=_run_id(message, around),
                compute_duration_s=message.compute_duration or 0.0,  # None: told in arrears
            ),
        ),
        "RescheduleMsg": Reader(
            ("key",),
            lambda message, around: do.Reschedule(
                key=str(message.key), run_id=_run_id(message, around)
            ),
        ),
        "RequestRefreshWhoHasMsg": Reader(
            ("keys",), lambda message, around: do.RequestRefreshWhoHas(keys=_keys(message))
        ),
        "StealResponseMsg": Reader(
            ("key", "state", "stimulus_id"),
            lambda message, around: do.StealResponse(
                key=str(message.key), state=message.state, stimulus_id=message.stimulus_id
            ),
        ),
    }
)

#: Instructions that are none, and why nothing is lost without them.
DROPPED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "DigestMetric": "2022.12.1 to 2023.3.1; a measurement for the dashboard",
    }
)
