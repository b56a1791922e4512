"""Messages that Dask's scheduler sends: to a worker an event, to a client a notice.

Source: distributed 2026.8.0, worker.py, Worker.__init__ (``stream_handlers``), and client.py,
Client.__init__ (``_stream_handlers``).
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

from workerfuzz.harness.subjects.cluster_protocol import Envelope
from workerfuzz.harness.subjects.dask.conversion import spec_of
from workerfuzz.harness.subjects.dask.failures import describe
from workerfuzz.harness.subjects.dask.instrumentation import DaskObject, peer_at
from workerfuzz.statemachine.scheduler.client_requests import ClientNotice, NoticeStatus
from workerfuzz.statemachine.worker import events as ev
from workerfuzz.statemachine.worker import instructions as do
from workerfuzz.statemachine.worker.task import Request, TaskSpec

#: A message as it travels: its ``op``, and its fields by name.
Message: TypeAlias = dict[str, DaskObject]

#: Class of the event that a worker makes of each message.
TO_WORKER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "compute-task": "ComputeTaskEvent",
        "free-keys": "FreeKeysEvent",
        "acquire-replicas": "AcquireReplicasEvent",
        "remove-replicas": "RemoveReplicasEvent",
        "steal-request": "StealRequestEvent",
        "cancel-compute": "CancelComputeEvent",
        "refresh-who-has": "RefreshWhoHasEvent",
        "remove-worker": "RemoveWorkerEvent",
    }
)

#: Fields that are told of a message besides its keys: the answer to a steal, the status of a worker.
_DETAILS: Final = ("state", "status")


def messages_in(envelope: Envelope) -> Iterator[Message]:
    """Yield the messages of an envelope, each of which may be changed."""
    for message in envelope.messages:
        assert isinstance(message, dict)
        yield message.copy()


def summary(message: Message) -> str:
    """Return a message in a few words, without what differs between runs."""
    keys = message.get("keys") or [message[name] for name in ("key", "worker") if name in message]
    keys = keys or message.get("who_has", ())
    found = [message["op"], *sorted(map(peer_at, keys))]
    details = (f"{name}={message[name]}" for name in _DETAILS if name in message)
    return " ".join((*found, *details))


# To a worker, as our events


def _keys(message: Message) -> tuple[str, ...]:
    return tuple(map(str, message["keys"]))


def _who_has(message: Message) -> dict[str, tuple[str, ...]]:
    return {str(key): tuple(map(peer_at, them)) for key, them in message["who_has"].items()}


def _nbytes(message: Message) -> dict[str, int]:
    return {str(key): size for key, size in message["nbytes"].items()}


def _compute_task(message: Message) -> ev.Event:
    contents = (message[name] for name in ("run_spec", "task") if message.get(name) is not None)
    content = next(contents, None)  # a scheduler may ask for what it has no content of any more
    spec = spec_of(content) if content is not None else None
    return ev.ComputeTask(
        spec=spec or TaskSpec(key=str(message["key"])),
        request=Request(
            run_id=message.get("run_id", 0),
            priority=tuple(message["priority"]),
            resources=dict(message.get("resource_restrictions") or {}),
        ),
        who_has=_who_has(message),
        nbytes=_nbytes(message),
    )


#: By the ``op`` of the message.
_EVENTS: Final[Mapping[str, Callable[[Message], ev.Event]]] = MappingProxyType(
    {
        "compute-task": _compute_task,
        "free-keys": lambda message: ev.FreeKeys(keys=_keys(message)),
        "acquire-replicas": lambda message: ev.AcquireReplicas(
            who_has=_who_has(message), nbytes=_nbytes(message)
        ),
        "remove-replicas": lambda message: ev.RemoveReplicas(keys=_keys(message)),
        "steal-request": lambda message: ev.StealRequest(key=str(message["key"])),
        "cancel-compute": lambda message: ev.CancelCompute(key=str(message["key"])),
        "refresh-who-has": lambda message: ev.RefreshWhoHas(who_has=_who_has(message)),
        "remove-worker": lambda message: ev.RemoveWorker(worker=peer_at(message["worker"])),
        "worker-status-change": lambda message: (
            ev.Unpause() if message["status"] == "running" else ev.Pause()
        ),
    }
)


def worker_events(envelope: Envelope) -> Sequence[ev.Event]:
    """Return the messages of an envelope as events of the worker that receives it."""
    return [_EVENTS[message["op"]](message) for message in messages_in(envelope)]


# To the scheduler, as reports


#: By the ``op`` of the message; others tell nothing of a run or a value.
_REPORTS: Final[Mapping[str, Callable[[Message], do.Message]]] = MappingProxyType(
    {
        "task-finished": lambda message: do.TaskFinished(
            key=str(message["key"]),
            run_id=message.get("run_id", 0),
            nbytes=message.get("nbytes") or 0,
        ),
        "task-erred": lambda message: do.TaskErred(
            key=str(message["key"]), run_id=message.get("run_id", 0), exception=""
        ),
        "reschedule": lambda message: do.Reschedule(
            key=str(message["key"]), run_id=message.get("run_id", 0)
        ),
        "add-keys": lambda message: do.AddKeys(keys=_keys(message)),
        "release-worker-data": lambda message: do.ReleaseWorkerData(key=str(message["key"])),
        "request-refresh-who-has": lambda message: do.RequestRefreshWhoHas(keys=_keys(message)),
        "steal-response": lambda message: do.StealResponse(
            key=str(message["key"]), state=message["state"], stimulus_id=message["stimulus_id"]
        ),
    }
)


def reports(envelope: Envelope) -> Iterator[do.Message]:
    """Yield the messages of a worker that tell how a run ended, or what it has."""
    for message in envelope.messages:
        assert isinstance(message, dict)
        if message["op"] in _REPORTS:
            yield _REPORTS[message["op"]](message)


# To a client, as notices


def _answered(message: Message) -> tuple[int, int] | None:
    """Return the requests that a notice knows of; no release says that without a trial fix."""
    return message.get("requests")


def _about_key(status: NoticeStatus) -> Callable[[Message], Iterator[ClientNotice]]:
    def read(message: Message) -> Iterator[ClientNotice]:
        yield ClientNotice(str(message["key"]), status, requests=_answered(message))

    return read


def _erred(message: Message) -> Iterator[ClientNotice]:
    why = reason(message["exception"])
    yield ClientNotice(str(message["key"]), NoticeStatus.ERRED, why, _answered(message))


def _cancelled(message: Message) -> Iterator[ClientNotice]:
    for key in message["keys"]:
        yield ClientNotice(str(key), NoticeStatus.CANCELLED, requests=_answered(message))


def _nothing(message: Message) -> Iterator[ClientNotice]:
    return iter(())


#: By the ``op`` of the message.
_NOTICES: Final[Mapping[str, Callable[[Message], Iterator[ClientNotice]]]] = MappingProxyType(
    {
        "key-in-memory": _about_key(NoticeStatus.FINISHED),
        "task-erred": _erred,
        "lost-data": _about_key(NoticeStatus.LOST),
        "cancelled-key": _about_key(NoticeStatus.CANCELLED),  # before 2023.4
        "cancelled-keys": _cancelled,
        "task-retried": _about_key(NoticeStatus.PENDING),
        # of no interest: the connection, its heartbeat, the dashboard
        "stream-start": _nothing,
        "adjust-heartbeat-interval": _nothing,
        "event": _nothing,
    }
)


def client_notices(envelope: Envelope) -> Iterator[ClientNotice]:
    """Yield the notices in an envelope to a client. Raises ValueError: a message that none knows."""
    for message in messages_in(envelope):
        if message["op"] not in _NOTICES:
            raise ValueError(f"a client is sent an unknown message {message['op']!r}")
        yield from _NOTICES[message["op"]](message)


def reason(exception: DaskObject) -> str:
    """Return the reason why a task failed, from an exception pickled, wrapped, or both; or none."""
    from distributed.protocol import Serialize, Serialized
    from distributed.protocol.serialize import deserialize  # patching replaces the other name

    if isinstance(exception, Serialized):
        exception = deserialize(exception.header, exception.frames)
    if isinstance(exception, Serialize):
        exception = exception.data
    if exception is None:
        return ""
    return describe(exception) if isinstance(exception, BaseException) else _unpickled(exception)


@functools.lru_cache(maxsize=1_000)
def _unpickled(exception: bytes) -> str:
    from distributed.core import clean_exception

    return describe(clean_exception(exception)[1])
