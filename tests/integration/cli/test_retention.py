"""``soni retention`` and ``soni migrate``: an operator's hands on a store."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from soni import Message, RuntimeLoop
from soni.cli import app, main
from soni.persistence.sqlite_schema import MIGRATIONS

ASSISTANT = """
version: "1.0"
settings:
  persistence: {backend: %s, path: soni.db, connection_string: "%s", retention: {conversation_ttl: %s}}
flows:
  greet: {trigger: {intents: [hello]}, steps: [{step: hi, type: say, message: Hi.}]}
"""


SERVERS = {"postgresql": "database", "redis": "redis_database"}
STORES = ("sqlite", "postgresql", "redis")
WITH_A_SCHEMA = ("sqlite", "postgresql")


@pytest.fixture
def store(request: pytest.FixtureRequest, folder: Path) -> str:
    """Three conversations, in each store that outlives its process."""
    dsn = request.getfixturevalue(SERVERS[request.param]) if request.param in SERVERS else ""
    (folder / "soni.yaml").write_text(ASSISTANT % (request.param, dsn, "30d"))
    asyncio.run(talk())
    return str(request.param)


async def talk() -> None:
    runtime = await asyncio.to_thread(RuntimeLoop.from_path, "soni.yaml")
    async with runtime as loop:
        for user in ("ana", "eva", "zoe"):
            await loop.process_message(Message(user, "hello"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    """The exit code and the words of a command that fails."""
    monkeypatch.setattr("sys.argv", ["soni", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize("store", STORES, indirect=True)
@pytest.mark.usefixtures("store")
def test_silent_conversations_are_counted_and_then_erased() -> None:
    """Counting changes nothing; what is younger stays; erasing twice erases nothing more."""
    young = run("retention")
    counted = [run("retention", "--dry-run", "--older-than", "1ms").stdout for _ in range(2)]
    erased = run("retention", "--older-than", "1ms").stdout
    again = run("retention", "--older-than", "1ms").stdout

    assert young.stdout == "0 conversations silent for more than 30d: erased.\n"
    assert counted == ["3 conversations silent for more than 1ms.\n"] * 2
    assert erased == "3 conversations silent for more than 1ms: erased.\n"
    assert again.startswith("0 conversations")


def test_conversations_that_are_kept_for_ever_are_kept(folder: Path) -> None:
    """Unless a time is given."""
    (folder / "soni.yaml").write_text(ASSISTANT % ("sqlite", "", "null"))
    asyncio.run(talk())

    assert "kept for ever" in run("retention").stdout
    assert run("retention", "--older-than", "1ms", "--dry-run").stdout.startswith("3 conversations")


def test_a_store_that_is_in_use_is_counted_but_not_touched(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """SQLite has one writer: the words say which file another process has."""
    (folder / "soni.yaml").write_text(ASSISTANT % ("sqlite", "", "30d"))
    asyncio.run(talk())

    async def beside(*arguments: str) -> Result:
        runtime = await asyncio.to_thread(RuntimeLoop.from_path, "soni.yaml")
        async with runtime:
            return await asyncio.to_thread(run, *arguments)

    counted = asyncio.run(beside("retention", "--dry-run", "--older-than", "1ms"))
    refused = asyncio.run(beside("retention", "--older-than", "1ms"))
    code, words = told(monkeypatch, capsys, "retention", "--older-than", "soon")

    assert counted.stdout.startswith("3 conversations")
    assert "Another process has" in str(refused.exception)
    assert (code, words) == (1, "--older-than soon: a time such as 30d, 12h or 90m is expected.\n")


@pytest.mark.parametrize("store", WITH_A_SCHEMA, indirect=True)
def test_a_schema_is_taken_back_and_brought_up_again(store: str) -> None:
    """Step by step down to none, and in one go to the newest; the conversations stay."""
    newest = len(MIGRATIONS)
    nothing = run("migrate").stdout
    back = [run("migrate", "--back").stdout for _ in range(newest + 1)]
    up = run("migrate").stdout
    counted = run("retention", "--dry-run", "--older-than", "1ms").stdout

    assert nothing == f"Version {newest}: nothing to do.\n"
    assert back[0] == f"Version {newest} → {newest - 1}.\nGone with it: the transcripts.\n"
    assert back[-1] == "Version 0: nothing to do.\n"
    assert up == f"Version 0 → {newest}.\n"
    assert counted.startswith("3 conversations"), store


@pytest.mark.parametrize("store", WITH_A_SCHEMA, indirect=True)
def test_an_earlier_schema_is_brought_up_to_date_first(
    store: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counting in it is refused in words that say how."""
    run("migrate", "--back")
    code, words = told(monkeypatch, capsys, "retention", "--dry-run")

    assert (code, words) == (
        78,
        "An earlier Soni has made this store: bring it up to date with 'soni migrate' first.\n",
    ), store


def test_no_command_makes_a_store_where_there_is_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither erasing nor going back."""
    (folder / "soni.yaml").write_text(ASSISTANT % ("sqlite", "", "900000d"))
    outcomes = [
        told(monkeypatch, capsys, *arguments)
        for arguments in (("retention",), ("retention", "--dry-run"), ("migrate", "--back"))
    ]

    assert all(code == 78 and words.startswith("There is no ") for code, words in outcomes)
    assert [path.name for path in folder.iterdir()] == ["soni.yaml"]


def test_what_cannot_be_migrated_is_told_in_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A store without a schema, a file that is no database, tables of another program, a server that is not there."""
    (folder / "soni.yaml").write_text(ASSISTANT % ("memory", "", "30d"))
    memory = told(monkeypatch, capsys, "migrate")
    (folder / "soni.yaml").write_text(ASSISTANT % ("sqlite", "", "30d"))
    (folder / "soni.db").write_text("no database, whatever its name says")
    file = told(monkeypatch, capsys, "migrate")
    (folder / "soni.db").unlink()
    with closing(sqlite3.connect("soni.db")) as database:
        database.execute("create table checkpoints (name text)")
    other = told(monkeypatch, capsys, "migrate")
    (folder / "soni.yaml").write_text(ASSISTANT % ("postgresql", "postgresql://127.0.0.1:1/none", "30d"))
    server = told(monkeypatch, capsys, "migrate")

    assert [code for code, _ in (memory, file, other, server)] == [78] * 4
    assert memory[1] == "The backend memory has no schema.\n"
    assert "soni.db cannot be used as a database: file is not a database" in file[1]
    assert "soni.db cannot be migrated: " in other[1]
    assert "This PostgreSQL database cannot be migrated: connection failed" in server[1]
