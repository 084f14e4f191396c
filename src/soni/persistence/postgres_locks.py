"""One turn at a time per conversation across replicas: advisory locks of PostgreSQL over one connection a replica."""

import asyncio
import hashlib
import logging
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final, Self

import psycopg
from psycopg import AsyncConnection

from soni.errors import ConversationBusy, StoreUnavailable
from soni.persistence.locks import LocalLocks, Locks

log = logging.getLogger("soni.locks")

_FIRST_PAUSE: Final = 0.002
"""Seconds before a lock that is taken is tried again; doubled each time."""
_LONGEST_PAUSE: Final = 0.05
"""Seconds; it is also how late at most a waiting replica sees that the holder is gone."""


class PostgresLocks:
    """Locks for several processes. Use it as an async context manager: it owns its connection.

    A lock is tried and, while another replica has it, tried again: nobody occupies the connection by waiting on it. Within
    this process messages queue in order of arrival first, so that one of them at a time asks the server.
    """

    def __init__(self, dsn: str, *, patience: timedelta, local: Locks | None = None) -> None:
        """``patience`` is how long a message waits for another replica before it is told that the conversation is busy."""
        self._dsn = dsn
        self._patience = patience.total_seconds()
        self._local = local or LocalLocks(patience=patience)
        self._turn = asyncio.Lock()
        self._connection: AsyncConnection | None = None
        self._generation = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._connection is not None:
            await self._connection.close()

    @asynccontextmanager
    async def hold(self, conversation: str, *, wait: bool = True) -> AsyncIterator[None]:
        """As ``Locks.hold``. Raises StoreUnavailable too."""
        key = _key(conversation)
        async with self._local.hold(conversation, wait=wait):
            generation = await self._take(key, self._patience if wait else 0.0)
            try:
                yield
            finally:
                await asyncio.shield(self._give_back(key, generation))

    async def _take(self, key: int, patience: float) -> int:
        """Try until it is ours. What we held on a connection that broke is free for others: the fence guards it."""
        pause, deadline = _FIRST_PAUSE, time.monotonic() + patience
        while not await self._ask("select pg_try_advisory_lock(%s)", key):
            if time.monotonic() + pause > deadline:
                raise ConversationBusy
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - only so that replicas do not try in step
            pause = min(pause * 2, _LONGEST_PAUSE)
        return self._generation

    async def _give_back(self, key: int, generation: int) -> None:
        if generation != self._generation:
            return  # it went with its connection
        try:
            await self._ask("select pg_advisory_unlock(%s)", key)
        except StoreUnavailable:
            log.warning("a lock could not be given back; it went with its connection", exc_info=True)

    async def _ask(self, query: str, key: int) -> bool:
        async with self._turn:
            try:
                connection = await self._connected()
                cursor = await connection.execute(query.encode(), (key,))
                row = await cursor.fetchone()
            except (psycopg.OperationalError, psycopg.InterfaceError, asyncio.CancelledError) as error:
                # A call that was cut off may have taken the lock or not: only a new connection knows what it holds.
                await self._drop()
                if isinstance(error, asyncio.CancelledError):
                    raise
                raise StoreUnavailable("The conversation store does not answer.") from error
        return bool(row and row[0])

    async def _connected(self) -> AsyncConnection:
        if self._connection is None or self._connection.closed:
            self._connection = await AsyncConnection.connect(self._dsn, autocommit=True)
            self._generation += 1
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._generation += 1
        if connection is not None:
            await connection.close()


def _key(conversation: str) -> int:
    """64 bits of the conversation's name, as PostgreSQL wants them."""
    return int.from_bytes(hashlib.blake2b(conversation.encode(), digest_size=8).digest(), signed=True)
