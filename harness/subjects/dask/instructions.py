"""Dask's instructions as ours: a reader for each kind, and the kinds that are left out, and why."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Protocol

from workerfuzz.harness.subjects.dask.names import peer_at
from workerfuzz.statemachine.worker import instructions as do

#: Dask's run id of what nobody requested.
NO_RUN: Final = -1


class Surroundings(Protocol):
    """What a conversion needs to know besides the instruction."""

    def last_run_id(self, key: str) -> int:
        """Of the last compute request; ``NO_RUN`` where there was none."""

    def started(self, key: str) -> do.Execute:
        """What the thread of a task runs, and on which inputs."""

    def urgency(self, key: str) -> tuple[tuple[int, ...], str]:
        """Orders keys that are asked for in one transfer, most urgent first."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How one kind of instruction is read.

    Attributes:
        reads: fields that are needed. ``run_id`` is not among them, since many releases do not have
            it; there it is the last request's, which is what the scheduler takes it for.
    """

    reads: tuple[str, ...]
    read: Callable[[Any, Surroundings], do.Instruction]


def _run_id(it: Any, around: Surroundings) -> int:
    run_id = getattr(it, "run_id", None)
    return around.last_run_id(it.key) if run_id is None else run_id


def _some_run_id(it: Any, around: Surroundings) -> int | None:
    run_id = _run_id(it, around)
    return None if run_id == NO_RUN else run_id


def _gather_dep(it: Any, around: Surroundings) -> do.GatherDep:
    keys = sorted(map(str, it.to_gather), key=around.urgency)
    return do.GatherDep(worker=peer_at(it.worker), keys=tuple(keys), total_nbytes=it.total_nbytes)


def _keys(it: Any) -> tuple[str, ...]:
    return tuple(str(key) for key in it.keys)


#: By the name of Dask's class.
READERS: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "Execute": Reader(("key",), lambda it, around: around.started(str(it.key))),
        "GatherDep": Reader(("worker", "to_gather", "total_nbytes"), _gather_dep),
        "RetryBusyWorkerLater": Reader(
            ("worker",), lambda it, around: do.RetryBusyWorkerLater(worker=peer_at(it.worker))
        ),
        "TaskFinishedMsg": Reader(
            ("key", "nbytes"),
            lambda it, around: do.TaskFinished(
                key=str(it.key), run_id=_run_id(it, around), nbytes=it.nbytes
            ),
        ),
        "TaskErredMsg": Reader(
            ("key", "exception_text"),
            lambda it, around: do.TaskErred(
                key=str(it.key), run_id=_some_run_id(it, around), exception=it.exception_text
            ),
        ),
        "AddKeysMsg": Reader(("keys",), lambda it, around: do.AddKeys(keys=_keys(it))),
        "ReleaseWorkerDataMsg": Reader(
            ("key",), lambda it, around: do.ReleaseWorkerData(key=str(it.key))
        ),
        "LongRunningMsg": Reader(
            ("key", "compute_duration"),
            lambda it, around: do.LongRunning(
                key=str(it.key),
                run_id=_run_id(it, around),
                compute_duration_s=it.compute_duration or 0.0,  # None: told in arrears
            ),
        ),
        "RescheduleMsg": Reader(
            ("key",),
            lambda it, around: do.Reschedule(key=str(it.key), run_id=_run_id(it, around)),
        ),
        "RequestRefreshWhoHasMsg": Reader(
            ("keys",), lambda it, around: do.RequestRefreshWhoHas(keys=_keys(it))
        ),
        "StealResponseMsg": Reader(
            ("key", "state", "stimulus_id"),
            lambda it, around: do.StealResponse(
                key=str(it.key), state=it.state, stimulus_id=it.stimulus_id
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
