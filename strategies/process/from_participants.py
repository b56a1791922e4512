"""Steps of clients and workers that only whole processes can take."""

from typing import ClassVar

from workerfuzz.strategies.cluster.from_clients import ClientAndKeys, OneClient
from workerfuzz.strategies.cluster.step import OneName, TwoNames
from workerfuzz.strategies.process.view import ClientCall, ProcessControl


class Gather(ClientAndKeys):
    """A client gathers the values of keys that it wants."""

    def apply(self, world: ProcessControl) -> None:
        world.gather(self.client, self.names)


class CallAboutKeys(ClientAndKeys):
    """A client makes a call of its API about futures that it has."""

    call: ClassVar[ClientCall]

    def apply(self, world: ProcessControl) -> None:
        world.make_call(self.client, self.call, keys=self.names)


class ReplicateKeys(CallAboutKeys):
    """A client has keys copied to all workers."""

    call: ClassVar[ClientCall] = ClientCall.REPLICATE


class Publish(CallAboutKeys):
    """A client publishes each of some keys as a data set of that name."""

    call: ClassVar[ClientCall] = ClientCall.PUBLISH


class Broadcast(TwoNames):
    """A client scatters a value to every worker."""

    usage: ClassVar[str] = "CLIENT KEY"
    source: ClassVar[str] = "broadcastable"

    def apply(self, world: ProcessControl) -> None:
        world.broadcast(self.first, self.second)


class CallOfClient(OneClient):
    """A client makes a call of its API about nothing in particular."""

    source: ClassVar[str] = "clients"
    call: ClassVar[ClientCall]

    def apply(self, world: ProcessControl) -> None:
        world.make_call(self.name, self.call)


class Rebalance(CallOfClient):
    """A client has keys spread evenly over the workers."""

    call: ClassVar[ClientCall] = ClientCall.REBALANCE


class Restart(CallOfClient):
    """A client has the cluster restarted: nothing is known any more, and all workers close."""

    call: ClassVar[ClientCall] = ClientCall.RESTART


class Unpublish(TwoNames):
    """A client takes back a data set."""

    usage: ClassVar[str] = "CLIENT KEY"
    source: ClassVar[str] = "published"

    def apply(self, world: ProcessControl) -> None:
        world.make_call(self.first, ClientCall.UNPUBLISH, keys=(self.second,))


class RetireWorkers(TwoNames):
    """A client has a worker retired: others take over what it has, and it is told to close."""

    usage: ClassVar[str] = "CLIENT WORKER"
    keyed: ClassVar[tuple[bool, bool]] = (False, False)
    source: ClassVar[str] = "retirable"

    def apply(self, world: ProcessControl) -> None:
        world.make_call(self.first, ClientCall.RETIRE, workers=(self.second,))


class Lock(CallOfClient):
    """A client waits for the lock, until it has it."""

    source: ClassVar[str] = "unlocked"
    call: ClassVar[ClientCall] = ClientCall.LOCK


class Unlock(CallOfClient):
    """A client releases the lock."""

    source: ClassVar[str] = "locked"
    call: ClassVar[ClientCall] = ClientCall.UNLOCK


class Leave(OneClient):
    """A client closes, with all its futures."""

    source: ClassVar[str] = "clients"

    def apply(self, world: ProcessControl) -> None:
        world.leave(self.name)


class Enter(OneClient):
    """A client that has left connects again, as a process of its own."""

    source: ClassVar[str] = "away"

    def apply(self, world: ProcessControl) -> None:
        world.enter(self.name)


class Unserialisable(TwoNames):
    """A task ends well, and its result cannot be sent to anybody."""

    source: ClassVar[str] = "running"

    def apply(self, world: ProcessControl) -> None:
        world.end_unserialisable(self.first, self.second)


class Close(OneName):
    """A worker closes, whatever it has."""

    source: ClassVar[str] = "present"

    def apply(self, world: ProcessControl) -> None:
        world.close_worker(self.name, gracefully=False)


class CloseGracefully(OneName):
    """A worker closes once others have taken over what it has."""

    source: ClassVar[str] = "present"

    def apply(self, world: ProcessControl) -> None:
        world.close_worker(self.name, gracefully=True)


class JoinAs(TwoNames):
    """A worker joins at the address of one name, and with another: ``join-as w2 w0``."""

    usage: ClassVar[str] = "WORKER NAME"
    keyed: ClassVar[tuple[bool, bool]] = (False, False)
    source: ClassVar[str] = "joining_as"

    def apply(self, world: ProcessControl) -> None:
        world.join(self.first, name=self.second)
