"""What a service says that cannot reach its database: who has to act, and it waits for a server that is only late."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from soni.config.settings import Persistence
from soni.errors import ConfigurationError, StoreUnavailable
from soni.persistence import postgres_opening
from soni.persistence.postgres_opening import open_postgres
from soni.persistence.store import open_store

from .conftest import Machine
from .line import Line
from .talking import on_postgres
from .test_hanging import PATIENCE


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other at once, and nobody waits for half a minute."""
    monkeypatch.setattr(postgres_opening, "START", 0.3)
    monkeypatch.setattr(postgres_opening, "_PAUSE", 0.01)
    monkeypatch.setattr(postgres_opening, "_TOLD_EVERY", 0.05)


async def opens(settings: Persistence) -> None:
    """Open it as a service does, and ask for something."""
    async with open_store(settings, Path(), PATIENCE) as store:
        await store.check()


@pytest.mark.parametrize(
    "dsn",
    ["garbage", "mysql://soni:secret@host/db", "host=localhost colour=secret", "postgresql://u:secret@[::1/x"],
)
async def test_a_connection_string_that_is_none(dsn: str) -> None:
    """The author is told where it is and how one looks; the password in it is not repeated."""
    with pytest.raises(ConfigurationError, match=r"settings\.persistence\.connection_string") as caught:
        await opens(on_postgres(dsn))

    assert "postgresql://" in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("dsn", ["postgresql://u:hunter@tail@localhost/db", "postgresql://u:hun/tail@localhost/db"])
