"""One turn at a time per conversation across replicas: advisory locks of PostgreSQL over one connection a replica."""

import asyncio
import hashlib
import logging
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Final, Self

import psycopg
from psycopg.rows import scalar_row

from soni.errors import ConversationBusy, StoreUnavailable
from soni.persistence.locks import LocalLocks, Locks
from soni.persistence.postgres_connections import LIMIT, Connection, answering, connect, cut_off, hung_up

log = logging.getLogger("soni.locks")

_FIRST_PAUSE: Final = 0.002
"""Seconds before a lock that is taken is tried again; doubled each time."""
_LONGEST_PAUSE: Final = 0.05
"""Seconds; it is also how late at most a waiting replica sees that the holder is gone."""

# The rows come in the order in which they are asked for.
_ASK: Final = """
select case when take then pg_try_advisory_lock(key) else pg_advisory_unlock(key) end as yes
from unnest(%s::bool[], %s::bigint[]) as asked (take, key)
"""
# A machine that loses its power says no goodbye: without this the server would keep its locks for hours.
_LET_GO: Final = """
select set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', false),
    set_config('tcp_keepalives_count', '3', false)
"""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A lock that somebody wants to take or to give back."""

    take: bool
    key: int
    answer: asyncio.Future[Connection | None] = field(default_factory=lambda: asyncio.Future())
    """The connection over which the server said yes; ``None`` where it said no; done where nobody waits any longer."""


class PostgresLocks:
    """Locks for several processes. Use it as an async context manager: it owns its connection.

    A lock is tried and, while another replica has it, tried again: nobody occupies the connection by waiting on it. Within
    this process messages queue in order of arrival first, so that one of them at a time asks the server. What is asked while
    an answer is under way goes to the server together, in the next statement: however far away it is, and however many ask,
    nobody waits for more than two answers.

    A connection that breaks takes all its locks with it, and a new one is opened for the next who asks. Whoever held one
    goes on without it: should another replica take the conversation meanwhile, the fence lets only one of them commit.
    """

    def __init__(self, dsn: str, *, patience: timedelta, local: Locks | None = None) -> None:
        """``patience`` is how long a message waits for those before it, here and elsewhere, until it is told to try later."""
        self._dsn = dsn
        self._patience = patience.total_seconds()
        self._local = local or LocalLocks(patience=patience)
        self._queue: list[_Asked] = []
        self._asking: asyncio.Task[None] | None = None
        self._connection: Connection | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])
        await self._drop()

    @asynccontextmanager
    async def hold(self, conversation: str, *, wait: bool = True) -> AsyncIterator[None]:
        """As ``Locks.hold``. Raises StoreUnavailable too."""
        key, deadline = _key(conversation), monotonic() + (self._patience if wait else 0.0)
        async with self._local.hold(conversation, wait=wait):
            holder = await self._take(key, deadline)
            try:
                yield
            finally:
                await self._give_back(key, holder)

    async def _take(self, key: int, deadline: float) -> Connection:
        """Try until it is ours; the connection that holds it."""
        pause = _FIRST_PAUSE
        while (holder := await self._try(key)) is None:
            if monotonic() + pause > deadline:
                raise ConversationBusy
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - only so that replicas do not try in step
            pause = min(pause * 2, _LONGEST_PAUSE)
        return holder

    async def _try(self, key: int) -> Connection | None:
        """The connection that holds it now; ``None`` where another replica has it."""
        asking = self._put(_Asked(take=True, key=key)).answer
        try:
            return await _heard(asking)
        except StoreUnavailable:
            await self._forsake(key, asking)
            raise
        except asyncio.CancelledError:
            # Not cut off where the caller gives up: the lock may be ours by then, and is given back first.
            await asyncio.shield(asyncio.ensure_future(self._take_back(key, asking)))
            raise

    async def _take_back(self, key: int, asking: asyncio.Future[Connection | None]) -> None:
        """A lock that was asked for and that nobody wants now."""
        try:
            if (holder := await _heard(asking)) is not None:
                await self._give_back(key, holder)
        except StoreUnavailable:
            await self._forsake(key, asking)

    async def _forsake(self, key: int, asking: asyncio.Future[Connection | None]) -> None:
        """Nobody waits for the answer any longer; one that came at the last moment counts."""
        came = not asking.cancel() and asking.exception() is None
        if came and (holder := asking.result()) is not None:
            await self._give_back(key, holder)

    async def _give_back(self, key: int, holder: Connection) -> None:
        """Nothing is raised but a cancellation, and that only when it is done, or the server has had its time."""
        if holder is not self._connection:
            return  # it went with its connection
        giving = self._put(_Asked(take=False, key=key)).answer
        try:
            await _heard(giving)
        except StoreUnavailable:
            log.warning("a lock could not be given back in time; it is, or goes with its connection", exc_info=True)
        except asyncio.CancelledError:
            await asyncio.wait([giving], timeout=LIMIT)
            raise

    def _put(self, asked: _Asked) -> _Asked:
        # Looked at in any case: nobody may be waiting for it any more, and asyncio would report its error as lost.
        asked.answer.add_done_callback(lambda answer: answer.cancelled() or answer.exception())
        self._queue.append(asked)
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_all())
        return asked

    async def _ask_all(self) -> None:
        """Ask for what is in the queue, all of it at once, until there is nothing."""
        asked: list[_Asked] = []
        try:
            while self._queue:
                # Nobody needs a lock any more who gave up waiting; but every lock that was taken is given back.
                asked = [each for each in self._queue if not (each.take and each.answer.done())]
                self._queue = []
                try:
                    connection, answers = await self._ask_server(asked)
                except psycopg.Error as error:
                    _fail(asked, error)
                else:
                    for each, yes in zip(asked, answers, strict=True):
                        self._tell(each, connection if yes else None)
        except BaseException:  # cut off, mostly by the end of the service: nobody will answer these; it is raised on
            _fail([*asked, *self._queue], psycopg.OperationalError("nobody asks for locks any more"))
            self._queue = []
            raise
        finally:
            self._asking = None

    def _tell(self, asked: _Asked, holder: Connection | None) -> None:
        if not asked.answer.done():
            asked.answer.set_result(holder)
        elif asked.take and holder is not None:
            nobody = _Asked(take=False, key=asked.key)
            nobody.answer.cancel()
            self._put(nobody)

    async def _ask_server(self, asked: Sequence[_Asked]) -> tuple[Connection, list[bool]]:
        """Each answer. The time limit begins here, when it is their turn: a queue never costs a connection its life."""
        deadline = monotonic() + LIMIT
        try:
            connection = await self._connected(deadline)
            with cut_off(connection, deadline - monotonic()):
                cursor = connection.cursor(row_factory=scalar_row)
                await cursor.execute(_ASK, ([each.take for each in asked], [each.key for each in asked]))
                return connection, await cursor.fetchall()
        except (psycopg.Error, asyncio.CancelledError):
            # A call that was cut off may have taken the locks or not: only a new connection knows what it holds.
            await self._drop()
            raise

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


def _fail(asked: Sequence[_Asked], error: psycopg.Error) -> None:
    for each in asked:
        if not each.answer.done():
            each.answer.set_exception(type(error)(*error.args))


async def _heard(answer: asyncio.Future[Connection | None]) -> Connection | None:
    """The answer, which goes on without a caller who gives up. Raises StoreUnavailable."""
    async with answering():
        try:
            async with asyncio.timeout(LIMIT):
                return await asyncio.shield(answer)
        except TimeoutError as error:
            raise psycopg.OperationalError(f"no answer within {LIMIT:g} s") from error


def _key(conversation: str) -> int:
    """64 bits of the conversation's name, as PostgreSQL wants them."""
    return int.from_bytes(hashlib.blake2b(conversation.encode(), digest_size=8).digest(), signed=True)
