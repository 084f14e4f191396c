"""The body of a request: counted in bytes and timed, whoever reads it; and what is done with what nobody wants to read."""

import asyncio
from dataclasses import dataclass
from typing import Final

from starlette.types import Message, Receive, Scope, Send

from soni.server.errors import BodyTooSlow, PayloadTooLarge

LINGER_BYTES: Final = 1024 * 1024
"""As much of a refused body is still read, and thrown away."""
LINGER_SECONDS: Final = 1.0
"""For so long. A client that is still sending when the connection is closed may lose the answer that was sent to it."""

_CLOSE: Final = (b"connection", b"close")


@dataclass(frozen=True, slots=True)
class Announced:
    """What the head of a request says of its body."""

    length: int | None
    """Bytes; ``None`` where it comes in chunks."""
    waits: bool
    """Whether the client sends nothing until it is told to go on."""

    @classmethod
    def of(cls, scope: Scope) -> "Announced | None":
        """``None`` where there is no body."""
        length: int | None = None
        chunked = waits = False
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = int(value) if value.isdigit() else None
            elif name == b"transfer-encoding":
                chunked = True
            elif name == b"expect":
                waits = value.lower() == b"100-continue"
        if chunked:
            return cls(None, waits)
        return cls(length, waits) if length else None


class Body:
    """What arrives of one request: no more bytes than ``limit``, and within so many ``seconds`` from the first time it is asked for.

    ``receive`` and ``send`` take the place of the server's.
    """

    __slots__ = (
        "_announced",
        "_complete",
        "_ends",
        "_late",
        "_limit",
        "_receive",
        "_refused",
        "_seconds",
        "_send",
        "_size",
    )

    def __init__(self, announced: Announced, limit: int, seconds: float, receive: Receive, send: Send) -> None:
        self._announced = announced
        self._limit = limit
        self._seconds = seconds
        self._receive = receive
        self._send = send
        self._size = 0
        self._ends: float | None = None
        self._complete = False
        self._late = False
        self._refused = False
        """Whether the connection ends with the answer."""

    def check(self) -> None:
        """Raises PayloadTooLarge where it is announced to be, before anything of it is read."""
        if self._announced.length is not None and self._announced.length > self._limit:
            raise too_large(self._limit)

    async def receive(self) -> Message:
        """The next part. Raises PayloadTooLarge and BodyTooSlow."""
        if self._complete:  # whoever asks now wants to hear that the client has gone, which may be never
            return await self._receive()
        if self._ends is None:
            self._ends = asyncio.get_running_loop().time() + self._seconds
        try:
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
        except TimeoutError:
            self._late = True
            raise BodyTooSlow from None
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._size > self._limit:
                raise too_large(self._limit)
        return message

    async def send(self, message: Message) -> None:
        """An answer that comes before the whole body has, and does not want the rest, is the last of its connection.

        A rest that was announced and is small enough is the server's to skip, and the connection goes on.
        """
        if self._complete:
            await self._send(message)
        elif message["type"] == "http.response.start":
            length = self._announced.length
            self._refused = length is None or length > self._limit or self._late
            if self._refused:
                message["headers"] = [*message.get("headers", ()), _CLOSE]
            await self._send(message)
        elif self._refused and message["type"] == "http.response.body" and not message.get("more_body", False):
            # All of the answer, and the end of it when the client had time to read it.
            await self._send({**message, "more_body": True})
            await self._linger()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await self._send(message)

    async def _linger(self) -> None:
        """Let the client finish, up to a point, so that it comes to read the answer."""
        if self._announced.waits and not self._size:
            return
        left = 0 if self._late else LINGER_BYTES
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while left > 0:
                    message = await self._receive()
                    if message["type"] != "http.request" or not message.get("more_body", False):
                        return
                    left -= len(message.get("body", b""))
        except TimeoutError:
            pass


def too_large(limit: int) -> PayloadTooLarge:
    """The error, with the limit in bytes."""
    return PayloadTooLarge(f"The body is too large; {limit} bytes are allowed.", {"limit": limit})
