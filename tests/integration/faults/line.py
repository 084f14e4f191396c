"""The line between Soni and PostgreSQL: a small TCP proxy on loopback that can fall silent, be cut, or lie."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from psycopg.conninfo import conninfo_to_dict, make_conninfo

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
_GSS_REQUEST = struct.pack("!ii", 8, 80877104)


@dataclass
class Line:
    """What passes between clients and the server."""

    server: str
    """Where PostgreSQL answers."""
    port: int = 0
    refusing: list[str] = field(default_factory=list)
    """What the next clients are told instead of being let through, each one text."""
    pid: int | None = None
    """The process that clients are told they talk to, as a pooler would; ``None``: the real one."""
    delay: float = 0.0
    """Seconds that everything takes, each way."""
    clients: int = 0
    """That have been let through."""
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def dsn(self, **more: str | int) -> str:
        """The server as it is reached over this line."""
        return make_conninfo(self.server, host="127.0.0.1", port=self.port, **more)

    def fall_silent(self) -> None:
        """From now on nothing passes; nobody is told."""
        self._flows.clear()

    def speak(self) -> None:
        """From now on everything passes again, also what has been sent meanwhile."""
        self._flows.set()

    def cut(self) -> None:
        """Close every connection."""
        for writer in self._writers:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client."""
        self._writers.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            await self._flows.wait()
            first = await _startup(reader, writer)
            if self.refusing:
                writer.write(_fatal(self.refusing.pop(0)))
                await writer.drain()
            else:
                await self._join(first, reader, writer)
        self._writers.discard(writer)
        writer.close()

    async def _join(self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients += 1
        place = conninfo_to_dict(self.server)
        host, port = str(place.get("host", "localhost")), int(place.get("port") or 5432)
        if host.startswith("/"):
            back, forth = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            back, forth = await asyncio.open_connection(host, port)
        self._writers.add(forth)
        forth.write(first)
        ways = [asyncio.create_task(self._pass_on(reader, forth)), asyncio.create_task(self._pass_on(back, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            self._writers.discard(forth)
            forth.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._flows.wait()
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(self._told(data))
                await writer.drain()

    def _told(self, data: bytes) -> bytes:
        """The server's BackendKeyData names the process that answers."""
        place = -1 if self.pid is None else data.find(b"K\x00\x00\x00\x0c")
        if place < 0 or self.pid is None:
            return data
        return data[: place + 5] + struct.pack("!i", self.pid) + data[place + 9 :]


@asynccontextmanager
async def line_to(server: str) -> AsyncIterator[Line]:
    """A line to this server, over which everything passes."""
    line = Line(server)
    line.speak()
    tasks: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(line.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listening = await asyncio.start_server(begin, "127.0.0.1", 0)
    line.port = listening.sockets[0].getsockname()[1]
    try:
        yield line
    finally:
        listening.close()
        line.cut()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _startup(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """A client's first message, after it has been told that the line is not encrypted."""
    while True:
        head = await reader.readexactly(4)
        message = head + await reader.readexactly(int.from_bytes(head) - 4)
        if message not in (_SSL_REQUEST, _GSS_REQUEST):
            return message
        writer.write(b"N")
        await writer.drain()


def _fatal(message: str) -> bytes:
    """An ErrorResponse before a session begins."""
    fields = b"SFATAL\0VFATAL\0C57P03\0M" + message.encode() + b"\0\0"
    return b"E" + struct.pack("!i", len(fields) + 4) + fields
