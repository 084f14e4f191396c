"""The locks of several replicas, over one connection of each."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic

import psycopg
import pytest
from tests.servers import new_database

from soni.errors import ConversationBusy, StoreUnavailable
from soni.persistence import postgres_locks
from soni.persistence.postgres_locks import PostgresLocks

from .line import Line
from .test_breaking import terminate_all

LONG = timedelta(seconds=10)


@pytest.fixture(scope="module")
def database(postgres: str) -> Iterator[str]:
    """One database for all: locks leave nothing in it."""
    with new_database(postgres) as dsn:
        yield dsn


def held(dsn: str) -> list[int]:
    """Who holds advisory locks: the process of each."""
    with psycopg.connect(dsn) as connection:
        query = """
            select pid from pg_locks join pg_database on pg_database.oid = pg_locks.database
            where locktype = 'advisory' and granted and datname = current_database()
        """
        return [pid for (pid,) in connection.execute(query)]


@asynccontextmanager
async def two(dsn: str, patience: timedelta = LONG) -> AsyncIterator[tuple[PostgresLocks, PostgresLocks]]:
    """The locks of two replicas."""
    async with PostgresLocks(dsn, patience=patience) as one, PostgresLocks(dsn, patience=patience) as other:
        yield one, other


async def test_many_conversations_over_one_connection(database: str) -> None:
    """Twenty are held at once by one session; at the end none is."""
    inside, all_in = 0, asyncio.Event()

    async def turn(locks: PostgresLocks, number: int) -> None:
        nonlocal inside
        async with locks.hold(f"user{number}"):
            inside += 1
            if inside == 20:
                all_in.set()
            await go_on.wait()

    go_on = asyncio.Event()
    async with PostgresLocks(database, patience=LONG) as locks:
        turns = [asyncio.create_task(turn(locks, number)) for number in range(20)]
        await all_in.wait()
        holders = held(database)
        go_on.set()
        await asyncio.gather(*turns)
        left = held(database)

    assert (len(holders), len(set(holders)), left) == (20, 1, [])


async def test_one_at_a_time_across_replicas_and_in_order_within_one(database: str) -> None:
    """Never two inside; the messages that one replica got keep their order."""
    order: list[tuple[str, int]] = []
    inside = 0

    async def turn(locks: PostgresLocks, name: str, number: int) -> None:
        nonlocal inside
        async with locks.hold("ana"):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            order.append((name, number))
            inside -= 1

    async with two(database) as (one, other):
        await asyncio.gather(*(turn(locks, name, n) for n in range(9) for locks, name in ((one, "a"), (other, "b"))))

    assert [n for name, n in order if name == "a"] == [n for name, n in order if name == "b"] == list(range(9))


async def test_patience(database: str) -> None:
    """What this or another replica holds is waited for as long as told, and not at all where nobody wants to wait."""
    async with two(database, timedelta(seconds=0.2)) as (one, other), one.hold("ana"):
        with pytest.raises(ConversationBusy):
            async with one.hold("ana"):
                pass
        with pytest.raises(ConversationBusy):
            async with one.hold("ana", wait=False):
                pass
        began = monotonic()
        with pytest.raises(ConversationBusy):
            async with other.hold("ana"):
                pass
        patient = monotonic() - began
        with pytest.raises(ConversationBusy):
            async with other.hold("ana", wait=False):
                pass
        async with other.hold("eva"):
            pass

    assert 0.1 < patient < 1


async def test_the_next_proceeds_when_the_holder_is_killed(database: str) -> None:
    """Its session ends on the server's side; whoever waits is in within tens of milliseconds."""
    waits: list[float] = []
    for _ in range(5):
        async with two(database) as (one, other), one.hold("ana"):
            waiting = asyncio.create_task(other.hold("ana").__aenter__())
            await asyncio.sleep(0.05)
            (holder,) = held(database)
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute("select pg_terminate_backend(%s, 5000)", (holder,))
            began = monotonic()
            await waiting
            waits.append(monotonic() - began)

    assert sorted(waits)[2] < 0.1, waits


