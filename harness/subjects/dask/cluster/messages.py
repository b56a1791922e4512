"""What Dask's messages are: to a worker an event, to a client news, to people a few words."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from workerfuzz.harness.subjects.dask.failures import describe
from workerfuzz.harness.subjects.dask.names import peer_at
from workerfuzz.statemachine.scheduler.client_requests import ClientNotice, NoticeStatus

#: The event that a worker makes of each message, as the ``stream_handlers`` of ``Worker`` do.
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


def _one(status: NoticeStatus) -> Callable[[Any], Iterator[ClientNotice]]:
    def read(message: Any) -> Iterator[ClientNotice]:
        yield ClientNotice(str(message["key"]), status)

    return read


def _erred(message: Any) -> Iterator[ClientNotice]:
    yield ClientNotice(str(message["key"]), NoticeStatus.ERRED, reason(message["exception"]))


def _cancelled(message: Any) -> Iterator[ClientNotice]:
    for key in message["keys"]:
        yield ClientNotice(str(key), NoticeStatus.CANCELLED)


def _nothing(message: Any) -> Iterator[ClientNotice]:
    return iter(())


#: What a client takes from each message, as the ``_stream_handlers`` of ``Client`` do.
TO_CLIENT: Final[Mapping[str, Callable[[Any], Iterator[ClientNotice]]]] = MappingProxyType(
    {
        "key-in-memory": _one(NoticeStatus.FINISHED),
        "task-erred": _erred,
        "lost-data": _one(NoticeStatus.LOST),
        "cancelled-key": _one(NoticeStatus.CANCELLED),  # before 2023.4
        "cancelled-keys": _cancelled,
        "task-retried": _one(NoticeStatus.PENDING),
        # of no interest: the connection, its heartbeat, the dashboard
        "stream-start": _nothing,
        "adjust-heartbeat-interval": _nothing,
        "event": _nothing,
    }
)


#: What else is said of a message: how a steal was answered, and what a worker is now.
_DETAILS: Final = ("state", "status")


def told(messages: Sequence[Any]) -> Iterator[ClientNotice]:
    """Raises ValueError: a message that no client knows."""
    for message in messages:
        if message["op"] not in TO_CLIENT:
            raise ValueError(f"a client is sent an unknown message {message['op']!r}")
        yield from TO_CLIENT[message["op"]](message)


def reason(exception: Any) -> str:
    """Why a task failed: an exception, which travels pickled, wrapped, or both; or none at all."""
    from distributed.protocol import Serialize, Serialized
    from distributed.protocol.serialize import deserialize  # the stage replaces the other name

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


def words(message: Any) -> str:
    """A message, without what differs between runs."""
    keys = message.get("keys") or [message[name] for name in ("key", "worker") if name in message]
    keys = keys or message.get("who_has", ())
    found = [message["op"], *sorted(map(peer_at, keys))]
    details = (f"{name}={message[name]}" for name in _DETAILS if name in message)
    return " ".join((*found, *details))
