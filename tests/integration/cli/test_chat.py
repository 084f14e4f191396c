"""``soni chat``: with a pipe, and with a person at a terminal."""

import contextlib
import fcntl
import io
import os
import pty
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from soni.cli import app
from soni.cli.screen import Pipe, Terminal
from soni.dialogue.state import Button, Utterance
from soni.errors import ActionError
from soni.runtime.messages import Reply

ASSISTANT = """
version: "1.0"
settings: {modules: [actions]}
slots:
  name: {type: string, prompt: What is your name?}
actions:
  fail: {}
flows:
  greet:
    description: Greet someone.
    trigger: {intents: [hello, good morning, hi there]}
    steps:
      - {step: ask, type: collect, slot: name}
      - step: sure
        type: confirm
        message: "{name} [bold], right?"
        buttons: [{title: "Yes", payload: /affirm}]
      - {step: done, type: say, message: "Hello {name}!"}
"""
ACTIONS = """
from soni.actions import action

@action("fail")
async def fail() -> None:
    raise RuntimeError
"""
REPLY = Reply(
    user_id="local",
    message_id=None,
    turn=1,
    messages=(
        Utterance(
            "[red]Sure[/red]?", (Button("Yes", "/affirm"), Button("No", "/deny")), image="https://example.org/a.png"
        ),
        Utterance("Really?"),
    ),
    state="waiting_for_input",
    active_flow=None,
    expected_slot=None,
)


@pytest.fixture(autouse=True)
def assistant(folder: Path) -> None:
    """There is an assistant where we are."""
    (folder / "soni.yaml").write_text(ASSISTANT)
    (folder / "actions.py").write_text(ACTIONS)


def test_piped_lines_are_answered(folder: Path) -> None:
    """Each line is a message, blank ones are none, buttons are listed, and the end of the input is the end."""
    result = CliRunner().invoke(app, ["chat"], input="hello\n\n  Ana \nyes\n")

    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[:4] == ["What is your name?", "Ana [bold], right?", "  - Yes", "Hello Ana!"]


def test_the_conversation_goes_on_next_time(folder: Path) -> None:
    """What was said yesterday is known today, by user; in memory everything is new."""
    CliRunner().invoke(app, ["chat"], input="hello\n")
    goes_on = CliRunner().invoke(app, ["chat"], input="Ana\n")
    other = CliRunner().invoke(app, ["chat", "--user", "bob"], input="hello\n")
    anew = CliRunner().invoke(app, ["chat", "--memory"], input="hello\n")

    assert goes_on.stdout.startswith("Ana [bold], right?")
    assert other.stdout == "What is your name?\n"
    assert anew.stdout == "What is your name?\n"


def test_what_cannot_be_answered_is_told_and_the_chat_goes_on(folder: Path) -> None:
    """An error is words on stderr; the next line is answered."""
    looping = ASSISTANT.replace(
        "- {step: ask, type: collect",
        "- {step: spin, type: noop, when: 1 == 1, jump_to: spin}\n      - {step: ask, type: collect",
    )
    (folder / "soni.yaml").write_text(
        looping + "  wave:\n    trigger: {intents: [wave to me]}\n    steps: [{step: wave, type: say, message: Bye}]\n"
    )
    result = CliRunner().invoke(app, ["chat", "--memory"], input="/start_flow greet\n/start_flow wave\n")

    assert result.exit_code == 0, result.output
    assert result.stderr
    assert "Bye" in result.stdout


def test_leaving_closes_what_was_opened(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between two messages ends the chat with its usual code, and the store is free again."""

    class Impatient(Pipe):
        def lines(self) -> Iterator[str]:
            yield "hello"
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("soni.cli.screen.Pipe", Impatient)
        left = CliRunner().invoke(app, ["chat"], input="hello\n")
    again = CliRunner().invoke(app, ["chat"], input="Ana\n")

    assert (left.exit_code, left.stdout) == (130, "What is your name?\n")
    assert again.stdout.startswith("Ana [bold], right?")


def test_a_wrong_user_is_refused(folder: Path) -> None:
    """The name of a user is what it is over HTTP."""
    result = CliRunner().invoke(app, ["chat", "--user", "a b"])

    assert result.exit_code == 2


def test_a_person_sees_messages_as_they_are() -> None:
    """What looks like markup in a message is text; buttons and images are shown."""
    console = Console(file=io.StringIO(), width=100, color_system=None)
    screen = Terminal(console)
    screen.show(REPLY)
    screen.complain(ActionError("[it] failed"))

    assert isinstance(console.file, io.StringIO)
    assert [line.rstrip() for line in console.file.getvalue().splitlines()] == [
        "bot [red]Sure[/red]?",
        "    https://example.org/a.png",
        "     Yes   No",
        "bot Really?",
        "[it] failed",
    ]


def test_a_person_ends_the_chat(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of the input ends the lines; blank ones are passed over."""
    typed = iter(["hello", "  ", "Ana"])

    def type_line(prompt: str = "") -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", type_line)
    screen = Terminal(Console(file=io.StringIO()))

    assert list(screen.lines()) == ["hello", "Ana"]


def test_a_pipe_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    """A program gets the texts, and errors apart from them."""
    screen = Pipe()
    screen.show(REPLY)
    screen.complain(ActionError("it failed"))
    screen.leave()

    captured = capsys.readouterr()
    assert captured.out == "[red]Sure[/red]?\n  - Yes\n  - No\nReally?\n"
    assert captured.err == "it failed\n"


def test_a_person_at_a_real_terminal_leaves_with_ctrl_c(folder: Path) -> None:
    """At a terminal there is a prompt, and Ctrl-C ends the chat without a traceback."""
    ours, theirs = pty.openpty()
    command = [str(Path(sys.executable).parent / "soni"), "chat"]
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(theirs)
    terminal = Conversation(ours)
    try:
        terminal.read_until("you")
        os.write(ours, b"hello\r")
        terminal.read_until("What is your name?")
        terminal.read_until("you")
        code = _press_ctrl_c(ours, process)
        terminal.read_to_the_end()
    finally:
        process.kill()
        process.wait()
        os.close(ours)

    assert code == 130
    assert "Traceback" not in terminal.told


LIMIT = 30
"""Seconds to wait for anything."""


def _take_terminal() -> None:
    """Make the terminal the process's own, so that Ctrl-C reaches it; a shell lets what it runs in the background ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _press_ctrl_c(terminal: int, process: "subprocess.Popen[bytes]") -> int:
    """Press it until it is heard: one that comes in the moment before Python begins to read is only seen afterwards."""
    for _ in range(LIMIT):
        os.write(terminal, b"\x03")
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(1)
    raise AssertionError("It did not end.")


class Conversation:
    """What a terminal has shown so far, and how far it was read."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._position = 0
        self.told = ""

    def read_until(self, words: str) -> None:
        """Go on reading until behind these words."""
        while (found := self.told.find(words, self._position)) < 0:
            assert self._read(), f"It ended with {self.told!r}."
        self._position = found + len(words)

    def read_to_the_end(self) -> None:
        """Read until the other end is closed."""
        while self._read():
            pass

    def _read(self) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], LIMIT)
        assert ready, f"Nothing came after {self.told!r}."
        try:
            self.told += os.read(self._terminal, 4096).decode()
        except OSError:  # how Linux says that the other end is closed
            return False
        return True
