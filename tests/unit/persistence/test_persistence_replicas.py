"""Two replicas on one database: they take turns, and when a lock is lost nothing else is."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from soni.config.settings import Persistence
from soni.dialogue.state import Dialogue
from soni.errors import ConversationBusy, StoreUnavailable
from soni.persistence.redis_locks import RedisLocks
from soni.persistence.redis_opening import open_redis
from soni.persistence.store import Store, open_store

from .conftest import PATIENCE, SERVERS

LOCK = "soni:lock:ana"


@pytest.fixture(params=sorted(SERVERS))
def shared(request: pytest.FixtureRequest) -> Persistence:
    """The settings of each store that several processes can share, on an empty database."""
    return Persistence(backend=request.param, connection_string=request.getfixturevalue(SERVERS[request.param]))


@pytest.fixture
async def replicas(shared: Persistence, tmp_path: Path) -> AsyncIterator[tuple[Store, Store]]:
    """Two stores on one database."""
    async with open_store(shared, tmp_path, PATIENCE) as one, open_store(shared, tmp_path, PATIENCE) as two:
        yield one, two


async def test_two_replicas_answer_a_conversation_in_turn(replicas: tuple[Store, Store]) -> None:
    """Of many turns on both, no two are in it at once, none is lost, and none is told that it is busy."""
    inside = most = 0

    async def turn(store: Store) -> None:
        nonlocal inside, most
        async with store.locks.hold("ana"):
            inside += 1
            most = max(most, inside)
            saved = await store.dialogues.load("ana")
            number = saved.dialogue.turn + 1 if saved else 1
            await store.dialogues.commit("ana", saved, Dialogue(turn=number))
            inside -= 1

    await asyncio.gather(*(turn(store) for store in replicas for _ in range(8)))
    saved = await replicas[0].dialogues.load("ana")

    assert most == 1
    assert saved is not None
    assert saved.dialogue.turn == 16


async def test_a_conversation_that_is_held_elsewhere_is_busy_for_who_does_not_wait(
    replicas: tuple[Store, Store],
) -> None:
    """Another one is free; and so is this one, as soon as it is given back, also by a turn that failed."""
    one, two = replicas

    async def fail() -> None:
        async with one.locks.hold("ana"):
            with pytest.raises(ConversationBusy):
                async with two.locks.hold("ana", wait=False):
                    pass
            async with two.locks.hold("eva", wait=False):
                pass
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    async with two.locks.hold("ana", wait=False):
        pass


async def test_whoever_waits_too_long_for_another_replica_is_told_so(shared: Persistence, tmp_path: Path) -> None:
    """The conversation is busy: after the patience, and not before."""
    short = timedelta(milliseconds=100)
    async with (
        open_store(shared, tmp_path, PATIENCE) as one,
        open_store(shared, tmp_path, short) as two,
        one.locks.hold("ana"),
    ):
        began = time.monotonic()
        with pytest.raises(ConversationBusy):
            async with two.locks.hold("ana"):
                pass
        waited = time.monotonic() - began

    assert 0.04 < waited < 2


async def test_whoever_waits_here_and_then_elsewhere_waits_no_longer(shared: Persistence, tmp_path: Path) -> None:
    """Messages that wait in one replica for a conversation that another one holds: the patience is for both together."""
    short = timedelta(milliseconds=400)

    async def wait(store: Store, number: int) -> float:
        await asyncio.sleep(0.05 * number)
        began = time.monotonic()
        with pytest.raises(ConversationBusy):
            async with store.locks.hold("ana"):
                pass
        return time.monotonic() - began

    async with (
        open_store(shared, tmp_path, PATIENCE) as one,
        open_store(shared, tmp_path, short) as two,
        one.locks.hold("ana"),
    ):
        waited = await asyncio.gather(*(wait(two, number) for number in range(4)))

    assert max(waited) < 0.65, waited


async def test_whoever_gives_up_waiting_for_another_replica_leaves_nothing_behind(
    replicas: tuple[Store, Store],
) -> None:
    """A cancelled wait neither takes the conversation nor keeps it."""
    one, two = replicas
    async with one.locks.hold("ana"):
        waiting = [asyncio.create_task(two.locks.hold("ana").__aenter__()) for _ in range(3)]
        await asyncio.wait(waiting, timeout=0.02)
        for each in waiting:
            each.cancel()
        await asyncio.wait(waiting)
    async with one.locks.hold("ana", wait=False):
        pass
    async with two.locks.hold("ana", wait=False):
        pass


async def test_of_many_commits_on_two_replicas_one_wins(replicas: tuple[Store, Store]) -> None:
    """The fence needs no lock: first turns, and later ones."""
    before = None
    for number in range(3):
        draft = Dialogue(turn=number + 1)
        commits = (store.dialogues.commit("ana", before, draft) for store in replicas for _ in range(5))
        results = await asyncio.gather(*commits, return_exceptions=True)
        before = await replicas[number % 2].dialogues.load("ana")

        assert sum(result is None for result in results) == 1
        assert sum(isinstance(result, ConversationBusy) for result in results) == 9
        assert before is not None
        assert before.dialogue == draft


@dataclass
class Leases:
    """Two replicas with locks of Redis that are soon over, and someone who looks at the keys."""

    one: RedisLocks
    two: RedisLocks
    redis: Redis


SHORT = timedelta(milliseconds=300)


@pytest.fixture
async def leases(redis_database: str) -> AsyncIterator[Leases]:
    """Two replicas on an empty Redis database."""
    settings = Persistence(backend="redis", connection_string=redis_database)
    async with AsyncExitStack() as stack:
        one, two, redis = [await stack.enter_async_context(open_redis(settings)) for _ in range(3)]
        first, second = (RedisLocks(each, patience=PATIENCE, lease=SHORT) for each in (one, two))
        yield Leases(first, second, redis)


async def test_a_lock_is_renewed_for_as_long_as_a_turn_takes(leases: Leases) -> None:
    """Another replica does not get it, long after it would have expired; then it is gone."""
    async with leases.one.hold("ana"):
        short = RedisLocks(leases.redis, patience=3 * SHORT, lease=SHORT)
        with pytest.raises(ConversationBusy):
            async with short.hold("ana"):
                pass
    assert await leases.redis.exists(LOCK) == 0


async def test_the_lock_of_a_replica_that_died_expires(leases: Leases) -> None:
    """Whoever waits goes on by itself, as soon as the lease is over."""
    await leases.redis.set(LOCK, "a replica that was killed:its turn", px=SHORT)
    began = time.monotonic()
    async with leases.two.hold("ana"):
        waited = time.monotonic() - began

    assert 0.2 < waited < 1.5


async def test_a_lock_that_was_lost_is_told_and_not_taken_from_its_new_holder(
    leases: Leases, caplog: pytest.LogCaptureFixture
) -> None:
    """A turn that took a lock for granted which expired does not free the one that somebody else has now."""
    async with AsyncExitStack() as first, AsyncExitStack() as second:
        await first.enter_async_context(leases.one.hold("ana"))
        await leases.redis.delete(LOCK)
        await second.enter_async_context(leases.two.hold("ana", wait=False))
        theirs = await leases.redis.get(LOCK)
        while not caplog.records:
            await leases.redis.get(LOCK)
        await first.aclose()

        assert "a lock expired under a turn" in caplog.text
        assert await leases.redis.get(LOCK) == theirs
    assert await leases.redis.exists(LOCK) == 0


async def test_a_lost_lock_never_loses_an_update(redis_database: str, tmp_path: Path) -> None:
    """Two turns that both believe they hold the conversation: one is saved, the other hears that it was too late."""
    settings = Persistence(backend="redis", connection_string=redis_database)
    async with (
        open_store(settings, tmp_path, PATIENCE) as one,
        open_store(settings, tmp_path, PATIENCE) as two,
        open_redis(settings) as redis,
    ):
        await one.dialogues.commit("ana", None, Dialogue(turn=1))
        async with one.locks.hold("ana"):
            mine = await one.dialogues.load("ana")
            assert mine is not None
            await redis.delete(LOCK)
            async with two.locks.hold("ana"):
                theirs = await two.dialogues.load("ana")
                assert theirs is not None
                await two.dialogues.commit("ana", theirs, replace(theirs.dialogue, turn=2))
            with pytest.raises(ConversationBusy):
                await one.dialogues.commit("ana", mine, replace(mine.dialogue, turn=99))
        saved = await one.dialogues.load("ana")

    assert saved is not None
    assert saved.dialogue.turn == 2


async def test_a_lock_that_could_not_be_given_back_is_its_replicas_own(leases: Leases) -> None:
    """The replica that left it goes on at once; another one waits until it expires."""
    async with leases.one.hold("ana"):
        left = await leases.redis.get(LOCK)
    assert left is not None
    await leases.redis.set(LOCK, left, px=SHORT)
    with pytest.raises(ConversationBusy):
        async with leases.two.hold("ana", wait=False):
            pass
    async with leases.one.hold("ana", wait=False):
        pass

    assert await leases.redis.exists(LOCK) == 0


async def test_a_turn_ends_also_where_its_lock_cannot_be_given_back(
    leases: Leases, caplog: pytest.LogCaptureFixture
) -> None:
    """What was answered is saved already: that Redis went away is told in the log."""
    async with leases.one.hold("ana"):
        await leases.redis.delete(LOCK)
        await leases.redis.sadd(LOCK, "nothing that a lock could be")
        while "a lock could not be renewed; another try follows" not in caplog.text:
            await leases.redis.exists(LOCK)

    assert "a lock could not be given back" in caplog.text
    with pytest.raises(StoreUnavailable):
        async with leases.one.hold("ana"):
            pass
