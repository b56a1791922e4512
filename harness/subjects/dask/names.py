"""Names as Dask's state machine gets them: strings whose hash is the same in every process.

Dask keeps keys and addresses in sets and walks through these; with a hash of their own the order of
such a walk is the same under every PYTHONHASHSEED. A ``Name`` must not leave the adapter, since it
is not found among the plain strings of a dict: ``str`` makes a plain string of it.
"""

import functools
import zlib
from typing import Final

#: How a case calls the worker itself among the holders of a key.
OWN_NAME: Final = "self"

#: Dask wants addresses to have a port; cases call peers by names that have none.
_PORT: Final = ":0"


class Name(str):
    """A key or an address. It remembers its hash: a scheduler asks for it a hundred times a call."""

    __slots__ = ("stable",)
    stable: int

    def __new__(cls, text: str) -> "Name":
        self = super().__new__(cls, text)
        self.stable = stable_hash(self)
        return self

    def __hash__(self) -> int:
        return self.stable


def stable_hash(text: str) -> int:
    """A hash that depends on nothing but the text."""
    return zlib.crc32(text.encode())


@functools.lru_cache(maxsize=10_000)
def named(key: str) -> Name:
    """A key as Dask gets it; the same object for the same key, as long as it is in use."""
    return Name(key)


@functools.lru_cache(maxsize=1_000)
def address(peer: str) -> Name:
    """What Dask calls a peer."""
    return Name(peer + _PORT)


def peer_at(where: str) -> str:
    """The reverse of ``address``."""
    return str(where).removesuffix(_PORT)
