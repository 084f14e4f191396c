"""Numbers in digits and in words."""

import doctest

import pytest

from soni.config.models import Slot
from soni.understanding.values import answer, find, numbers
from soni.value import Value

from .saying import MOMENT, answered, moment, values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50", [50.0]),
        ("1,000.50 and 1.000,50", [1000.5, 1000.5]),
        ("1,00,000", [100000.0]),
        ("50k", [50000.0]),
        ("2 million", [2e6]),
        ("3 hundred thousand", [300000.0]),
        ("two hundred and fifty", [250.0]),
        ("a hundred", [100.0]),
        ("half a million", [500000.0]),
        ("a dozen", [12.0]),
        ("twenty-five", [25.0]),
        ("five, six", [5.0, 6.0]),
        ("two three", [2.0, 3.0]),
        ("two and three", [2.0, 3.0]),
        ("one hundred and", [100.0]),
        ("two and a half", [2.5]),
        ("3 and a half", [3.5]),
        ("minus five", [-5.0]),
        ("-5", [-5.0]),
        ("minus 5", [-5.0]),
        ("3-5", []),
        ("3 ½", [3.0]),
        ("50kg", [50.0]),
        ("10%", [10.0]),
        ("３５", [35.0]),
        ("1.2.3.4", []),
        ("1,2,3", []),
        ("A320", []),
        ("18th", []),
        ("18:30", []),
        ("1/2", []),
        ("1½", []),
        ("99999999999999999999", []),
        ("999999999999999999k", []),
        ("0." + "1" * 30, []),
        ("nan inf 1e5", []),
        ("", []),
    ],
)
def test_numbers_are_found_as_they_are_said(text: str, expected: list[Value]) -> None:
    """Digits with marks, scales and signs, words and mixtures; what only looks like a number is none."""
    assert values("float", text) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("1,000", "en", 1000.0),
        ("1,000", "es", None),
        ("1.000", "es", 1000.0),
        ("1.000", "en", None),
        ("1.000,50", "en", 1000.5),
        ("10.000", "en", None),
        ("1.500 million", "en", None),
        ("1.5000", "en", 1.5),
        ("1500.250", "en", 1500.25),
        ("1 500", "en", 1500.0),
        ("12 500", "en", 12500.0),
        ("1 200,50", "en", 1200.5),
        ("5 50", "en", None),
        ("1.500", "de", 1500.0),
        ("12,30", "en", 12.3),
        ("50,5", "en", 50.5),
        ("0.500", "es", 0.5),
        ("1'000'000", "de", 1000000.0),
        ("10 000,5", "fr", 10000.5),
        ("1.500", "ja", None),
        ("1.500", "nl", 1500.0),
    ],
)
def test_the_language_decides_what_a_mark_means(text: str, language: str, expected: float | None) -> None:
    """A comma groups in English and is the decimal mark in Spanish; one before three digits is no safe reading."""
    assert answered("float", text, language) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one", 1),
        ("just one", 1),
        ("for one", 1),
        ("I have one child", 1),
        ("the other one", None),
        ("the original one gets lost", None),
        ("one of them", None),
        ("3.0", 3),
        ("3.5", None),
        ("50 or 60", None),
        ("50, I mean 60", 60),
        ("not 50 but 60", 60),
        ("60 instead of 50", 60),
        ("60, 60 people", 60),
        ("2 tickets for 50 euros", 2),
        ("12 at 18:30 on the 3rd", 12),
        ("1.5m", 1500000),
    ],
)
def test_whole_numbers_answer_a_question_for_one(text: str, expected: int | None) -> None:
    """A pronoun is no number, a contradiction no answer, and a price or an hour not what is counted."""
    assert answered("integer", text) == expected


def test_the_words_of_the_author_tell_which_number_is_meant() -> None:
    """Of several numbers the one whose noun describes the slot is the surest."""
    nights = Slot(type="integer", description="how many nights to stay")
    rooms = Slot(type="integer", prompt="How many rooms?")
    text = "3 nights, 2 rooms"

    assert answer(nights, text, MOMENT) == 3
    assert answer(rooms, text, MOMENT) == 2
    assert find(nights, text, MOMENT)[0].value == 3


def test_numbers_of_days_times_addresses_and_telephones_are_not_counted() -> None:
    """What is a part of something else is none, or hardly one."""
    text = "room 7 for ana2@example.com on 2026-11-21 at 18:30, +34 612 345 678"

    assert values("integer", text) == [7]
    assert values("integer", "in 14 days") == []
    assert values("integer", "for 14 days") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("50-60", "en"),
        ("50 - 60", "en"),
        ("50 to 60", "en"),
        ("between 50 and 60", "en"),
        ("from fifty to sixty", "en"),
        ("50 or 60", "en"),
        ("a couple of hundred", "en"),
        ("a few hundred", "en"),
        ("a couple of thousands", "en"),
        ("several thousand", "en"),
        ("entre 50 y 60", "es"),
        ("50 o 60", "es"),
        ("un par de miles", "es"),
        ("zwischen 50 und 60", "de"),
        ("50 bis 60", "de"),
        ("entre 50 et 60", "fr"),
        ("tra 50 e 60", "it"),
        ("50 a 60", "pt"),
    ],
)
def test_a_range_and_a_vague_number_are_no_value(text: str, language: str) -> None:
    """Neither end of a range is what was said, whatever the slot is described with."""
    for slot in (
        Slot(type="float"),
        Slot(type="float", description="the amount in euros"),
        Slot(type="integer"),
        Slot(type="money"),
    ):
        assert answer(slot, text, moment(language)) is None
        assert [one.value for one in find(slot, text, moment(language)) if one.score >= 0.5] == []


@pytest.mark.parametrize("text", ["fifty, 60", "two fifty", "5 50"])
def test_two_numbers_contradict_each_other(text: str) -> None:
    """In digits or in words, and whatever the slot is described with."""
    for slot in (Slot(type="float"), Slot(type="float", description="the amount in euros"), Slot(type="integer")):
        assert answer(slot, text, MOMENT) is None


def test_a_number_behind_another_is_no_range_where_it_is_far_away() -> None:
    """An account is not the end of an amount."""
    assert values("float", "50 to 4242") == [50.0, 4242.0]
    assert values("float", "60 to 50") == [60.0, 50.0]


def test_the_documented_examples_hold() -> None:
    """The docstring's examples run."""
    assert doctest.testmod(numbers).failed == 0
