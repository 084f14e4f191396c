"""``soni retention`` and ``soni migrate``: an operator's hands on a store."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from soni import Message, RuntimeLoop
from soni.cli import app, main
from soni.persistence import postgres_schema
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


APART = (
    "postgresql://u:hun ter2@localhost/db",
    "postgresql://u:hunter2%zz@localhost/db",
    "postgres:/u:hunter2@localhost/db",
    "postgresql://u:hunter@ter2@127.0.0.1/db",
    "postgresql://u:hun/ter2@127.0.0.1/db",
    "postgresql://u:1/hunter2@127.0.0.1:1/db",
    "host=127.0.0.1 password=hun ter2",
)


@pytest.mark.parametrize("dsn", APART)
@pytest.mark.parametrize(
    "command", [("migrate",), ("migrate", "--back"), ("deploy-check",), ("retention", "--dry-run"), ("retention",)]
)
def test_a_password_is_never_told(
    command: tuple[str, ...],
    dsn: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nor a piece of it, where the connection string comes apart in the wrong place; the words say what to do, at once."""
    (folder / "soni.yaml").write_text(ASSISTANT % ("postgresql", dsn, "30d"))
    code, words = told(monkeypatch, capsys, *command)

    assert code == 78
    assert words.startswith("settings.persistence.connection_string ")
    assert "percent-encoded" in words
    assert not any(piece in words + caplog.text for piece in ("hun", "ter2"))


@pytest.mark.parametrize(
    "database", [*APART, "redis://u:1/hunter2@127.0.0.1/0", "redis:/u:hunter2@h", "mysql://u:hunter2@h/db"]
)
def test_a_password_that_stands_in_a_command_is_never_told(
    database: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is no address is not taken for a file, whose name would be told."""
    (folder / "soni.yaml").write_text(ASSISTANT % ("sqlite", "", "30d"))
    code, words = told(monkeypatch, capsys, "deploy-check", "--against", database)

    assert code == 78
    assert not any(piece in words for piece in ("hun", "ter2"))


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
@pytest.mark.usefixtures("store")
def test_no_step_back_beside_a_running_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would lose its tables: it is noticed, and nothing is changed; unless the operator knows better."""
    monkeypatch.setattr(postgres_schema, "_LEAVING", 0.2)

    async def beside(*arguments: str) -> Result:
        runtime = await asyncio.to_thread(RuntimeLoop.from_path, "soni.yaml")
        async with runtime as loop:
            await loop.check_store()
            return await asyncio.to_thread(run, *arguments)

    refused = asyncio.run(beside("migrate", "--back"))
    forward = asyncio.run(beside("migrate"))
    forced = asyncio.run(beside("migrate", "--back", "--force"))

    assert "of Soni's use" in str(refused.exception)
    assert "--force" in str(refused.exception)
    assert forward.stdout == f"Version {len(MIGRATIONS)}: nothing to do.\n"
    assert forced.stdout.startswith(f"Version {len(MIGRATIONS)} → ")


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
