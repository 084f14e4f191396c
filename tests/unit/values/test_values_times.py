"""Times of the day and lengths of time."""

import pytest

from soni.config.models import Slot
from soni.understanding.values import answer, find

from .saying import MOMENT, answered, values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6 a.m.", "06:00"),
        ("7:30 pm.", "19:30"),
        ("0730pm", "19:30"),
        ("08.45pm", "20:45"),
        ("12am", "00:00"),
        ("12:30 am", "00:30"),
        ("12 pm", "12:00"),
        ("18:00", "18:00"),
        ("18:30:05", "18:30:05"),
        ("24:00", "00:00"),
        ("18h30", "18:30"),
        ("4.30", "04:30"),
        ("half past seven", "07:30"),
        ("half-past 6", "06:30"),
        ("quarter to 9", "08:45"),
        ("quarter after 9", "09:15"),
        ("six past nine", "09:06"),
        ("twenty to ten", "09:40"),
        ("30 minutes before 12pm", "11:30"),
        ("10 to 6:30", "06:20"),
        ("noon", "12:00"),
        ("midnight", "00:00"),
        ("8 o'clock", "08:00"),
        ("at eight", "08:00"),
        ("6ish", "06:00"),
        ("7:30ish", "07:30"),
        ("7 in the evening", "19:00"),
        ("quarter past six in the evening", "18:15"),
        ("8:00 tonight", "20:00"),
        ("tonight at 8", "20:00"),
        ("tomorrow morning at 9", "09:00"),
        ("12 at night", "00:00"),
        ("in an hour", "13:00"),
    ],
)
def test_a_time_is_found_however_it_is_said(text: str, expected: str) -> None:
    """With or without am and pm, in digits and in words, relative to another time or to now."""
    assert values("time", text) == [expected]


@pytest.mark.parametrize(
    "text", ["25:00", "13:75", "6", "2026-11-21", "at 5 people", "in two days", "2 people", "1:2:3", "", "24:30"]
)
def test_what_tells_no_time_is_none(text: str) -> None:
    """A bare number is no time where none is asked for."""
    assert values("time", text) == []


def test_a_range_gives_both_its_ends() -> None:
    """18:00-19:30 is two times."""
    assert values("time", "18:00-19:30") == ["18:00", "19:30"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6", "06:00"),
        ("six please", "06:00"),
        ("1830", "18:30"),
        ("930", "09:30"),
        ("umm 5 if that's alright", "05:00"),
        ("2575", None),
        ("9999", None),
        ("at 5 people", "05:00"),
        ("later", None),
    ],
)
def test_a_bare_hour_answers_a_question_for_a_time(text: str, expected: str | None) -> None:
    """What would be doubtful elsewhere is an answer here."""
    assert answered("time", text) == expected


def test_the_limits_tell_morning_from_evening() -> None:
    """A restaurant that opens at noon hears eight as 20:00; what fits neither way is left as it was said."""
    dinner = Slot(type="time", min="12:00", max="23:00")

    assert answer(dinner, "at 8", MOMENT) == "20:00"
    assert answer(dinner, "8", MOMENT) == "20:00"
    assert answer(dinner, "08:00", MOMENT) == "08:00"
    assert answer(dinner, "8 am", MOMENT) == "08:00"
    assert find(dinner, "a table at 8 please", MOMENT)[0].value == "20:00"
    assert answer(Slot(type="time", min="10:00", max="11:00"), "at 8", MOMENT) == "08:00"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("30 minutes", 1800),
        ("an hour", 3600),
        ("half an hour", 1800),
        ("an hour and a half", 5400),
        ("two and a half hours", 9000),
        ("2.5 hours", 9000),
        ("1h30", 5400),
        ("1h 30m", 5400),
        ("3 days and 2 hours", 266400),
        ("two hours, thirty minutes", 9000),
        ("a couple of days", 172800),
        ("30-minute", 1800),
        ("90s", 90),
        ("0.5s", 0.5),
        ("2w", 1209600),
        ("PT1H30M", 5400),
        ("P1DT12H", 129600),
        ("12 months", 31536000),
        ("a year and a half", 47304000),
        ("half a month", 1314000),
    ],
)
def test_a_length_of_time_is_told_in_seconds(text: str, seconds: float) -> None:
    """Twelve months are a year of 365 days."""
    assert values("duration", text) == [seconds]


@pytest.mark.parametrize("text", ["30", "second", "the second one", "P", "PT", "100000 years", "P999999999W", ""])
def test_what_has_no_unit_is_no_length_of_time(text: str) -> None:
    """Thirty what?"""
    assert answered("duration", text) is None


def test_two_lengths_far_apart_are_two() -> None:
    """Only what stands together is added up."""
    assert values("duration", "2 hours for the film and then 30 minutes") == [7200, 1800]
    assert values("duration", "2 hours                        30 minutes") == [7200, 1800]
