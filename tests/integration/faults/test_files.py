"""A SQLite file that is locked, full, taken away or unreadable: words, nothing lost, and service when the cause has gone."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import aiosqlite
import pytest
from tests.integration.runtime.shop import Shop

from soni import RuntimeLoop
from soni.config.settings import Persistence
from soni.dialogue.state import Dialogue
from soni.dialogue.state import Line as Said
from soni.errors import ConfigurationError, StoreUnavailable
from soni.persistence.sqlite import SqliteSaver
from soni.persistence.store import open_store

from .talking import replica, say
from .test_hanging import PATIENCE, how_each_ends


@pytest.fixture
def settings(tmp_path: Path) -> Persistence:
    return Persistence(backend="sqlite", path=tmp_path / "soni.db")


def file_of(loop: RuntimeLoop) -> aiosqlite.Connection:
    """The service's own connection."""
    assert isinstance(loop.saver, SqliteSaver)
    return loop.saver.conn


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program writes to the file and takes its time."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin exclusive")
        yield
        other.execute("rollback")


async def test_a_locked_file(settings: Persistence, tmp_path: Path, short: float) -> None:
    """Calls wait for the file one after the other, and yet each is over in time; then there is service again."""
    async with open_store(settings, tmp_path, PATIENCE) as store:
        assert isinstance(store.saver, SqliteSaver)
        await store.saver.conn.execute_fetchall("pragma busy_timeout = 700")
        with locked(settings.path):
            began = monotonic()
            raised = await asyncio.gather(
                *(store.ledger.record(f"user{number}", "key", {}) for number in range(5)), return_exceptions=True
            )
            seconds = monotonic() - began
        works, _ = await how_each_ends(store)

    assert {type(error) for error in raised} == {StoreUnavailable}
    assert {str(error).split(": ")[1] for error in raised} == {"database is locked.", f"no answer within {short:g} s."}
    assert seconds < short + 1
    assert "StoreUnavailable" not in works.values(), works


async def test_what_was_refused_may_be_said_again(settings: Persistence, short: float) -> None:
    """Whether the commit was made or not when its time was over: the message that comes again is answered once."""
    shop = Shop()
    async with replica(settings, shop) as loop:
        await say(loop, "/start_flow send", "m1")
        with locked(settings.path), pytest.raises(StoreUnavailable):
            await say(loop, "/set_slot amount=5", "m2")
        again = await say(loop, "/set_slot amount=5", "m2")
        told = await loop.upkeep.transcript("ana", None, 10)

    assert (again.turn, again.text) == (2, "Sent 5, r1.")
    assert len(set(shop.keys)) == 1
    assert [exchange.turn for exchange in told] == [1, 2]


async def test_a_file_under_another_name(settings: Persistence, tmp_path: Path) -> None:
    """A link leads to the same file, and so to the same lock: the second process is told."""
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "other.db"
    link.symlink_to(settings.path)
    async with replica(settings, Shop()) as loop:
        await say(loop, "/start_flow send", "m1")
        with pytest.raises(ConfigurationError, match="Another process has"):
            async with open_store(settings.model_copy(update={"path": link}), tmp_path, PATIENCE):
                pass
    async with open_store(settings.model_copy(update={"path": link}), tmp_path, PATIENCE) as store:
        assert await store.dialogues.exists("ana")


def found(folder: Path, words: str) -> list[str]:
    """The files in which these words are."""
    return sorted(path.name for path in folder.iterdir() if words.encode() in path.read_bytes())


async def test_what_is_erased_is_gone_from_the_disk(settings: Persistence, tmp_path: Path) -> None:
    """While the service runs: by hand, and when its time has come."""
    async with replica(settings, Shop()) as loop:
        await say(loop, "my card is 4711-xyzzy")
        before = found(tmp_path, "4711-xyzzy")
        await say(loop, "/start_flow hello")
        await loop.upkeep.erase("ana")
        by_hand = found(tmp_path, "4711-xyzzy")
        await say(loop, "my card is 4711-xyzzy")
        await loop.upkeep.expire(datetime.now(UTC) + timedelta(days=1))
        in_time = found(tmp_path, "4711-xyzzy")

    assert before == ["soni.db-wal"]
    assert (by_hand, in_time) == ([], [])


