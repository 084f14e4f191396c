"""SIGTERM empties the service before it ends: not ready at once, nothing new begun, what is under way finished."""

import asyncio
import logging
import math
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Final

from soni.errors import SoniError
from soni.server.service import Service

if TYPE_CHECKING:
    from uvicorn import Server

log = logging.getLogger("soni.server")

NOTICE: Final = 0.5
"""Seconds in which the service still listens, and says that it goes down, so that whoever sends it work can hear of it.

Once the socket is closed nobody can be told anything: a connection that comes in at that very moment is cut.
"""
MARGIN: Final = 5.0
"""Seconds beyond the time limit of a turn: for its commit, and for the answer to reach the client."""


@asynccontextmanager
async def draining_on_signal(service: Service, turn_timeout: float) -> AsyncIterator[None]:
    """While this is entered, the first SIGTERM or SIGINT drains the service, and uvicorn ends when it is empty.

    It waits for turns under way at most ``turn_timeout`` and a margin, in seconds, or as long as uvicorn was told with
    ``--timeout-graceful-shutdown``. The process then ends with code 0. A second SIGINT ends it as uvicorn does. Where
    another server runs the app, signals stay what they are to it.
    """
    server = uvicorn_here()
    if server is None:
        yield
        return
    asked = asyncio.Event()
    leaving = asyncio.create_task(_leave(asked, service, server, turn_timeout), name="soni-drain")
    try:
        with _heard(service, server, asked):
            yield
    finally:
        leaving.cancel()
        await asyncio.wait([leaving])


@asynccontextmanager
async def starting_until_signal() -> AsyncIterator[None]:
    """While this is entered, SIGTERM or SIGINT ends the start, whatever it waits for. Raises SoniError then.

    uvicorn alone would look at the signal when the start is over, and a database that is away is waited for.
    """
    server, starting = uvicorn_here(), asyncio.current_task()
    if server is None or starting is None:
        yield
        return
    start = _Start(server, starting, asyncio.get_running_loop())
    try:
        with _hearing(start.hear):
            yield
    except asyncio.CancelledError:
        if not start.ended:
            raise
        raise SoniError("It was told to end before it was ready.") from None


@dataclass
class _Start:
    """A start that a signal ends."""

    server: "Server"
    task: asyncio.Task[object]
    loop: asyncio.AbstractEventLoop
    ended: bool = False

    def hear(self, number: int, frame: FrameType | None) -> None:
        self.server.handle_exit(number, frame)
        if not self.ended:
            self.ended = True
            self.loop.call_soon_threadsafe(self.task.cancel)


def uvicorn_here() -> "Server | None":
    """The uvicorn that ends this process on SIGTERM; ``None`` where that is somebody else's to do."""
    owner = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if isinstance(owner, _Start):
        return owner.server
    if owner is None:
        return None
    from uvicorn import Server

    return owner if isinstance(owner, Server) else None


async def _leave(asked: asyncio.Event, service: Service, server: "Server", turn_timeout: float) -> None:
    await asked.wait()
    began, given = time.monotonic(), server.config.timeout_graceful_shutdown
    limit = turn_timeout + MARGIN if given is None else float(given)
    await asyncio.sleep(min(NOTICE, limit))
    if not await service.empty(limit - (time.monotonic() - began)):
        log.error("drain.cut_off", extra={"seconds": limit})
    # Also those who never finish sending their request are not waited for longer than this.
    left = MARGIN if given is None else limit - (time.monotonic() - began)
    server.config.timeout_graceful_shutdown = max(1, math.ceil(left))
    server.should_exit = True


@contextmanager
def _heard(service: Service, server: "Server", asked: asyncio.Event) -> Iterator[None]:
    """Signals come to us first. uvicorn would raise them again at its end, which makes a good end look like a crash."""
    loop = asyncio.get_running_loop()

    def hear(number: int, frame: FrameType | None) -> None:
        if service.phase != "draining":
            service.drain()
            loop.call_soon_threadsafe(asked.set)
        elif number == signal.SIGINT:
            server.handle_exit(number, frame)

    with _hearing(hear):
        yield


@contextmanager
def _hearing(hear: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, hear) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
