"""The tables Soni needs in PostgreSQL besides LangGraph's: numbered steps forwards, and each one back."""

import asyncio
import random
from dataclasses import dataclass
from time import monotonic
from typing import Final, LiteralString

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection
from psycopg.rows import DictRow

from soni.errors import ConfigurationError
from soni.persistence.postgres_connections import NAME
from soni.persistence.store import too_new

TABLES: Final = ("checkpoints", "checkpoint_blobs", "checkpoint_writes", "soni_ledger", "soni_transcript")
"""What a turn reads and writes."""
_LEAVING: Final = 2.0
"""Seconds in which the sessions of a service that was just stopped go."""
_OTHERS: Final = """
select count(*) as number from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
    and application_name in (%s, current_setting('application_name'))
"""
_KEY: Final = 0x536F6E69  # "Soni"
"""Of the advisory lock that lets one replica at a time change the schema."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema, and the way back."""

    up: tuple[LiteralString, ...]
    down: tuple[LiteralString, ...]
    lost: str
    """What is gone when it was taken back, in words."""


MIGRATIONS: Final = (
    Migration(
        up=(
            """
            create table if not exists soni_ledger (
                conversation text not null,
                key text not null,
                result jsonb not null,
                primary key (conversation, key)
            )
            """,
            # The fence: a checkpoint has one child. It tells two first messages apart that come at the same moment.
            """
            create unique index if not exists soni_one_child
            on checkpoints (thread_id, checkpoint_ns, coalesce(parent_checkpoint_id, ''))
            """,
        ),
        down=("drop index if exists soni_one_child", "drop table if exists soni_ledger"),
        lost="the results of actions whose turn is not saved yet",
    ),
    Migration(
        up=(
            "alter table soni_ledger add column id text not null default ''",
            """
            create table soni_transcript (
                conversation text not null,
                id text not null,
                turn integer not null,
                said jsonb not null,
                primary key (conversation, id)
            )
            """,
        ),
        down=("drop table soni_transcript", "alter table soni_ledger drop column id"),
        lost="the transcripts",
    ),
)
"""The first one makes version 1."""


async def set_up(connection: AsyncConnection[DictRow]) -> None:
    """Bring the schema to the newest version; ten replicas that start at once wait for one of them.

    A user without the right to create tables may start Soni where another has set it up. Raises ConfigurationError where a
    newer Soni has made it.
    """
    if await _is_newest(connection):
        return
    await _lock(connection)
    try:
        await AsyncPostgresSaver(connection).setup()
        version = await _known_version(connection)
        for number, migration in enumerate(MIGRATIONS[version:], version + 1):
            await _step(connection, migration.up, number)
    finally:
        await connection.execute("select pg_advisory_unlock(%s)", (_KEY,))


async def refuse_beside_others(connection: AsyncConnection[DictRow]) -> None:
    """Raises ConfigurationError where other sessions of Soni's use this database."""
    deadline = monotonic() + _LEAVING
    while others := await _others(connection):
        if monotonic() > deadline:
            raise ConfigurationError(
                f"{others} other session{'s' if others > 1 else ''} of Soni's use{'' if others > 1 else 's'} this database:"
                " stop every service on it first, or it loses what it needs. With --force it is done nevertheless: for"
                " sessions that a pooler keeps, or that belong to another schema."
            )
        await asyncio.sleep(0.1)


async def _others(connection: AsyncConnection[DictRow]) -> int:
    row = await (await connection.execute(_OTHERS, (NAME,))).fetchone()
    return int(row["number"]) if row is not None else 0


async def go_back(connection: AsyncConnection[DictRow]) -> None:
    """Undo the newest step. Raises ConfigurationError where a newer Soni has made it."""
    await _lock(connection)
    try:
        version = await _known_version(connection)
        await _step(connection, MIGRATIONS[version - 1].down, version - 1)
    finally:
        await connection.execute("select pg_advisory_unlock(%s)", (_KEY,))


async def _lock(connection: AsyncConnection[DictRow]) -> None:
    # Trying instead of waiting: a session that waits in a query holds a snapshot, and LangGraph's "create index
    # concurrently" would wait for that one.
    while True:
        cursor = await connection.execute("select pg_try_advisory_lock(%s) as held", (_KEY,))
        row = await cursor.fetchone()
        if row is not None and row["held"]:
            return
        await asyncio.sleep(random.uniform(0.02, 0.1))  # noqa: S311 - only so that replicas do not try in step


async def schema_version(connection: AsyncConnection[DictRow]) -> int:
    """Steps that this database has behind it. It only reads."""
    found = await (await connection.execute("select to_regclass('soni_schema') is not null as there")).fetchone()
    if found is None or not found["there"]:
        return 0
    row = await (await connection.execute("select max(version) as version from soni_schema")).fetchone()
    return (row["version"] or 0) if row is not None else 0


async def _is_newest(connection: AsyncConnection[DictRow]) -> bool:
    if await _known_version(connection) < len(MIGRATIONS):
        return False
    row = await (await connection.execute("select max(v) as version from checkpoint_migrations")).fetchone()
    return row is not None and row["version"] == len(AsyncPostgresSaver.MIGRATIONS) - 1


async def _known_version(connection: AsyncConnection[DictRow]) -> int:
    version = await schema_version(connection)
    if version > len(MIGRATIONS):
        raise too_new(version, len(MIGRATIONS))
    return version


async def _step(connection: AsyncConnection[DictRow], statements: tuple[LiteralString, ...], version: int) -> None:
    async with connection.transaction():
        await connection.execute("create table if not exists soni_schema (version integer not null)")
        for statement in statements:
            await connection.execute(statement)
        await connection.execute("delete from soni_schema")
        await connection.execute("insert into soni_schema (version) values (%s)", (version,))
