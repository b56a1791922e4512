"""Plans and accounts as JSON, for other processes, for machines, and for the disk."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class Unreadable(Exception):
    """It is not what it should be; says in a line where, and what was expected."""


def to_json(value: Any) -> bytes:
    """Any of our records of plain data; in one line, in the order of its fields."""
    return msgspec.json.encode(value)


def from_json(data: bytes | str, kind: type[T]) -> T:
    """The record again; fields that are not there get their defaults. Raises Unreadable."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise Unreadable(str(error)) from None
