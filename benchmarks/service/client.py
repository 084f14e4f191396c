"""A caller that costs little: HTTP/1.1 over connections that are kept, one request at a time on each."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self, cast

import httptools

PATIENCE: Final = 60.0
"""Seconds after which a request counts as failed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


@dataclass
class Tally:
    """What callers met."""

    seconds: list[float] = field(default_factory=list)
    """Of each answer that was right."""
    late: list[float] = field(default_factory=list)
    """Seconds by which each request was sent after its time; none in a closed loop."""
    errors: int = 0
    """Connections that broke, answers that did not come, statuses from 400 on that were not asked for."""
    wrong: int = 0
    """Answers that say something else than they must."""
    met: Counter[str] = field(default_factory=Counter)
    """Statuses, and the names of what there was instead."""
    example: str = ""
    """The first that was not right."""

    def fail(self, what: str, *, wrong: bool = False) -> None:
        """Count one that was not right."""
        self.wrong += wrong
        self.errors += not wrong
        self.example = self.example or what


class Connection(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one without saying so

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        answer = Answer(self._parser.get_status_code(), b"".join(self._body))
        keeps = self._parser.should_keep_alive()
        self._body, self._parser = [], httptools.HttpResponseParser(self)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)
        if not keeps:
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError(str(error or "closed")))

    def close(self) -> None:
        """No more requests."""
        if self.transport is not None:
            self.transport.close()
            self.transport = None

    async def ask(self, request: bytes) -> Answer:
        """Send a request, and wait for its answer. Raises OSError, TimeoutError."""
        if self.transport is None:
            raise ConnectionResetError("closed")
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        async with asyncio.timeout(PATIENCE):
            return await self._answer


@dataclass
class Caller:
    """Whoever talks to the service, over one connection that is opened anew where it broke."""

    port: int
    tally: Tally
    headers: Mapping[str, str] = field(default_factory=dict)
    _connection: Connection | None = None

    async def __aenter__(self) -> Self:
        await self._connected()
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._connection is not None:
            self._connection.close()

    async def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        expected: bytes = b"",
        status: int = 200,
        since: float | None = None,
    ) -> Answer | None:
        """One request, counted; ``None`` where no answer came.

        ``expected`` is in the body of a right answer; ``since`` is the time by ``perf_counter`` from which the answer is
        waited for, that of the sending when left out.
        """
        began = time.perf_counter()
        if since is not None:
            self.tally.late.append(began - since)
        try:
            connection = await self._connected()
            answer = await connection.ask(self._request(method, path, body))
        except (OSError, TimeoutError) as error:
            self._connection = None
            self.tally.met[type(error).__name__] += 1
            self.tally.fail(f"{method} {path}: {type(error).__name__}: {error}")
            return None
        self.tally.met[str(answer.status)] += 1
        if answer.status != status:
            self.tally.fail(f"{method} {path} {body}: {answer.status} {answer.body[:300]!r}")
        elif expected not in answer.body:
            self.tally.fail(f"{method} {path} {body}: {answer.body[:300]!r}, without {expected!r}", wrong=True)
        else:
            self.tally.seconds.append(time.perf_counter() - (began if since is None else since))
        return answer

    def _request(self, method: str, path: str, body: Mapping[str, object] | None) -> bytes:
        data = b"" if body is None else json.dumps(body).encode()
        head = {"Host": f"127.0.0.1:{self.port}", **self.headers}
        if body is not None:
            head |= {"Content-Type": "application/json", "Content-Length": str(len(data))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + data

    async def _connected(self) -> Connection:
        if self._connection is None or self._connection.transport is None:
            loop = asyncio.get_running_loop()
            _, self._connection = await loop.create_connection(Connection, "127.0.0.1", self.port)
        return self._connection
