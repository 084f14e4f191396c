"""The schema moves forwards from every version and back by one, and loses nothing that both sides know."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiosqlite
import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from soni.config.settings import Persistence
from soni.dialogue.state import Dialogue, Line
from soni.errors import ConfigurationError
from soni.persistence import postgres_schema, sqlite_schema
from soni.persistence.store import Store, open_store

SAID = (Line("user", "hello"), Line("assistant", "Hi."))
PATIENCE = timedelta(seconds=5)


@asynccontextmanager
async def opened(settings: Persistence) -> AsyncIterator[Store]:
    """A store, brought to the newest version."""
    async with open_store(settings, Path("/"), PATIENCE) as store:
        yield store


async def talk(settings: Persistence) -> None:
    """Leave a conversation of two turns and a result behind."""
    async with opened(settings) as store:
        await store.dialogues.commit("ana", None, Dialogue(id="c", turn=1), SAID)
        await store.dialogues.commit("ana", await store.dialogues.load("ana"), Dialogue(id="c", turn=2), SAID)
        await store.ledger.record("ana", "key", {"paid": 5})


async def what_is_known(settings: Persistence) -> tuple[int, object, int]:
    """The turn, the result, and how many turns the transcript has."""
    async with opened(settings) as store:
        saved = await store.dialogues.load("ana")
        assert saved is not None
        told = await store.archive.exchanges("ana", None, 10)
        return saved.dialogue.turn, await store.ledger.recall("ana", "key"), len(told)


@asynccontextmanager
async def sqlite(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    async with aiosqlite.connect(path, isolation_level=None) as connection:
        yield connection


@asynccontextmanager
async def postgres(dsn: str) -> AsyncIterator[AsyncConnection[DictRow]]:
    async with await AsyncConnection.connect(dsn, autocommit=True, row_factory=dict_row) as connection:
        yield connection


async def test_sqlite_goes_back_one_step_at_a_time_and_forwards_again(tmp_path: Path) -> None:
    """Down to nothing of ours and up again: the conversation is there at every step; results and transcript as far as known."""
    settings = Persistence(backend="sqlite", path=tmp_path / "soni.db")
    newest = len(sqlite_schema.MIGRATIONS)
    await talk(settings)
    for version in range(newest, 0, -1):
        async with sqlite(settings.path) as connection:
            assert await sqlite_schema.schema_version(connection) == newest
            for _ in range(newest - version + 1):
                await sqlite_schema.go_back(connection)
            assert await sqlite_schema.schema_version(connection) == version - 1
        turn, result, _ = await what_is_known(settings)

        assert turn == 2
        assert result == ({"key": {"paid": 5}} if version > 1 else {})


async def test_postgresql_goes_back_one_step_at_a_time_and_forwards_again(database: str) -> None:
    """As SQLite does."""
    settings = Persistence(backend="postgresql", connection_string=database)
    newest = len(postgres_schema.MIGRATIONS)
    await talk(settings)
    for version in range(newest, 0, -1):
        async with postgres(database) as connection:
            assert await postgres_schema.schema_version(connection) == newest
            for _ in range(newest - version + 1):
                await postgres_schema.go_back(connection)
            assert await postgres_schema.schema_version(connection) == version - 1
        turn, result, _ = await what_is_known(settings)

        assert turn == 2
        assert result == ({"key": {"paid": 5}} if version > 1 else {})


async def test_a_step_back_keeps_the_fence_and_one_row(tmp_path: Path) -> None:
    """After going back by one, the earlier version's own trigger keeps conversations small."""
    settings = Persistence(backend="sqlite", path=tmp_path / "soni.db")
    await talk(settings)
    async with sqlite(settings.path) as connection:
        await sqlite_schema.go_back(connection)
        rows = await connection.execute_fetchall("select name from sqlite_master where type = 'trigger'")

        assert [name for (name,) in rows] == ["soni_keep_newest"]


async def test_a_database_of_a_later_version_is_refused_in_words(tmp_path: Path, database: str) -> None:
    """Nothing of it is touched."""
    file = Persistence(backend="sqlite", path=tmp_path / "soni.db")
    server = Persistence(backend="postgresql", connection_string=database)
    await talk(file)
    await talk(server)
    async with sqlite(file.path) as connection:
        await connection.execute("pragma user_version = 99")
    async with postgres(database) as other:
        await other.execute("update soni_schema set version = 99")
    for settings in (file, server):
        with pytest.raises(ConfigurationError, match="A newer Soni has made this database: its version is 99"):
            async with opened(settings):
                pass
    with pytest.raises(ConfigurationError, match="its version is 99"):
        async with sqlite(file.path) as connection:
            await sqlite_schema.go_back(connection)
    with pytest.raises(ConfigurationError, match="its version is 99"):
        async with postgres(database) as other:
            await postgres_schema.go_back(other)


@pytest.mark.parametrize("behind", [0, 1])
async def test_ten_replicas_that_start_at_once_set_up_one_schema(database: str, behind: int) -> None:
    """On an empty database, and on one that is a step behind; each of them can work at once."""
    settings = Persistence(backend="postgresql", connection_string=database)
    if behind:
        await talk(settings)
        async with postgres(database) as connection:
            await postgres_schema.go_back(connection)

    async def replica(number: int) -> None:
        async with opened(settings) as store:
            await store.dialogues.commit(f"user{number}", None, Dialogue(turn=1), SAID)

    await asyncio.gather(*(replica(number) for number in range(10)))
    async with postgres(database) as connection:
        version = await postgres_schema.schema_version(connection)
        cursor = await connection.execute("select count(*) as n from soni_transcript where conversation like 'user%'")
        row = await cursor.fetchone()

    assert version == len(postgres_schema.MIGRATIONS)
    assert row is not None
    assert row["n"] == 10


async def test_a_step_that_fails_changes_nothing(database: str) -> None:
    """Each step is one transaction: the version and the tables agree afterwards."""
    await talk(Persistence(backend="postgresql", connection_string=database))
    async with postgres(database) as connection:
        with pytest.raises(psycopg.Error):
            await postgres_schema._step(connection, ("drop table soni_transcript", "no sql"), 1)
        version = await postgres_schema.schema_version(connection)
        await connection.execute("select from soni_transcript")

    assert version == len(postgres_schema.MIGRATIONS)
