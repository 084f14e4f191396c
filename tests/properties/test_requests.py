"""Whatever comes in over HTTP, or stands in a file of conversation tests: it is read, or refused in words."""

import json
import tempfile
from pathlib import Path
from random import Random
from typing import Final

from pydantic import ValidationError
from tests.proving import Proof, in_words

from soni import ConfigurationError
from soni.server.schemas import ChatRequest
from soni.testing.reading import read_conversations

BODIES: Final = Proof("request bodies", "bodies", short=2_000, long=500_000)
FILES: Final = Proof("files of conversation tests", "files", short=60, long=20_000)

BODY: Final = {"message": "send 50 to Ana", "message_id": "a-1", "language": "en", "metadata": {"a": [1, {"b": None}]}}
SCRAPS: Final = (
    '"', "{", "}", "[", "]", ":", ",", "null", "true", "1e999", "NaN", "\\", "\\ud800", "\\u0000", " ", "\n", "é", "😀", '""', "[" * 40,
    '"message"', '"metadata"', '"nope": 1', "9" * 400, "\t", "'", "0", "'''",
)  # fmt: skip
TESTS: Final = """
tests:
  - name: money is sent
    actions: {pay: {receipt: r1}}
    steps:
      - user: send 50
        commands: [{start_flow: send}, {set_slot: {amount: 5}}]
      - bot: {contains: Send}
      - slots: {amount: 5}
      - flow: send
      - stack: [send]
      - user: /affirm
      - action: {pay: {times: 1, inputs: {amount: 5}}}
      - bot: Sent.
"""
LINES: Final = (
    "  ",
    "- ",
    "bot:",
    "user: x",
    "{",
    "]",
    "x: &a 1",
    "*a",
    "commands: [nope]",
    "'",
    "null",
    "slots: 5",
    "\t",
    "matches: (",
    "times: -1",
)
ASSISTANT: Final = """
version: "1.0"
slots: {amount: {type: integer, prompt: How much?}, receipt: {}}
actions: {pay: {inputs: [amount], outputs: [receipt]}}
flows:
  send:
    steps:
      - {step: amount, type: collect, slot: amount}
      - {step: sure, type: confirm, message: "Send {amount}?"}
      - {step: pay, type: action, call: pay}
      - {step: sent, type: say, message: Sent.}
"""


def test_bodies() -> None:
    """A body is a message, or a ValidationError."""

    def examine(text: str) -> None:
        try:
            request = ChatRequest.model_validate_json(text)
        except ValidationError as error:
            in_words(str(error))
            return
        assert request.message.strip()

    BODIES.hold_texts(lambda random: _mutated(random, json.dumps(BODY), SCRAPS), examine)


def test_files() -> None:
    """A file of tests is read, or a ConfigurationError with problems that have their lines."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "soni.yaml").write_text(ASSISTANT)
        file = place / "a.conversation.yaml"

        def examine(text: str) -> None:
            file.write_text(text, encoding="utf-8")
            try:
                read_conversations(file, {})
            except ConfigurationError as error:
                in_words(str(error))
                for problem in error.problems:
                    in_words(problem.message)

        FILES.hold_texts(lambda random: _mutated(random, TESTS, LINES), examine)


def _mutated(random: Random, text: str, scraps: tuple[str, ...]) -> str:
    for _ in range(random.randrange(1, 5)):
        at, length = random.randrange(len(text) + 1), random.choice([0, 0, 1, 5, 20])
        text = text[:at] + random.choice([*scraps, text[at : at + 30], ""]) + text[at + length :]
    return text
