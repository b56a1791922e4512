"""Steps in which messages and transfers get where they are going, or do not."""

from collections.abc import Sequence
from typing import ClassVar, Self

from workerfuzz.strategies import text
from workerfuzz.strategies.cluster.step import TwoNames
from workerfuzz.strategies.cluster.view import ClusterControl, ClusterView, TransferOutcome
from workerfuzz.strategies.step import exactly
from workerfuzz.strategies.text import BadText


class Deliver(TwoNames):
    """The oldest batch of messages in a mailbox arrives."""

    usage: ClassVar[str] = "SENDER->RECEIVER"
    keyed: ClassVar[tuple[bool, bool]] = (False, False)
    source: ClassVar[str] = "mail"

    def apply(self, world: ClusterControl) -> None:
        world.deliver(self.first, self.second)

    def why_impossible(self, world: ClusterView) -> str | None:
        if (self.first, self.second) in world.mail:
            return None
        return f"there is no message from {self.first} for {self.second}"

    def arguments(self) -> Sequence[str]:
        return (f"{self.first}->{self.second}",)

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        (mailbox,) = exactly(1, words)
        sender, arrow, receiver = mailbox.partition("->")
        if not arrow:
            raise BadText(f'expected SENDER->RECEIVER, found "{mailbox}"')
        return cls(text.name(sender, "a sender"), text.name(receiver, "a receiver"))


class TransferStep(TwoNames):
    """Something happens to a transfer that a worker asked a peer for."""

    usage: ClassVar[str] = "WORKER PEER"
    keyed: ClassVar[tuple[bool, bool]] = (False, False)


class Serve(TransferStep):
    """A peer reads what it was asked for: all of it, or what it has."""

    source: ClassVar[str] = "unserved"

    def apply(self, world: ClusterControl) -> None:
        world.serve(self.first, self.second)


class Refuse(TransferStep):
    """A peer has no time."""

    source: ClassVar[str] = "unserved"

    def apply(self, world: ClusterControl) -> None:
        world.transferred(self.first, self.second, TransferOutcome.BUSY)


class Receive(TransferStep):
    """Data of a peer arrives."""

    source: ClassVar[str] = "served"

    def apply(self, world: ClusterControl) -> None:
        world.transferred(self.first, self.second, TransferOutcome.SUCCESS)


class Garble(TransferStep):
    """Data of a peer arrives, and fails to deserialise."""

    source: ClassVar[str] = "served"

    def apply(self, world: ClusterControl) -> None:
        world.transferred(self.first, self.second, TransferOutcome.GARBLED)


class Overflow(TransferStep):
    """Data of a peer arrives, and cannot be stored: no key of it."""

    source: ClassVar[str] = "bringing"

    def apply(self, world: ClusterControl) -> None:
        world.transferred(self.first, self.second, TransferOutcome.NOT_STORED)


class Break(TransferStep):
    """The connection breaks; with a peer that died, it can do nothing else."""

    source: ClassVar[str] = "open"

    def apply(self, world: ClusterControl) -> None:
        world.transferred(self.first, self.second, TransferOutcome.NETWORK_FAILURE)