async def test_erasing_while_somebody_reads_the_file(
    settings: Persistence, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It does not wait for them; the operator is told, and the next erase takes the rest."""
    async with replica(settings, Shop()) as loop:
        await say(loop, "my card is 4711-xyzzy")
        with closing(sqlite3.connect(settings.path, isolation_level=None)) as other:
            other.execute("begin")
            other.execute("select * from checkpoints").fetchall()
            began = monotonic()
            await loop.upkeep.erase("ana")
            seconds = monotonic() - began
        told = caplog.text
        await loop.upkeep.erase("nobody")

        assert found(tmp_path, "4711-xyzzy") == []
    assert "until the next erase" in told
    assert seconds < 1


async def test_erasing_is_one_step(settings: Persistence, tmp_path: Path) -> None:
    """Where a part of it fails, nothing is erased."""
    async with open_store(settings, tmp_path, PATIENCE) as store:
        await store.dialogues.commit("ana", None, Dialogue(turn=1), [Said("user", "hello")])
        assert isinstance(store.saver, SqliteSaver)
        await store.saver.conn.executescript(
            "create temp trigger no before delete on soni_transcript begin select raise(abort, 'no'); end"
        )
        with pytest.raises(StoreUnavailable):
            await store.archive.erase("ana")

        assert await store.dialogues.exists("ana")


async def test_a_full_disk(settings: Persistence) -> None:
    """Messages are refused, conversations can still be read, and there is service once there is room."""
    shop = Shop()
    async with replica(settings, shop) as loop:
        await say(loop, "/start_flow send", "m1")
        ((pages,),) = await file_of(loop).execute_fetchall("pragma page_count")
        await file_of(loop).execute_fetchall(f"pragma max_page_count = {pages}")
        full = await asyncio.gather(
            *(say(loop, "/start_flow hello", "m1", f"user{number}") for number in range(100)), return_exceptions=True
        )
        seen = await loop.get_state("ana")
        await file_of(loop).execute_fetchall("pragma max_page_count = 1000000")
        answer = await say(loop, "/set_slot amount=5", "m2")

    assert isinstance(full[-1], StoreUnavailable)
    assert "full" in full[-1].message
    assert (seen.turn, seen.expected_slot) == (1, "amount")
    assert answer.text == "Sent 5, r1."


async def test_a_file_that_is_moved_away_and_comes_back(settings: Persistence, tmp_path: Path) -> None:
    """What is written to a file without a name would be lost with it: nothing is, until it has its name again."""
    away = tmp_path / "away"
    async with replica(settings, Shop()) as loop:
        await say(loop, "/start_flow send", "m1")
        settings.path.rename(away)
        with pytest.raises(StoreUnavailable, match="cannot be found"):
            await say(loop, "/set_slot amount=5", "m2")
        with pytest.raises(StoreUnavailable, match="cannot be found"):
            await loop.check_store()
        assert not settings.path.exists()
        away.rename(settings.path)
        answer = await say(loop, "/set_slot amount=5", "m2")

    assert (answer.turn, answer.text) == (2, "Sent 5, r1.")


async def test_a_file_in_place_of_the_first(settings: Persistence) -> None:
    """A copy that was put back under a running service is not mixed with what the service knows."""
    async with replica(settings, Shop()) as loop:
        await say(loop, "/start_flow send", "m1")
        copy = settings.path.read_bytes()
        settings.path.unlink()
        settings.path.write_bytes(copy)
        with pytest.raises(StoreUnavailable, match="another file is now called"):
            await say(loop, "/set_slot amount=5", "m2")

    assert settings.path.read_bytes() == copy


async def test_a_file_that_becomes_unreadable(settings: Persistence) -> None:
    """Damage is told in SQLite's words, and not taken for an empty conversation."""
    async with replica(settings, Shop()) as loop:
        await say(loop, "/start_flow send", "m1")
        await file_of(loop).execute_fetchall("pragma wal_checkpoint(truncate)")
        await file_of(loop).execute_fetchall("pragma shrink_memory")
        with settings.path.open("r+b") as file:
            file.write(b"\xff" * settings.path.stat().st_size)
        with pytest.raises(StoreUnavailable, match=r"malformed|not a database"):
            await say(loop, "/set_slot amount=5", "m2")


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/sys/soni.db", "cannot be opened"),  # a folder in which even root may not write
        ("{folder}/text/soni.db", "cannot be opened"),
        ("{folder}/text", "not a database"),
        ("{folder}", "cannot be used"),
    ],
)
async def test_words_at_start(tmp_path: Path, path: str, problem: str) -> None:
    """Which file, and what is wrong with it."""
    (tmp_path / "text").write_text("no database, but a longer text than SQLite's first words in a file")
    settings = Persistence(backend="sqlite", path=Path(path.format(folder=tmp_path)))
    with pytest.raises(ConfigurationError, match=problem) as caught:
        async with open_store(settings, tmp_path, PATIENCE):
            pass

    assert str(settings.path) in caught.value.message
    assert "settings.persistence.path" in caught.value.message
