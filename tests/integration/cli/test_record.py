"""``soni test --record``: what people said to a service becomes a test that passes."""

import asyncio
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from soni import Message, RuntimeLoop
from soni.cli import app, main
from soni.testing import read_conversations
from soni.testing.conversations import UserSays

ASSISTANT = """
version: "1.0"
settings:
  i18n: {supported_languages: [en, es]}
  conversation: {max_history: %s}
slots:
  name: {type: string, prompt: "What is your name?"}
  day: {type: date, prompt: "Which day, {name}?"}
  pin: {type: string, prompt: "Your PIN?", sensitive: %s}
responses:
  done:
    - {text: "Booked for {day}, {name}.", variations: ["{name}: {day} it is.", "See you on {day}, {name}!"]}
flows:
  book:
    description: Book a table.
    trigger: {intents: [book a table, i want to reserve a table]}
    steps:
      - {step: who, type: collect, slot: name}
      - {step: which, type: collect, slot: day}
      - {step: prove, type: collect, slot: pin, when: day == "2000-01-01"}
      - {step: sure, type: confirm, message: "A table on {day}, {name}?"}
      - {step: booked, type: say, response: done}
"""
SAID = ("book a table", 'Ana {otp} "Ruiz": #1', "what?", "tomorrow", "/set_slot name=Bob", "yes")


@pytest.fixture(autouse=True)
def assistant(folder: Path) -> None:
    """An assistant with a store in a file."""
    (folder / "soni.yaml").write_text(ASSISTANT % (50, "false"))


def talk(*said: str, user: str = "ana", language: str | None = None) -> None:
    """As a service does, which is stopped afterwards."""

    runtime = RuntimeLoop.from_path("soni.yaml")

    async def serve() -> None:
        async with runtime as loop:
            for text in said:
                await loop.process_message(Message(user, text, language=language))

    asyncio.run(serve())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["test", *arguments])


@pytest.mark.parametrize("user", ["ana", "ben@example.com"])
def test_a_recorded_conversation_passes(folder: Path, user: str) -> None:
    """With the same variations, on the day it was, and whatever signs are in it."""
    talk(*SAID, user=user, language="es")

    recorded = run("--record", user, "--output", "tests.conversation.yaml")
    played = run()

    assert (recorded.exit_code, recorded.stdout, recorded.stderr) == (0, "", f"6 messages of {user}\n")
    assert (played.exit_code, "1 passed" in played.output) == (0, True)
    (test,) = read_conversations("tests.conversation.yaml").tests
    assert tuple(step.text for step in test.steps if isinstance(step, UserSays)) == SAID


def test_a_recording_is_shown(folder: Path) -> None:
    """Without a file it goes to the terminal; the store may be named, and so may the assistant."""
    talk("book a table")
    Path("soni.db").rename("other.db")
    Path("sub").mkdir()
    Path("soni.yaml").rename("sub/soni.yaml")

    result = run("--record", "ana", "--db", "other.db", "--config", "sub/soni.yaml")

    assert (result.exit_code, result.stderr) == (0, "1 message of ana\n")
    assert result.stdout.startswith('assistant: "sub/soni.yaml"\ntests:\n  - name: the conversation with ana\n')
    assert result.stdout.endswith("      - user: book a table\n      - bot: What is your name?\n")


def test_what_was_not_kept_is_told(folder: Path) -> None:
    """Secrets and the beginning."""
    (folder / "soni.yaml").write_text(ASSISTANT % (4, "true"))
    talk("book a table", "Ana", "2000-01-01", "1234")

    result = run("--record", "ana")

    assert result.stderr == (
        "2 messages of ana; 1 to be filled in: they were not kept; not complete: 2 before or between them are missing\n"
    )
    assert "1234" not in result.stdout
    assert '      # FILL IN what was said here.\n      - user: "…"\n' in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--record", "bob"), 1, "There is no conversation with 'bob' in this store."),
        (("--record", "ana", "--db", "no.db"), 78, "There is no no.db; --db names the file of the conversations."),
        (("--record", "ana", "-o", "soni.yaml"), 1, "soni.yaml would not be found"),
    ],
)
def test_what_cannot_be_recorded(
    arguments: tuple[str, ...],
    code: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is said in words."""
    talk("book a table")
    monkeypatch.setattr("sys.argv", ["soni", "test", *arguments])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == code
    assert words in capsys.readouterr().err
    assert not Path("no.db").exists()


def test_a_store_in_use() -> None:
    """The store says itself that a service has it."""

    runtime = RuntimeLoop.from_path("soni.yaml")

    async def record() -> Result:
        async with runtime as loop:
            await loop.process_message(Message("ana", "book a table"))
            return await asyncio.to_thread(run, "--record", "ana")

    result = asyncio.run(record())

    assert result.exit_code == 1
    assert f"Another process has {Path.cwd() / 'soni.db'} open." in str(result.exception)
