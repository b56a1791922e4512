"""Record of one event: the event, the instructions in reply, and the records before it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from workerfuzz.statemachine.worker.instructions import (
    AddKeys,
    Instruction,
    RequestRefreshWhoHas,
)
from workerfuzz.statemachine.worker.journal import Write

K = TypeVar("K")
V = TypeVar("V")
Kind = TypeVar("Kind", bound=Instruction)
NamesKeys = TypeVar("NamesKeys", AddKeys, RequestRefreshWhoHas)


class EventRecord:
    """The last event and its effects, for properties: nothing here drives a decision.

    Attributes:
        event: an ``Event``; None where nothing happened yet, or several events came together.
        issued: instructions in reply.
    """

    __slots__ = ("_former", "_writes", "event", "issued")

    def __init__(
        self,
        event: Any = None,
        issued: Sequence[Instruction] = (),
        writes: Sequence[Write] = (),
    ) -> None:
        self.event = event
        self.issued = issued
        self._writes = writes
        self._former: dict[tuple[int, str], object] | None = None

    def __deepcopy__(self, memo: object) -> "EventRecord":
        return NOTHING  # a copy of a worker: nothing has happened to it

    def was(self, record: object, name: str) -> Any:
        """Return the value of an attribute before the event."""
        if self._former is None:  # the first write is the last that would have been undone
            writes = [write for write in self._writes if write[0] is setattr]
            self._former = {(id(of), name): value for _, of, name, value in reversed(writes)}
        found = self._former.get((id(record), name), self)
        return getattr(record, name) if found is self else found

    def replaced(self, record: object, name: str) -> Any:
        """Return the value that the last write of an attribute in the event replaced; else its value."""
        for write in reversed(self._writes):
            if write[0] is setattr and write[1] is record and write[2] == name:
                return write[3]
        return getattr(record, name)

    def lost(self, mapping: Mapping[K, V]) -> dict[K, V]:
        """Items that the event removed from a dict or replaced, as they were before."""
        found: dict[K, V] = {}
        for write in self._writes:
            if len(write) == 3 and getattr(write[0], "__self__", None) is mapping:
                found.setdefault(write[1], write[2])
        return found

    def told(self, kind: type[Kind]) -> list[Kind]:
        """The instructions of one kind."""
        return [instruction for instruction in self.issued if type(instruction) is kind]

    def keys_told(self, kind: type[NamesKeys]) -> set[str]:
        """Every key that instructions of one kind name; the kind has ``keys``."""
        return {
            key
            for instruction in self.issued
            if type(instruction) is kind
            for key in instruction.keys
        }


NOTHING: Final = EventRecord()
