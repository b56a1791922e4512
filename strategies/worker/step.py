"""Base classes of steps at the scope of one worker, and the five shapes that most of them take."""

from abc import abstractmethod
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar, Self

from workerfuzz.statemachine.worker.events import Event
from workerfuzz.strategies import text
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.step import KeysStep, Names, Step, at_least, exactly, one_less, some
from workerfuzz.strategies.text import BadText, Holding
from workerfuzz.strategies.worker.view import EnvironmentView


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


class SomeKeys(KeysStep, WorkerStep):
    """A step about one key or more."""

    @classmethod
    def draw(cls, world: EnvironmentView, chooser: Chooser) -> Self:
        return cls(some(world.pool, 1, world.workload.together, chooser))


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


def not_among(name: str, names: Collection[str], sentence: str) -> str | None:
    """An obstacle where ``name`` is not among ``names``."""
    return None if name in names else sentence.format(name)