async def test_giving_back_what_went_with_its_connection(database: str, caplog: pytest.LogCaptureFixture) -> None:
    """The turn ends well, others in the same replica go on over a new connection, and nothing stays locked."""
    async with PostgresLocks(database, patience=LONG) as locks:
        async with locks.hold("ana"):
            await asyncio.to_thread(terminate_all, database)
            async with locks.hold("eva"):
                pass
        async with locks.hold("bob"):
            await asyncio.to_thread(terminate_all, database)
        left = held(database)
        async with locks.hold("ana"), locks.hold("bob"):
            again = held(database)

    assert (left, len(again)) == ([], 2)


async def test_who_gives_up_while_asking_costs_nobody_a_lock(line: Line, database: str) -> None:
    """The question is on its way when its asker is cancelled: the others' locks stay, and its own is given back."""
    async with PostgresLocks(line.dsn(), patience=LONG) as locks, locks.hold("ana"):
        mine = held(database)
        line.fall_silent()
        asking = asyncio.create_task(locks.hold("eva").__aenter__())
        await asyncio.sleep(0.05)
        asking.cancel()
        await asyncio.sleep(0)
        line.speak()
        await asyncio.wait([asking])

        assert asking.cancelled()
        assert held(database) == mine
        async with locks.hold("eva"):
            pass


async def test_who_gives_up_while_giving_back(line: Line, database: str) -> None:
    """The lock is given back before the cancellation goes on."""
    async with PostgresLocks(line.dsn(), patience=LONG) as locks:
        entered, leave = asyncio.Event(), asyncio.Event()

        async def turn() -> None:
            async with locks.hold("ana"):
                entered.set()
                await leave.wait()

        turning = asyncio.create_task(turn())
        await entered.wait()
        line.fall_silent()
        leave.set()
        await asyncio.sleep(0.05)
        turning.cancel()
        await asyncio.sleep(0)
        line.speak()
        await asyncio.wait([turning])
        left = held(database)

    assert turning.cancelled()
    assert left == []


async def test_closing_answers_whoever_waits(line: Line) -> None:
    """The server is silent, the holder gives up and the service ends: nobody is left waiting, and no error is lost."""
    lost: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: lost.append(context))
    locks = PostgresLocks(line.dsn(), patience=LONG)
    async with locks:
        await locks.hold("bob").__aenter__()
        turn = locks.hold("ana")
        await turn.__aenter__()
        line.fall_silent()
        giving, waiting = (
            asyncio.create_task(turn.__aexit__(None, None, None)),
            asyncio.create_task(locks.hold("eva").__aenter__()),
        )
        await asyncio.sleep(0.05)
        giving.cancel()
        await asyncio.sleep(0)
    line.speak()
    await asyncio.wait([giving, waiting], timeout=1)
    gc.collect()

    assert (giving.cancelled(), type(waiting.exception()), lost) == (True, StoreUnavailable, [])


async def test_who_gives_up_while_the_server_is_gone(line: Line, short: float) -> None:
    """The cancellation comes when the question has run out of time, and the next one is asked anew."""
    async with PostgresLocks(line.dsn(), patience=LONG) as locks:
        async with locks.hold("ana"):
            pass
        line.fall_silent()
        asking = asyncio.create_task(locks.hold("eva").__aenter__())
        await asyncio.sleep(0.05)
        asking.cancel()
        began = monotonic()
        await asyncio.wait([asking])
        seconds = monotonic() - began
        line.speak()
        async with locks.hold("eva"):
            pass

    assert asking.cancelled()
    assert seconds < short + 1


async def test_a_lock_that_cannot_be_given_back_in_time(
    line: Line, short: float, caplog: pytest.LogCaptureFixture
) -> None:
    """The turn is over and was saved: its caller is not told of a failure; the operator is."""
    async with PostgresLocks(line.dsn(), patience=LONG) as locks:
        async with locks.hold("ana"):
            line.fall_silent()
        line.speak()
        async with locks.hold("ana"):
            pass

    assert "a lock could not be given back" in caplog.text


