"""Sources of choices while a step is drawn: a seeded generator, or an enumeration."""

import random
from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Chooser(Protocol):
    """The only source of choice in this project."""

    def pick(self, items: Sequence[T]) -> T:
        """One of ``items``, which are not empty. The first is the simplest."""

    def integer(self, low: int, high: int) -> int:
        """A number, both ends included. ``low`` is the simplest."""


class RandomChooser:
    """Chooses by a generator of its own: same seed, same choices, in every process."""

    __slots__ = ("random",)

    def __init__(self, seed: int | str) -> None:
        self.random = random.Random(seed).random

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self.random() * len(items))]

    def integer(self, low: int, high: int) -> int:
        return low + int(self.random() * (high - low + 1))


class Enumeration:
    """Makes the same drawing again and again, each time with other choices, until all were made.

    Items that are equal, which others draw more often, are one choice.
    ``for chooser in Enumeration(): step = draw(chooser)`` yields every step that can be drawn.
    """

    def __init__(self) -> None:
        self._path: list[tuple[int, int]] = []
        self._depth = 0

    def __iter__(self) -> Iterator["Enumeration"]:
        while True:
            self._depth = 0
            yield self
            del self._path[self._depth :]
            while self._path and self._path[-1][0] + 1 == self._path[-1][1]:
                self._path.pop()
            if not self._path:
                return
            choice, count = self._path[-1]
            self._path[-1] = (choice + 1, count)

    def pick(self, items: Sequence[T]) -> T:
        others = [item for place, item in enumerate(items) if item not in items[:place]]
        return others[self._choose(len(others))]

    def integer(self, low: int, high: int) -> int:
        return low + self._choose(high - low + 1)

    def _choose(self, count: int) -> int:
        if self._depth == len(self._path):
            self._path.append((0, count))
        choice, known = self._path[self._depth]
        assert known == count, "a drawing must depend on its choices alone"
        self._depth += 1
        return choice
