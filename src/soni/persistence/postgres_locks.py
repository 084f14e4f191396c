"""One turn at a time per conversation across replicas: advisory locks of PostgreSQL over one connection a replica."""

import asyncio
import hashlib
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from time import monotonic
from typing import Final, LiteralString, Self

import psycopg

from soni.errors import ConversationBusy, StoreUnavailable
from soni.persistence.locks import LocalLocks, Locks
from soni.persistence.postgres_connections import LIMIT, Connection, answering, connect, cut_off, hung_up

log = logging.getLogger("soni.locks")

_FIRST_PAUSE: Final = 0.002
"""Seconds before a lock that is taken is tried again; doubled each time."""
_LONGEST_PAUSE: Final = 0.05
"""Seconds; it is also how late at most a waiting replica sees that the holder is gone."""

_TRY: Final = "select pg_try_advisory_lock(%s) as yes"
_UNLOCK: Final = "select pg_advisory_unlock(%s) as yes"
# A machine that loses its power says no goodbye: without this the server would keep its locks for hours.
_LET_GO: Final = """
select set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', false),
    set_config('tcp_keepalives_count', '3', false)
"""


class PostgresLocks:
    """Locks for several processes. Use it as an async context manager: it owns its connection.

    A lock is tried and, while another replica has it, tried again: nobody occupies the connection by waiting on it. Within
    this process messages queue in order of arrival first, so that one of them at a time asks the server.

    A connection that breaks takes all its locks with it, and a new one is opened for the next who asks. Whoever held one
    goes on without it: should another replica take the conversation meanwhile, the fence lets only one of them commit.
    """

    def __init__(self, dsn: str, *, patience: timedelta, local: Locks | None = None) -> None:
        """``patience`` is how long a message waits for another replica before it is told that the conversation is busy."""
        self._dsn = dsn
        self._patience = patience.total_seconds()
        self._local = local or LocalLocks(patience=patience)
        self._turn = asyncio.Lock()
        self._connection: Connection | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._drop()

    @asynccontextmanager
    async def hold(self, conversation: str, *, wait: bool = True) -> AsyncIterator[None]:
        """As ``Locks.hold``. Raises StoreUnavailable too."""
        key = _key(conversation)
        async with self._local.hold(conversation, wait=wait):
            holder = await self._take(key, self._patience if wait else 0.0)
            try:
                yield
            finally:
                await self._give_back(key, holder)

    async def _take(self, key: int, patience: float) -> Connection:
        """Try until it is ours; the connection that holds it."""
        pause, deadline = _FIRST_PAUSE, monotonic() + patience
        while (holder := await self._try(key)) is None:
            if monotonic() + pause > deadline:
                raise ConversationBusy
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - only so that replicas do not try in step
            pause = min(pause * 2, _LONGEST_PAUSE)
        return holder

    async def _try(self, key: int) -> Connection | None:
        """The connection that holds it now; ``None`` where another replica has it."""
        # Not cut off where the caller gives up: then nobody would know whether the lock is ours, and only closing the
        # connection could tell, which holds the locks of all the other conversations.
        asked = asyncio.ensure_future(self._ask(_TRY, key))
        try:
            return await asyncio.shield(asked)
        except asyncio.CancelledError:
            with suppress(StoreUnavailable):
                if (holder := await asked) is not None:
                    await self._give_back(key, holder)
            raise

    async def _give_back(self, key: int, holder: Connection) -> None:
        """Nothing is raised but a cancellation, and that only when it is done."""
        if holder is not self._connection:
            return  # it went with its connection
        giving = asyncio.ensure_future(self._ask(_UNLOCK, key))
        try:
            await asyncio.shield(giving)
        except StoreUnavailable:
            log.warning("a lock could not be given back; it went with its connection", exc_info=True)
        except asyncio.CancelledError:
            await asyncio.wait([giving])
            raise

    async def _ask(self, query: LiteralString, key: int) -> Connection | None:
        """The connection over which the server said yes; ``None`` where it said no. Raises StoreUnavailable."""
        deadline = monotonic() + LIMIT
        async with answering():
            try:
                async with asyncio.timeout(LIMIT):
                    await self._turn.acquire()
            except TimeoutError as error:
                raise psycopg.OperationalError(f"no answer within {LIMIT:g} s") from error
            try:
                connection = await self._connected(deadline)
                with cut_off(connection, deadline - monotonic()):
                    row = await (await connection.execute(query, (key,))).fetchone()
            except (psycopg.Error, asyncio.CancelledError):
                # A call that was cut off may have taken the lock or not: only a new connection knows what it holds.
                await self._drop()
                raise
            finally:
                self._turn.release()
        return connection if row is not None and row["yes"] else None

    async def _connected(self, deadline: float) -> Connection:
        if self._connection is not None and hung_up(self._connection):
            await self._drop()
        if self._connection is None:
            try:
                async with asyncio.timeout(deadline - monotonic()):
                    self._connection = await connect(self._dsn)
            except TimeoutError as error:
                raise psycopg.OperationalError("no connection in time") from error
            with cut_off(self._connection, deadline - monotonic()):
                await self._connection.execute(_LET_GO)
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def _key(conversation: str) -> int:
    """64 bits of the conversation's name, as PostgreSQL wants them."""
    return int.from_bytes(hashlib.blake2b(conversation.encode(), digest_size=8).digest(), signed=True)
