"""Plans and results as JSON, for other processes, for machines, and for the disk."""

from typing import TypeVar

import msgspec

from workerfuzz.harness.engines.findings.finding import FindingCase

T = TypeVar("T")


class Unreadable(Exception):
    """It is not what it should be; says in a line where, and what was expected."""


def to_json(value: object) -> bytes:
    """Encode a record of plain data in one line, in the order of its fields."""
    return msgspec.json.encode(value, enc_hook=_encoded)


def from_json(data: bytes | str, kind: type[T]) -> T:
    """Decode a record; fields that are not there get their defaults. Raises Unreadable."""
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=_decoded)
    except msgspec.DecodeError as error:
        raise Unreadable(str(error)) from None


def _encoded(value: object) -> str:
    if isinstance(value, FindingCase):
        return value.text
    raise NotImplementedError(f"{type(value).__name__} is no plain data")


def _decoded(kind: type, text: object) -> FindingCase:
    if kind is FindingCase and isinstance(text, str):
        return FindingCase(text=text)
    raise NotImplementedError(f"{kind.__name__} is no plain data")
