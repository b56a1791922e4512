"""Base classes of steps, and the five shapes that most of them take.

A step is plain data. It is the source of truth of every run: what an engine chooses, what a case keeps,
what shrinking removes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, Self, TypeVar

from workerfuzz.statemachine.worker.events import Event
from workerfuzz.statemachine.worker.task import TaskSpec
from workerfuzz.strategies import text
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.text import BadText, Holding
from workerfuzz.strategies.worker.view import EnvironmentView

T = TypeVar("T")

#: New names by old ones, for keys and peers alike.
Names = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step(ABC):
    """One step of a world, as plain data."""

    #: How it is called in cases; follows from the class name.
    word: ClassVar[str] = ""
    #: What follows the word, for people who mistyped it.
    usage: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        cls.word = text.word(cls)

    @classmethod
    def is_possible(cls, world: Any) -> bool:
        """Some step of this kind is possible now. Cheap: asked before every step."""
        return True

    @classmethod
    @abstractmethod
    def draw(cls, world: Any, chooser: Chooser) -> Self:
        """A step of this kind that is possible now; only where ``is_possible`` says so."""

    def why_impossible(self, world: Any) -> str | None:
        """Why this very step is not possible now; None where it is."""
        return None

    @abstractmethod
    def arguments(self) -> Sequence[str]:
        """Return the words behind the first one in a case."""

    @classmethod
    @abstractmethod
    def parse(cls, words: Sequence[str]) -> Self:
        """The reverse of ``arguments``; raises BadText."""

    def keys(self) -> tuple[str, ...]:
        """Keys that it names."""
        return ()

    def peers(self) -> tuple[str, ...]:
        """Peers that it names."""
        return ()

    def renamed(self, names: Names) -> Self:
        """The same step with other names."""
        return self

    def simpler(self) -> Iterator[Self]:
        """The same kind of step with a little less in it; used to shrink."""
        return iter(())

    def without(self, key: str) -> Self | None:
        """The same step where a key is not; None: nothing is left of it."""
        return None if key in self.keys() else self

    def contents(self) -> tuple[TaskSpec, ...]:
        """Return the contents of tasks that this step states."""
        return ()

    def recomputed(self, change: Callable[[TaskSpec], TaskSpec]) -> Self:
        """The same step where each content is another one, of the same key."""
        return self

    def __str__(self) -> str:
        return " ".join((self.word, *self.arguments()))


class WorkerStep(Step):
    """A step at the scope of one worker."""

    @abstractmethod
    def event(self, world: EnvironmentView) -> Event:
        """Return the event that this step sends to the worker."""


@dataclass(frozen=True, slots=True)
class Bare(WorkerStep):
    """A step with nothing to choose."""

    @classmethod
    def draw(cls, world: EnvironmentView, chooser: Chooser) -> Self:
        return cls()

    def arguments(self) -> Sequence[str]:
        return ()

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        if words:
            raise BadText(f'nothing follows, found "{words[0]}"')
        return cls()


@dataclass(frozen=True, slots=True)
class OneKey(WorkerStep):
    """A step about one key."""

    usage: ClassVar[str] = "KEY"
    key: str

    @classmethod
    def candidates(cls, world: EnvironmentView) -> Sequence[str]:
        """Keys that it can be about now, in a fixed order."""
        return world.pool

    @classmethod
    def draw(cls, world: EnvironmentView, chooser: Chooser) -> Self:
        return cls(chooser.pick(cls.candidates(world)))

    def arguments(self) -> Sequence[str]:
        return (self.key,)

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        (key,) = exactly(1, words)
        return cls(text.name(key))

    def keys(self) -> tuple[str, ...]:
        return (self.key,)

    def renamed(self, names: Names) -> Self:
        return replace(self, key=names.get(self.key, self.key))


@dataclass(frozen=True, slots=True)
class OnePeer(WorkerStep):
    """A step about one peer."""

    usage: ClassVar[str] = "PEER"
    worker: str

    @classmethod
    def candidates(cls, world: EnvironmentView) -> Sequence[str]:
        """Peers that it can be about now, in a fixed order."""
        return world.peers

    @classmethod
    def draw(cls, world: EnvironmentView, chooser: Chooser) -> Self:
        return cls(chooser.pick(cls.candidates(world)))

    def arguments(self) -> Sequence[str]:
        return (self.worker,)

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        (worker,) = exactly(1, words)
        return cls(text.peer(worker))

    def peers(self) -> tuple[str, ...]:
        return (self.worker,)

    def renamed(self, names: Names) -> Self:
        return replace(self, worker=names.get(self.worker, self.worker))


@dataclass(frozen=True, slots=True)
class SomeKeys(WorkerStep):
    """A step about one key or more."""

    usage: ClassVar[str] = "KEY..."
    names: tuple[str, ...]

    @classmethod
    def draw(cls, world: EnvironmentView, chooser: Chooser) -> Self:
        return cls(some(world.pool, 1, world.workload.together, chooser))

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


@dataclass(frozen=True, slots=True)
class SomeHoldings(WorkerStep):
    """A step that tells who holds one key or more."""

    usage: ClassVar[str] = "KEY[:NBYTES][@PEER,PEER]..."
    holdings: tuple[Holding, ...]

    @classmethod
    def draw(cls, world: EnvironmentView, chooser: Chooser) -> Self:
        keys = some(world.pool, 1, world.workload.together, chooser)
        return cls(draw_holdings(world, keys, chooser))

    def arguments(self) -> Sequence[str]:
        return tuple(map(str, self.holdings))

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        at_least(1, words)
        return cls(parse_holdings(words))

    def keys(self) -> tuple[str, ...]:
        return tuple(holding.key for holding in self.holdings)

    def peers(self) -> tuple[str, ...]:
        return tuple(peer for holding in self.holdings for peer in holding.peers)

    def renamed(self, names: Names) -> Self:
        return replace(self, holdings=renamed_holdings(self.holdings, names))

    def simpler(self) -> Iterator[Self]:
        if len(self.holdings) > 1:
            for shorter in one_less(self.holdings):
                yield replace(self, holdings=shorter)
        for holdings in simpler_holdings(self.holdings):
            yield replace(self, holdings=holdings)

    def without(self, key: str) -> Self | None:
        left = tuple(holding for holding in self.holdings if holding.key != key)
        return replace(self, holdings=left) if left else None


def some(items: Sequence[T], low: int, high: int, chooser: Chooser) -> tuple[T, ...]:
    """Between ``low`` and ``high`` different items, in their own order; fewer where there are fewer."""
    count = chooser.integer(min(low, len(items)), min(high, len(items)))
    if not count:
        return ()
    if count == 1:
        return (items[chooser.integer(0, len(items) - 1)],)
    left = list(range(len(items)))
    chosen = [left.pop(chooser.integer(0, len(left) - 1)) for _ in range(count)]
    return tuple([items[place] for place in sorted(chosen)])


def draw_holdings(
    world: EnvironmentView, keys: Sequence[str], chooser: Chooser
) -> tuple[Holding, ...]:
    """Draw holders of each key: nobody, one peer, two, or (falsely) the worker itself."""
    holders, sizes, pick = possible_holders(tuple(world.peers)), world.workload.sizes, chooser.pick
    return tuple([Holding(key, pick(holders), pick(sizes)) for key in keys])


@cache
def possible_holders(peers: tuple[str, ...]) -> Sequence[tuple[str, ...]]:
    single = [(peer,) for peer in peers]
    double = [(one, other) for one in peers for other in peers if one < other]
    return (*single, *double, (), ("self",))


def parse_holdings(words: Sequence[str]) -> tuple[Holding, ...]:
    return text.each_once([text.holding(item) for item in words], lambda item: item.key)


def renamed_holdings(holdings: Sequence[Holding], names: Names) -> tuple[Holding, ...]:
    return tuple(
        Holding(
            names.get(holding.key, holding.key),
            tuple(names.get(peer, peer) for peer in holding.peers),
            holding.nbytes,
        )
        for holding in holdings
    )


def simpler_holdings(holdings: tuple[Holding, ...]) -> Iterator[tuple[Holding, ...]]:
    """One holder less, or one size less, at one place."""
    for place, holding in enumerate(holdings):
        fewer = [replace(holding, peers=peers) for peers in one_less(holding.peers)]
        unsized = [replace(holding, nbytes=None)] if holding.nbytes is not None else []
        for simpler in (*fewer, *unsized):
            yield (*holdings[:place], simpler, *holdings[place + 1 :])


def one_less(items: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    """The items without one of them, for each of them."""
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


def not_among(name: str, names: Collection[str], sentence: str) -> str | None:
    """An obstacle where ``name`` is not among ``names``."""
    return None if name in names else sentence.format(name)
