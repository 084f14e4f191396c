"""How many turns a process works on at once: the others wait at the door, and those that wait for somebody else do not count.

An event loop gives everybody a turn. With a thousand turns at work each step of each waits for a step of all the others; so
does each answer of the database, whose few connections are then held for seconds and whose time limits pass, though it
is idle. With a few dozen at work nothing is slower, and what is held is held for milliseconds.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from soni.errors import TooManyRequests

PLACES: Final = 64
"""Turns at work at once: more than a store has connections, and few enough that each gets on."""


class Turnstile:
    """Lets so many turns work at once, in order of arrival."""

    def __init__(self, places: int, patience: float) -> None:
        """``patience`` are the seconds that a turn waits for a place."""
        self._free = places
        self._patience = patience
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        """Wait for a place and have it. Raises TooManyRequests where that takes too long."""
        await self._enter()
        place = _Place(self)
        token = _PLACE.set(place)
        try:
            yield
        finally:
            _PLACE.reset(token)
            self._leave()

    async def _enter(self) -> None:
        if self._free > 0 and not self._waiting:
            self._free -= 1
            return
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(admitted)
        try:
            async with asyncio.timeout(self._patience):
                await admitted
        except BaseException as error:  # whatever it is, the place is for the next one; it is raised on
            if admitted.done() and not admitted.cancelled():
                self._leave()  # it was let in just as it gave up
            else:
                admitted.cancel()
            if isinstance(error, TimeoutError):
                raise TooManyRequests from None
            raise

    def _leave(self) -> None:
        self._free += 1
        while self._waiting and (self._free > 0 or self._waiting[0].done()):
            if not (admitted := self._waiting.popleft()).done():
                self._free -= 1
                admitted.set_result(None)

    def _return(self) -> None:
        # Who was inside does not stand in line again: what it waited for may be paid already, and its time runs.
        self._free -= 1


@dataclass(slots=True)
class _Place:
    """A turn's own."""

    turnstile: Turnstile
    absences: int = 0
    """What it is waiting for elsewhere, possibly several things at once."""


_PLACE: Final[ContextVar[_Place | None]] = ContextVar("place", default=None)


@contextmanager
def elsewhere() -> Iterator[None]:
    """While this is entered, the turn waits for a system that is not ours, and somebody else may have its place."""
    place = _PLACE.get()
    if place is None:
        yield
        return
    place.absences += 1
    if place.absences == 1:
        place.turnstile._leave()
    try:
        yield
    finally:
        place.absences -= 1
        if not place.absences:
            place.turnstile._return()
