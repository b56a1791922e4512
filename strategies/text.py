"""Words and arguments as cases write them: the smallest pieces of the vocabulary.

A word is a class name in kebab-case. A holding is ``key``, ``key@peer,peer`` or ``key:nbytes@peer``.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")

T = TypeVar("T")


class BadText(ValueError):
    """Text that is no step, no instruction or no argument; says what was expected."""


def word(kind: type) -> str:
    """``GatherDepSuccess`` -> ``gather-dep-success``."""
    return _HUMP.sub("-", kind.__name__).lower()


@dataclass(frozen=True, slots=True)
class Holding:
    """A key with its holders and its size in bytes, as far as it is given."""

    key: str
    peers: tuple[str, ...] = ()
    nbytes: int | None = None

    def __str__(self) -> str:
        size = "" if self.nbytes is None else f":{self.nbytes}"
        peers = "@" + ",".join(self.peers) if self.peers else ""
        return f"{self.key}{size}{peers}"


def name(text: str, what: str = "a key") -> str:
    """A key, a peer or the name of a resource."""
    if not _NAME.fullmatch(text):
        raise BadText(f'expected {what}, found "{text}"')
    return text


def peer(text: str) -> str:
    return name(text, "a peer")


def number(text: str, what: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,15}", text):
        raise BadText(f'{what} must be a whole number, not "{text}"')
    return int(text)


def holding(text: str) -> Holding:
    left, at, right = text.partition("@")
    key, colon, size = left.partition(":")
    peers = tuple(peer(item) for item in right.split(",")) if at else ()
    nbytes = number(size, f"the size of {key}") if colon else None
    if nbytes is not None and nbytes < 0:
        raise BadText(f"the size of {key} is negative: {nbytes}")
    return Holding(name(key), peers, nbytes)


def each_once(items: Iterable[T], label: Callable[[T], str] = str) -> tuple[T, ...]:
    """The items as they are; an error where one comes twice."""
    seen: dict[str, T] = {}
    for item in items:
        if label(item) in seen:
            raise BadText(f'"{label(item)}" comes twice')
        seen[label(item)] = item
    return tuple(seen.values())


def options(texts: Iterable[str]) -> Mapping[str, str]:
    """``name=value`` pairs."""
    found: dict[str, str] = {}
    for text in texts:
        left, equals, right = text.partition("=")
        if not equals or not right:
            raise BadText(f'expected name=value, found "{text}"')
        if name(left, "a name") in found:
            raise BadText(f'"{left}" comes twice')
        found[left] = right
    return found
