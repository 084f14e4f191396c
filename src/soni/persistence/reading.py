"""Reads the conversations of a store beside the service that writes them: nothing is created, migrated, locked or changed."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from soni.config.settings import Persistence
from soni.errors import ConfigurationError
from soni.persistence.addresses import backend_of, refuse_unreadable
from soni.persistence.archive import Archive
from soni.persistence.dialogues import Dialogues
from soni.persistence.store import import_driver, too_new


@dataclass(frozen=True, slots=True)
class Reading:
    """What can be read of a store."""

    dialogues: Dialogues
    archive: Archive
    up_to_date: bool = True
    """False where an earlier Soni has made the tables: then of the archive only ``conversations`` can be read."""


def refuse_missing(settings: Persistence, folder: Path) -> None:
    """Raises ConfigurationError where a SQLite file is not there, which opening it would create."""
    if settings.backend == "sqlite" and not (folder / settings.path).exists():
        raise ConfigurationError(f"There is no {folder / settings.path}.")


def _is_newest(version: int, known: int) -> bool:
    if version > known:
        raise too_new(version, known)
    return version == known


def named(database: str, settings: Persistence) -> Persistence:
    """The settings with another database: a connection string of PostgreSQL or Redis, or the path of a SQLite file.

    Raises ConfigurationError where it is none of them.
    """
    backend = backend_of(database)
    place: dict[str, object] = {"path": Path(database)} if backend == "sqlite" else {"connection_string": database}
    return settings.model_copy(update={"backend": backend, **place})


@asynccontextmanager
async def open_reading(settings: Persistence, folder: Path) -> AsyncIterator[Reading]:
    """The store the settings name; relative paths are relative to the folder.

    Raises ConfigurationError where there is nothing to read.
    """
    await asyncio.to_thread(refuse_missing, settings, folder)
    await asyncio.to_thread(import_driver, settings.backend)
    match settings.backend:
        case "memory":
            raise ConfigurationError("Conversations in memory can be read by their own process only.")
        case "sqlite":
            async with _sqlite(folder / settings.path) as reading:
                yield reading
        case "postgresql":
            async with _postgres(settings) as reading:
                yield reading
        case "redis":
            from soni.persistence.redis import RedisSaver
            from soni.persistence.redis_archive import RedisArchive
            from soni.persistence.redis_opening import open_redis

            async with open_redis(settings, only_read=True) as client:
                yield Reading(Dialogues(RedisSaver(client)), RedisArchive(client))


@asynccontextmanager
async def _sqlite(path: Path) -> AsyncIterator[Reading]:
    import aiosqlite

    from soni.persistence.sqlite import SqliteDialogues, SqliteSaver
    from soni.persistence.sqlite_archive import SqliteArchive
    from soni.persistence.sqlite_schema import MIGRATIONS, schema_version

    try:
        uri = await asyncio.to_thread(lambda: f"{path.resolve().as_uri()}?mode=ro")
        async with aiosqlite.connect(uri, uri=True, isolation_level=None) as connection:
            await connection.execute_fetchall("select 1 from checkpoints limit 1")
            newest = _is_newest(await schema_version(connection), len(MIGRATIONS))
            yield Reading(SqliteDialogues(SqliteSaver(connection)), SqliteArchive(connection), newest)
    except sqlite3.Error as error:
        raise ConfigurationError(f"{path} cannot be read as a database of Soni's: {error}.") from error


@asynccontextmanager
async def _postgres(settings: Persistence) -> AsyncIterator[Reading]:
    import psycopg
    from psycopg import AsyncConnection
    from psycopg.rows import DictRow, dict_row
    from psycopg_pool import AsyncConnectionPool

    from soni.persistence.postgres import PostgresDialogues, PostgresSaver
    from soni.persistence.postgres_archive import PostgresArchive
    from soni.persistence.postgres_connections import connect, patient, words
    from soni.persistence.postgres_schema import MIGRATIONS, schema_version

    assert settings.connection_string is not None, "checked when the settings were read"
    refuse_unreadable(settings.connection_string)

    async def only_read(connection: AsyncConnection[DictRow]) -> None:
        await connection.execute("set default_transaction_read_only = on")

    try:
        # Tried first, because a pool tries for long and does not say why it fails.
        async with await connect(settings.connection_string) as connection:
            newest = _is_newest(await schema_version(connection), len(MIGRATIONS))
            await connection.execute("select from checkpoints limit 1")
    except psycopg.errors.UndefinedTable as error:
        raise ConfigurationError("This PostgreSQL database has no conversations of Soni's.") from error
    except psycopg.Error as error:
        raise ConfigurationError(f"This PostgreSQL database cannot be read: {words(error)}.") from error
    async with AsyncConnectionPool[AsyncConnection[DictRow]](
        patient(settings.connection_string),
        kwargs={"autocommit": True, "prepare_threshold": None, "row_factory": dict_row},
        configure=only_read,
        min_size=1,
        max_size=2,
        open=False,
    ) as pool:
        yield Reading(PostgresDialogues(PostgresSaver(pool)), PostgresArchive(pool), newest)
