"""Connections to PostgreSQL that hang no longer than they may: what does not answer in time is cut off and replaced."""

import asyncio
import os
import select
import socket
import struct
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from time import monotonic
from typing import Final

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from soni.errors import StoreUnavailable

Connections = AsyncConnectionPool[AsyncConnection[DictRow]]

LIMIT: Final = 5.0
"""Seconds a call may take in all, from asking for a connection to the last row."""
NAME: Final = "soni"
"""What sessions are called in pg_stat_activity, where the connection string gives them no name of their own."""
_DEFAULTS: Final[Mapping[str, int | str]] = {
    "connect_timeout": 3,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "fallback_application_name": NAME,
}
"""For libpq; the times are in seconds: shorter than ``LIMIT``, so that an attempt that was begun while the network was gone is over soon
after it is back; and a host that vanished while nothing was said is noticed within 45 s."""

_RESET: Final = struct.pack("ii", 1, 0)
"""For SO_LINGER: what has not been sent is forgotten when the socket is closed, and not delivered minutes later."""


class Connection(AsyncConnection[DictRow]):
    """A connection that is cut off when its caller gives up in the middle of a query."""

    async def cancel_safe(self, *, timeout: float = 30.0) -> None:  # noqa: ASYNC109, ARG002 - psycopg's
        """Psycopg calls this when a task is cancelled. To ask the server to stop could hang as the query does."""
        cut(self)


class Pool(AsyncConnectionPool[AsyncConnection[DictRow]]):
    """The pool. A connection that broke while nobody used it is replaced before anybody gets it."""

    async def getconn(self, timeout: float | None = None) -> AsyncConnection[DictRow]:  # noqa: ASYNC109 - psycopg's
        """A connection that nobody has hung up. Raises PoolTimeout."""
        deadline = monotonic() + (self.timeout if timeout is None else timeout)
        while hung_up(connection := await super().getconn(deadline - monotonic())):
            await connection.close()
            await self.putconn(connection)
        return connection

    @asynccontextmanager
    async def connection(self, timeout: float | None = None) -> AsyncIterator[AsyncConnection[DictRow]]:  # noqa: ASYNC109 - psycopg's
        """A connection, for no longer than the limit in all. Raises psycopg.OperationalError."""
        deadline = monotonic() + (self.timeout if timeout is None else timeout)
        # Not psycopg's own context, which commits at the end: each statement here is its own transaction, or in one that is
        # ended already; a commit of nothing is a fourth of the work of a statement.
        connection = await self.getconn(timeout)
        assert connection.autocommit
        try:
            with cut_off(connection, deadline - monotonic()):
                yield connection
        except psycopg.errors.ReadOnlySqlTransaction:
            await connection.close()  # this server is no longer the one that writes: ask anew which one is
            raise
        finally:
            await self.putconn(connection)


def patient(dsn: str) -> str:
    """The connection string with limits and a name for libpq, where it names none itself. Raises psycopg.ProgrammingError."""
    own = conninfo_to_dict(dsn)
    return make_conninfo(dsn, **{name: value for name, value in _DEFAULTS.items() if name not in own})


async def connect(dsn: str) -> Connection:
    """A connection beside the pool. Raises psycopg.Error."""
    return await Connection.connect(patient(dsn), autocommit=True, prepare_threshold=None, row_factory=dict_row)


@contextmanager
def cut_off(connection: AsyncConnection[DictRow], after: float) -> Iterator[None]:
    """Cut the connection so many seconds from now, unless this is left before.

    Whoever waits for the server then hears so at once, without being cancelled. Raises psycopg.OperationalError.
    """
    until = monotonic() + after
    timer = asyncio.get_running_loop().call_later(after, cut, connection)
    try:
        yield
    except psycopg.OperationalError as error:
        if monotonic() < until - 0.1:  # a loop's clock is coarse
            raise
        raise psycopg.OperationalError(f"no answer within {LIMIT:g} s") from error
    finally:
        timer.cancel()


def cut(connection: AsyncConnection[DictRow]) -> None:
    """From now on the connection is broken, for whoever is waiting on it, too; nothing here can block."""
    # A frozen server, or a network that is gone, leaves a socket that is neither readable nor closed. Its other descriptor
    # stays psycopg's: the event loop is listening on it.
    with suppress(OSError, psycopg.OperationalError), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        line.shutdown(socket.SHUT_RDWR)


def hung_up(connection: AsyncConnection[DictRow]) -> bool:
    """Whether this connection, on which nobody has asked anything, is over.

    A server says nothing unasked but that it goes; so an idle connection with something to read is none to use.
    """
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


@asynccontextmanager
async def answering() -> AsyncIterator[None]:
    """What goes wrong between here and the server becomes StoreUnavailable, with its words."""
    try:
        yield
    except (psycopg.DataError, psycopg.IntegrityError):
        raise  # the same again tomorrow: the operator cannot help it
    except psycopg.Error as error:
        raise StoreUnavailable(f"The conversation store does not answer: {words(error)}.") from error


def words(error: psycopg.Error) -> str:
    """What psycopg or the server says, on one line and without a full stop."""
    return " ".join((error.diag.message_primary or str(error)).split()).rstrip(".")
