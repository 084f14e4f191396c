"""``soni deploy-check``: what a deploy would do to the conversations under way is told before it is done."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from soni import Message, RuntimeLoop
from soni.cli import app, main
from soni.persistence.reading import named

OLD = """
version: "1.0"
settings:
  persistence: {backend: %s, path: soni.db, connection_string: "%s"}
  conversation: {on_flow_changed: resume}
slots: {x: {prompt: X?}, y: {prompt: Y?}, z: {prompt: Z?}}
flows:
  book:
    trigger: {intents: [book a table]}
    steps:
      - {step: x, type: collect, slot: x}
      - {step: go, type: call, flow: details}
      - {step: sure, type: confirm, message: "{x} {y}?"}
  details:
    startable: false
    steps: [{step: y, type: collect, slot: y}]
  other:
    trigger: {intents: [other things]}
    steps: [{step: z, type: collect, slot: z}]
"""
SAID = {
    "at_x": ["/start_flow book"],
    "at_y": ["/start_flow book x=1"],
    "at_sure": ["/start_flow book x=1", "/set_slot y=2"],
    "two": ["/start_flow other", "/start_flow book"],
    "over": ["/start_flow other", "/set_slot z=1"],
}


SERVERS = {"postgresql": "database", "redis": "redis_database"}


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def old(request: pytest.FixtureRequest, folder: Path) -> str:
    """Five conversations with an assistant, in each of the stores that outlive it."""
    dsn = request.getfixturevalue(SERVERS[request.param]) if request.param in SERVERS else ""
    written = OLD % (request.param, dsn)
    (folder / "soni.yaml").write_text(written)
    asyncio.run(talk())
    return written


async def talk() -> None:
    """As a service does, which is stopped afterwards."""
    runtime = await asyncio.to_thread(RuntimeLoop.from_path, "soni.yaml")
    async with runtime as loop:
        for user, texts in SAID.items():
            for text in texts:
                await loop.process_message(Message(user, text))


def check(new: str, *arguments: str) -> Result:
    """Deploy this, in thought."""
    Path("new.yaml").write_text(new)
    return CliRunner().invoke(app, ["deploy-check", "new.yaml", *arguments])


def test_what_did_not_change_goes_on(old: str) -> None:
    """Every open flow with its step; conversations in which nothing is open count, and no more."""
    result = check(old, "--fail-on", "restart")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "5 conversations, 4 of them in the middle of a flow.",
        "",
        "5 flows go on:",
        "       2  book, at x",
        "       1  book, at sure",
        "       1  book, at details.y",
        "       1  other, at z",
    ]


def test_what_begins_again_and_what_is_lost_is_told_with_its_reason(old: str) -> None:
    """A step that is gone, a flow that is gone, a slot that is gone."""
    new = old.replace("step: sure", "step: certain").replace("  other:", "  another:").replace("{y}", "{x}")
    new = new.replace("y: {prompt: Y?}, ", "").replace(
        "[{step: y, type: collect, slot: y}]", "[{step: y, type: collect, slot: x}]"
    )
    result = check(new, "--format", "json")
    told = json.loads(result.stdout)

    assert (told["conversations"], told["open"]) == (5, 4)
    assert (told["goes_on"], told["restart"], told["cancel"]) == (3, 1, 1)
    assert told["slots_gone"] == {"y": 1}
    reasons = {(flow["flow"], flow["step"], flow["outcome"], flow["reason"]) for flow in told["flows"]}
    assert ("book", "sure", "restart", "step gone") in reasons
    assert ("other", "z", "cancel", "flow gone") in reasons


@pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("cancel", 0), ("restart", 1)])
def test_the_exit_code_tells_a_pipeline(old: str, fail_on: str, code: int) -> None:
    """A flow that begins again stops those who asked for it, and the words say where."""
    result = check(old.replace("step: y", "step: why"), "--fail-on", fail_on)

    assert result.exit_code == code
    assert "1 flow begins again:\n       1  book, at details.y: the step is gone" in result.stdout


def test_the_policy_of_the_new_version_counts(old: str) -> None:
    """With ``cancel``, a flow that changed at all is lost, one that did not goes on."""
    new = old.replace("on_flow_changed: resume", "on_flow_changed: cancel").replace(
        'message: "{x} {y}?"', "message: Yes?"
    )
    result = check(new, "--fail-on", "cancel")

    assert result.exit_code == 1
    assert "book, at x: the flow has changed (settings.conversation.on_flow_changed)" in result.stdout
    assert "1 flow goes on:\n       1  other, at z" in result.stdout


def test_a_store_is_read_beside_its_service_and_stays_as_it_is(folder: Path) -> None:
    """Named as a path, while another process has it; a state that cannot be read is told, and makes the exit code 1."""
    (folder / "soni.yaml").write_text(OLD % ("sqlite", ""))
    asyncio.run(talk())

    async def beside() -> Result:
        runtime = await asyncio.to_thread(RuntimeLoop.from_path, "soni.yaml")
        async with runtime as loop:
            await loop.process_message(Message("late", "/start_flow other"))
            return await asyncio.to_thread(check, OLD % ("memory", ""), "--against", "soni.db")

    result = asyncio.run(beside())
    with closing(sqlite3.connect("soni.db")) as database:
        before = database.execute("select * from checkpoints order by thread_id").fetchall()
        database.execute(
            "update checkpoints set checkpoint = cast(replace(checkpoint, 'version', 'virsion') as blob) where thread_id = 'two'"
        )
        database.commit()
    spoiled = check(OLD % ("memory", ""), "--against", "soni.db")

    assert result.stdout.startswith("6 conversations, 5 of them in the middle of a flow.")
    assert len(before) == 6
    assert spoiled.exit_code == 1
    assert "       1  The saved conversation has state version None" in spoiled.stdout


@pytest.mark.parametrize(
    ("database", "words"),
    [
        ("nowhere.db", "There is no"),
        ("soni.yaml", "cannot be read as a database of Soni's: file is not a database"),
        ("postgresql://127.0.0.1:1/none", "This PostgreSQL database cannot be read: connection failed"),
    ],
)
def test_a_store_that_is_none_is_told_in_words(
    database: str, words: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong, and with which file or address; nothing is created."""
    (folder / "soni.yaml").write_text(OLD % ("memory", ""))
    monkeypatch.setattr("sys.argv", ["soni", "deploy-check", "soni.yaml", "--against", database])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 78
    assert words in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["soni.yaml"]


