"""Steps in which a worker's own process, its threads or its fate have a part."""

from typing import ClassVar

from workerfuzz.statemachine.worker import events
from workerfuzz.strategies.cluster.step import OneName, TwoNames
from workerfuzz.strategies.cluster.view import ClusterControl, ThreadOutcome


class Begin(TwoNames):
    """A thread starts, and looks up what to run."""

    source: ClassVar[str] = "issued"

    def apply(self, world: ClusterControl) -> None:
        world.begin(self.first, self.second)


class ThreadEnds(TwoNames):
    """A thread has run its task."""

    outcome: ClassVar[ThreadOutcome]
    source: ClassVar[str] = "running"

    def apply(self, world: ClusterControl) -> None:
        world.end(self.first, self.second, self.outcome)


class Succeed(ThreadEnds):
    """A task ends well."""

    outcome: ClassVar[ThreadOutcome] = ThreadOutcome.SUCCESS


class Fail(ThreadEnds):
    """A task raises."""

    outcome: ClassVar[ThreadOutcome] = ThreadOutcome.FAILURE


class Reschedule(ThreadEnds):
    """A task asks to be run elsewhere."""

    outcome: ClassVar[ThreadOutcome] = ThreadOutcome.RESCHEDULE


class Spoil(ThreadEnds):
    """A task ends well, but its result cannot be stored. An actor is not: it stays where it is."""

    outcome: ClassVar[ThreadOutcome] = ThreadOutcome.NOT_STORED
    source: ClassVar[str] = "storing"


class Secede(TwoNames):
    """A task leaves its slot and runs on."""

    source: ClassVar[str] = "slotted"

    def apply(self, world: ClusterControl) -> None:
        world.secede(self.first, self.second)


class FindMissing(OneName):
    """A clock ticks: a worker looks for keys that nobody holds."""

    source: ClassVar[str] = "present"

    def apply(self, world: ClusterControl) -> None:
        world.handle_event(self.name, events.FindMissing())


class Pause(OneName):
    """A worker runs short of memory."""

    source: ClassVar[str] = "awake"

    def apply(self, world: ClusterControl) -> None:
        world.handle_event(self.name, events.Pause())


class Unpause(OneName):
    """A worker has memory again."""

    source: ClassVar[str] = "resumable"

    def apply(self, world: ClusterControl) -> None:
        world.handle_event(self.name, events.Unpause())


class RetryBusyWorker(TwoNames):
    """A worker has waited long enough for a busy peer."""

    usage: ClassVar[str] = "WORKER PEER"
    keyed: ClassVar[tuple[bool, bool]] = (False, False)
    source: ClassVar[str] = "retrying"

    def apply(self, world: ClusterControl) -> None:
        world.handle_event(self.first, events.RetryBusyWorker(worker=self.second))


class Dies(OneName):
    """The process of a worker dies; the scheduler notices later."""

    source: ClassVar[str] = "present"

    def apply(self, world: ClusterControl) -> None:
        world.die(self.name)


class Join(OneName):
    """A fresh worker registers, maybe at the address of one that the scheduler knows to be gone."""

    source: ClassVar[str] = "joining"

    def apply(self, world: ClusterControl) -> None:
        world.join(self.name)
