"""The transcript, the export, the erasure and the end of conversations, in every store."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from redis import Redis

from soni import Message, RuntimeLoop
from soni.config.settings import Persistence, Retention
from soni.errors import ConversationUnknown, StoreUnavailable
from soni.runtime.upkeep import ago, keep_expiring
from soni.value import Value

from .chat import Deaf, assistant
from .shop import PAY, Shop

CANARY = "canary4711"
HELLO = Message("ana", f"hello {CANARY}")
SOON = timedelta(minutes=1)


SERVERS = {"postgresql": "database", "redis": "redis_database"}


@pytest.fixture(params=["memory", "sqlite", "postgresql", "redis"])
def persistence(request: pytest.FixtureRequest, tmp_path: Path) -> Persistence:
    """Each store."""
    dsn = request.getfixturevalue(SERVERS[request.param]) if request.param in SERVERS else None
    return Persistence(backend=request.param, path=tmp_path / "soni.db", connection_string=dsn)


@pytest.fixture
async def loop(persistence: Persistence) -> AsyncIterator[RuntimeLoop]:
    """A shop in each store."""
    async with shop(persistence) as opened:
        yield opened


def shop(persistence: Persistence) -> RuntimeLoop:
    what = Shop()
    config = assistant(PAY, what.pay, what.post)
    settings = config.settings.model_copy(update={"persistence": persistence})
    return RuntimeLoop(config.model_copy(update={"settings": settings}), understander=Deaf())


async def test_what_was_said_is_kept_turn_by_turn(loop: RuntimeLoop) -> None:
    """Both sides of each turn, in pages; a reset keeps it, and another user's is another."""
    for text in ("one", "two", "three"):
        await loop.process_message(Message("ana", text))
    await loop.process_message(Message("eva", "hers"))
    newest = await loop.upkeep.transcript("ana", None, 2)
    earlier = await loop.upkeep.transcript("ana", newest[0].id, 2)
    await loop.reset_state("ana")
    after = await loop.upkeep.transcript("ana", None, 10)

    assert [turn.lines[0].text for turn in (*earlier, *newest)] == ["one", "two", "three"]
    assert [turn.turn for turn in (*earlier, *newest)] == [1, 2, 3]
    assert [line.role for line in newest[0].lines] == ["user", "assistant"]
    assert abs(newest[0].at - datetime.now(UTC)) < SOON
    assert after == (*earlier, *newest)
    with pytest.raises(ConversationUnknown):
        await loop.upkeep.transcript("nobody", None, 10)


async def test_a_transcript_can_be_left_out(persistence: Persistence) -> None:
    """Then nothing is written of what was said, and nobody is unknown for it."""
    retention = Retention(transcript=False)
    async with shop(persistence.model_copy(update={"retention": retention})) as loop:
        await loop.process_message(HELLO)

        assert await loop.upkeep.transcript("ana", None, 10) == ()


async def test_an_export_holds_everything(loop: RuntimeLoop) -> None:
    """The state as it is stored, the whole transcript, and results that no saved turn has taken over yet."""
    for number in range(3):
        await loop.process_message(Message("ana", f"message {number}"))
    await loop._running.store.ledger.record("ana", "key", {"paid": 5})
    stored = await loop.upkeep.export("ana")
    saved = await loop._running.store.dialogues.load("ana")
    assert saved is not None

    assert stored["conversation"] == saved.dialogue.to_json()
    assert stored["effects"] == {"key": {"paid": 5}}
    assert texts(stored["transcript"])[::2] == ["message 0", "message 1", "message 2"]
    with pytest.raises(ConversationUnknown):
        await loop.upkeep.export("nobody")


def texts(transcript: Value) -> list[str]:
    """What was said, line by line."""
    assert isinstance(transcript, list)
    found = []
    for turn in transcript:
        assert isinstance(turn, dict)
        lines = turn["lines"]
        assert isinstance(lines, list)
        found += [str(line["text"]) for line in lines if isinstance(line, dict)]
    return found


async def test_what_is_erased_is_in_no_table(loop: RuntimeLoop, persistence: Persistence) -> None:
    """Neither the words, nor the results, nor what a reset leaves, nor the name; other users keep theirs."""
    for user, word in (("first", CANARY), ("eva", "hers")):
        await loop.process_message(Message(user, f"/start_flow send amount=5\n{word}", "m1"))
        await loop._running.store.ledger.record(user, "key", {"receipt": word})
    await loop.process_message(Message("first-reset", CANARY))
    await loop.reset_state("first-reset")
    known = await asyncio.to_thread(stored_texts, persistence)
    for user in ("first", "first-reset", "nobody"):
        await loop.upkeep.erase(user)
    left = await asyncio.to_thread(stored_texts, persistence)
    remains = await loop.upkeep.export("eva")

    if persistence.backend != "memory":
        assert any("first" in text for text in known)
        assert any(CANARY in text for text in known)
        assert not any("first" in text or CANARY in text for text in left)
        assert any("hers" in text for text in left)
    assert remains["effects"] == {"key": {"receipt": "hers"}}
    with pytest.raises(ConversationUnknown):
        await loop.upkeep.export("first")