async def test_everyone_in_the_queue_is_told_in_time(line: Line, short: float) -> None:
    """Those who wait for others to ask have the same limit, not the sum of all."""

    async def turn(number: int) -> None:
        async with locks.hold(f"user{number}"):
            pass

    async with PostgresLocks(line.dsn(), patience=LONG) as locks:
        await turn(0)
        line.fall_silent()
        began = monotonic()
        ended = await asyncio.gather(*(turn(number) for number in range(10)), return_exceptions=True)
        seconds = monotonic() - began
        line.speak()
        await turn(0)

    assert {type(error) for error in ended} == {StoreUnavailable}
    assert seconds < short + 1


@pytest.mark.parametrize("delay", [0.012, 0.02])
async def test_many_at_once_on_a_server_that_is_far_away(line: Line, database: str, delay: float) -> None:
    """Each of 256 turns gets its lock in a few answers' time, over one connection that stays; at the end none is held."""
    holders = set[object]()

    async def turn(number: int) -> None:
        async with locks.hold(f"user{number}"):
            holders.add(locks._connection)
            await asyncio.sleep(0.2)

    line.delay = delay
    async with PostgresLocks(line.dsn(), patience=LONG) as locks:
        async with locks.hold("somebody who talks all the time"):
            began = monotonic()
            ended = await asyncio.gather(*(turn(number) for number in range(256)), return_exceptions=True)
            seconds = monotonic() - began
            held_by_others = set(held(database)) - {locks._connection and locks._connection.info.backend_pid}
        left = held(database)

    assert ended == [None] * 256
    assert len(holders) == 1, "nobody was cut off"
    assert (held_by_others, left) == (set(), [])
    assert seconds < 2


async def test_an_answer_that_comes_when_nobody_waits_any_longer(
    line: Line, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asked is told in time, the connection stays, and the lock is given back as soon as the answer is there."""
    async with PostgresLocks(line.dsn(), patience=LONG) as locks, locks.hold("ana"):
        connection = locks._connection
        monkeypatch.setattr(postgres_locks, "LIMIT", 0.6)
        line.delay = 0.2
        eva = locks.hold("eva")
        first = asyncio.create_task(eva.__aenter__())
        await asyncio.sleep(0.02)
        second = asyncio.create_task(locks.hold("bob").__aenter__())
        await asyncio.wait([first, second])
        line.delay = 0.0
        if locks._asking is not None:
            await asyncio.wait([locks._asking])

        assert first.exception() is None
        assert isinstance(second.exception(), StoreUnavailable)
        assert locks._connection is connection
        assert len(held(database)) == 2
        await eva.__aexit__(None, None, None)


async def test_who_waits_too_long_for_a_turn_at_the_connection(
    line: Line, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked for them any more, and nobody loses the connection."""
    async with PostgresLocks(line.dsn(), patience=LONG) as locks, locks.hold("ana"):
        connection = locks._connection
        line.fall_silent()
        eva = locks.hold("eva")
        first = asyncio.create_task(eva.__aenter__())
        await asyncio.sleep(0.02)
        monkeypatch.setattr(postgres_locks, "LIMIT", 0.1)
        second = asyncio.create_task(locks.hold("bob").__aenter__())
        await asyncio.wait([second])
        line.speak()
        await asyncio.wait([first])

        assert first.exception() is None
        assert isinstance(second.exception(), StoreUnavailable)
        assert locks._connection is connection
        assert len(held(database)) == 2
        await eva.__aexit__(None, None, None)


async def test_the_server_looks_after_a_replica_that_says_nothing(line: Line) -> None:
    """A machine that lost its power would keep its locks for hours: the server asks every few seconds."""
    async with PostgresLocks(line.dsn(), patience=LONG) as locks, locks.hold("ana"):
        assert locks._connection is not None
        shown = await (
            await locks._connection.execute("select current_setting('tcp_keepalives_idle') as idle")
        ).fetchone()

    assert shown is not None
    assert shown["idle"] in {"5", "0"}, "0 over a local socket, where the system tells"
