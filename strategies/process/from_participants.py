"""Steps of clients and workers that only whole processes can take."""

from typing import ClassVar

from workerfuzz.strategies.cluster.from_clients import ClientAndKeys
from workerfuzz.strategies.cluster.step import OneName
from workerfuzz.strategies.process.view import ProcessControl


class Gather(ClientAndKeys):
    """A client gathers the values of keys that it wants."""

    def apply(self, world: ProcessControl) -> None:
        world.gather(self.client, self.names)


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
