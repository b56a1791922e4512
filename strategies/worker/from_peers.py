"""Steps in which a transfer ends: everything that was asked for, less, nothing, or an error."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from workerfuzz.statemachine.worker import events
from workerfuzz.strategies import text
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.step import Names, one_less, some
from workerfuzz.strategies.text import BadText
from workerfuzz.strategies.worker.step import OnePeer, not_among
from workerfuzz.strategies.worker.view import EnvironmentView


class TransferEnds(OnePeer):
    """The answer of a peer that was asked for keys."""

    @classmethod
    def is_possible(cls, world: EnvironmentView) -> bool:
        return bool(world.gathering)

    @classmethod
    def candidates(cls, world: EnvironmentView) -> Sequence[str]:
        return sorted(world.gathering)

    def why_impossible(self, world: EnvironmentView) -> str | None:
        return not_among(self.worker, world.gathering, "no transfer from {} is open")


@dataclass(frozen=True, slots=True)
class GatherDepSuccess(TransferEnds):
    """A peer sends all, some or none of the keys it was asked for.

    Attributes:
        names: keys that arrive.
    """

    usage: ClassVar[str] = "PEER [KEY...]"
    names: tuple[str, ...] = ()

    @classmethod
    def draw(cls, world: EnvironmentView, chooser: Chooser) -> Self:
        worker = chooser.pick(cls.candidates(world))
        asked = world.gathering[worker]
        everything = chooser.pick((True, True, False))
        return cls(worker, asked if everything else some(asked, 0, len(asked), chooser))

    def why_impossible(self, world: EnvironmentView) -> str | None:
        if self.worker not in world.gathering:
            return f"no transfer from {self.worker} is open"
        for key in self.names:
            if key not in world.gathering[self.worker]:
                return f"{self.worker} was not asked for {key}"
        return None

    def event(self, world: EnvironmentView) -> events.GatherDepSuccess:
        values = {key: f"{key} from {self.worker}" for key in self.names}
        return events.GatherDepSuccess(worker=self.worker, values=values)

    def arguments(self) -> Sequence[str]:
        return (self.worker, *self.names)

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        if not words:
            raise BadText("expected a peer")
        keys = [text.name(key) for key in words[1:]]
        return cls(text.peer(words[0]), text.each_once(keys))

    def keys(self) -> tuple[str, ...]:
        return self.names

    def renamed(self, names: Names) -> Self:
        return replace(
            self,
            worker=names.get(self.worker, self.worker),
            names=tuple(names.get(key, key) for key in self.names),
        )

    def simpler(self) -> Iterator[Self]:
        for names in one_less(self.names):
            yield replace(self, names=names)

    def without(self, key: str) -> Self:
        return replace(self, names=tuple(name for name in self.names if name != key))


class GatherDepBusy(TransferEnds):
    """A peer has no time."""

    def event(self, world: EnvironmentView) -> events.GatherDepBusy:
        return events.GatherDepBusy(worker=self.worker)


class GatherDepNetworkFailure(TransferEnds):
    """The connection breaks; a peer that dies looks like this as well."""

    def event(self, world: EnvironmentView) -> events.GatherDepNetworkFailure:
        return events.GatherDepNetworkFailure(worker=self.worker)


class GatherDepFailure(TransferEnds):
    """Data of a peer fails to deserialise."""

    def event(self, world: EnvironmentView) -> events.GatherDepFailure:
        return events.GatherDepFailure(worker=self.worker)
