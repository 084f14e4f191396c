"""Answers and payloads as the values of slots."""

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from soni.config.models import Slot, SlotType
from soni.understanding.values import InvalidValue, Moment, answer, find, parse, prepare
from soni.value import Value

from .saying import MOMENT, NOW

CHOICE = Slot.model_validate(
    {"type": "choice", "choices": ["checking", {"value": "savings", "synonyms": ["saver"]}, 3, True]}
)
TYPES: tuple[SlotType, ...] = (
    "string", "integer", "float", "boolean", "date", "time", "datetime", "duration", "money", "email", "phone", "list", "object",
)  # fmt: skip
SLOTS = (
    *(Slot(type=kind) for kind in TYPES),
    CHOICE,
    Slot(pattern="[A-Z]+"),
    Slot(description="last name", examples=("Ana",)),
)


@pytest.mark.parametrize(
    ("kind", "written", "expected"),
    [
        ("string", "  to Ana ", "to Ana"),
        ("string", "", ""),
        ("string", 42, "42"),
        ("integer", "42", 42),
        ("integer", 42.0, 42),
        ("integer", "0", 0),
        ("float", "it's 50 euros please", 50.0),
        ("float", 50, 50.0),
        ("boolean", "no", False),
        ("boolean", True, True),
        ("boolean", "false", False),
        ("date", "Jan 1st, 2050", "2050-01-01"),
        ("time", "6 p.m.", "18:00"),
        ("datetime", "2026-11-21T18:30:00+00:00", "2026-11-21T19:30"),
        ("datetime", "2026-11-21T18:30Z", "2026-11-21T19:30"),
        ("datetime", "2026-11-21", None),
        ("duration", "an hour", 3600),
        ("duration", 90, 90),
        ("duration", 0.5, 0.5),
        ("duration", -1, None),
        ("money", "$50", {"amount": 50.0, "currency": "USD"}),
        ("money", 50, {"amount": 50.0, "currency": None}),
        ("money", {"amount": 50, "currency": "euros"}, {"amount": 50.0, "currency": "EUR"}),
        ("money", {"amount": 50}, {"amount": 50.0, "currency": None}),
        ("money", {"amount": 50, "currency": "shells"}, None),
        ("money", {"amount": 50, "currency": 3}, None),
        ("money", {"amount": "50"}, None),
        ("money", {"amount": True}, None),
        ("money", {"amount": 1e30}, None),
        ("email", "Ana@Example.com", "Ana@example.com"),
        ("phone", "+34 612 345 678", "+34612345678"),
        ("phone", 612345678, "612345678"),
        ("list", "a, b and c", ["a", "b", "c"]),
        ("list", '["a", 1]', ["a", 1]),
        ("list", "[not json", ["[not json"]),
        ("list", ["a", {"b": 1}], ["a", {"b": 1}]),
        ("object", '{"a": [1]}', {"a": [1]}),
        ("object", {"a": 1}, {"a": 1}),
        ("object", "[1]", None),
        ("object", '{"a": NaN}', None),
        ("object", "[" * 5000, None),
        ("integer", True, None),
        ("float", False, None),
        ("integer", 2.5, None),
        ("float", float("nan"), None),
        ("float", float("inf"), None),
        ("integer", 10**18, None),
        ("integer", "99999999999999999999999", None),
        ("boolean", 1, None),
        ("date", 20501231, None),
        ("time", ["18:30"], None),
        ("string", ["a"], None),
        ("string", {"a": 1}, None),
        ("list", {"a": 1}, None),
        ("email", "nobody", None),
    ],
)
def test_what_is_written_becomes_a_value_of_the_slot(kind: SlotType, written: Value, expected: Value) -> None:
    """A text, a JSON value or a number; a truth is never a number."""
    slot = Slot(type=kind)

    if expected is None:
        with pytest.raises(InvalidValue) as refused:
            parse(slot, written, MOMENT)
        assert refused.value.reason == "type"
        assert refused.value.message.startswith("Please")
    else:
        assert parse(slot, written, MOMENT) == expected
        assert type(parse(slot, written, MOMENT)) is type(expected)


def test_nothing_is_no_value() -> None:
    """Unset is not a value that can be given."""
    with pytest.raises(InvalidValue) as refused:
        parse(Slot(type="date"), None, MOMENT)

    assert refused.value.reason == "empty"
    assert refused.value.message == "Please give a day, for example tomorrow or 21 November."


