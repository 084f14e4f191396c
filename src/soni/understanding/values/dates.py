"""Days: written dates, days of a month, weekdays, and days counted from today."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal

from soni.understanding.values.spans import Span, apart, parted
from soni.understanding.values.text import any_of, matches, spaced
from soni.understanding.values.vocabulary import Vocabulary, territory_of, vocabulary_of

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Grammar:
    iso: re.Pattern[str]
    with_year: re.Pattern[str]
    without_year: re.Pattern[str]
    day_month: re.Pattern[str]
    month_day: re.Pattern[str]
    weekday: re.Pattern[str]
    ordinal: re.Pattern[str]
    relative: re.Pattern[str]
    feast: re.Pattern[str]
    order: Literal["DMY", "MDY"]


@dataclass(frozen=True, slots=True)
class Days:
    """The days of a text, in order."""

    dates: list[Span[date]]
    impossible: list[Span[None]]
    """Where one is named that no calendar has: *31 February*."""


def days_in(text: str, now: datetime, language: str) -> Days:
    """Every day a folded text names, but for moments counted from now. Without a year it is the next such day, never a past one.

    *Friday*, *this Friday* and *next Friday* are all the Friday to come, not today; *Friday next week* is one of the week after this.
    """
    vocabulary = vocabulary_of(language)
    grammar = _grammar(language)
    today = now.date()
    named = [*_written(text, today, grammar), *_of_month(text, today, vocabulary, grammar)]
    possible = list(_possible(named))
    nowhere = apart(Span(span.start, span.end, None) for span in named if span.value is None)
    impossible = parted(nowhere, apart(possible))[0] if nowhere else []
    others = [
        *_weekdays(text, today, vocabulary, grammar),
        *_ordinals(text, today, vocabulary, grammar),
        *_relative(text, today, vocabulary, grammar),
        *_feasts(text, today, vocabulary, grammar),
    ]
    if impossible:
        # "Friday 31 February" is not some other Friday.
        others = parted(apart(others), impossible)[0]
    return Days(apart([*possible, *others]), impossible)


def _possible(spans: Iterable[Span[date | None]]) -> Iterator[Span[date]]:
    for span in spans:
        if span.value is not None:
            yield Span(span.start, span.end, span.value, span.score)


def _written(text: str, today: date, grammar: _Grammar) -> Iterator[Span[date | None]]:
    for match in matches(grammar.iso, text):
        day = _day(int(match["year"]), int(match["month"]), int(match["day"]))
        yield Span(match.start(), match.end(), day)
    found = [match for pattern in (grammar.with_year, grammar.without_year) for match in matches(pattern, text)]
    order = _order_told(found) or grammar.order
    for match in found:
        first, second, year = int(match["first"]), int(match["second"]), match.groupdict().get("year")
        month, number = (first, second) if order == "MDY" else (second, first)
        if month > 12:
            month, number = number, month
        yield Span(match.start(), match.end(), _resolve(year, month, number, today), 1.0 if year else 0.8)


def _order_told(found: list[re.Match[str]]) -> Literal["DMY", "MDY"] | None:
    """The order that one of several days leaves no doubt about: beside *31/12*, *2/1* is in January."""
    day_first = any(int(match["first"]) > 12 >= int(match["second"]) for match in found)
    month_first = any(int(match["second"]) > 12 >= int(match["first"]) for match in found)
    if day_first == month_first:
        return None
    return "DMY" if day_first else "MDY"


def _of_month(text: str, today: date, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[date | None]]:
    for pattern in (grammar.day_month, grammar.month_day):
        for match in matches(pattern, text):
            number = _day_number(match, vocabulary)
            day = _resolve(match["year"], vocabulary.month_names[match["month"]], number, today)
            yield Span(match.start(), match.end(), day)


def _weekdays(text: str, today: date, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[date]]:
    for match in matches(grammar.weekday, text):
        weekday = vocabulary.weekday_names[match["weekday"]] - 1
        if match["day"]:
            day = _weekday_of_month(weekday, _day_number(match, vocabulary), today)
        elif match["next_week"] or match["next_week_before"]:
            day = today + _DAY * (7 - today.weekday() + weekday)
        else:
            day = today + _DAY * ((weekday - today.weekday() - 1) % 7 + 1)
        yield Span(match.start(), match.end(), day)


def _ordinals(text: str, today: date, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[date]]:
    """A day of the month alone: *the 18th* (0.7); in words or without its ending only where it is asked for."""
    for match in matches(grammar.ordinal, text):
        number = _day_number(match, vocabulary)
        if 1 <= number <= 31:
            yield Span(match.start(), match.end(), _next_day(number, today), 0.7 if match["suffix"] else 0.3)


def _relative(text: str, today: date, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[date]]:
    for match in matches(grammar.relative, text):
        yield Span(match.start(), match.end(), today + _DAY * vocabulary.days[spaced(match[0])])


def _feasts(text: str, today: date, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[date]]:
    """Christmas; *before Christmas* is no day."""
    for match in matches(grammar.feast, text):
        month, number = divmod(vocabulary.feasts[spaced(match["feast"])], 100)
        if day := _resolve(match["year"], month, number, today):
            yield Span(match.start(), match.end(), day, 0.2 if match["beside"] else 0.9)


def _resolve(year: str | None, month: int, day: int, today: date) -> date | None:
    """The day meant; without a year the next one, so that 29 February may be years ahead."""
    if year is not None:
        number = int(year)
        if len(year) <= 2:
            # Two digits are of this century, or of the last one where that would be more than 20 years ahead.
            number += 2000 if number <= today.year % 100 + 20 else 1900
        return _day(number, month, day)
    days = (_day(year, month, day) for year in range(today.year, today.year + 9))
    return next((candidate for candidate in days if candidate and candidate >= today), None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _next_day(number: int, today: date) -> date:
    """The next day with this number of the month; 31 skips the short months."""
    day = today
    while day.day != number:
        day += _DAY
    return day


def _weekday_of_month(weekday: int, number: int, today: date) -> date:
    """The next day that is both; where there is none for a year, the number is believed."""
    first = _next_day(min(max(number, 1), 31), today)
    day = first
    while day < first + 366 * _DAY:
        if day.weekday() == weekday and day.day == first.day:
            return day
        day += _DAY
    return first


def _day_number(match: re.Match[str], vocabulary: Vocabulary) -> int:
    """The day of the month, from whichever of the grammar's two places for it was filled."""
    written = match["day"] or match.groupdict().get("day_") or ""
    digits = re.match(r"\d+", written)
    return int(digits[0]) if digits else vocabulary.ordinals[spaced(written)]


