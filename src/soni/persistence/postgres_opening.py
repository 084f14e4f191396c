"""Opens a PostgreSQL database, and says in words what is wrong with it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from soni.config.settings import Persistence
from soni.errors import ConfigurationError, StoreUnavailable
from soni.persistence.postgres_schema import set_up

Connections = AsyncConnectionPool[AsyncConnection[DictRow]]

_WAIT: Final = 5.0
"""Seconds to wait for a free connection, or for the server, before the store counts as down."""


@asynccontextmanager
async def open_postgres(settings: Persistence) -> AsyncIterator[Connections]:
    """The connections to the database the settings name. They are closed again at the end."""
    assert settings.connection_string is not None, "checked when the settings were read"
    # Behind a pooler that hands a connection to another client after each transaction, a prepared statement may be gone.
    threshold = None if settings.lock_connection_string else 5
    connections: Connections = AsyncConnectionPool(
        settings.connection_string,
        kwargs={"autocommit": True, "prepare_threshold": threshold, "row_factory": dict_row},
        min_size=settings.pool.min_size,
        max_size=settings.pool.max_size,
        timeout=_WAIT,
        reconnect_timeout=0,
        open=False,
        name="soni",
    )
    try:
        with usable():
            async with await AsyncConnection.connect(
                settings.lock_connection_string or settings.connection_string, autocommit=True, row_factory=dict_row
            ) as connection:
                await set_up(connection)
        await connections.open()
        yield connections
    finally:
        await connections.close()


@contextmanager
def usable() -> Iterator[None]:
    """What goes wrong while the database is opened becomes a ConfigurationError that says what to do."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            f"The database user may not create Soni's tables: {error.diag.message_primary}. Grant create on the schema,"
            " or let a user who may start Soni once (settings.persistence.connection_string)."
        ) from error
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        words = " ".join(str(error).split())
        raise ConfigurationError(
            f"PostgreSQL cannot be reached: {words} (settings.persistence.connection_string)."
        ) from error


@contextmanager
def answering() -> Iterator[None]:
    """What goes wrong between here and the server becomes StoreUnavailable, with its words as the cause."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as error:
        raise StoreUnavailable("The conversation store does not answer.") from error
