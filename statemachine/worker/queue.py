"""A queue of keys by priority. Its order is a function of what is in it, of nothing else."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from workerfuzz.statemachine.worker.task import Priority


class TaskQueue:
    """Keys with their priorities, lowest first; among equals, by key."""

    __slots__ = ("_items",)

    def __init__(self) -> None:
        self._items: list[tuple[Priority, str]] = []

    def copy(self) -> "TaskQueue":
        other = TaskQueue()
        other._items = self._items.copy()
        return other

    def add(self, priority: Priority, key: str) -> None:
        insort(self._items, (priority, key))

    def remove(self, priority: Priority, key: str) -> None:
        """Raises KeyError where the key does not stand under that priority."""
        place = bisect_left(self._items, (priority, key))
        if place == len(self._items) or self._items[place] != (priority, key):
            raise KeyError(key)
        del self._items[place]

    def first(self) -> tuple[Priority, str]:
        """The most urgent; IndexError where there is none."""
        return self._items[0]

    def __iter__(self) -> Iterator[tuple[Priority, str]]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"<TaskQueue {' '.join(key for _, key in self._items)}>"
