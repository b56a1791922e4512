"""Steps in which the scheduler decides something by itself, or notices that a worker is gone."""

from collections.abc import Collection
from typing import ClassVar

from workerfuzz.strategies.cluster.step import OneName, TwoNames
from workerfuzz.strategies.cluster.view import ClusterActs, ClusterView, Pair


class Decision(TwoNames):
    """The scheduler decides something about a key and a worker."""

    usage: ClassVar[str] = "KEY WORKER"
    keyed: ClassVar[tuple[bool, bool]] = (True, False)

    def happen(self, world: ClusterActs) -> None:
        world.decide(self.word, self.first, self.second)


class Steal(Decision):
    """A task is to be computed by another worker, if the one that has it agrees."""

    @classmethod
    def candidates(cls, world: ClusterView) -> Collection[Pair]:
        return world.stealable()


class Replicate(Decision):
    """Another worker is to hold a value."""

    @classmethod
    def candidates(cls, world: ClusterView) -> Collection[Pair]:
        return world.replicable()


class Drop(Decision):
    """A worker may drop its copy of a value."""

    @classmethod
    def candidates(cls, world: ClusterView) -> Collection[Pair]:
        return world.droppable()


class Notice(OneName):
    """The scheduler notices that a worker is gone; what it had sent is lost by now."""

    @classmethod
    def candidates(cls, world: ClusterView) -> Collection[str]:
        return world.unnoticed

    def happen(self, world: ClusterActs) -> None:
        world.notice(self.name)
