"""Steps in which the scheduler decides something by itself, or notices that a worker died."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.step import ClusterStep, OneName, TwoNames
from workerfuzz.strategies.cluster.view import ClusterControl, ClusterView
from workerfuzz.strategies.step import KeysStep, exactly, some


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


class GatherOnWorker(Decision):
    """A worker copies a value for ``Scheduler.replicate`` or ``rebalance``; it is there at once.

    The scheduler hears of it later. A scatter with ``broadcast`` is a scatter, and this for each of
    the other workers.
    """

    source: ClassVar[str] = "gatherable"

    def apply(self, world: ClusterControl) -> None:
        world.gather_on_worker(self.first, self.second)


class Gathered(Decision):
    """The scheduler hears that a worker has copied a value, as it was asked to."""

    source: ClassVar[str] = "gathering"

    def apply(self, world: ClusterControl) -> None:
        world.gathered(self.first, self.second)


class Recompute(KeysStep, ClusterStep):
    """A plugin of the scheduler has tasks computed anew, results that are in memory included.

    Of the tasks that were submitted; those that are not known, released or erred stay as they are, and
    so do actors.

    Attributes:
        names: in the order in which they are released.
    """

    source: ClassVar[str] = "contents"

    @classmethod
    def draw(cls, world: ClusterView, chooser: Chooser) -> Self:
        known = [key for key in world.pool if key in world.contents]
        return cls(some(known, 1, 3, chooser)[::-1])  # what depends on others goes first

    def why_impossible(self, world: ClusterView) -> str | None:
        unknown = [key for key in self.names if key not in world.contents]
        return f"{unknown[0]} was never submitted" if unknown else None

    def apply(self, world: ClusterControl) -> None:
        world.recompute(self.names)


class Retire(OneName):
    """The scheduler begins to retire a worker that runs: it gets nothing new, and is told so."""

    source: ClassVar[str] = "retirable"

    def apply(self, world: ClusterControl) -> None:
        world.retire(self.name)


class Unretire(OneName):
    """The scheduler gives up retiring a worker, which is to run again."""

    source: ClassVar[str] = "retiring"

    def apply(self, world: ClusterControl) -> None:
        world.unretire(self.name)


class Retired(OneName):
    """A worker that retires, and whose values are elsewhere by now, is removed, as expected."""

    source: ClassVar[str] = "leaving"

    def apply(self, world: ClusterControl) -> None:
        world.retired(self.name)


@dataclass(frozen=True, slots=True)
class ManageMemory(ClusterStep):
    """The active memory manager runs: it reduces replicas, and moves what retiring workers hold."""

    source: ClassVar[str] = "present"

    @classmethod
    def draw(cls, world: ClusterView, chooser: Chooser) -> Self:
        return cls()

    def apply(self, world: ClusterControl) -> None:
        world.manage_memory()

    def arguments(self) -> Sequence[str]:
        return ()

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        exactly(0, words)
        return cls()


class Notice(OneName):
    """The scheduler notices that a worker died; messages of that worker are lost by then."""

    source: ClassVar[str] = "unnoticed"

    def apply(self, world: ClusterControl) -> None:
        world.notice(self.name)
