"""A connection to the scheduler on which every message takes a while, and which may go silent."""

import asyncio


class SlowLink:
    """A TCP proxy. While `silent`, it passes nothing on and tells nobody that a connection has ended."""

    def __init__(self, target, delay):
        self.host, _, self.port = target.removeprefix("tcp://").rpartition(":")
        self.delay = delay
        self.silent = False
        self.connections = []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self.connected, "127.0.0.1", 0)
        self.address = f"tcp://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *exception):
        self.server.close()

    async def connected(self, reader, writer):
        other_reader, other_writer = await asyncio.open_connection(self.host, self.port)
        self.connections.append((writer, other_writer))
        await asyncio.gather(self.forward(reader, other_writer), self.forward(other_reader, writer))

    async def forward(self, reader, writer):
        loop = asyncio.get_running_loop()
        while data := await reader.read(2**16):
            if not self.silent:
                loop.call_later(self.delay, writer.write, data)
        if not self.silent:
            loop.call_later(self.delay, writer.close)
