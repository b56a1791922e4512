"""Steps in which a client releases, cancels or retries keys, scatters values, leaves or comes back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from workerfuzz.statemachine.scheduler import client_requests
from workerfuzz.strategies import text
from workerfuzz.strategies.choosers import Chooser
from workerfuzz.strategies.cluster.step import ClusterStep, OneName
from workerfuzz.strategies.cluster.view import ClusterControl, ClusterView
from workerfuzz.strategies.cluster.workload_profile import happens
from workerfuzz.strategies.step import Names, at_least, one_less, some
from workerfuzz.strategies.text import BadText


@dataclass(frozen=True, slots=True)
class ClientAndKeys(ClusterStep):
    """A client asks for something to be done with some of the keys that it wants."""

    usage: ClassVar[str] = "CLIENT KEY..."
    source: ClassVar[str] = "wanting"
    client: str
    names: tuple[str, ...]

    @classmethod
    def choice(cls, world: ClusterView, client: str) -> Sequence[str]:
        """Keys that it can be about, for a client."""
        return tuple(world.wants[client])

    @classmethod
    def draw(cls, world: ClusterView, chooser: Chooser) -> Self:
        willing = [client for client in world.clients if cls.choice(world, client)]
        client = chooser.pick(willing)
        return cls(client, some(cls.choice(world, client), 1, 3, chooser))

    def why_impossible(self, world: ClusterView) -> str | None:
        if self.client not in world.clients:
            return f"there is no client {self.client}"
        for key in self.names:
            if key not in self.choice(world, self.client):
                return f"{self.word} of {key} by {self.client} is not possible now"
        return None

    def arguments(self) -> Sequence[str]:
        return (self.client, *self.names)

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        at_least(2, words)
        client, *keys = words
        return cls(text.name(client, "a client"), text.each_once([text.name(key) for key in keys]))

    def keys(self) -> tuple[str, ...]:
        return self.names

    def peers(self) -> tuple[str, ...]:
        return (self.client,)

    def renamed(self, names: Names) -> Self:
        return replace(
            self,
            client=names.get(self.client, self.client),
            names=tuple(names.get(key, key) for key in self.names),
        )

    def simpler(self) -> Iterator[Self]:
        if len(self.names) > 1:
            for shorter in one_less(self.names):
                yield replace(self, names=shorter)

    def without(self, key: str) -> Self | None:
        left = tuple(name for name in self.names if name != key)
        return replace(self, names=left) if left else None


class Release(ClientAndKeys):
    """A client releases its futures, cancelled ones included."""

    source: ClassVar[str] = "holding"

    @classmethod
    def choice(cls, world: ClusterView, client: str) -> Sequence[str]:
        return (*world.wants[client], *world.held[client])

    def apply(self, world: ClusterControl) -> None:
        world.send_request(self.client, client_requests.Release(keys=self.names))


@dataclass(frozen=True, slots=True)
class Cancel(ClientAndKeys):
    """A client cancels keys, with all their dependents.

    Attributes:
        force: the other clients have to do without as well.
    """

    usage: ClassVar[str] = "CLIENT KEY... [force]"
    force: bool = False

    @classmethod
    def draw(cls, world: ClusterView, chooser: Chooser) -> Self:
        plain = super(Cancel, cls).draw(world, chooser)
        return replace(plain, force=chooser.pick(world.workload.forced))

    def apply(self, world: ClusterControl) -> None:
        world.send_request(self.client, client_requests.Cancel(keys=self.names, force=self.force))

    def arguments(self) -> Sequence[str]:
        return (self.client, *self.names, *(["[force]"] if self.force else []))

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        force = bool(words) and words[-1] == "[force]"
        plain = super(Cancel, cls).parse(words[:-1] if force else words)
        return replace(plain, force=force)

    def simpler(self) -> Iterator[Self]:
        yield from super(Cancel, self).simpler()
        if self.force:
            yield replace(self, force=False)


class Retry(ClientAndKeys):
    """A client retries failed keys; the request overtakes its earlier ones."""

    source: ClassVar[str] = "failed"

    @classmethod
    def choice(cls, world: ClusterView, client: str) -> Sequence[str]:
        return [key for whose, key in world.failed if whose == client]

    def apply(self, world: ClusterControl) -> None:
        world.send_request(self.client, client_requests.Retry(keys=self.names), at_once=True)


@dataclass(frozen=True, slots=True)
class ScatterStep(ClusterStep):
    """A client scatters a value to a worker, or part of that."""

    usage: ClassVar[str] = "CLIENT KEY@WORKER"
    client: str
    key: str
    worker: str

    def arguments(self) -> Sequence[str]:
        return (self.client, f"{self.key}@{self.worker}")

    @classmethod
    def parse(cls, words: Sequence[str]) -> Self:
        if len(words) != 2 or "@" not in words[1]:
            raise BadText("expected a client, and KEY@WORKER")
        key, _, worker = words[1].partition("@")
        return cls(text.name(words[0], "a client"), text.name(key), text.name(worker, "a worker"))

    def keys(self) -> tuple[str, ...]:
        return (self.key,)

    def peers(self) -> tuple[str, ...]:
        return (self.client, self.worker)

    def renamed(self, names: Names) -> Self:
        return type(self)(*(names.get(name, name) for name in (self.client, self.key, self.worker)))


class NewScatter(ScatterStep):
    """A client scatters a value: of a key that is new, or that was scattered before."""

    source: ClassVar[str] = "scatterable"

    @classmethod
    def draw(cls, world: ClusterView, chooser: Chooser) -> Self:
        keys = world.scatterable
        if not happens(world.workload.scattering_again, chooser):
            keys = [key for key in keys if key not in world.data] or keys
        return cls(
            chooser.pick(tuple(world.clients)),
            chooser.pick(keys),
            chooser.pick(tuple(world.present)),
        )

    def why_impossible(self, world: ClusterView) -> str | None:
        if self.client not in world.clients:
            return f"there is no client {self.client}"
        if self.worker not in world.present:
            return f"{self.worker} is not there"
        if self.key not in world.scatterable:
            return f"{self.key} is in use already"
        return None


class Scatter(NewScatter):
    """A client puts a value on a worker, and wants it; the scheduler hears of it at once."""

    def apply(self, world: ClusterControl) -> None:
        world.scatter(self.client, self.key, self.worker)


class Store(NewScatter):
    """A value that a client scatters arrives at a worker; the scheduler hears of it later."""

    def apply(self, world: ClusterControl) -> None:
        world.store(self.client, self.key, self.worker)


class Scattered(ScatterStep):
    """The scheduler hears of a value that a client has scattered, and the client wants it."""

    source: ClassVar[str] = "scattering"

    @classmethod
    def draw(cls, world: ClusterView, chooser: Chooser) -> Self:
        return cls(*chooser.pick(tuple(world.scattering)))

    def why_impossible(self, world: ClusterView) -> str | None:
        known = (self.client, self.key, self.worker) in world.scattering
        return None if known else f"{self} is not possible now"

    def apply(self, world: ClusterControl) -> None:
        world.scattered(self.client, self.key, self.worker)


class OneClient(OneName):
    """A step about the connection of a client."""

    usage: ClassVar[str] = "CLIENT"


class Disconnect(OneClient):
    """The connection of a client ends; it has no futures any more, and gets no notices.

    Its requests that are under way may still arrive.
    """

    source: ClassVar[str] = "disconnectable"

    def apply(self, world: ClusterControl) -> None:
        world.disconnect(self.name)


class Disconnected(OneClient):
    """The scheduler removes a client whose connection has ended; requests under way are lost by then."""

    source: ClassVar[str] = "disconnecting"

    def apply(self, world: ClusterControl) -> None:
        world.disconnected(self.name)


class Connect(OneClient):
    """A client connects again, under the same name."""

    source: ClassVar[str] = "connectable"

    def apply(self, world: ClusterControl) -> None:
        world.connect(self.name)