def test_a_choice_is_one_of_those_written() -> None:
    """By its value, as it was said, or as JSON of the same type; the message names all of them."""
    assert parse(CHOICE, "SAVER", MOMENT) == "savings"
    assert parse(CHOICE, "savings", MOMENT) == "savings"
    assert parse(CHOICE, 3, MOMENT) == 3
    assert parse(CHOICE, True, MOMENT) is True
    with pytest.raises(InvalidValue, match="Please choose one of: checking, savings, 3, true") as refused:
        parse(CHOICE, "pink", MOMENT)
    assert refused.value.reason == "choice"
    with pytest.raises(InvalidValue):
        parse(CHOICE, 1, MOMENT)
    with pytest.raises(InvalidValue):
        parse(CHOICE, False, MOMENT)


@pytest.mark.parametrize(
    ("slot", "right", "low", "high"),
    [
        (Slot(type="integer", min=1, max=10), "5", "0", "11"),
        (Slot(type="float", min=0.01, max=10000), "0.01", "0", "10,000.5"),
        (Slot(type="money", min=1, max=50), "50 euros", "0.5", "51"),
        (Slot(type="date", min="2026-06-10", max="2026-12-31"), "tomorrow", "yesterday", "2027-01-01"),
        (Slot(type="time", min="09:00", max="17:30"), "17:30", "08:59", "17:31"),
        (
            Slot(type="datetime", min="2026-06-10T00:00", max="2026-12-31T00:00"),
            "tomorrow 18:30",
            "yesterday 18:30",
            "2027-01-01 10:00",
        ),
        (Slot(type="duration", min=60, max=3600), "an hour", "59 seconds", "2 hours"),
    ],
)
def test_a_value_outside_the_limits_is_refused_in_words(slot: Slot, right: str, low: str, high: str) -> None:
    """The reason is the limit's name, and the message says it; answering does not refuse."""
    assert parse(slot, right, MOMENT) is not None
    for text, reason, limit in ((low, "min", slot.min), (high, "max", slot.max)):
        assert answer(slot, text, MOMENT) is not None
        with pytest.raises(InvalidValue) as refused:
            parse(slot, text, MOMENT)
        assert refused.value.reason == reason
        assert str(limit).removesuffix(".0") in refused.value.message


def test_a_text_has_to_fit_its_pattern_whole() -> None:
    """In linear time, whatever the pattern and the text."""
    slot = Slot(pattern="(a+)+")

    assert parse(slot, "aaa", MOMENT) == "aaa"
    with pytest.raises(InvalidValue) as refused:
        parse(slot, "a" * 4000 + "b", MOMENT)
    assert refused.value.reason == "pattern"


def test_a_limit_of_a_type_without_size_says_nothing() -> None:
    """Whoever checks the assistant refuses it; parsing ignores it."""
    assert parse(Slot(type="list", min=3), "a", MOMENT) == ["a"]


WORDS = (
    "50", "euros", "$", "tomorrow", "at", "6", "18:30", "pm", "half past", "seven", "may", "3rd", "2026-11-21", "in", "two", "weeks",
    "hours", "not", "no", "yes", "please", "Ana", "ana@example.com", "+34612345678", "savings", ",", "and", "-", "1.000,50", "\u0301",
    "½", "ß", "İ", "é", '"', "{}", "one",
)  # fmt: skip
SAYING = st.one_of(st.text(max_size=40), st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))


@settings(max_examples=300, deadline=None)
@given(SAYING, st.sampled_from(SLOTS), st.sampled_from(["en", "es", "fr", "de", "it", "pt", "nl"]))
def test_parsing_a_value_again_changes_nothing(text: str, slot: Slot, language: str) -> None:
    """What was parsed is its own normal form, also when it comes back as text."""
    moment = Moment(NOW, language)
    try:
        value = parse(slot, text, moment)
    except InvalidValue:
        return

    assert parse(slot, value, moment) == value


