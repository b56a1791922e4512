"""Base classes of steps at the scope of a cluster. Most of them name two participants or keys."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from workerfuzz.strategies import text
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.view import ClusterView
from workerfuzz.strategies.step import Names, Step, exactly


class ClusterStep(Step):
    """A step at the scope of a cluster.

    Attributes:
        source: collection of the view that it is about; while that is empty, it is not possible.
    """

    source: ClassVar[str]

    @classmethod
    def is_possible(cls, world: ClusterView) -> bool:
        return bool(getattr(world, cls.source))

    @abstractmethod
    def apply(self, world: Any) -> None:  # each kind narrows the type of its worlds
        """Apply this step to the world."""


@dataclass(frozen=True, slots=True)
class OneName(ClusterStep):
    """A step about one participant."""

    usage: ClassVar[str] = "WORKER"
    name: str

    @classmethod
    def draw(cls, world: ClusterView, chooser: Chooser) -> Self:
        return cls(chooser.pick(tuple(getattr(world, cls.source))))

    def why_impossible(self, world: ClusterView) -> str | None:
        known = self.name in getattr(world, self.source)
        return None if known else f"{self.word} is not possible for {self.name} now"

    def arguments(self) -> Sequence[str]:
        return (self.name,)

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        (name,) = exactly(1, words)
        return cls(text.name(name, "a worker"))

    def peers(self) -> tuple[str, ...]:
        return (self.name,)

    def renamed(self, names: Names) -> Self:
        return type(self)(names.get(self.name, self.name))


@dataclass(frozen=True, slots=True)
class TwoNames(ClusterStep):
    """A step about one of the pairs in its source."""

    usage: ClassVar[str] = "WORKER KEY"
    #: Which of the two names are keys.
    keyed: ClassVar[tuple[bool, bool]] = (False, True)
    first: str
    second: str

    @classmethod
    def draw(cls, world: ClusterView, chooser: Chooser) -> Self:
        return cls(*chooser.pick(tuple(getattr(world, cls.source))))

    def why_impossible(self, world: ClusterView) -> str | None:
        known = (self.first, self.second) in getattr(world, self.source)
        return None if known else f"{self} is not possible now"

    def arguments(self) -> Sequence[str]:
        return (self.first, self.second)

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        first, second = exactly(2, words)
        return cls(text.name(first, "a name"), text.name(second, "a name"))

    def keys(self) -> tuple[str, ...]:
        both = zip((self.first, self.second), self.keyed, strict=True)
        return tuple(name for name, is_key in both if is_key)

    def peers(self) -> tuple[str, ...]:
        both = zip((self.first, self.second), self.keyed, strict=True)
        return tuple(name for name, is_key in both if not is_key)

    def renamed(self, names: Names) -> Self:
        return type(self)(names.get(self.first, self.first), names.get(self.second, self.second))
