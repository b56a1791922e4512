"""Dask's own classes, instrumented: stable hashes, no random choice, transitions recorded.

Dask keeps keys, addresses and tasks in sets and walks through these; with hashes of their own the
order of such a walk is the same under every PYTHONHASHSEED. Only subclasses that our own workers use
are instrumented: a Dask that runs in the same process is left as it is.
"""

import functools
import zlib
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeAlias

#: An object of distributed, or one of its classes or modules. Its releases differ in attributes and
#: most of it is not annotated: ``interface`` and ``cluster.releases`` check at run time that what is
#: used exists. The only ``Any`` of the adapter.
DaskObject: TypeAlias = Any

#: The worker itself among the holders of a key, as cases write it.
OWN_NAME: Final = "self"

#: Dask wants addresses to have a port; cases call peers by names that have none.
_PORT: Final = ":0"


class Name(str):
    """A key or an address whose hash is the same in every process.

    It must not leave the adapter, since it is not found among the plain strings of a dict: ``str``
    makes a plain string of it. The hash is kept: a scheduler asks for it a hundred times a call.
    """

    __slots__ = ("stable",)
    stable: int

    def __new__(cls, text: str) -> "Name":
        self = super().__new__(cls, text)
        self.stable = stable_hash(self)
        return self

    def __hash__(self) -> int:
        return self.stable


def stable_hash(text: str) -> int:
    """Return a hash that depends on nothing but the text."""
    return zlib.crc32(text.encode())


@functools.lru_cache(maxsize=10_000)
def named(key: str) -> Name:
    """Return a key as Dask gets it; the same object for the same key, as long as it is in use."""
    return Name(key)


@functools.lru_cache(maxsize=1_000)
def address(peer: str) -> Name:
    """Return the address of a peer in Dask."""
    return Name(peer + _PORT)


def peer_at(where: str) -> str:
    """Return the peer of an address: the reverse of ``address``."""
    return str(where).removesuffix(_PORT)


class FirstByName:
    """Replacement of Dask's random numbers, which choose between peers that are equally good.

    Where these are equal as well, Dask takes the peer whose name comes first.
    """

    def random(self) -> float:
        return 0.0


class RecordedTransition(NamedTuple):
    """One transition, in Dask's words. ``toward`` is the state that was asked for."""

    key: str
    start: str
    finish: str
    toward: str


@dataclass(slots=True)
class _OpenTransition:
    """A transition that has begun; ``reached`` is the state up to which it was recorded."""

    task: DaskObject
    reached: str
    toward: str


def recording(machine: DaskObject, record: DaskObject) -> tuple[DaskObject, DaskObject]:
    """Return subclasses of a release's ``WorkerState`` and of its ``TaskState``."""

    class RecordingState(machine):  # type: ignore[misc]  # known at run time only
        """A WorkerState that records its transitions in ``moves``."""

        def __init__(self, **arguments: DaskObject) -> None:
            super().__init__(**arguments)
            self.transitions: list[RecordedTransition] = []
            self.open_transition: _OpenTransition | None = None

        def _transition(
            self, ts: DaskObject, finish: DaskObject, *args: DaskObject, **named: DaskObject
        ) -> DaskObject:
            # Dask calls this from within itself where it goes from one state to another through
            # released: each half is recorded, the whole is not.
            before = self.open_transition
            outer = before if before is not None and before.task is ts else None
            if outer is not None:
                toward = outer.toward
            else:
                toward = finish[0] if isinstance(finish, tuple) else finish
            inner = self.open_transition = _OpenTransition(ts, ts.state, toward)
            try:
                return machine._transition(self, ts, finish, *args, **named)
            finally:
                self.open_transition = before
                if ts.state != inner.reached:
                    self.transitions.append(
                        RecordedTransition(ts.key, inner.reached, ts.state, toward)
                    )
                if outer is not None:
                    outer.reached = ts.state

    class StableTask(record):  # type: ignore[misc]  # known at run time only
        """A TaskState whose hash follows from its key. It equals itself only."""

        __slots__ = ()

        def __hash__(self) -> int:
            stable: int = self.key.stable  # it is a Name
            return stable

    return RecordingState, StableTask


@functools.cache
def recording_tasks(record: DaskObject) -> type[dict[str, DaskObject]]:
    """Return the class of dict for a worker's records; each one that enters becomes a ``record``.

    Dask makes its records itself and enters them here before they get into any set.
    """

    class Tasks(dict[str, DaskObject]):
        def __setitem__(self, key: str, task: DaskObject) -> None:
            task.__class__ = record
            super().__setitem__(key, task)

    return Tasks