def test_a_store_of_a_later_version_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may mean something else by what it holds."""
    (folder / "soni.yaml").write_text(OLD % ("sqlite", ""))
    asyncio.run(talk())
    with closing(sqlite3.connect("soni.db")) as database:
        database.execute("pragma user_version = 99")
    monkeypatch.setattr("sys.argv", ["soni", "deploy-check"])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 78
    assert "its version is 99" in capsys.readouterr().err


def test_an_empty_database_has_no_conversations(
    folder: Path, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said without the words of the database."""
    (folder / "soni.yaml").write_text(OLD % ("postgresql", database))
    monkeypatch.setattr("sys.argv", ["soni", "deploy-check"])
    with pytest.raises(SystemExit):
        main()

    assert capsys.readouterr().err == "This PostgreSQL database has no conversations of Soni's.\n"


def test_memory_cannot_be_read_from_outside(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It belongs to its process."""
    (folder / "soni.yaml").write_text(OLD % ("memory", ""))
    monkeypatch.setattr("sys.argv", ["soni", "deploy-check"])
    with pytest.raises(SystemExit):
        main()

    assert "in memory can be read by their own process only" in capsys.readouterr().err


def test_a_database_is_named_by_its_scheme() -> None:
    """Two schemes of PostgreSQL, two of Redis, and everything else is a file."""
    from soni.config.settings import Persistence

    backends = [
        named(database, Persistence()).backend
        for database in ("postgres://h/d", "postgresql://h/d", "redis://h", "rediss://h", "some/file.db")
    ]

    assert backends == ["postgresql", "postgresql", "redis", "redis", "sqlite"]
