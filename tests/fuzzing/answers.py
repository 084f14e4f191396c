"""What every answer has to be, whatever was asked."""

import asyncio
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

import httptools
import httpx
from pydantic import TypeAdapter
from tests.fuzzing.odd import Odd, odd_request

from soni.server.errors import ErrorBody

_PATIENCE: Final = 30.0
"""Seconds for one answer."""
_AT_ONCE: Final = 8
_ERROR: Final = TypeAdapter(ErrorBody)
_OF_THE_SERVER: Final = (b"Invalid HTTP request received.", b"Failed to open a WebSocket connection")
"""What uvicorn says to bytes that are no request; no application hears of them."""
_INSIDE: Final = re.compile(rb"Traceback|\.py\b|site-packages|psycopg|sqlite3|SELECT |/tmp/")


@dataclass
class Answer:
    """An answer, as it is parsed."""

    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    bodiless: bool = False
    """It ends with its head, whatever length that announces."""
    whole: bool = False

    def __post_init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)

    @property
    def status(self) -> int:
        """0 where there was no answer."""
        return int(self.parser.get_status_code())

    def on_message_begin(self) -> None:
        # What "100 Continue" announced; that was none yet.
        self.headers, self.body, self.whole = [], b"", False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.decode().lower(), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.whole = self.bodiless

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.whole = self.status >= 200

    def header(self, name: str) -> str | None:
        """A header that may come once at most."""
        values = [value for key, value in self.headers if key == name]
        assert len(values) <= 1, f"{name} comes {len(values)} times"
        return values[0] if values else None


async def fuzz_odd(address: str, examples: int, random: Random, headers: Mapping[str, str] | None = None) -> str:
    """So many odd requests like each operation; what was answered, in words.

    Raises AssertionError with the request where an answer is not what it must be, or the service is no longer what it was.
    """
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=_PATIENCE) as client:
        description = (await client.get("/openapi.json")).raise_for_status().json()
        operations = [f"{m.upper()} {path}" for path, methods in description["paths"].items() for m in methods]
        shown = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items()).encode()
        requests = [odd_request(operation, random) for operation in operations for _ in range(examples)]
        met: Counter[int] = Counter()
        turn = asyncio.Semaphore(_AT_ONCE)

        async def ask(odd: Odd) -> None:
            async with turn:
                first, _, rest = odd.raw.partition(b"\r\n")
                answer = Answer(bodiless=odd.method == "HEAD")
                try:
                    await _ask(address, first + b"\r\n" + shown + rest, answer, ends=odd.ends)
                    _examine(odd, answer, description)
                except (AssertionError, TimeoutError) as error:
                    raise AssertionError(
                        f"{error!r}\n{odd.raw[:2000]!r}\n{answer.status} {answer.body[:2000]!r}"
                    ) from error
                met[answer.status] += 1

        async with asyncio.TaskGroup() as asking:
            for odd in requests:
                asking.create_task(ask(odd))
        after = await client.post("/chat/somebody-else", json={"message": "hello"})
        assert after.status_code == 200, after.text
    statuses = ", ".join(f"{count:,} × {status}" for status, count in sorted(met.items()))
    return f"{len(operations)} operations × {examples} odd requests: {statuses}"


async def _ask(address: str, raw: bytes, answer: Answer, *, ends: bool) -> None:
    place = urlsplit(address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        async with asyncio.timeout(_PATIENCE):
            writer.write(raw)
            if not ends:
                writer.write_eof()
            while not answer.whole and (data := await reader.read(65536)):
                answer.parser.feed_data(data)
    except ConnectionResetError:
        pass  # refused before all of it was read; what was answered until then counts
    finally:
        writer.close()


def _examine(odd: Odd, answer: Answer, description: Mapping[str, Any]) -> None:
    """Raises AssertionError with what is wrong with this answer."""
    if not odd.ends and not answer.status:
        return
    assert answer.status, "there is no answer"
    assert answer.status < 500, "the service failed"
    assert not _INSIDE.search(answer.body), "the answer tells of the inside"
    if answer.body.startswith(_OF_THE_SERVER):
        return
    assert answer.header("x-request-id"), "there is no request id"
    if answer.status >= 400 and odd.method != "HEAD":
        assert (answer.header("content-type") or "").startswith("application/json"), "an error in another shape"
        error = _ERROR.validate_json(answer.body, strict=True)
        assert error["reference"] == answer.header("x-request-id")
    if answer.status == 405:
        assert answer.header("allow"), "a method is refused, and none named"
        assert odd.method not in (answer.header("allow") or "").split(", ")
    method, _, path = odd.operation.partition(" ")
    if odd.method == method and answer.status not in (404, 405):
        described = description["paths"][path][method.lower()]["responses"]
        assert str(answer.status) in described, "a status that is not described"
