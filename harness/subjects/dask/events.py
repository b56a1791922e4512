"""Our events as Dask's: which kind each becomes, and what is in the fields of that kind.

Releases differ in the fields of their events, not in what a field of some name means. So there is
one table of kinds and one of fields, and an event is made of whatever fields the release has.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Protocol

from workerfuzz.harness.subjects.dask.names import OWN_NAME, Name, address, named
from workerfuzz.statemachine.worker import events as ev


class Surroundings(Protocol):
    """What a conversion needs to know besides the event."""

    stimulus_id: str

    def nbytes(self, key: str) -> int:
        """Size of a value in bytes, as far as Dask knows; 1 where it does not."""

    def holds(self, key: str) -> bool:
        """The worker has the value itself."""

    def asked_nbytes(self, peer: str) -> int:
        """Size in bytes that was asked for in the last transfer from a peer; 0 without one."""

    def serialized(self, error: Exception) -> object:
        """An exception as it travels in messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyCancelled(ev.Event):
    """A task was freed before its thread began; answers an ``Execute``, as the ``Execute*`` do.

    Releases before 2022.8.1 only. No case has it: there, a thread begins with its ``Execute``.
    """

    key: str


#: What each event is called in Dask.
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

Fill = Callable[[Any, Surroundings], object]


def _run_id(event: Any, around: Surroundings) -> object:
    return event.request.run_id if isinstance(event, ev.ComputeTask) else event.run_id


def _who_has(event: Any, around: Surroundings) -> dict[Name, list[Name]]:
    """Holders by key, for each key that has to be named.

    The scheduler counts a worker among the holders of what it holds: where a case names no holder
    of a value that is here, this worker is named. Where there is none at all, so it is told.
    """
    listed = {key: dict.fromkeys(event.who_has.get(key, ())) for key in _keys_to_name(event)}
    return {
        named(key): [address(peer) for peer in peers or ((OWN_NAME,) if around.holds(key) else ())]
        for key, peers in listed.items()
    }


def _nbytes(event: Any, around: Surroundings) -> object:
    if isinstance(event.nbytes, int):
        return event.nbytes
    return {named(key): event.nbytes.get(key, around.nbytes(key)) for key in _keys_to_name(event)}


def _keys_to_name(event: Any) -> tuple[str, ...]:
    """Dask takes the dependencies of a task from who_has and nbytes, which must list the same."""
    if isinstance(event, ev.ComputeTask):
        return event.spec.dependencies
    return tuple(event.who_has)


#: What each field holds, whichever event it is in.
FIELDS: Final[Mapping[str, Fill]] = MappingProxyType(
    {
        "stimulus_id": lambda event, around: around.stimulus_id,
        "key": lambda event, around: named(event.key),
        "keys": lambda event, around: [named(key) for key in event.keys],
        "worker": lambda event, around: address(event.worker),
        "who_has": _who_has,
        "nbytes": _nbytes,
        "data": lambda event, around: {named(key): it for key, it in event.values.items()},
        "report": lambda event, around: False,  # as a scheduler and its clients ask for it
        # a request
        "run_id": _run_id,
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