@lru_cache(maxsize=32)
def _grammar(language: str) -> _Grammar:
    vocabulary = vocabulary_of(language)
    months, weekdays = vocabulary.month_names, vocabulary.weekday_names
    whole = any_of(name for name in weekdays if len(name) > 3)
    ordinals = any_of(vocabulary.ordinals)
    the, of, coming = any_of(vocabulary.the), any_of(vocabulary.of), any_of(vocabulary.coming)
    number = r"(?:0?[1-9]|[12]\d|3[01])"
    suffix = rf"(?:{any_of(vocabulary.ordinal_suffixes)}{r'|[.]' if vocabulary.dotted_dates else ''})"
    day = rf"(?P<day>{number}(?:{suffix})?(?!\d)|{ordinals}(?!\w))"
    month = rf"(?P<month>{any_of(months)})(?!\w)\.?"
    year = rf"(?:,?\s{{1,3}}(?:{of}\s)?(?P<year>(?:1[89]|2[01])\d\d)(?!\w|:\d))?"
    weekday = rf"(?:{any_of(weekdays)}(?!\w)\.?,?\s{{1,3}})?"
    short = r"(?:/(?P<second>\d{1,2})(?![\w/:]|[.]\d))"
    if vocabulary.dotted_dates:
        short = r"(?P<mark>[./])(?P<second>\d{1,2})(?:(?<=/\d\d)|(?<=/\d)|[.])(?![\w/:]|[.]\d)"
    return _Grammar(
        iso=re.compile(
            r"(?<![\w./-])(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?![\d/-])"
        ),
        with_year=re.compile(
            r"(?<![\w./:-])(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})(?![\w/]|[.:-]\d)"
        ),
        without_year=re.compile(rf"(?<![\w./:-])(?P<first>\d{{1,2}}){short}"),
        day_month=re.compile(
            rf"(?<![\w$€£.,:/]){weekday}(?:{the}\s{{1,3}}|{of}\s{{1,3}})?{day}\s{{0,3}}(?:{of}\s{{1,3}})?(?<![a-z]){month}{year}"
        ),
        month_day=re.compile(
            rf"(?<!\w)(?=\w){weekday}{month},?\s{{1,3}}(?:(?P<day>{number}(?:{suffix})?|{ordinals})"
            rf"|(?:{the}|{of})\s{{1,3}}(?P<day_>{number}{suffix}|{ordinals}))(?![\w:/%]|\.\d){year}"
        ),
        weekday=re.compile(
            rf"(?<!\w)(?=\w)(?:(?P<next_week_before>{any_of(vocabulary.next_week)})(?:,?\s{{1,3}}{coming})?\s{{1,3}}|{coming}\s{{1,3}})?"
            rf"(?P<weekday>{whole})(?!\w)\.?(?:,?\s{{1,3}}(?:{the}\s{{1,3}})?(?P<day>{number}{suffix}|{ordinals})(?!\w)"
            rf"|,?\s{{1,3}}(?P<next_week>{any_of(vocabulary.next_week)})(?!\w)|\s{{1,3}}{any_of(vocabulary.coming_after)}(?!\w))?"
        ),
        ordinal=re.compile(
            rf"(?<![\w.,/$€£])(?:{the}\s{{1,3}})?(?P<day>{number}(?P<suffix>{suffix})|{ordinals})(?!\w)"
            rf"|(?<!\w)(?:{the}|{coming})\s{{1,3}}(?P<day_>{number})(?![\w:/%]|[.,]\d)"
        ),
        relative=re.compile(rf"(?<!\w)(?=\w){any_of(vocabulary.days)}(?!\w)"),
        feast=re.compile(
            rf"(?<!\w)(?=\w)(?P<beside>{any_of(vocabulary.beside)}\s{{1,3}}(?:{the}\s{{1,3}})?)?(?P<feast>{any_of(vocabulary.feasts)})(?!\w){year}"
        ),
        order=_order(language, vocabulary),
    )


def _order(language: str, vocabulary: Vocabulary) -> Literal["DMY", "MDY"]:
    """English is MDY in the United States and where no territory says otherwise."""
    return vocabulary.date_order if territory_of(language) in (None, "US", "PH") else "DMY"
