"""Where a scheduler's messages go: to whoever collects what the current call sends."""

from collections.abc import Iterable
from typing import Any, Final

from workerfuzz.harness.subjects.cluster_protocol import SCHEDULER, Envelope
from workerfuzz.harness.subjects.dask.names import peer_at

#: What travels is packed and unpacked on the way: lists arrive as tuples, and nothing is shared.
_CONTAINERS: Final[frozenset[type[Any]]] = frozenset({dict, list, tuple, set, frozenset})


def copied(value: Any) -> Any:
    """What arrives at the other end."""
    kind = type(value)
    if kind is dict:
        copy = value.copy()
        if not _CONTAINERS.isdisjoint(map(type, value.values())):
            for key, item in value.items():
                if type(item) in _CONTAINERS:
                    copy[key] = copied(item)
        return copy
    if kind is list or kind is tuple:
        flat = _CONTAINERS.isdisjoint(map(type, value))
        return tuple(value) if flat else tuple(map(copied, value))
    if kind is set or kind is frozenset:
        return set(value)
    return value


class Outbox:
    """What the current call made anybody send."""

    __slots__ = ("_sent",)

    def __init__(self) -> None:
        self._sent: dict[tuple[str, str], list[object]] = {}

    def send(self, sender: str, receiver: str, messages: Iterable[Any]) -> None:
        self._sent.setdefault((sender, receiver), []).extend(map(copied, messages))

    def collected(self) -> list[Envelope]:
        """All of it, once."""
        if not self._sent:
            return []
        sent, self._sent = self._sent, {}
        return [Envelope(*pair, tuple(messages)) for pair, messages in sent.items()]


class Stream:
    """What the scheduler sends one party its messages through. Stands in for ``BatchedSend``."""

    __slots__ = ("outbox", "receiver")

    def __init__(self, *args: Any, **named: Any) -> None:
        self.outbox: Outbox | None = None
        self.receiver = ""

    def send(self, *messages: Any) -> None:
        assert self.outbox is not None
        self.outbox.send(SCHEDULER, self.receiver, messages)

    def abort(self) -> None: ...


class Streams(dict[str, Stream]):
    """Streams by address; one that enters learns where it leads."""

    def __init__(self, outbox: Outbox) -> None:
        super().__init__()
        self.outbox = outbox

    def __setitem__(self, where: str, stream: Stream) -> None:
        stream.outbox, stream.receiver = self.outbox, peer_at(where)
        super().__setitem__(where, stream)
