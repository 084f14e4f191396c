"""Redis when something is wrong with it: words at start, refusals meanwhile, service again afterwards, and nothing lost."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableConfig
from redis.asyncio import Redis
from tests.servers import RedisServer, own_redis

from soni.config.settings import Persistence, Pool
from soni.dialogue.state import Dialogue, Line
from soni.errors import ConfigurationError, ConversationBusy, StoreUnavailable
from soni.persistence import redis_opening
from soni.persistence.dialogues import CHANNEL, Dialogues, Spoken, TurnMetadata
from soni.persistence.redis import RedisSaver
from soni.persistence.redis_archive import RedisArchive
from soni.persistence.redis_opening import open_redis, risks, unfit
from soni.persistence.store import Store, import_driver, open_store

from .conftest import PATIENCE


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A Redis of a test's own, to be broken."""
    with own_redis() as own:
        yield own


@asynccontextmanager
async def opened(url: str, **pool: int) -> AsyncIterator[Store]:
    """A store on this Redis."""
    settings = Persistence(backend="redis", connection_string=url, pool=Pool(**pool))
    async with open_store(settings, Path(), PATIENCE) as store:
        yield store


@asynccontextmanager
async def operator(server: RedisServer) -> AsyncIterator[Redis]:
    """Someone with all rights."""
    client = Redis(port=server.port)
    try:
        yield client
    finally:
        await client.aclose()


async def refusal(url: str) -> str:
    """Why a store on this Redis does not open, in words."""
    with pytest.raises(ConfigurationError) as caught:
        async with opened(url):
            pass
    assert "settings.persistence.connection_string" in caught.value.message
    return caught.value.message


async def say(store: Store, user: str, text: str) -> None:
    """One turn."""
    saved = await store.dialogues.load(user)
    turn = saved.dialogue.turn + 1 if saved else 1
    await store.dialogues.commit(user, saved, Dialogue(turn=turn), [Line("user", text)])


async def turn_of(store: Store, user: str = "ana") -> int:
    """How many turns are saved."""
    saved = await store.dialogues.load(user)
    return saved.dialogue.turn if saved else 0


async def test_a_redis_that_is_not_there_is_told() -> None:
    """With the address at which nobody answers, and the setting that names it."""
    assert (await refusal("redis://127.0.0.1:1/0")).startswith("Redis cannot be reached: ")


