"""Whatever hangs, a call to the store ends in time, and service goes on when the cause has gone, without a restart."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
from psycopg_pool import AsyncConnectionPool
from tests.servers import new_database

from soni.dialogue.state import Dialogue
from soni.dialogue.state import Line as Said
from soni.errors import StoreUnavailable
from soni.persistence import postgres_connections, sqlite_opening
from soni.persistence.postgres import PostgresSaver
from soni.persistence.store import Store, open_store

from .conftest import Machine
from .line import Line
from .talking import on_postgres

PATIENCE = timedelta(seconds=5)


def calls(store: Store) -> Mapping[str, Callable[[], Awaitable[object]]]:
    """Every call that a store knows."""

    async def hold() -> None:
        async with store.locks.hold("held"):
            pass

    async def commit() -> None:
        await store.dialogues.commit("new", None, Dialogue(turn=1), [Said("user", "hello")])

    return {
        "load": lambda: store.dialogues.load("ana"),
        "exists": lambda: store.dialogues.exists("ana"),
        "commit": commit,
        "delete": lambda: store.archive.reset("eva"),
        "recall": lambda: store.ledger.recall("ana", "key"),
        "record": lambda: store.ledger.record("ana", "key", {"paid": 5}),
        "forget": lambda: store.ledger.forget("eva"),
        "exchanges": lambda: store.archive.exchanges("ana", None, 1),
        "conversations": lambda: store.archive.conversations("", 1),
        "idle": lambda: store.archive.idle(datetime.now(UTC), "", 1),
        "effects": lambda: store.archive.effects("ana"),
        "erase": lambda: store.archive.erase("eva"),
        "check": store.check,
        "hold": hold,
    }


async def how_each_ends(store: Store) -> tuple[dict[str, str], float]:
    """All calls at once: what each raises, and the seconds until the last has ended."""
    began = monotonic()
    named = calls(store)
    ended = await asyncio.gather(*(call() for call in named.values()), return_exceptions=True)
    return {name: type(end).__name__ for name, end in zip(named, ended, strict=True)}, monotonic() - began


@contextmanager
def silent(line: Line) -> Iterator[None]:
    line.fall_silent()
    try:
        yield
    finally:
        line.speak()


@pytest.fixture
def frozen_database(machine: Machine) -> Iterator[tuple[str, Machine]]:
    with new_database(machine.dsn) as dsn:
        yield dsn, machine


async def ends_in_time(store: Store, fault: AbstractContextManager[None], limit: float) -> None:
    """With warm connections: every call is unavailable in time; afterwards every call works, at once."""
    async with store.locks.hold("warm"):
        await asyncio.gather(*(store.dialogues.load("ana") for _ in range(4)))
    with fault:
        raised, seconds = await how_each_ends(store)
        # Again, now that the connections are broken: new ones cannot be had either.
        again, more = await how_each_ends(store)
    began = monotonic()
    works, _ = await how_each_ends(store)

    assert set(raised.values()) == set(again.values()) == {"StoreUnavailable"}, (raised, again)
    assert max(seconds, more) < limit + 1
    assert {name for name, end in works.items() if end != "NoneType" and "Error" in end} == set(), works
    assert "StoreUnavailable" not in works.values(), works
    assert monotonic() - began < 5


async def test_a_frozen_server(frozen_database: tuple[str, Machine], tmp_path: Path, short: float) -> None:
    """SIGSTOP on every process of the server; after SIGCONT there is service again."""
    dsn, machine = frozen_database
    async with open_store(on_postgres(dsn), tmp_path, PATIENCE) as store:
        await ends_in_time(store, machine.frozen(), short)


async def test_a_network_that_swallows_everything(line: Line, tmp_path: Path, short: float) -> None:
    """Nothing arrives and nothing is refused; when it passes again there is service again."""
    async with open_store(on_postgres(line.dsn()), tmp_path, PATIENCE) as store:
        await ends_in_time(store, silent(line), short)


def test_the_limit_of_a_real_service() -> None:
    """Five seconds, and not the limit of these tests."""
    assert postgres_connections.LIMIT == 5
    assert sqlite_opening.LIMIT < 6


async def test_a_pool_without_a_free_connection(database: str, tmp_path: Path, short: float) -> None:
    """Who waits for one is told in time; when one is given back the next gets it."""
    async with open_store(on_postgres(database, most=1), tmp_path, PATIENCE) as store:
        assert isinstance(store.saver, PostgresSaver)
        pool = store.saver.conn
        assert isinstance(pool, AsyncConnectionPool)
        async with pool.connection(30.0):
            began = monotonic()
            with pytest.raises(StoreUnavailable):
                await store.dialogues.load("ana")
            seconds = monotonic() - began

        assert seconds < short + 1
        assert await store.dialogues.load("ana") is None


async def test_a_call_that_is_given_up_returns_at_once(line: Line, tmp_path: Path) -> None:
    """Psycopg would ask the server to stop, which hangs as well; the connection is not used again."""
    async with open_store(on_postgres(line.dsn(), most=1), tmp_path, PATIENCE) as store:
        await store.check()
        met = line.clients
        with silent(line):
            asked = asyncio.create_task(store.check())
            await asyncio.sleep(0.05)
            began = monotonic()
            asked.cancel()
            await asyncio.wait([asked])
            seconds = monotonic() - began
        await store.check()

    assert asked.cancelled()
    assert seconds < 0.5
    assert line.clients == met + 1