def stored_texts(persistence: Persistence) -> list[str]:
    """Every column of every row of every table, as text."""
    if persistence.backend == "memory":
        return []
    if persistence.backend == "sqlite":
        with closing(sqlite3.connect(persistence.path)) as file:
            tables = [name for (name,) in file.execute("select name from sqlite_master where type = 'table'")]
            rows = [row for table in tables for row in file.execute(f"select * from {table}")]
    elif persistence.backend == "redis":
        assert persistence.connection_string is not None
        with Redis.from_url(persistence.connection_string) as client:
            rows = [(key, client.dump(key)) for key in client.scan_iter()]
    else:
        assert persistence.connection_string is not None
        with psycopg.connect(persistence.connection_string) as server:
            names = server.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
            select = sql.SQL("select * from {}")
            rows = [row for (name,) in names for row in server.execute(select.format(sql.Identifier(name)))]
    return [
        column.decode("utf-8", "replace") if isinstance(column, bytes) else str(column)
        for row in rows
        for column in row
    ]


async def test_a_conversation_that_nobody_goes_on_with_ends(loop: RuntimeLoop) -> None:
    """Of what is older than asked for nothing is left, also of what was reset; what is younger stays."""
    for user in ("ana", "zoe"):
        await loop.process_message(Message(user, CANARY))
    await loop.reset_state("zoe")
    await loop.process_message(Message("eva", "hello"))
    nothing = await loop.upkeep.expire(datetime.now(UTC) - SOON)
    ((last,)) = await loop.upkeep.transcript("eva", None, 1)
    erased = await loop.upkeep.expire(last.at)

    assert (nothing, erased) == (0, 2)
    assert (await loop.get_state("eva")).turn == 1
    with pytest.raises(ConversationUnknown):
        await loop.upkeep.export("zoe")


async def test_what_happens_meanwhile_keeps_a_conversation(loop: RuntimeLoop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A result that is recorded between the look and the lock, for a turn that is still to be saved, is not erased."""
    await loop.process_message(HELLO)
    store = loop._running.store
    idle, border = store.archive.idle, datetime.now(UTC)

    async def with_an_effect_afterwards(since: datetime, after: str, limit: int) -> tuple[str, ...]:
        names = await idle(since, after, limit)
        await store.ledger.record("ana", "key", {"paid": 5})
        return names

    monkeypatch.setattr(store.archive, "idle", with_an_effect_afterwards)
    erased = await loop.upkeep.expire(border)

    assert erased == 0
    assert await store.ledger.recall("ana", "key") == {"key": {"paid": 5}}


async def test_longer_ago_than_there_is_time_is_never(loop: RuntimeLoop) -> None:
    """A very long time to live keeps everything, as it says."""
    await loop.process_message(HELLO)

    assert await loop.upkeep.expire(ago(timedelta(days=900_000))) == 0
    assert await loop.upkeep.expire(ago(timedelta(days=200_000))) == 0


async def test_more_than_a_page_ends_at_once(loop: RuntimeLoop) -> None:
    """Page by page, nobody is left out."""
    await asyncio.gather(*(loop.process_message(Message(f"user{number}", "hello")) for number in range(120)))

    assert await loop.upkeep.expire(datetime.now(UTC) + SOON) == 120


async def test_a_conversation_that_is_being_answered_is_left_alone(persistence: Persistence) -> None:
    """It is not waited for either; the turn is saved."""
    what = Shop()
    what.post_gate.clear()
    config = assistant(PAY, what.pay, what.post)
    settings = config.settings.model_copy(update={"persistence": persistence})
    async with RuntimeLoop(config.model_copy(update={"settings": settings}), understander=Deaf()) as loop:
        await loop.process_message(Message("ana", "hello"))
        turn = asyncio.create_task(loop.process_message(Message("ana", "/start_flow send amount=5")))
        await what.posting.wait()
        erased = await loop.upkeep.expire(datetime.now(UTC) + SOON)
        what.post_gate.set()
        reply = await turn

    assert erased == 0
    assert reply.turn == 2


async def test_expiry_goes_on_by_itself_also_after_the_store_was_down(
    loop: RuntimeLoop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Once after the start, then again and again; what fails is told, and done the next time."""
    await loop.process_message(HELLO)
    pauses: list[float] = []
    archive = loop._running.store.archive
    idle, tries = archive.idle, list[int]()

    async def first_down(since: datetime, after: str, limit: int) -> tuple[str, ...]:
        tries.append(1)
        if len(tries) == 1:
            raise StoreUnavailable
        return await idle(since, after, limit)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 4:
            raise asyncio.CancelledError

    monkeypatch.setattr(archive, "idle", first_down)
    caplog.set_level("INFO", "soni.upkeep")
    with pytest.raises(asyncio.CancelledError):
        await keep_expiring(loop.upkeep, -SOON, pause)

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "1 silent conversations" in caplog.text
    assert 30 <= pauses[0] <= 90
    assert all(3240 <= seconds <= 3960 for seconds in pauses[1:])
