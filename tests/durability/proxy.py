"""A small round-robin HTTP proxy on loopback: it asks each replica whether it is ready, and tries the next where one refuses."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

_PROBE: Final = b"GET /ready HTTP/1.1\r\nhost: proxy\r\nconnection: close\r\n\r\n"
_PROBES_EVERY: Final = 0.1
"""Seconds; less than a service that drains goes on listening."""
_NOT_PASSED_ON: Final = (b"connection:", b"keep-alive:")
_BAD_GATEWAY: Final = b"HTTP/1.1 502 Bad Gateway\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"


@dataclass
class Proxy:
    """Passes each request on to the next replica that is ready, over a connection of its own."""

    ports: Sequence[int]
    """Of the replicas, on loopback."""
    port: int = 0
    """Its own."""
    tried_again: int = 0
    """Requests that a replica refused, and another one got."""
    _ready: dict[int, asyncio.Event] = field(default_factory=dict)
    _turn: int = 0

    @property
    def address(self) -> str:
        """The URL it answers at."""
        return f"http://127.0.0.1:{self.port}"

    async def sees(self, port: int) -> None:
        """Wait until the replica at this port is ready in its eyes."""
        await self._ready[port].wait()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, from its first request to its last."""
        # A client may go away at any moment; whatever it waited for is then nobody's.
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                writer.write(await self._pass_on(await _read(reader)))
                await writer.drain()
        writer.close()

    async def _pass_on(self, request: bytes) -> bytes:
        answer = _BAD_GATEWAY
        for number, port in enumerate(self._in_turn()):
            self.tried_again += number > 0
            try:
                answer = await _ask(port, request)
            except ConnectionRefusedError:
                self._ready[port].clear()
                continue
            except (ConnectionError, asyncio.IncompleteReadError):
                # It may have been at work already: only the client can know whether to send it again.
                return _BAD_GATEWAY
            if not answer.startswith(b"HTTP/1.1 503"):
                return answer
            self._ready[port].clear()
        return answer

    def _in_turn(self) -> list[int]:
        """Every replica, another one first each time, and those that are not ready last."""
        self._turn += 1
        start = self._turn % len(self.ports)
        return sorted([*self.ports[start:], *self.ports[:start]], key=lambda port: not self._ready[port].is_set())

    async def probe(self, port: int) -> None:
        """Ask a replica again and again whether it is ready."""
        ready = self._ready[port]
        while True:
            try:
                (ready.set if (await _ask(port, _PROBE)).startswith(b"HTTP/1.1 200") else ready.clear)()
            except (ConnectionError, asyncio.IncompleteReadError):
                ready.clear()
            await asyncio.sleep(_PROBES_EVERY)

    def open(self) -> list[asyncio.Task[None]]:
        """Begin to ask."""
        self._ready = {port: asyncio.Event() for port in self.ports}
        return [asyncio.create_task(self.probe(port)) for port in self.ports]


@asynccontextmanager
async def proxy_before(ports: Sequence[int]) -> AsyncIterator[Proxy]:
    """A proxy before the replicas at these ports; all of them are ready in its eyes."""
    proxy = Proxy(ports)
    probes = proxy.open()
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        await asyncio.gather(*(proxy.sees(port) for port in ports))
        yield proxy
    finally:
        server.close()
        for probe in probes:
            probe.cancel()
        await asyncio.wait(probes)


async def _ask(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        return await _read(reader)
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader) -> bytes:
    """One request or answer, for the next connection: without what is said about this one."""
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    length = next((int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")), 0)
    body = await reader.readexactly(length)
    kept = [line for line in lines if not line.lower().startswith(_NOT_PASSED_ON)]
    return b"\r\n".join([*kept, b"", body])
