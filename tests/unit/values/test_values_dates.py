"""Days, and moments of them."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.config.models import Slot
from soni.understanding.values import InvalidValue, Moment, answer, find, parse
from soni.value import Value

from .saying import MOMENT, answered, moment, values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", "2026-06-10"),
        ("tomorrow", "2026-06-11"),
        ("the day after tomorrow", "2026-06-12"),
        ("yesterday", "2026-06-09"),
        ("friday", "2026-06-12"),
        ("this friday", "2026-06-12"),
        ("next friday", "2026-06-12"),
        ("on Wednesday", "2026-06-17"),
        ("friday next week", "2026-06-19"),
        ("next week on friday", "2026-06-19"),
        ("in two weeks", "2026-06-24"),
        ("14 days from now", "2026-06-24"),
        ("a month from today", "2026-07-10"),
        ("2 days ago", "2026-06-08"),
        ("in an hour", "2026-06-10"),
        ("Jan 1st, 2050", "2050-01-01"),
        ("the 3rd of May", "2027-05-03"),
        ("the third of May", "2027-05-03"),
        ("may 11", "2027-05-11"),
        ("Aug. 30", "2026-08-30"),
        ("sunday, august 13th, 2028", "2028-08-13"),
        ("wed,  29 aug 2029", "2029-08-29"),
        ("Mon, Sept, 03, 2029", "2029-09-03"),
        ("feb 29", "2028-02-29"),
        ("the 18th", "2026-06-18"),
        ("the 31st", "2026-07-31"),
        ("saturday the 25th", "2026-07-25"),
        ("friday the 13th", "2026-11-13"),
        ("2026-11-21", "2026-11-21"),
        ("2026/11/21", "2026-11-21"),
        ("03/05", "2027-03-05"),
        ("25/12", "2026-12-25"),
        ("03/05/26", "2026-03-05"),
        ("03/05/85", "1985-03-05"),
        ("3-5-2027", "2027-03-05"),
    ],
)
def test_a_day_is_found_however_it_is_said(text: str, expected: str) -> None:
    """Written, named, counted or relative; what has no year is never past."""
    assert values("date", text) == [expected]


@pytest.mark.parametrize(
    "text",
    ["may", "2028", "5", "mon, sept", "next week", "february 30", "2026-02-30", "31/31", "May the 3 of us come?", "the sun is up", "5.30",
     "march 5pm", "", "1/2/3/4"],
)  # fmt: skip
def test_what_names_no_day_is_none(text: str) -> None:
    """A month, a number or a day that no calendar has is no day."""
    assert values("date", text) == []


@pytest.mark.parametrize(
    "text",
    ["31 February", "the 31st of February", "february 30th", "friday 31 february", "31/02/2027", "2026-02-30", "29 Feb 2027", "31 April",
     "saturday 31 feb at 10", "31/31"],
)  # fmt: skip
def test_a_day_that_no_calendar_has_is_refused_in_words(text: str) -> None:
    """It is neither another day, nor a time alone, nor a count."""
    for kind in ("date", "datetime"):
        slot = Slot(type=kind)
        assert find(slot, text, MOMENT) == []
        with pytest.raises(InvalidValue, match="There is no such day") as refused:
            parse(slot, text, MOMENT)
        assert refused.value.reason == "type"
    assert answered("integer", text) in (None, 10)
    assert answered("float", text) in (None, 10.0)


def test_a_day_that_is_taken_back_leaves_the_other() -> None:
    """And what only looks like a wrong one is left alone."""
    assert answered("date", "31 February, sorry, 1 March") == "2027-03-01"
    assert values("date", "may 31 april 3") == ["2027-05-31", "2027-04-03"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31/12 and back on 2/1", ["2026-12-31", "2027-01-02"]),
        ("2/1, no, 31/12", ["2027-01-02", "2026-12-31"]),
        ("12/31 and back on 1/2", ["2026-12-31", "2027-01-02"]),
        ("31/12/2026 and back on 2/1/2027", ["2026-12-31", "2027-01-02"]),
        ("31/12 and 12/31", ["2026-12-31", "2026-12-31"]),
        ("2/1 and 3/1", ["2027-02-01", "2027-03-01"]),
    ],
)
def test_days_in_one_text_have_one_order(text: str, expected: list[str]) -> None:
    """A day above twelve tells the order of the others."""
    assert values("date", text) == expected


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Christmas", "en", "2026-12-25"),
        ("on christmas day 2027", "en", "2027-12-25"),
        ("Xmas", "en", "2026-12-25"),
        ("New Year's Eve", "en", "2026-12-31"),
        ("Navidad", "es", "2026-12-25"),
        ("à Noël", "fr", "2026-12-25"),
        ("Heiligabend", "de", "2026-12-24"),
        ("a Natale", "it", "2026-12-25"),
        ("no Natal", "pt", "2026-12-25"),
        ("before Christmas", "en", None),
        ("after christmas", "en", None),
        ("antes de la navidad", "es", None),
        ("next month", "en", None),
        ("this weekend", "en", None),
        ("the weekend", "en", None),
        ("in december", "en", None),
        ("next year", "en", None),
    ],
)
def test_a_feast_is_a_day_and_a_longer_time_is_none(text: str, language: str, expected: str | None) -> None:
    """A month or a weekend has no one day that is meant."""
    assert answered("date", text, language) == expected


def test_several_days_are_found_in_their_order() -> None:
    """Each is found once, and the first answers a question for one."""
    text = "from May 3 to May 5, or on sunday"

    assert values("date", text) == ["2027-05-03", "2027-05-05", "2026-06-14"]
    assert answered("date", text) == "2027-05-03"
    assert answered("date", "not on friday, on sunday") == "2026-06-14"


def test_a_contradiction_of_weekday_and_number_is_settled_for_the_number() -> None:
    """When no such day comes within a year, the number is believed."""
    assert answered("date", "monday the 31st") == "2026-08-31"
    assert answered("date", "friday the 31st") == "2026-07-31"


def test_a_bare_number_is_a_day_only_where_a_day_is_asked_for() -> None:
    """*The 3* answers, but is not found beside other things."""
    assert answered("date", "the 3") == "2026-07-03"
    assert values("date", "the 3") == []


def test_the_territory_orders_day_and_month() -> None:
    """03/05 is in March in the United States and in May elsewhere."""
    assert answered("date", "03/05", "en") == "2027-03-05"
    assert answered("date", "03/05", "en-GB") == "2027-05-03"
    assert answered("date", "03/05", "en_AU") == "2027-05-03"


def test_dateparser_knows_days_of_other_languages() -> None:
    """A language without words of its own here still has its months, its weekdays, and whole answers."""
    assert values("date", "op 3 mei", "nl") == ["2027-05-03"]
    assert answered("date", "overmorgen", "nl") == "2026-06-12"
    assert answered("date", "volgende week", "nl") is None
    assert answered("date", "tomorrow", "xx") == "2026-06-11"
    assert answered("date", "gibberish words", "xx") is None
    assert answered("date", "gibberish words") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tomorrow at 6pm", "2026-06-11T18:00"),
        ("friday 18:30", "2026-06-12T18:30"),
        ("at 18:30 on friday", "2026-06-12T18:30"),
        ("in 2 hours", "2026-06-10T14:00"),
        ("in 3 days", "2026-06-13T12:00"),
        ("today at 6", "2026-06-10T18:00"),
        ("tomorrow at 6", "2026-06-11T06:00"),
        ("at 11am", "2026-06-11T11:00"),
        ("6", "2026-06-10T18:00"),
        ("2026-11-21T18:30", "2026-11-21T18:30"),
        ("2026-11-21 18:30:05", "2026-11-21T18:30:05"),
        ("tomorrow", None),
        ("whenever", None),
    ],
)
def test_a_moment_is_a_day_and_a_time(text: str, expected: str | None) -> None:
    """A time alone is the next one; a day alone is no moment."""
    assert answered("datetime", text) == expected


def test_days_and_times_are_put_together_by_nearness() -> None:
    """Each time goes with the day beside it."""
    assert values("datetime", "from friday at 10:00 to sunday at 11:30") == ["2026-06-12T10:00", "2026-06-14T11:30"]
    assert values("datetime", "friday at 10:00 or sunday") == ["2026-06-12T10:00"]


@given(st.dates(min_value=date(1000, 1, 1)))
def test_a_day_as_it_is_stored_is_read_back(day: date) -> None:
    """ISO 8601 goes round, whatever the language."""
    for language in ("en", "es", "de"):
        found = find(Slot(type="date"), f"x {day.isoformat()} y", moment(language))
        assert [(one.start, one.end, one.value) for one in found] == [(2, 12, day.isoformat())]


@given(st.text(alphabet="0123456789/.- thrdmayfio", max_size=30))
def test_any_jumble_of_digits_and_marks_is_survived(text: str) -> None:
    """Whatever is found is a day of the calendar."""
    for one in find(Slot(type="date"), text, MOMENT):
        assert isinstance(one.value, str)
        assert date.fromisoformat(one.value).isoformat() == one.value


@pytest.mark.parametrize("text", ["in 9000 years", "in 999999999 days", "3000 years ago"])
def test_a_day_beyond_the_calendar_is_none(text: str) -> None:
    """Neither an error nor a wrong day."""
    found: Value | None = answer(Slot(type="date"), text, MOMENT)

    assert found is None


def test_the_calendar_ends_without_an_error() -> None:
    """Who talks in the last year of the calendar cannot count beyond it."""
    end = Moment(datetime(9999, 12, 30, tzinfo=UTC))

    for text in ("in 2 months", "in 3 days", "in 900 years"):
        assert find(Slot(type="date"), text, end) == []
