"""What is left out of a line: what looks like a secret, and what is known in the turn; and what is not taken for either."""

import logging

import pytest

from soni.confidential import Confidential
from soni.dialogue.state import Dialogue
from soni.errors import StateError
from soni.observability.redaction import Masks, redacted, redacted_traceback, redacted_value, without_secrets


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("paid with 4111 1111 1111 1111 today", "paid with … today"),
        ("paid with 378282246310005.", "paid with …."),
        ("from ES91 2100 0418 4502 0005 1332", "from …"),
        ("mail zoe.quark@example.org now", "mail … now"),
        ("call +34 612 984 377", "call …"),
        ("Authorization: Bearer abcdef123456", "Authorization: … …"),
        ("key sk-proj-A1b2C3d4E5f6G7h8", "key …"),
        ("?api_key=abc&x=1", "?api_key=…&x=1"),
        ('{"password": "hunter2"}', '{"password": …}'),
        ("at postgresql://soni:pw@db:5432/soni", "at postgresql://…@db:5432/soni"),
        ("DETAIL:  Key (card)=(7) already exists.", "DETAIL: …"),
        (
            "[type=int_parsing, input_value='seven', input_type=str]",
            "[type=int_parsing, input_value=…, input_type=str]",
        ),
        ("Command # 1 (SET a b) of pipeline caused error", "Command # 1 (…) of pipeline caused error"),
    ],
)
def test_what_looks_like_a_secret_is_left_out(told: str, written: str) -> None:
    """Whoever logs it, and wherever it comes from."""
    assert without_secrets(told) == written


@pytest.mark.parametrize(
    "told",
    [
        "turn 12 took 3.3333333333333335 s at 1732198000123 ms",
        "at 2026-11-21 14:30:00, until 20261121143000",
        "request 01JB2M8Q6Z3T5V7X9Y1A3C5E7G of conversation 4bd1a2c90f3e7785",
        "max_tokens=300 and prompt_tokens: 12",
        "4111 1111 1111 1112 is no card, and ES91 2100 0418 4502 0005 1333 no account",
        "http://127.0.0.1:8000/chat/{user_id}",
        "send Ana 50",
    ],
)
def test_what_only_looks_a_little_like_one_stays(told: str) -> None:
    """Numbers, times, ids and addresses of services are what a log is read for."""
    assert without_secrets(told) == told


def test_a_sensitive_value_is_found_however_it_is_written() -> None:
    """As Python and JSON quote it, in an address, within other words."""
    masks = _masks(('blue "door"', True), ("Querétaro", True))
    for written in (
        '<blue "door">',
        "'blue \"door\"'",
        r'"blue \"door\""',
        "?q=blue%20%22door%22",
        "q=blue+%22door%22",
        "myQuerétaros",
    ):
        assert "door" not in redacted(written, masks)
        assert "Quer" not in redacted(written, masks)


def test_a_short_value_is_found_as_a_word_only() -> None:
    """A pin of two digits must not take the log apart."""
    masks = _masks(("12", True))

    assert redacted("pin 12, not 123 nor x12", masks) == "pin …, not 123 nor x12"


def test_what_is_private_may_be_told_where_it_is_asked_for() -> None:
    """At DEBUG the author sees the values; the sensitive ones not even there."""
    masks = _masks(("Madrid", False), ("marzipan", True))

    assert redacted("Madrid, marzipan", masks) == "…, …"
    assert redacted("Madrid, marzipan", masks, private=False) == "Madrid, …"


def test_fields_are_looked_through() -> None:
    """A number that is known is left out, too, and so are the leaves of objects; other fields keep their types."""
    masks = _masks((4711, True), ("Ana", False))

    assert redacted_value({"pin": 4711, "who": ["Ana", 3], "ok": True, "none": None}, masks) == {
        "pin": "…", "who": ["…", 3], "ok": True, "none": None,
    }  # fmt: skip


def test_a_traceback_still_says_where() -> None:
    """A value that is also the number of a line or a word of the code hides neither."""
    text = 'Traceback:\n  File "a.py", line 12, in pay\n    raise Failed(amount)\nFailed: amount 12'

    assert redacted_traceback(text, _masks((12, False), ("amount", False))) == text.replace("amount 12", "… …")


def test_a_saved_conversation_that_cannot_be_read_is_not_repeated() -> None:
    """The error that the operator sees names the fields, not what was said in them."""
    stored = {"version": 1, "turn": "marzipan", "history": [{"role": "user", "text": "otter", "odd": "kestrel"}]}
    with pytest.raises(StateError) as raised:
        Dialogue.from_json(stored)

    told = logging.Formatter().formatException((StateError, raised.value, raised.tb))
    assert "turn (int_parsing)" in told
    assert [word for word in ("marzipan", "otter", "kestrel") if word in told] == []


@pytest.mark.parametrize(
    "piece", ["a", "1", "1 ", "a.", "a@", "://", "key", "AB12", "input_value=", "Command # 1 (", "-", "+1 "]
)
def test_no_line_takes_long(piece: str) -> None:
    """Whoever fills a line with anything at all cannot make the service search it for ever: this would not end."""
    assert len(without_secrets(piece * 20_000)) <= len(piece) * 20_000 + 20


def _masks(*known: tuple[str | int, bool]) -> Masks:
    turn = Confidential("nobody")
    for value, sensitive in known:
        turn.hear(value, sensitive=sensitive)
    return Masks.of(turn)