async def test_a_redis_that_does_not_answer_at_start_is_told(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time that any call has."""
    monkeypatch.setattr(redis_opening, "LIMIT", 0.3)
    server.signal(signal.SIGSTOP)

    assert (await refusal(server.url)).startswith("Redis cannot be reached: ")


@pytest.mark.parametrize("url", ["http://secret@host", "redis://:sec/ret@host:1/0", "redis://h:secret", "secret"])
async def test_an_address_that_cannot_be_read_is_told_without_what_it_may_hide(url: str) -> None:
    """A piece of the password could stand where a port is expected."""
    words = await refusal(url)

    assert "redis://user:password@host:6379/0" in words or "percent-encoded" in words
    assert "sec" not in words


async def test_a_database_that_is_not_there_is_told(server: RedisServer) -> None:
    """The number behind the address is one of sixteen, unless Redis is set up otherwise."""
    assert (await refusal(f"redis://127.0.0.1:{server.port}/99")).startswith("Redis cannot be used: ")


async def test_a_wrong_password_is_told(server: RedisServer) -> None:
    """None at all where one is needed, a wrong one, an unknown user."""
    async with operator(server) as redis:
        await redis.config_set("requirepass", "open sesame")
    for user in ("", ":wrong@", "nobody:wrong@"):
        words = await refusal(f"redis://{user}127.0.0.1:{server.port}/0")
        assert words.startswith("Redis does not accept the user or the password: ")
        assert "wrong@" not in words
    async with opened(f"redis://:open%20sesame@127.0.0.1:{server.port}/0") as store:
        await say(store, "ana", "hello")


async def test_a_user_needs_the_rights_that_the_words_name(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """With fewer it is refused; with these, all works; without INFO and CONFIG too, with a warning."""
    url = f"redis://soni:pw@127.0.0.1:{server.port}/0"
    async with operator(server) as redis:
        run: Callable[..., Awaitable[object]] = redis.execute_command
        await run("ACL", "SETUSER", "soni", "on", ">pw", "~soni:*", "+@read", "+@connection")
        words = await refusal(url)
        rights = words.partition("ACL SETUSER name ")[2].partition(")")[0].split()
        await run("ACL", "SETUSER", "soni", "reset", "on", ">pw", *rights)
        caplog.clear()
        async with opened(url) as store:
            await say(store, "ana", "hello")
            await store.ledger.record("ana", "k", {})
            async with store.locks.hold("ana", wait=False):
                pass
            assert await store.archive.conversations("", 9) == ("ana",)
            assert await store.archive.effects("ana") == {"k": {}}
            await store.archive.erase("ana")
        assert not caplog.records
        await run("ACL", "SETUSER", "soni", "-info", "-config|get", "-config")
        async with opened(url) as store:
            await store.check()

    assert "The Redis user may not do what Soni needs" in words
    assert "does not let this user run INFO" in caplog.text


async def test_a_redis_that_a_newer_soni_has_written_is_refused(server: RedisServer) -> None:
    """The older one would not know what it finds, and it leaves it alone."""
    async with operator(server) as redis:
        await redis.set("soni:version", 9)
        with pytest.raises(ConfigurationError, match="A newer Soni has made this database: its version is 9"):
            async with opened(server.url):
                pass

        assert await redis.get("soni:version") == b"9"


async def test_a_database_is_only_looked_at_where_that_is_asked(server: RedisServer) -> None:
    """Nothing is written, also where nothing is there; one of a newer Soni is refused."""
    settings = Persistence(backend="redis", connection_string=server.url)
    async with operator(server) as redis:
        with pytest.raises(ConfigurationError, match="holds no conversations of Soni's"):
            async with open_redis(settings, only_read=True):
                pass
        assert await redis.dbsize() == 0
        async with opened(server.url) as store:
            await say(store, "ana", "hello")
        async with open_redis(settings, only_read=True) as client:
            saved = await Dialogues(RedisSaver(client)).load("ana")
            named = await RedisArchive(client).conversations("", 9)
        await redis.set("soni:version", 9)
        with pytest.raises(ConfigurationError, match="A newer Soni"):
            async with open_redis(settings, only_read=True):
                pass

    assert saved is not None
    assert named == ("ana",)


async def test_a_replica_that_can_only_be_read_is_refused_and_one_that_becomes_it_is_unavailable(
    server: RedisServer,
) -> None:
    """The words name what it is; when it is a primary again, service goes on."""
    async with opened(server.url) as store, operator(server) as redis:
        await say(store, "ana", "one")
        await redis.replicaof("127.0.0.1", "1")
        words = await refusal(server.url)
        with pytest.raises(StoreUnavailable, match="read only replica"):
            await say(store, "ana", "lost")
        await redis.replicaof("NO", "ONE")
        await say(store, "ana", "two")

        assert await turn_of(store) == 2
    assert words.startswith("This Redis is a replica that can only be read")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"redis_version": "6.2.14"}, "Redis 7 or later is needed; this one is 6.2.14"),
        ({"redis_version": "7.0.15", "role": "slave", "slave_read_only": "1"}, "replica"),
        ({"redis_version": "255.255.255", "cluster_enabled": "1"}, "cluster"),
        ({"redis_version": "7.0.15", "role": "master", "cluster_enabled": "0"}, None),
        ({"role": "slave", "slave_read_only": "0"}, None),
        ({}, None),
    ],
)
def test_what_a_server_tells_of_itself_decides_whether_it_can_be_used(facts: dict[str, str], words: str | None) -> None:
    """What it does not tell counts as good."""
    found = unfit(facts)

    assert (found is None) == (words is None)
    assert (words or "") in (found or "")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"appendonly": "no", "appendfsync": "everysec"}, ["appendonly no"]),
        ({"aof_enabled": "0"}, ["appendonly no"]),
        ({"aof_enabled": "0", "loading": "1", "appendonly": "yes", "appendfsync": "always"}, []),
        ({"aof_enabled": "0", "loading": "1"}, ["does not tell its appendfsync"]),
        ({"appendonly": "yes", "appendfsync": "everysec"}, ["appendfsync everysec"]),
        ({"aof_enabled": "1"}, ["does not tell its appendfsync"]),
        ({"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "allkeys-lru"}, ["maxmemory-policy"]),
        ({"aof_enabled": "0", "maxmemory_policy": "volatile-ttl"}, ["appendonly no", "volatile-ttl"]),
        ({"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}, []),
        ({}, []),
    ],
)
def test_what_could_lose_turns_is_told(facts: dict[str, str], words: list[str]) -> None:
    """One sentence for each danger, with what to set instead."""
    found = list(risks(facts))

    assert len(found) == len(words)
    assert all(each in told for each, told in zip(words, found, strict=True))


async def test_dangers_are_told_in_the_log_when_the_service_starts(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    """It starts all the same: what is lost when is the operator's to decide. A durable Redis needs no words."""
    async with opened(server.url):
        assert not caplog.records
    async with operator(server) as redis:
        await redis.config_set("appendfsync", "everysec", "maxmemory-policy", "allkeys-lru")
    async with opened(server.url):
        pass

    assert [record.message.partition("'")[2].partition("'")[0] for record in caplog.records] == [
        "appendfsync everysec",
        "maxmemory-policy allkeys-lru",
    ]


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the commands that bring it."""
    for name in [each for each in sys.modules if each.split(".")[0] == "redis" or ".redis" in each]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(ConfigurationError) as caught:
        import_driver("redis")

    assert "uv sync --extra redis" in caught.value.message
    assert "uv add (or pip install) 'soni[redis]'" in caught.value.message


async def test_a_redis_that_was_killed_keeps_what_it_acknowledged_and_is_found_again(server: RedisServer) -> None:
    """Meanwhile every call is refused, soon; afterwards it is answered, by the same store, with the same words."""
    async with opened(server.url) as store:
        await say(store, "ana", "one")
        await store.ledger.record("ana", "k", {"x": 1})
        await asyncio.to_thread(server.stop, signal.SIGKILL)
        began = time.monotonic()
        refusals = await asyncio.gather(*(call() for call in calls(store)), return_exceptions=True)
        refused = time.monotonic() - began
        await asyncio.to_thread(server.start)
        await say(store, "ana", "two")
        async with store.locks.hold("ana", wait=False):
            pass

        assert await turn_of(store) == 2
        assert await store.ledger.recall("ana", "k") == {"k": {"x": 1}}
        assert [told.lines[0].text for told in await store.archive.exchanges("ana", None, 9)] == ["one", "two"]
    assert refused < 2
    for refusal in refusals:
        assert isinstance(refusal, StoreUnavailable), refusal
        assert refusal.message.startswith("The conversation store does not answer: Error 111 connecting to")


def calls(store: Store) -> list[Callable[[], Awaitable[object]]]:
    """One call of each kind."""

    async def hold() -> None:
        async with store.locks.hold("eva"):
            pass

    async def listed() -> None:
        assert [found async for found in store.saver.alist(None)]

    archive = store.archive
    return [
        store.check,
        hold,
        listed,
        lambda: store.dialogues.commit("eva", None, Dialogue()),
        lambda: store.archive.reset("eva"),
        lambda: store.ledger.recall("ana", "k"),
        lambda: store.ledger.record("ana", "k", {}),
        lambda: store.ledger.forget("ana"),
        lambda: archive.exchanges("ana", None, 1),
        lambda: archive.conversations("", 1),
        lambda: archive.idle(datetime.now(UTC), "", 1),
        lambda: archive.effects("ana"),
        lambda: archive.erase("ana"),
    ]


async def test_a_frozen_redis_is_not_waited_for(server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call ends at its limit; when Redis goes on, no answer of before is taken for one of now."""
    async with opened(server.url) as store:
        for user in ("ana", "eva"):
            await say(store, user, "one")
        await say(store, "eva", "two")
        monkeypatch.setattr(redis_opening, "LIMIT", 0.3)
        server.signal(signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match=r"no answer within 0\.3 s"):
            await turn_of(store, "ana")
        took = time.monotonic() - began
        given_up = asyncio.create_task(turn_of(store, "ana"))
        await asyncio.wait([given_up], timeout=0.05)
        given_up.cancel()
        await asyncio.wait([given_up])
        server.signal(signal.SIGCONT)

        assert given_up.cancelled()
        assert [await turn_of(store, user) for user in ("eva", "ana", "eva")] == [2, 1, 2]
    assert took < 1.3


async def test_a_commit_that_was_not_heard_of_is_found_by_the_next_load(
    server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis took it, and was frozen before it said so: whoever looks before trying again finds it."""
    async with opened(server.url) as store:
        await say(store, "ana", "one")
        before = await store.dialogues.load("ana")
        monkeypatch.setattr(redis_opening, "LIMIT", 0.3)
        server.signal(signal.SIGSTOP)
        with pytest.raises(StoreUnavailable):
            await store.dialogues.commit("ana", before, Dialogue(turn=2))
        server.signal(signal.SIGCONT)
        turn = await turn_of(store)
        if turn == 2:
            with pytest.raises(ConversationBusy):
                await store.dialogues.commit("ana", before, Dialogue(turn=99))

        assert turn in (1, 2)


async def test_a_full_redis_refuses_and_loses_nothing(server: RedisServer) -> None:
    """With its words; and what is erased makes room again."""
    async with opened(server.url) as store, operator(server) as redis:
        await say(store, "ana", "one")
        await redis.config_set("maxmemory", "1")
        with pytest.raises(StoreUnavailable, match="maxmemory"):
            await say(store, "ana", "two")
        with pytest.raises(StoreUnavailable, match="maxmemory"):
            await store.ledger.record("ana", "k", {})
        with pytest.raises(StoreUnavailable):
            async with store.locks.hold("ana"):
                pass
        assert await turn_of(store) == 1
        assert await store.archive.effects("ana") == {}
        await store.ledger.forget("eva")
        await store.archive.erase("eva")
        await redis.config_set("maxmemory", "0")
        await say(store, "ana", "two")

        assert await turn_of(store) == 2


async def test_connections_that_were_cut_are_replaced_at_once(redis_database: str) -> None:
    """Nobody hears of it."""
    async with opened(redis_database, max_size=3) as store, AsyncExitStack() as stack:
        client = Redis.from_url(redis_database)
        stack.push_async_callback(client.aclose)
        await asyncio.gather(*(say(store, f"user{number}", "one") for number in range(9)))
        for _ in range(3):
            await client.client_kill_filter(_type="normal", skipme=True)
            await asyncio.gather(*(say(store, f"user{number}", "more") for number in range(9)))

        assert [await turn_of(store, f"user{number}") for number in range(9)] == [4] * 9


async def test_scripts_that_redis_forgot_are_given_to_it_again(redis_database: str) -> None:
    """As after a failover."""
    async with opened(redis_database) as store, AsyncExitStack() as stack:
        client = Redis.from_url(redis_database)
        stack.push_async_callback(client.aclose)
        await say(store, "ana", "one")
        await client.script_flush()
        await say(store, "ana", "two")

        assert await turn_of(store) == 2


async def test_a_commit_that_is_asked_twice_is_done_once(redis_database: str) -> None:
    """Its connection broke before the answer came. Another one under the same id is not the same, and is too late."""
    async with opened(redis_database) as store:
        await say(store, "ana", "one")
        found = await store.saver.aget_tuple({"configurable": {"thread_id": "ana", "checkpoint_ns": ""}})
        assert found is not None
        again = TurnMetadata(**found.metadata, soni=Spoken(turn=1, said=[{"role": "user", "text": "one"}]))
        first = RunnableConfig(configurable={"thread_id": "ana", "checkpoint_ns": ""})
        await store.saver.aput(first, found.checkpoint, again, {CHANNEL: "1"})
        found.checkpoint["channel_values"] = {CHANNEL: Dialogue(turn=99).to_json()}
        with pytest.raises(ConversationBusy):
            await store.saver.aput(first, found.checkpoint, again, {CHANNEL: "1"})

        assert await turn_of(store) == 1
        assert len(await store.archive.exchanges("ana", None, 9)) == 1


async def test_nothing_of_a_conversation_stays_after_its_end(redis_database: str) -> None:
    """Read behind the store's back: of all keys, only the version is left."""
    async with opened(redis_database) as store, AsyncExitStack() as stack:
        client = Redis.from_url(redis_database)
        stack.push_async_callback(client.aclose)
        async with store.locks.hold("ana"):
            await say(store, "ana", "one")
            await store.ledger.record("ana", "k", {})
            found = await store.saver.aget_tuple({"configurable": {"thread_id": "ana", "checkpoint_ns": ""}})
            assert found is not None
            await store.saver.aput_writes(found.config, [("c", 1)], "task")
            kept = set(await client.keys("*"))
            await store.archive.erase("ana")

        assert kept == {
            b"soni:version", b"soni:names", b"soni:last", b"soni:lock:ana",
            b"soni:state:ana", b"soni:writes:ana", b"soni:ledger:ana", b"soni:transcript:ana",
        }  # fmt: skip
        assert await client.keys("*") == [b"soni:version"]


async def test_what_a_reset_leaves_behind_can_be_found(redis_database: str) -> None:
    """A transcript keeps the name, and so does what a run wrote that did not hear of the reset, until both are erased."""
    async with opened(redis_database) as store:
        await say(store, "ana", "one")
        await store.dialogues.commit("eva", None, Dialogue())
        found = await store.saver.aget_tuple({"configurable": {"thread_id": "eva", "checkpoint_ns": ""}})
        assert found is not None
        for user in ("ana", "eva"):
            await store.archive.reset(user)
        await store.saver.aput_writes(found.config, [("c", 1)], "task")
        soon = datetime.now(UTC) + timedelta(minutes=1)

        assert await store.archive.idle(soon, "", 9) == ("ana", "eva")
        for user in ("ana", "eva"):
            await store.archive.erase(user)
        assert await store.archive.idle(soon, "", 9) == ()


async def test_a_conversation_of_any_length_takes_bounded_room(redis_database: str) -> None:
    """Read behind the store's back: its state has two fields, and its bytes do not grow."""
    async with opened(redis_database) as store, AsyncExitStack() as stack:
        client = Redis.from_url(redis_database)
        stack.push_async_callback(client.aclose)
        sizes = []
        for _ in range(3):
            for _ in range(40):
                saved = await store.dialogues.load("ana")
                await store.dialogues.commit("ana", saved, Dialogue(turn=1))
            sizes.append(await client.memory_usage("soni:state:ana"))

        assert await client.hlen("soni:state:ana") == 2
        assert len(set(sizes)) == 1


async def test_one_connection_is_enough(redis_database: str) -> None:
    """Calls wait for it in turn; none of them is refused."""
    async with opened(redis_database, max_size=1) as store:
        await asyncio.gather(*(say(store, f"user{number}", "one") for number in range(40)))

        assert len(await store.archive.conversations("", 99)) == 40
