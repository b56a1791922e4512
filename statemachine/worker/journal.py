"""Every write to a worker goes through here, so that an event that raises can be undone (D5)."""

from typing import Any, TypeAlias, TypeVar

from workerfuzz.statemachine.worker.queue import TaskQueue
from workerfuzz.statemachine.worker.task import Priority

K = TypeVar("K")
V = TypeVar("V")

#: A callable that undoes one write, and its arguments.
Write: TypeAlias = tuple[Any, ...]


class Journal:
    """Writes, and remembers how to take each of them back.

    Dicts that are written here have no order that means anything: undoing restores what they hold,
    not where it stood.
    """

    __slots__ = ("_undo",)

    def __init__(self) -> None:
        self._undo: list[Write] = []

    def set(self, record: object, name: str, value: object) -> None:
        """Write one attribute."""
        self._undo.append((setattr, record, name, getattr(record, name)))
        setattr(record, name, value)

    def put(self, mapping: dict[K, V], key: K, value: V) -> None:
        """Write one item of a dict."""
        if key in mapping:
            self._undo.append((mapping.__setitem__, key, mapping[key]))
        else:
            self._undo.append((mapping.__delitem__, key))
        mapping[key] = value

    def drop(self, mapping: dict[K, V], key: K) -> V:
        """Remove one item of a dict; KeyError where there is none."""
        value = mapping.pop(key)
        self._undo.append((mapping.__setitem__, key, value))
        return value

    def enqueue(self, queue: TaskQueue, priority: Priority, key: str) -> None:
        self._undo.append((queue.remove, priority, key))
        queue.add(priority, key)

    def dequeue(self, queue: TaskQueue, priority: Priority, key: str) -> None:
        self._undo.append((queue.add, priority, key))
        queue.remove(priority, key)

    def append(self, items: list[V], item: V) -> None:
        self._undo.append((items.pop,))
        items.append(item)

    def undo(self) -> None:
        """Take back everything since the last ``commit``."""
        for write, *arguments in reversed(self._undo):
            write(*arguments)
        self._undo.clear()

    def commit(self) -> list[Write]:
        """Keep the writes, and return those that would have undone them."""
        writes, self._undo = self._undo, []
        return writes
