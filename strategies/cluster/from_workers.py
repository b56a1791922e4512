"""Steps in which a worker's own process, its threads or its fate have a part."""

from collections.abc import Collection
from typing import ClassVar, Final

from workerfuzz.statemachine import events
from workerfuzz.strategies.cluster.step import OneName, TwoNames
from workerfuzz.strategies.cluster.view import ClusterActs, ClusterView, Pair


class Begin(TwoNames):
    """A thread starts, and looks up what to run."""

    @classmethod
    def candidates(cls, world: ClusterView) -> Collection[Pair]:
        return world.issued

    def happen(self, world: ClusterActs) -> None:
        world.begin(self.first, self.second)


class ThreadEnds(TwoNames):
    """A thread has run its task."""

    how: ClassVar[str]

    @classmethod
    def candidates(cls, world: ClusterView) -> Collection[Pair]:
        return world.running

    def happen(self, world: ClusterActs) -> None:
        world.end(self.first, self.second, self.how)


class Succeed(ThreadEnds):
    """A task ends well."""

    how: ClassVar[str] = "well"


class Fail(ThreadEnds):
    """A task raises."""

    how: ClassVar[str] = "badly"


class Reschedule(ThreadEnds):
    """A task asks to be run elsewhere."""

    how: ClassVar[str] = "elsewhere"


class Spoil(ThreadEnds):
    """A task ends well, but its result cannot be stored."""

    how: ClassVar[str] = "spoiled"


class Secede(TwoNames):
    """A task leaves its slot and runs on."""

    @classmethod
    def candidates(cls, world: ClusterView) -> Collection[Pair]:
        return world.slotted

    def happen(self, world: ClusterActs) -> None:
        world.secede(self.first, self.second)


class FindMissing(OneName):
    """A clock ticks: a worker looks for keys that nobody holds."""

    @classmethod
    def candidates(cls, world: ClusterView) -> Collection[str]:
        return world.present

    def happen(self, world: ClusterActs) -> None:
        world.happen(self.name, events.FindMissing())


class Pause(OneName):
    """A worker runs short of memory."""

    @classmethod
    def may(cls, world: ClusterView) -> bool:
        return len(world.paused) < len(world.present)

    @classmethod
    def candidates(cls, world: ClusterView) -> Collection[str]:
        return [worker for worker in world.present if worker not in world.paused]

    def happen(self, world: ClusterActs) -> None:
        world.happen(self.name, events.Pause())


class Unpause(OneName):
    """A worker has memory again."""

    @classmethod
    def candidates(cls, world: ClusterView) -> Collection[str]:
        return world.paused

    def happen(self, world: ClusterActs) -> None:
        world.happen(self.name, events.Unpause())


class RetryBusyWorker(TwoNames):
    """A worker has waited long enough for a busy peer."""

    usage: ClassVar[str] = "WORKER PEER"
    keyed: ClassVar[tuple[bool, bool]] = (False, False)

    @classmethod
    def candidates(cls, world: ClusterView) -> Collection[Pair]:
        return world.retrying

    def happen(self, world: ClusterActs) -> None:
        world.happen(self.first, events.RetryBusyWorker(worker=self.second))


class Dies(OneName):
    """A worker's process is gone; the scheduler notices later."""

    @classmethod
    def candidates(cls, world: ClusterView) -> Collection[str]:
        return world.present

    def happen(self, world: ClusterActs) -> None:
        world.die(self.name)


class Join(OneName):
    """A fresh worker registers."""

    @classmethod
    def may(cls, world: ClusterView) -> bool:
        return world.may_join is not None

    @classmethod
    def candidates(cls, world: ClusterView) -> Collection[str]:
        return () if world.may_join is None else (world.may_join,)

    def happen(self, world: ClusterActs) -> None:
        world.join(self.name)


#: Ways in which a thread ends, in words of a case.
ENDINGS: Final = (Succeed, Fail, Reschedule, Spoil)
