"""Conversations on disk: they survive the process, stay small, and a store that cannot be used is refused in words."""

import sqlite3
from contextlib import closing
from pathlib import Path

import aiosqlite
import pytest

from soni import ConfigurationError, Message, RuntimeLoop, StoreUnavailable, action
from soni.config.models import SoniConfig
from soni.persistence.sqlite import SqliteSaver

from .chat import Chat, Deaf, assistant, talking
from .shop import PAY, Shop


def shop_at(path: Path) -> SoniConfig:
    """A shop whose conversations are in this file."""
    shop = Shop()
    return assistant(PAY, shop.pay, shop.post, path=path)


def connection_of(chat: Chat) -> aiosqlite.Connection:
    """The loop's own connection to its file."""
    saver = chat.loop.saver
    assert isinstance(saver, SqliteSaver)
    return saver.conn


async def test_a_conversation_goes_on_after_the_process_is_restarted(tmp_path: Path) -> None:
    """The file is created with its folder, and what was asked is still pending."""
    config = shop_at(tmp_path / "deep" / "down" / "soni.db")
    async with talking(config) as chat:
        first = await chat.say("/start_flow send", "m1")
    async with talking(config) as chat:
        replay = await chat.say("/start_flow send", "m1")
        answer = await chat.hear("/set_slot amount=5")

    assert (replay.replayed, replay.messages) == (True, first.messages)
    assert answer == "Sent 5, r1."


async def test_a_conversation_of_any_length_is_one_row(tmp_path: Path) -> None:
    """Two hundred turns leave one checkpoint, no writes, and the effects of the last twenty; the file does not keep growing."""
    path = tmp_path / "soni.db"
    async with talking(shop_at(path)) as chat:
        for _ in range(100):
            await chat.tell("/start_flow send", "/set_slot amount=5")
    with closing(sqlite3.connect(path)) as database:
        counts = [
            database.execute(f"select count(*) from {t}").fetchone()[0]
            for t in ("checkpoints", "writes", "soni_ledger")
        ]
        size = database.execute("select length(checkpoint) from checkpoints").fetchone()[0]

    assert counts == [1, 0, 20]
    assert size < 20_000


async def test_what_is_committed_is_on_disk(tmp_path: Path) -> None:
    """The file is in WAL mode and every commit is synced."""
    path = tmp_path / "soni.db"
    async with talking(shop_at(path)) as chat:
        names = ("journal_mode", "synchronous", "busy_timeout")
        rows = [list(await connection_of(chat).execute_fetchall(f"pragma {name}")) for name in names]
        pragmas = [row[0][0] for row in rows]

    assert pragmas == ["wal", 2, 5000]


async def test_a_file_has_one_process(tmp_path: Path) -> None:
    """The second one is refused in words, and may have it when the first has ended."""
    config = shop_at(tmp_path / "soni.db")
    async with talking(config):
        with pytest.raises(ConfigurationError, match=r"Another process has .*soni\.db open\. SQLite has one writer"):
            async with RuntimeLoop(config, understander=Deaf()):
                pass
    async with talking(config) as chat:
        assert await chat.hear("/start_flow hello") == "Hello."


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("directory", "cannot be used as a database"),
        ("name too long", "cannot be opened: File name too long"),
        ("garbage", "cannot be used as a database"),
        ("folder is a file", "cannot be opened"),
        ("foreign", "cannot be used as a database"),
    ],
)
async def test_a_file_that_cannot_be_used_is_a_configuration_error(kind: str, words: str, tmp_path: Path) -> None:
    """The operator is told which file, and nothing stays open."""
    path = tmp_path / "soni.db"
    match kind:
        case "directory":
            path.mkdir()
        case "name too long":
            path = tmp_path / ("n" * 300)
        case "garbage":
            path.write_bytes(b"this is no database, whatever its name says" * 100)
        case "folder is a file":
            (tmp_path / "file").write_text("")
            path = tmp_path / "file" / "soni.db"
        case "foreign":
            with closing(sqlite3.connect(path)) as database:
                database.execute("create table checkpoints (whatever text)")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=words):
            async with RuntimeLoop(shop_at(path), understander=Deaf()):
                pass


