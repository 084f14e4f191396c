"""Connections that died are replaced, a server may be restarted, and whoever loses a lock loses nobody's turn."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from tests.integration.runtime.shop import Shop
from tests.servers import new_database

from soni import RuntimeLoop
from soni.errors import ConversationBusy, StoreUnavailable
from soni.persistence.postgres_connections import Connections, answering, connect, hung_up
from soni.persistence.postgres_opening import open_postgres
from soni.persistence.store import open_store

from .conftest import Machine
from .talking import on_postgres, replica, say
from .test_hanging import PATIENCE


def terminate_all(dsn: str) -> int:
    """End every other session of this database, as an administrator does; how many there were."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        # Waiting for each of them: at the end the server has said goodbye to all.
        query = (
            "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity"
            " where datname = current_database() and pid != pg_backend_pid() and backend_type = 'client backend'"
        )
        row = connection.execute(query).fetchone()
    return row[0] if row else 0


async def test_sessions_that_were_ended_are_replaced(database: str) -> None:
    """Neither the pool's nor the lock's are missed: no message is refused, however often it happens."""
    ended: list[int] = []
    async with replica(on_postgres(database), Shop()) as loop:
        for turn in range(1, 4):
            texts = [await say(loop, "/start_flow hello", user=f"user{number}") for number in range(4)]
            # Several at once, so that the pool has grown.
            await asyncio.gather(*(loop.get_state(f"user{number}") for number in range(4)))
            assert {reply.turn for reply in texts} == {turn}
            ended.append(await asyncio.to_thread(terminate_all, database))

    assert min(ended) >= 2, "the pool's and the lock's"


@pytest.fixture
def database_of_machine(machine: Machine) -> Iterator[str]:
    with new_database(machine.dsn) as dsn:
        yield dsn


async def test_a_server_that_is_restarted(machine: Machine, database_of_machine: str) -> None:
    """While it is down messages are refused; the first one after that is answered."""
    async with replica(on_postgres(database_of_machine), Shop()) as loop:
        await say(loop, "/start_flow send", "m1")
        await asyncio.to_thread(machine.switch.off)
        try:
            refused = await asyncio.gather(
                *(say(loop, "/set_slot amount=5", "m2", user) for user in ("ana", "eva", "bob")), return_exceptions=True
            )
        finally:
            await asyncio.to_thread(machine.switch.on)
        answered = await say(loop, "/set_slot amount=5", "m2")

    assert [type(error) for error in refused] == [StoreUnavailable] * 3
    assert (answered.turn, answered.text, answered.replayed) == (2, "Sent 5, r1.", False)


async def test_a_lock_that_is_lost_in_mid_turn(database: str) -> None:
    """Another replica takes the conversation; one of the two turns is refused, and none is lost."""
    shop = Shop()
    store = on_postgres(database)
    async with replica(store, shop) as first, replica(store, shop) as second:
        await say(first, "/start_flow send")
        shop.post_gate.clear()
        slow = asyncio.create_task(say(first, "/set_slot amount=5", "slow"))
        await shop.posting.wait()
        await asyncio.to_thread(terminate_all, database)
        quick = await say(second, "/start_flow hello", "quick")
        shop.post_gate.set()
        (refused,) = await asyncio.gather(slow, return_exceptions=True)
        again = await say(first, "/set_slot amount=5", "slow")
        told = await first.upkeep.transcript("ana", None, 10)

    assert isinstance(refused, ConversationBusy)
    assert (quick.turn, again.turn) == (2, 3)
    assert [exchange.turn for exchange in told] == [1, 2, 3]
    assert again.text == "Sent 5, r1."
    assert shop.paid == [5], "its result was recorded, and the message that came again found it"


async def test_turns_are_counted_while_locks_are_lost_again_and_again(database: str) -> None:
    """Two replicas, one conversation, sessions that keep being ended: as many turns as were acknowledged."""
    store = on_postgres(database)

    async def talk(loop: RuntimeLoop, name: str) -> int:
        done = 0
        for number in range(25):
            try:
                await say(loop, "/start_flow hello", f"{name}-{number}")
                done += 1
            except (ConversationBusy, StoreUnavailable):
                await asyncio.sleep(0)
        return done

    async with replica(store, Shop()) as first, replica(store, Shop()) as second:
        talking = [asyncio.create_task(talk(loop, name)) for loop, name in ((first, "a"), (second, "b"))]
        while not all(task.done() for task in talking):
            await asyncio.to_thread(terminate_all, database)
        acknowledged = sum([await task for task in talking])
        await say(first, "/start_flow hello", "last")
        told = await first.upkeep.transcript("ana", None, 100)

    turns = [exchange.turn for exchange in told]
    assert turns == list(range(1, len(turns) + 1)), "none is missing, none is there twice"
    assert acknowledged + 1 <= len(turns) <= 51, "a commit may be there whose answer was lost, and never the other way"


async def test_a_database_that_is_read_only_for_a_while(database: str, tmp_path: Path) -> None:
    """After a change of primaries, or an administrator's word; then there is service, without a restart.

    A connection that was opened meanwhile stays read-only: it costs one refusal, and is replaced.
    """

    def read_only(word: str) -> None:
        with psycopg.connect(database, autocommit=True, options="-c default_transaction_read_only=off") as connection:
            name = sql.Identifier(connection.info.dbname)
            connection.execute(
                sql.SQL("alter database {} set default_transaction_read_only = {}").format(name, sql.SQL(word))
            )

    async with open_store(on_postgres(database, most=1), tmp_path, PATIENCE) as store:
        await asyncio.to_thread(read_only, "on")
        await asyncio.to_thread(terminate_all, database)
        with pytest.raises(StoreUnavailable, match="read-only"):
            await store.ledger.record("ana", "key", {})
        await store.check()
        await asyncio.to_thread(read_only, "off")
        with pytest.raises(StoreUnavailable, match="read-only"):
            await store.ledger.record("ana", "key", {})
        await store.ledger.record("ana", "key", {})


async def test_a_session_that_is_ended_in_the_middle_of_a_query(database: str) -> None:
    """The server's words are passed on at once, and its connection is not used again."""
    async with open_postgres(on_postgres(database, most=1)) as pool:
        with pytest.raises(StoreUnavailable, match="terminating connection"):
            await sleep_until_ended(pool, database)
        async with pool.connection() as connection:
            await connection.execute("select 1")


async def sleep_until_ended(pool: Connections, dsn: str) -> None:
    async with answering(), pool.connection() as connection:
        sleeping = asyncio.create_task(connection.execute("select pg_sleep(10)"))
        await asyncio.sleep(0)
        await asyncio.to_thread(terminate_all, dsn)
        await sleeping


async def test_a_connection_that_was_closed_here(database: str) -> None:
    """It counts as one that the server has hung up."""
    connection = await connect(database)
    fresh = hung_up(connection)
    await connection.close()

    assert (fresh, hung_up(connection)) == (False, True)


async def test_what_no_database_can_hold(database: str, tmp_path: Path) -> None:
    """To say that the store is down would have the message sent again and again: this one never fits."""
    async with open_store(on_postgres(database), tmp_path, PATIENCE) as store:
        with pytest.raises(psycopg.DataError):
            await store.ledger.record("ana", "key", {"text": "\0"})
        await store.check()
