"""Steps in which the scheduler decides something by itself, or notices that a worker died."""

from typing import ClassVar

from workerfuzz.strategies.cluster.step import OneName, TwoNames
from workerfuzz.strategies.cluster.view import ClusterControl


class Decision(TwoNames):
    """The scheduler decides something about a key and a worker."""

    usage: ClassVar[str] = "KEY WORKER"
    keyed: ClassVar[tuple[bool, bool]] = (True, False)


class Steal(Decision):
    """A task is to be computed by another worker, if the one that has it agrees."""

    source: ClassVar[str] = "stealable"

    def apply(self, world: ClusterControl) -> None:
        world.steal(self.first, self.second)


class Replicate(Decision):
    """Another worker is to hold a value."""

    source: ClassVar[str] = "replicable"

    def apply(self, world: ClusterControl) -> None:
        world.replicate(self.first, self.second)


class Drop(Decision):
    """A worker may drop its copy of a value."""

    source: ClassVar[str] = "droppable"

    def apply(self, world: ClusterControl) -> None:
        world.drop(self.first, self.second)


class Notice(OneName):
    """The scheduler notices that a worker died; messages of that worker are lost by then."""

    source: ClassVar[str] = "unnoticed"

    def apply(self, world: ClusterControl) -> None:
        world.notice(self.name)
