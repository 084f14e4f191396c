"""Opens a PostgreSQL database: waits for one that is only just starting, and says in words what is wrong with it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from typing import Final

import psycopg
from psycopg.rows import dict_row

from soni.config.settings import Persistence
from soni.errors import ConfigurationError, StoreUnavailable
from soni.persistence.addresses import LOCK_SETTING, SETTING, refuse_unreadable
from soni.persistence.postgres_connections import LIMIT, Connection, Connections, Pool, connect, patient, words
from soni.persistence.postgres_schema import TABLES, set_up

log = logging.getLogger("soni.persistence")

START: Final = 30.0
"""Seconds to wait at start for a database that is down: containers of one deployment start together, in any order."""
_PAUSE: Final = 0.5
"""Seconds between two attempts."""
_TOLD_EVERY: Final = 5.0
"""Seconds between two lines in the log."""
_PREPARE_AFTER: Final = 5
"""Times a statement is sent before it is prepared; psycopg's default."""

_RIGHTS: Final = ("select", "insert", "update", "delete")
_MISSING: Final = """
select name, array_agg(wanted order by place) as rights
from unnest(%s::text[]) as name, unnest(%s::text[]) with ordinality as rights (wanted, place)
where not has_table_privilege(name, wanted) group by name order by name
"""

_MISTAKES: Final = (
    "password authentication failed",
    "no password supplied",
    "does not exist",
    "no pg_hba.conf entry",
    "is not permitted to log in",
    "permission denied",
    "is not currently accepting connections",
    "invalid port number",
    "invalid integer value",
    "invalid sslmode value",
    "could not match",
    "does not support SSL",
    "certificate",
)
"""Parts of what libpq and the server say where waiting helps nobody.

A failed connection has no error code, only words. Those that are not known here, such as a server's in another language,
count as those of a server that is down: to wait in vain and then say them does less harm than to give up too early.
"""


@asynccontextmanager
async def open_postgres(settings: Persistence) -> AsyncIterator[Connections]:
    """The connections to the database the settings name. They are closed again at the end.

    Raises ConfigurationError where somebody has to change something first, StoreUnavailable where the server does not come.
    """
    assert settings.connection_string is not None, "checked when the settings were read"
    refuse_unreadable(settings.connection_string)
    if settings.lock_connection_string is not None:
        refuse_unreadable(settings.lock_connection_string, LOCK_SETTING)
    pooled = await _patiently(lambda: _prepare(settings), START)
    connections = Pool(
        patient(settings.connection_string),
        connection_class=Connection,
        kwargs={
            "autocommit": True,
            # Behind a pooler that hands a connection to another client after each transaction, it may be gone.
            "prepare_threshold": None if pooled else _PREPARE_AFTER,
            "row_factory": dict_row,
        },
        min_size=settings.pool.min_size,
        max_size=settings.pool.max_size,
        timeout=LIMIT,
        # Each request that finds no connection asks for one: nothing is gained by trying in the background.
        reconnect_timeout=0,
        open=False,
        name="soni",
    )
    try:
        await connections.open()
        yield connections
    finally:
        await connections.close()


async def _prepare(settings: Persistence) -> bool:
    """Bring the schema to its newest version; whether ``connection_string`` goes through a pooler."""
    direct = settings.lock_connection_string
    async with await connect(direct or settings.connection_string or "") as connection:
        if await _is_pooled(connection):
            log.warning(
                "PostgreSQL is reached through a pooler. Where it lends a connection for a transaction only (pgbouncer with"
                " pool_mode = transaction), locks do not hold: name a direct connection as"
                " settings.persistence.lock_connection_string."
            )
            pooled = True
        else:
            pooled = direct is not None
        await set_up(connection)
        if direct is None:
            await _refuse_without_rights(connection)
    if direct is not None:  # to hear at start, and not from the first user, that it is wrong
        async with await connect(settings.connection_string or "") as connection:
            await _refuse_without_rights(connection)
    return pooled


async def _refuse_without_rights(connection: Connection) -> None:
    """Raises ConfigurationError where this user may not do in every table what each turn does."""
    cursor = await connection.execute(_MISSING, (list(TABLES), list(_RIGHTS)))
    missing = [f"{', '.join(row['rights'])} on {row['name']}" for row in await cursor.fetchall()]
    if missing:
        raise ConfigurationError(
            f"The database user {connection.info.user} lacks rights: {'; '.join(missing)}."
            f" Grant it {', '.join(_RIGHTS)} on all of Soni's tables ({SETTING})."
        )


async def _is_pooled(connection: Connection) -> bool:
    """Whether somebody stands between: the process that answers is not the one that opened the connection."""
    row = await (await connection.execute("select pg_backend_pid() as pid")).fetchone()
    return row is not None and row["pid"] != connection.info.backend_pid


async def _patiently(work: Callable[[], Awaitable[bool]], patience: float) -> bool:
    """Do this as soon as the database is there. Raises ConfigurationError, StoreUnavailable."""
    deadline, told = monotonic() + patience, float("-inf")
    while True:
        try:
            return await work()
        except psycopg.Error as error:
            if (mistake := _mistake(error)) is not None:
                raise ConfigurationError(mistake) from error
            if monotonic() + _PAUSE > deadline:
                raise StoreUnavailable(
                    f"PostgreSQL has not answered for {patience:g} s: {words(error)}"
                    " (settings.persistence.connection_string)."
                ) from error
            if monotonic() - told >= _TOLD_EVERY:
                told = monotonic()
                log.warning("PostgreSQL does not answer yet, and is asked again: %s", words(error))
        await asyncio.sleep(_PAUSE)


def _mistake(error: psycopg.Error) -> str | None:
    """What somebody has to change before this can work; ``None`` where it may work in a moment."""
    match error:
        case psycopg.errors.InsufficientPrivilege():
            return (
                f"The database user may not set up Soni's tables: {words(error)}. Grant it create on the schema; where the"
                " tables are there already, select, insert, update and delete on all of them are enough"
                " (settings.persistence.connection_string)."
            )
        case psycopg.OperationalError() if not any(part in str(error) for part in _MISTAKES):
            return None
        case psycopg.errors.ReadOnlySqlTransaction():
            return None  # a standby, which may be about to take over
        case _:
            return f"PostgreSQL cannot be used: {words(error)} (settings.persistence.connection_string)."