async def test_a_password_that_is_not_encoded(dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    """It would become the host: nobody looks for that one, and it is not told. The address for locks is held to the same."""
    for settings in (on_postgres(dsn), on_postgres("host=/nowhere").model_copy(update={"lock_connection_string": dsn})):
        with pytest.raises(ConfigurationError, match="percent-encoded") as caught:
            await opens(settings)
        assert not any(piece in caught.value.message + caplog.text for piece in ("hun", "tail"))


@pytest.mark.parametrize("place", [{"dbname": "nowhere"}, {"user": "nobody_here"}])
async def test_a_place_that_is_not_there(database: str, place: dict[str, str]) -> None:
    """A database or role that nobody made does not come by waiting."""
    with pytest.raises(ConfigurationError, match="does not exist"):
        await opens(on_postgres(make_conninfo(database, **place)))


@pytest.mark.parametrize(
    "said",
    [
        'password authentication failed for user "soni"',
        'no pg_hba.conf entry for host "10.0.0.1", user "soni"',
        'role "soni" is not permitted to log in',
        'permission denied for database "soni"',
    ],
)
async def test_a_server_that_refuses_us(line: Line, said: str) -> None:
    """It is told at the first attempt, in the server's words."""
    line.refusing.append(said)
    with pytest.raises(ConfigurationError, match="PostgreSQL cannot be used") as caught:
        await opens(on_postgres(line.dsn()))

    assert said in caught.value.message


@pytest.mark.parametrize(
    "said",
    [
        "the database system is starting up",
        "the database system is shutting down",
        "sorry, too many clients already",
        "das Datenbanksystem startet",
    ],
)
async def test_a_server_that_is_late(line: Line, said: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is asked again until it is there; the log says what the service is waiting for."""
    line.refusing.extend([said] * 3)
    await opens(on_postgres(line.dsn()))

    assert "PostgreSQL does not answer yet, and is asked again" in caplog.text
    assert said in caplog.text


@pytest.mark.parametrize("dsn", ["host=127.0.0.1 port=1", "host=/nowhere", "host=nobody.invalid"])
async def test_a_server_that_does_not_come(dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    """Half a minute in a real service; then the operator is told, and not that the configuration is wrong."""
    with pytest.raises(
        StoreUnavailable, match=r"has not answered for .* s: .*settings\.persistence\.connection_string"
    ):
        await opens(on_postgres(dsn))

    lines = [record for record in caplog.records if record.name == "soni.persistence"]
    assert 2 <= len(lines) < 20


async def test_a_server_that_starts_after_the_service(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers of one deployment start together, in any order."""
    monkeypatch.setattr(postgres_opening, "START", 30.0)
    await asyncio.to_thread(machine.switch.off)
    opening = asyncio.create_task(opens(on_postgres(machine.dsn)))
    await asyncio.to_thread(machine.switch.on)
    await opening


async def test_the_direct_way_for_locks_is_right_and_the_other_is_not(database: str) -> None:
    """Both are tried at the start: the first user does not find out."""
    wrong = make_conninfo(database, dbname="nowhere")
    settings = on_postgres(wrong).model_copy(update={"lock_connection_string": database})
    with pytest.raises(ConfigurationError, match="does not exist"):
        await opens(settings)


async def test_a_database_that_nobody_may_write_to(database: str) -> None:
    """A standby may be about to take over, so it is waited for; then the operator hears the server's words."""
    with psycopg.connect(database, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("alter database {} set default_transaction_read_only = on").format(name))
    with pytest.raises(StoreUnavailable, match="read-only"):
        await opens(on_postgres(database))


@pytest.fixture
async def role(database: str) -> AsyncIterator[str]:
    """A user who may connect and not create anything: the connection string."""
    name = f"{conninfo_to_dict(database)['dbname']}_user"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login").format(sql.Identifier(name)))
        connection.execute("revoke create on schema public from public")
    yield make_conninfo(database, user=name)
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(sql.SQL("drop owned by {} cascade").format(sql.Identifier(name)))
        connection.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


async def test_a_user_who_may_not_create_tables(role: str) -> None:
    """Told what to grant."""
    with pytest.raises(ConfigurationError, match="Grant it create on the schema"):
        await opens(on_postgres(role))


async def test_a_user_who_may_create_tables(role: str, database: str) -> None:
    """That grant is all that is needed."""
    with psycopg.connect(database, autocommit=True) as connection:
        name = sql.Identifier(str(conninfo_to_dict(role)["user"]))
        connection.execute(sql.SQL("grant create on schema public to {}").format(name))
    await opens(on_postgres(role))


async def test_a_user_who_may_only_read_and_write(role: str, database: str) -> None:
    """Where another user has set the tables up, nothing more is needed."""
    await opens(on_postgres(database))
    with psycopg.connect(database, autocommit=True) as connection:
        name = sql.Identifier(str(conninfo_to_dict(role)["user"]))
        every = sql.SQL("grant select, insert, update, delete on all tables in schema public to {}")
        connection.execute(every.format(name))
    await opens(on_postgres(role))


async def test_a_user_who_may_only_read(role: str, database: str) -> None:
    """Told at the start, and not by a 503 to every user: which right is missing where."""
    await opens(on_postgres(database))
    with psycopg.connect(database, autocommit=True) as connection:
        name = sql.Identifier(str(conninfo_to_dict(role)["user"]))
        connection.execute(sql.SQL("grant select on all tables in schema public to {}").format(name))
        connection.execute(sql.SQL("grant insert, update, delete on checkpoints to {}").format(name))
    with pytest.raises(ConfigurationError, match=r"lacks rights: .*insert, update, delete on soni_ledger") as caught:
        await opens(on_postgres(role))
    behind = on_postgres(role).model_copy(update={"lock_connection_string": database})
    with pytest.raises(ConfigurationError, match="lacks rights"):
        await opens(behind)

    assert "on checkpoints;" not in caught.value.message


async def test_a_pooler_in_between(line: Line, database: str, caplog: pytest.LogCaptureFixture) -> None:
    """Locks do not hold through one that lends connections: the operator is told which setting helps."""
    line.pid = 12345
    async with open_postgres(on_postgres(line.dsn())) as pool, pool.connection() as connection:
        threshold = connection.prepare_threshold
    told = "settings.persistence.lock_connection_string" in caplog.text
    caplog.clear()
    direct = on_postgres(line.dsn()).model_copy(update={"lock_connection_string": database})
    async with open_postgres(direct) as pool, pool.connection() as connection:
        thresholds = (threshold, connection.prepare_threshold)

    assert told
    assert "lock_connection_string" not in caplog.text
    assert thresholds == (None, None), "a prepared statement may be gone with its connection"


async def test_a_connection_without_a_pooler(database: str, caplog: pytest.LogCaptureFixture) -> None:
    """Statements are prepared, and nobody is warned."""
    async with open_postgres(on_postgres(database)) as pool, pool.connection() as connection:
        threshold = connection.prepare_threshold

    assert threshold == 5
    assert caplog.text == ""
