"""One turn at a time per conversation, in order of arrival."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

from soni.errors import TooManyRequests

MAX_WAITING: Final = 8
"""Messages of one conversation that may wait behind the one being answered."""


class Locks(Protocol):
    """Who may answer a conversation now."""

    def hold(self, conversation: str) -> AbstractAsyncContextManager[None]:
        """Wait for the conversation and hold it. Raises TooManyRequests where too many wait already."""
        ...


class LocalLocks:
    """Locks for one process; a conversation nobody talks to costs nothing."""

    def __init__(self, max_waiting: int = MAX_WAITING) -> None:
        self._most = max_waiting + 1
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: dict[str, int] = {}

    @asynccontextmanager
    async def hold(self, conversation: str) -> AsyncIterator[None]:
        """Wait for the conversation and hold it; asyncio's lock is fair. Raises TooManyRequests."""
        users = self._users.get(conversation, 0)
        if users >= self._most:
            raise TooManyRequests
        lock = self._locks.setdefault(conversation, asyncio.Lock())
        self._users[conversation] = users + 1
        try:
            async with lock:
                yield
        finally:
            self._users[conversation] -= 1
            if not self._users[conversation]:
                del self._users[conversation], self._locks[conversation]
