"""One turn at a time per conversation, in order of arrival."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import Final, Protocol

from soni.errors import ConversationBusy, TooManyRequests

MAX_WAITING: Final = 8
"""Messages of one conversation that may wait behind the one being answered."""


class Locks(Protocol):
    """Who may answer a conversation now."""

    def hold(self, conversation: str, *, wait: bool = True) -> AbstractAsyncContextManager[None]:
        """Wait for the conversation and hold it.

        Raises TooManyRequests where too many wait already; ConversationBusy where it took too long, or where it is held
        and ``wait`` is false.
        """
        ...


class LocalLocks:
    """Locks for one process; a conversation nobody talks to costs nothing."""

    def __init__(self, max_waiting: int = MAX_WAITING, patience: timedelta | None = None) -> None:
        """``patience`` is how long a message waits for those before it; ``None`` for as long as it takes."""
        self._most = max_waiting + 1
        self._patience = patience.total_seconds() if patience is not None else None
        self._locks: dict[str, asyncio.Lock] = {}
        self._users: dict[str, int] = {}

    @asynccontextmanager
    async def hold(self, conversation: str, *, wait: bool = True) -> AsyncIterator[None]:
        """As ``Locks.hold``; in order of arrival, for asyncio's lock is fair."""
        users = self._users.get(conversation, 0)
        if users and not wait:
            raise ConversationBusy
        if users >= self._most:
            raise TooManyRequests
        lock = self._locks.setdefault(conversation, asyncio.Lock())
        self._users[conversation] = users + 1
        try:
            await self._acquire(lock)
            try:
                yield
            finally:
                lock.release()
        finally:
            self._users[conversation] -= 1
            if not self._users[conversation]:
                del self._users[conversation], self._locks[conversation]

    async def _acquire(self, lock: asyncio.Lock) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await lock.acquire()
        except TimeoutError:
            raise ConversationBusy from None
