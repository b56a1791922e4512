"""What the scheduler tells a worker, as our events: what happened to one worker of a cluster."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.subjects.dask.cluster.graphs import spec_of
from workerfuzz.harness.subjects.dask.names import peer_at
from workerfuzz.statemachine.worker import events as ev
from workerfuzz.statemachine.worker.task import Request, TaskSpec


def _keys(message: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(map(str, message["keys"]))


def _who_has(message: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {str(key): tuple(map(peer_at, them)) for key, them in message["who_has"].items()}


def _nbytes(message: Mapping[str, Any]) -> dict[str, int]:
    return {str(key): size for key, size in message["nbytes"].items()}


def _compute_task(message: Mapping[str, Any]) -> ev.Event:
    content = next(message[name] for name in ("run_spec", "task") if message.get(name) is not None)
    return ev.ComputeTask(
        spec=spec_of(content) or TaskSpec(key=str(message["key"])),
        request=Request(
            run_id=message.get("run_id", 0),
            priority=tuple(message["priority"]),
            resources=dict(message.get("resource_restrictions") or {}),
        ),
        who_has=_who_has(message),
        nbytes=_nbytes(message),
    )


#: By the kind of message.
EVENTS: Final[Mapping[str, Callable[[Mapping[str, Any]], ev.Event]]] = MappingProxyType(
    {
        "compute-task": _compute_task,
        "free-keys": lambda it: ev.FreeKeys(keys=_keys(it)),
        "acquire-replicas": lambda it: ev.AcquireReplicas(who_has=_who_has(it), nbytes=_nbytes(it)),
        "remove-replicas": lambda it: ev.RemoveReplicas(keys=_keys(it)),
        "steal-request": lambda it: ev.StealRequest(key=str(it["key"])),
        "cancel-compute": lambda it: ev.CancelCompute(key=str(it["key"])),
        "refresh-who-has": lambda it: ev.RefreshWhoHas(who_has=_who_has(it)),
        "remove-worker": lambda it: ev.RemoveWorker(worker=peer_at(it["worker"])),
    }
)


def overheard(messages: Sequence[object]) -> list[ev.Event]:
    """What these messages are to the worker that gets them."""
    return [EVENTS[message["op"]](message) for message in messages if isinstance(message, dict)]
