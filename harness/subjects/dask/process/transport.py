"""Connections in memory: the comm backend ``sim://`` of distributed.

A connection is two pipes, each first in, first out. A message that was written stays in its pipe until
the simulation delivers it; so does the end of a connection. Messages cross as frames, serialised as over
TCP, so that no two participants share an object.

Source: distributed 2026.8.0, comm/tcp.py, TCP.read, TCP.write, TCP.abort.
"""

import asyncio
import contextvars
import itertools
import zlib
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from typing import Final, NoReturn

from distributed import protocol
from distributed.comm.core import BaseListener, Comm, CommClosedError, Connector
from distributed.comm.registry import Backend

from workerfuzz.harness.subjects.dask.instrumentation import DaskObject
from workerfuzz.harness.subjects.dask.process.loop import PARTICIPANT, SimulatedLoop
from workerfuzz.harness.subjects.process_protocol import Traffic, way_back

#: Name of the backend in addresses.
SCHEME: Final = "sim"

#: Frames of one message; None stands for the end of the connection.
Message = list[bytes] | None


def address_of(participant: str) -> str:
    return f"{SCHEME}://{participant}:1"


def participant_at(address: str) -> str:
    """Return the participant of an address: the reverse of ``address_of``."""
    return str(address).removeprefix(f"{SCHEME}://").partition(":")[0]


class Pipe:
    """One direction of a connection.

    Attributes:
        name: ``c0>scheduler.1``, or ``scheduler<c0.1`` for the way back.
        under_way: messages that were written and not delivered.
        arrived: messages that were delivered and not read.
        reader: whoever waits for the next one.
        ended: the end of the connection was delivered.
        introduced: the first message, which only says hello, was sent.
    """

    def __init__(self, name: str, sender: str, receiver: str) -> None:
        self.name, self.sender, self.receiver = name, sender, receiver
        self.under_way: deque[Message] = deque()
        self.arrived: deque[Message] = deque()
        self.reader: asyncio.Future[None] | None = None
        self.ended = False
        self.introduced = False

    def wake_reader(self) -> None:
        reader, self.reader = self.reader, None
        if reader is not None and not reader.done():
            reader.set_result(None)


class Network:
    """All connections of one simulation.

    Attributes:
        pipes: by name; those whose end was delivered are gone.
        digest: of all frames delivered so far, in order.
        traffic: messages written and delivered since ``take_traffic``.
    """

    def __init__(self, loop: SimulatedLoop) -> None:
        self.loop = loop
        self.listeners: dict[str, Listener] = {}
        self.pipes: dict[str, Pipe] = {}
        self.connections: list[Connection] = []
        self.digest = 0
        self.traffic: list[Traffic] = []
        self._numbers: dict[tuple[str, str], Iterator[int]] = {}

    def connect(self, caller: str, callee: str) -> tuple["Connection", "Connection"]:
        """Return both ends of a new connection."""
        number = next(self._numbers.setdefault((caller, callee), itertools.count(1)))
        there = Pipe(f"{caller}>{callee}.{number}", caller, callee)
        back = Pipe(f"{callee}<{caller}.{number}", callee, caller)
        self.pipes |= {there.name: there, back.name: back}
        here, far = f"{SCHEME}://{caller}:e{number}", address_of(callee)
        ends = Connection(self, here, far, back, there), Connection(self, far, here, there, back)
        self.connections += ends
        return ends

    def take_traffic(self) -> list[Traffic]:
        found, self.traffic = self.traffic, []
        return found

    def deliverable(self) -> list[str]:
        """Return the pipes in which something is under way."""
        return [name for name, pipe in self.pipes.items() if pipe.under_way]

    def backlog(self) -> int:
        """Return how many messages are under way in the fullest pipe."""
        return max((len(pipe.under_way) for pipe in self.pipes.values()), default=0)

    def deliver(self, name: str) -> Message:
        """Deliver and return the oldest message of a pipe."""
        pipe = self.pipes[name]
        message = pipe.under_way.popleft()
        self.traffic.append(Traffic(name))
        for frame in message or (b"end",):
            self.digest = zlib.crc32(frame, self.digest)
        if message is None:
            pipe.ended = True
            del self.pipes[name]
        if pipe.receiver not in self.loop.dead:
            pipe.arrived.append(message)
            pipe.wake_reader()
        return message

    def kill(self, participant: str) -> None:
        """End all connections of a process that is gone; what it has sent still arrives."""
        for address, listener in [*self.listeners.items()]:
            if listener.participant == participant:
                del self.listeners[address]
        for connection in self.connections:
            if connection.outgoing.sender == participant:
                connection.finish()
                connection.incoming.under_way.clear()
        self.connections = [
            connection for connection in self.connections if not connection.closed()
        ]

    def cut(self, name: str) -> None:
        """Break the connection of a pipe: what is under way is lost, on both ways."""
        for pipe in (self.pipes[name], self.pipes.get(way_back(name))):
            if pipe is not None:
                pipe.under_way.clear()
                pipe.under_way.append(None)


def summary(message: DaskObject) -> str:
    """Return the operations that a message asks for; what it says in reply to one is not told."""
    parts = message if isinstance(message, list | tuple) else [message]
    ops = [str(part["op"]) for part in parts if isinstance(part, dict) and "op" in part]
    return " ".join(ops) or "reply"


#: The network of the simulation that is open; there is one at a time.
NETWORKS: Final[list[Network]] = []