async def test_a_service_that_dies_of_an_error_leaves_nothing_open(tmp_path: Path) -> None:
    """Whatever is raised while the loop is open, the file can be opened again at once."""
    config = shop_at(tmp_path / "soni.db")

    with pytest.raises(InterruptedError):
        async with RuntimeLoop(config, understander=Deaf()):
            raise InterruptedError
    async with talking(config) as chat:
        assert await chat.hear("/start_flow hello") == "Hello."


async def test_functions_that_do_not_fit_stop_the_start_before_the_store_is_opened(tmp_path: Path) -> None:
    """A missing action is found when the assistant loads, and no file is created."""

    @action("pay")
    def pay(amount: int, currency: str) -> None: ...

    with pytest.raises(ConfigurationError) as caught:
        async with RuntimeLoop(assistant(PAY, pay, path=tmp_path / "soni.db"), understander=Deaf()):
            pass

    assert [(problem.key, problem.code) for problem in caught.value.problems] == [
        ("actions.pay.inputs", "function"), ("actions.post", "function"),
    ]  # fmt: skip
    assert not (tmp_path / "soni.db").exists()


async def test_a_relative_path_is_relative_to_where_the_service_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``./soni.db`` lies in the working directory."""
    monkeypatch.chdir(tmp_path)
    async with talking(shop_at(Path("./soni.db"))) as chat:
        await chat.say("/start_flow hello")

    assert (tmp_path / "soni.db").is_file()


async def test_a_store_that_stops_answering_is_unavailable_and_loses_nothing(tmp_path: Path) -> None:
    """While another program holds the file, turns fail as StoreUnavailable; afterwards they work.

    An effect whose result could not be recorded is asked for again, with the same idempotency key.
    """
    path, shop = tmp_path / "soni.db", Shop()
    async with talking(assistant(PAY, shop.pay, shop.post, path=path)) as chat:
        await chat.say("/start_flow send")
        await connection_of(chat).execute_fetchall("pragma busy_timeout = 1")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("begin exclusive")
            with pytest.raises(StoreUnavailable):
                await chat.loop.process_message(Message("ana", "/set_slot amount=x"))
            with pytest.raises(StoreUnavailable):
                await chat.loop.process_message(Message("ana", "/set_slot amount=5"))
            with pytest.raises(StoreUnavailable):
                await chat.loop.reset_state("ana")
            other.execute("rollback")
        answer = await chat.hear("/set_slot amount=5")

    assert answer == "Sent 5, r2."
    assert shop.keys[0] == shop.keys[1], "the bank can tell that it is the same payment"


async def test_a_ledger_that_cannot_be_emptied_does_not_cost_the_answer(tmp_path: Path) -> None:
    """Once the turn is saved, what is left to tidy up waits for the next effect."""
    path = tmp_path / "soni.db"
    async with talking(shop_at(path)) as chat:
        await connection_of(chat).executescript(
            "create trigger stuck before delete on soni_ledger begin select raise(abort, 'stuck'); end;"
        )
        stuck = await chat.hear("/start_flow send amount=5")
        await connection_of(chat).executescript("drop trigger stuck")
        query = "select count(*) from soni_ledger where key = 'conversation'"
        before = list(await connection_of(chat).execute_fetchall(query))
        free = await chat.hear("/start_flow send amount=5")
        left = list(await connection_of(chat).execute_fetchall(query))

    assert (stuck, free) == ("Sent 5, r1.", "Sent 5, r2.")
    assert (before[0][0], left[0][0]) == (1, 0)


async def test_a_users_conversation_is_erased_and_nobody_elses(tmp_path: Path) -> None:
    """A reset leaves no row of that user, and every row of the others."""
    path = tmp_path / "soni.db"
    async with talking(shop_at(path)) as chat:
        other = Chat(chat.loop, "eva")
        await chat.say("/start_flow send")
        await other.say("/start_flow send")
        await chat.loop.reset_state("ana")
        answers = (await chat.hear("/set_slot amount=1"), await other.hear("/set_slot amount=1"))

    assert answers == ("I'm sorry, I didn't understand that.", "Sent 1, r1.")
