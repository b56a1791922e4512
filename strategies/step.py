"""The base class of all steps, and the drawing and parsing that their kinds share.

A step is plain data. It is the source of truth of every run: what an engine chooses, what a case keeps,
what shrinking removes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self, TypeVar

from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies import text
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.text import BadText

T = TypeVar("T")


#: New names by old ones, for keys and peers alike.
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step(ABC):
    """One step of a world, as plain data."""

    #: The first word of its text in cases; follows from the class name.
    word: ClassVar[str] = ""
    #: The arguments behind the word, for error messages.
    usage: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        cls.word = text.word(cls)

    @classmethod
    def is_possible(cls, world: Any) -> bool:  # each scope narrows the type of its worlds
        """Return True if some step of this kind is possible now. Cheap: called before every step."""
        return True

    @classmethod
    @abstractmethod
    def draw(cls, world: Any, chooser: Chooser) -> Self:
        """Draw a step of this kind that is possible now; only where ``is_possible`` says so."""

    def why_impossible(self, world: Any) -> str | None:
        """Return the reason that this very step is not possible now; None where it is."""
        return None

    @abstractmethod
    def arguments(self) -> Sequence[str]:
        """Return the words behind the first one in a case."""

    @classmethod
    @abstractmethod
    def parse(cls, words: Sequence[str]) -> Self:
        """The reverse of ``arguments``; raises BadText."""

    def keys(self) -> tuple[str, ...]:
        """Return the keys that it names."""
        return ()

    def peers(self) -> tuple[str, ...]:
        """Return the peers that it names."""
        return ()

    def renamed(self, names: Names) -> Self:
        """Return the same step with other names."""
        return self

    def simpler(self) -> Iterator[Self]:
        """Yield simpler steps of the same kind; used to shrink."""
        return iter(())

    def without(self, key: str) -> Self | None:
        """Return the same step without a key; None where nothing is left of it."""
        return None if key in self.keys() else self

    def contents(self) -> tuple[TaskSpec, ...]:
        """Return the contents of tasks that this step states."""
        return ()

    def recomputed(self, change: Callable[[TaskSpec], TaskSpec]) -> Self:
        """Return the same step with each content replaced by another of the same key."""
        return self

    def __str__(self) -> str:
        return " ".join((self.word, *self.arguments()))


def some(items: Sequence[T], low: int, high: int, chooser: Chooser) -> tuple[T, ...]:
    """Draw ``low`` to ``high`` different items, in their own order; fewer where there are fewer."""
    count = chooser.integer(min(low, len(items)), min(high, len(items)))
    if not count:
        return ()
    if count == 1:
        return (items[chooser.integer(0, len(items) - 1)],)
    left = list(range(len(items)))
    chosen = [left.pop(chooser.integer(0, len(left) - 1)) for _ in range(count)]
    return tuple([items[place] for place in sorted(chosen)])


def one_less(items: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    """Yield the items without one of them, for each of them."""
    for place in range(len(items)):
        yield items[:place] + items[place + 1 :]


def exactly(count: int, words: Sequence[str]) -> Sequence[str]:
    if len(words) != count:
        raise BadText(f"expected {count} argument{'s' * (count != 1)}, found {len(words)}")
    return words


def at_least(count: int, words: Sequence[str]) -> Sequence[str]:
    if len(words) < count:
        raise BadText(f"expected at least {count} argument{'s' * (count != 1)}")
    return words


@dataclass(frozen=True, slots=True)
class KeysStep(Step):
    """A step about one key or more, and nothing else; of any scope."""

    usage: ClassVar[str] = "KEY..."
    names: tuple[str, ...]

    def arguments(self) -> Sequence[str]:
        return self.names

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        at_least(1, words)
        return cls(text.each_once([text.name(item) for item in words]))

    def keys(self) -> tuple[str, ...]:
        return self.names

    def renamed(self, names: Names) -> Self:
        return replace(self, names=tuple(names.get(key, key) for key in self.names))

    def simpler(self) -> Iterator[Self]:
        if len(self.names) > 1:
            for shorter in one_less(self.names):
                yield replace(self, names=shorter)

    def without(self, key: str) -> Self | None:
        left = tuple(name for name in self.names if name != key)
        return replace(self, names=left) if left else None
