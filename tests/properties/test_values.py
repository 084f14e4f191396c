"""Whatever is said, a slot takes it as a value of its type, or refuses it in words; a payload is commands, or prose."""

import json
import string
from datetime import UTC, datetime
from random import Random
from typing import Final

from tests.proving import Proof, in_words

from soni.config.loader import load_config_text
from soni.dialogue.payloads import parse_payload
from soni.understanding.values import InvalidValue, Moment, parse

VALUES = Proof("values", "strings", short=600, long=200_000)
PAYLOADS = Proof("payloads", "strings", short=3_000, long=1_000_000)

SLOTS: Final = tuple(
    load_config_text("""
        version: "1.0"
        slots:
          string: {pattern: "[a-z ]{2,9}"}
          integer: {type: integer, min: -5, max: 100}
          float: {type: float}
          boolean: {type: boolean}
          date: {type: date, min: 2020-01-01}
          time: {type: time}
          datetime: {type: datetime}
          duration: {type: duration}
          money: {type: money, description: how much in euros}
          email: {type: email}
          phone: {type: phone}
          choice: {type: choice, choices: [a, {value: savings, synonyms: [saver]}, 3, true]}
          list: {type: list}
          object: {type: object}
        flows: {f: {steps: [{step: s, type: noop}]}}
    """).slots.values()
)
MOMENTS: Final = tuple(
    Moment(datetime(2030, 1, 7, 9, tzinfo=UTC), each) for each in ("en", "es", "fr", "de", "it", "pt", "xx")
)
SCRAPS: Final = (
    "twenty", "five", "half", "a", "the", "next", "monday", "31", "February", "2050", "29/02/2031", "€", "$", "euros", "1.234,56",
    "1,234.56", "1e400", "-", "+", "9" * 25, "٣", "½", "²", "@", "example.com", "ana@example.com", "+34 600 000 000", "12:30", "pm",
    "T", "Z", "24:00", "0000-00-00", "99999-01-01", "hours", "and", "yes", "no", "not", "maybe", "mañana", "vingt", "zwei", "[", "]",
    "{", "}", '"', "null", "NaN", "Infinity", ":", ",", ".", "/", "\\", "\0", "\ud800", "😀", "\u2028", " ", "\n", "%", "in 10**9 days",
)  # fmt: skip
COMMANDS: Final = (
    "/start_flow f", "/set_slot a=1", "/clarify f g", "/deny", "/affirm", "/cancel_flow", "/ask_info", "/restart", "/clear_slot a",
    "/correct_slot b='x y'", "/nonsense",
)  # fmt: skip
LONG: Final = 2_000
"""Characters of the longest of these texts."""


def test_every_slot_takes_or_refuses_any_text() -> None:
    """Any text is a value that can be kept, and that stays the same when it is read again, or an InvalidValue in words."""

    def write(random: Random) -> str:
        if random.random() < 0.1:
            return "".join(chr(random.randrange(0x10000)) for _ in range(random.randrange(20)))
        if random.random() < 0.01:
            return (random.choice(SCRAPS) * LONG)[:LONG]
        return random.choice(["", " "]).join(random.choices(SCRAPS, k=random.randrange(7)))

    def examine(text: str) -> None:
        random = Random(text.encode("utf-8", "replace"))
        slot, moment = random.choice(SLOTS), random.choice(MOMENTS)
        try:
            value = parse(slot, text, moment)
        except InvalidValue as error:
            in_words(error.message)
            return
        assert value is not None
        assert json.loads(json.dumps(value)) == value
        assert parse(slot, value, moment) == value, f"{slot.type}: read again, {value!r} is something else"

    VALUES.hold_texts(write, examine)


def test_payloads_are_commands_or_prose() -> None:
    """Any text is commands or none; what does not begin with a slash never is."""

    def write(random: Random) -> str:
        parts = random.choices((*COMMANDS, *SCRAPS, "=", "a=", "'", "\\", "/"), k=random.randrange(6))
        text = random.choice(["", " ", "\n"]).join(parts)
        if random.random() < 0.3:
            at = random.randrange(len(text) + 1)
            text = text[:at] + random.choice(string.printable) + text[at:]
        return text

    def examine(text: str) -> None:
        commands = parse_payload(text)
        assert commands is None or (text.startswith("/") and all(repr(command) for command in commands))

    PAYLOADS.hold_texts(write, examine)