@settings(max_examples=300, deadline=None)
@given(SAYING, st.sampled_from(SLOTS), st.sampled_from(["en", "es", "fr", "de", "it", "pt", "nl"]))
def test_what_is_found_stands_in_the_text(text: str, slot: Slot, language: str) -> None:
    """Positions are inside, scores between nothing and one, the surest first, and every value parses to itself."""
    moment = Moment(NOW, language)
    found = find(slot, text, moment)

    assert all(0 <= one.start < one.end <= len(text) and 0 < one.score <= 1 for one in found)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(parse(slot, one.value, moment) == one.value for one in found)


@settings(max_examples=300, deadline=None)
@given(SAYING, st.sampled_from(SLOTS), st.sampled_from(["en", "es", "de"]))
def test_an_answer_is_a_value(text: str, slot: Slot, language: str) -> None:
    """What answers also parses, but for a pattern it does not fit."""
    moment = Moment(NOW, language)
    value = answer(slot, text, moment)

    if value is not None and slot.pattern is None:
        assert parse(slot, value, moment) == value


@given(st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9000, 1, 1)))
def test_a_moment_as_it_is_stored_is_read_back(when: datetime) -> None:
    """A local time stays as it is, and one of another zone is told in that of the conversation."""
    local = when.replace(microsecond=0)
    stored = local.isoformat(timespec="seconds" if local.second else "minutes")

    assert parse(Slot(type="datetime"), stored, MOMENT) == stored
    elsewhere = local.replace(tzinfo=NOW.tzinfo).astimezone(timezone(timedelta(hours=-5)))
    assert parse(Slot(type="datetime"), elsewhere.isoformat(), MOMENT) == stored


LONG = (
    "1 ", " ", "a", "1/1 ", "at 5 ", "5 to ", "please ", "twenty ", "one hundred and ", "friday the ", "@", "a at b dot ", "not 5, ",
    "'a' ", "Ana ", "hmmm", "i do not sure ", "in 2 days ", "2 days and ", "½", "e\u0301", "1   ", "(1", "$", "choice ", "x@y ", '"',
    "50 or ", "5 euros 30 ", "5 euros and ", "a euro ", "31/31 ", "31 feb ", "a couple of hundred ",
    "between 5 and ", "1 500 ", "before christmas ",
)  # fmt: skip


@pytest.mark.parametrize("piece", LONG)
def test_a_long_text_costs_little_more_than_reading_it(piece: str) -> None:
    """4,000 characters of anything are read for every type at once in far less than a quadratic reader would need."""
    text = (piece * 4000)[:4000]
    prepare(SLOTS, "en")

    before = time.perf_counter()
    for slot in SLOTS:
        find(slot, text, MOMENT)
        answer(slot, text, MOMENT)
    assert time.perf_counter() - before < 5


@pytest.fixture
def no_blocking() -> Iterator[BlockBuster]:
    """Blocking calls on the event loop raise."""
    with blockbuster_ctx() as blockbuster:
        yield blockbuster


@pytest.mark.parametrize("language", ["en", "es-ES", "de", "nl"])
async def test_nothing_blocks_the_event_loop_once_prepared(no_blocking: BlockBuster, language: str) -> None:
    """Grammars, numbering plans and languages were loaded before; a message reads no file."""
    no_blocking.deactivate()
    prepare(SLOTS, language)
    no_blocking.activate()
    moment = Moment(NOW, language)

    for slot in SLOTS:
        for text in (
            "tomorrow at 6 for 3, 50 euros to Ana, +49 30 123456, bob@example.org",
            "quelque chose demain",
            "chekcing",
            "overmorgen",
        ):
            find(slot, text, moment)
            answer(slot, text, moment)
            try:
                parse(slot, text, moment)
            except InvalidValue:
                continue


def test_only_what_the_slots_need_is_loaded() -> None:
    """An assistant with texts and numbers pays for no dates, telephones or addresses, not even when somebody says one."""
    program = """
import sys
from datetime import UTC, datetime
from soni.config.models import Slot
from soni.understanding.values import Moment, answer, prepare
slots = [Slot(), Slot(type="float")]
prepare(slots)
loaded = set(sys.modules)
for slot in slots:
    answer(slot, "50 for Ana tomorrow at 6, +49 30 123456, ana@example", Moment(datetime.now(UTC)))
print(sorted(({"dateparser", "phonenumbers", "numpy", "price_parser"} & loaded) | (set(sys.modules) - loaded)))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"