class Connection(Comm):  # type: ignore[misc]  # known at run time only
    """One end of a connection."""

    _numbers = itertools.count(1)

    def __init__(
        self, network: Network, local: str, peer: str, incoming: Pipe, outgoing: Pipe
    ) -> None:
        self._number = next(self._numbers)
        super().__init__()
        self.network = network
        self._local_addr, self._peer_addr = local, peer
        self.incoming, self.outgoing = incoming, outgoing
        self._closed = False

    def __hash__(self) -> int:
        return self._number  # pools keep connections in sets

    def __eq__(self, other: object) -> bool:
        return self is other

    @property
    def local_address(self) -> str:
        return self._local_addr

    @property
    def peer_address(self) -> str:
        return self._peer_addr

    async def read(self, deserializers: DaskObject = None) -> DaskObject:
        if self._closed:
            raise CommClosedError("closed by this end")
        try:
            while not self.incoming.arrived:
                if self.incoming.ended:
                    self._refuse()
                await self._wait()
                if self._closed:
                    raise CommClosedError("closed by this end meanwhile")
        except asyncio.CancelledError:
            self.abort()  # as TCP does: part of a message may have been read
            raise
        frames = self.incoming.arrived.popleft()
        if frames is None:
            self._refuse()
        return protocol.loads(frames, deserialize=self.deserialize, deserializers=deserializers)

    async def _wait(self) -> None:
        """Wait for the next message."""
        reader = self.incoming.reader = self.network.loop.create_future()
        try:
            await reader
        finally:
            if self.incoming.reader is reader:
                self.incoming.reader = None

    def _refuse(self) -> NoReturn:
        self.finish()
        raise CommClosedError("closed by the other end")

    async def write(
        self, msg: DaskObject, serializers: DaskObject = None, on_error: str = "message"
    ) -> int:
        if self.closed():
            self.finish()
            raise CommClosedError("closed")
        context = {
            "sender": self.local_info, "recipient": self.remote_info, **self.handshake_options,
        }  # fmt: skip
        dumped = protocol.dumps(msg, serializers=serializers, on_error=on_error, context=context)
        frames = [*map(bytes, dumped)]
        self.outgoing.under_way.append(frames)
        self.network.traffic.append(Traffic(self.outgoing.name, summary(msg)))
        if not self.outgoing.introduced:
            self.outgoing.introduced = True
            self.network.deliver(self.outgoing.name)
        return sum(map(len, frames))

    def finish(self) -> None:
        """Tell the other end, once, that nothing more comes."""
        if not self._closed:
            self._closed = True
            self.outgoing.under_way.append(None)
            self.network.traffic.append(Traffic(self.outgoing.name, ""))
            self.incoming.wake_reader()

    async def close(self) -> None:
        self.finish()

    def abort(self) -> None:
        self.finish()

    def closed(self) -> bool:
        return self._closed or (
            self.incoming.ended and self.incoming.arrived in (deque(), deque([None]))
        )


class Listener(BaseListener):  # type: ignore[misc]  # known at run time only
    """A participant that takes connections."""

    prefix = SCHEME

    def __init__(
        self, loc: str, handler: Callable[..., Awaitable[None] | None], deserialize: bool
    ) -> None:
        super().__init__()
        self.loc, self.handler, self.deserialize = loc, handler, deserialize
        self.participant = PARTICIPANT.get()
        self.network = NETWORKS[-1]
        self.context = contextvars.copy_context()

    async def start(self) -> None:
        self.network.listeners[self.loc] = self
        self.context = contextvars.copy_context()

    def stop(self) -> None:
        self.network.listeners.pop(self.loc, None)

    async def handle(self, connection: Connection) -> None:
        """Exchange greetings over a connection, and hand it to the participant."""
        try:
            await self.on_connection(connection)
        except CommClosedError:
            return
        handling = self.handler(connection)
        if handling is not None:
            await handling

    @property
    def listen_address(self) -> str:
        return f"{SCHEME}://{self.loc}"

    contact_address = listen_address


class SimulatedConnector(Connector):  # type: ignore[misc]  # known at run time only
    """Connects the current participant to a listener."""

    async def connect(
        self, address: str, deserialize: bool = True, **options: DaskObject
    ) -> Connection:
        network = NETWORKS[-1]
        listener = network.listeners.get(address)
        if listener is None:
            raise OSError(f"nobody listens at {address}")
        near, far = network.connect(PARTICIPANT.get(), listener.participant)
        near.deserialize, far.deserialize = deserialize, listener.deserialize
        network.loop.create_task(listener.handle(far), context=listener.context.copy())
        return near


class SimulatedBackend(Backend):  # type: ignore[misc]  # known at run time only
    """The transport, as distributed's registry wants it."""

    def get_connector(self) -> SimulatedConnector:
        return SimulatedConnector()

    def get_listener(
        self, loc: str, handle_comm: DaskObject, deserialize: bool, **options: DaskObject
    ) -> Listener:
        return Listener(loc, handle_comm, deserialize)

    def get_address_host(self, loc: str) -> str:
        return loc.partition(":")[0]

    def get_address_host_port(self, loc: str) -> tuple[str, int]:
        host, _, port = loc.partition(":")
        return host, int(port)

    def resolve_address(self, loc: str) -> str:
        return loc

    def get_local_address_for(self, loc: str) -> str:
        return loc
