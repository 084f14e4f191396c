"""Days: written dates, days of a month, weekdays and days counted from today."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib import import_module
from typing import Final, Literal

from soni.understanding.values.durations import moments_in
from soni.understanding.values.spans import Span, apart
from soni.understanding.values.text import any_of, plain
from soni.understanding.values.vocabulary import Vocabulary, vocabulary_of

_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
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
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    order: Literal["DMY", "MDY"]


def dates_in(text: str, now: datetime, language: str) -> list[Span[date]]:
    """Every day a folded text names, in order. A day without a year is the next one, never one of the past."""
    vocabulary = vocabulary_of(language)
    grammar = _grammar(language)
    found = (
        *_written(text, now.date(), vocabulary, grammar),
        *_of_month(text, now.date(), vocabulary, grammar),
        *_weekdays(text, now.date(), vocabulary, grammar),
        *_counted(text, now, vocabulary, grammar),
    )
    return apart(found)


def _written(text: str, today: date, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[date]]:
    for match in grammar.iso.finditer(text):
        if day := _day(int(match["year"]), int(match["month"]), int(match["day"])):
            yield Span(match.start(), match.end(), day)
    for pattern in (grammar.with_year, grammar.without_year):
        for match in pattern.finditer(text):
            first, second, year = int(match["first"]), int(match["second"]), match.groupdict().get("year")
            month, number = (first, second) if grammar.order == "MDY" else (second, first)
            if month > 12:
                month, number = number, month
            if day := _resolve(year, month, number, today):
                yield Span(match.start(), match.end(), day, 1.0 if year else 0.8)


def _of_month(text: str, today: date, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[date]]:
    for match in (*grammar.day_month.finditer(text), *grammar.month_day.finditer(text)):
        number = _day_number(match["day"], vocabulary)
        if day := _resolve(match["year"], grammar.months[match["month"]], number, today):
            yield Span(match.start(), match.end(), day)


def _weekdays(text: str, today: date, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[date]]:
    for match in grammar.weekday.finditer(text):
        weekday = grammar.weekdays[match["weekday"]]
        if match["day"]:
            number = _day_number(match["day"], vocabulary)
            yield Span(match.start(), match.end(), _weekday_of_month(weekday, number, today))
        else:
            yield Span(match.start(), match.end(), today + _DAY * ((weekday - today.weekday() - 1) % 7 + 1))
    for match in grammar.ordinal.finditer(text):
        number = _day_number(match["day"], vocabulary)
        if 1 <= number <= 31:
            score = 0.7 if match["day"][0].isdigit() else 0.3
            yield Span(match.start(), match.end(), _next_day(number, today), score)


def _counted(text: str, now: datetime, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[date]]:
    for match in grammar.relative.finditer(text):
        yield Span(
            match.start(), match.end(), now.date() + _DAY * vocabulary.days_from_today[" ".join(match[0].split())]
        )
    for span in moments_in(text, now, vocabulary.code):
        yield Span(span.start, span.end, span.value.date(), span.score)


def _resolve(year: str | None, month: int, day: int, today: date) -> date | None:
    """The day meant; without a year the next one, so that 29 February may be years ahead."""
    if year is not None:
        number = int(year)
        if len(year) <= 2:
            # Two digits are of this century, or of the last one where that would be more than 20 years ahead.
            number += 2000 if number <= today.year % 100 + 20 else 1900
        return _day(number, month, day)
    candidates = (_day(year, month, day) for year in range(today.year, today.year + 9))
    return next((candidate for candidate in candidates if candidate and candidate >= today), None)


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
    """The next day that is both; where the words contradict each other for a year, the number is believed."""
    first = _next_day(number, today) if 1 <= number <= 31 else today
    day = first
    while day < first + 366 * _DAY:
        if day.weekday() == weekday and day.day == number:
            return day
        day += _DAY
    return first


def _day_number(written: str, vocabulary: Vocabulary) -> int:
    if digits := re.match(r"\d+", written):
        return int(digits[0])
    return vocabulary.ordinals[" ".join(written.split())]


@lru_cache(maxsize=16)
def _grammar(language: str) -> _Grammar:
    vocabulary = vocabulary_of(language)
    names = _names(vocabulary.code)
    months = {name: number for number, key in enumerate(_MONTHS, 1) for name in names[key]}
    weekdays = {name: number for number, key in enumerate(_WEEKDAYS) for name in names[key]}
    sure = any_of(name for name in weekdays if len(name) > 3)
    month = rf"(?P<month>{any_of(months)})\.?"
    weekday = rf"(?:(?:{any_of(weekdays)})\.?,?\s+)?"
    suffix = rf"(?:{any_of(vocabulary.ordinal_suffixes)})"
    spoken = any_of(vocabulary.ordinals)
    number = r"(?:0?[1-9]|[12]\d|3[01])"
    # "4.2018" is no day 4 of something, and "$5 may" no date.
    day = rf"(?P<day>{number}(?:\s?{suffix}|\.)?(?!\d)|{spoken})"
    the = rf"(?:{any_of((*vocabulary.the, *vocabulary.of))}\s+)?"
    year = rf"(?:,?\s+(?:{any_of(vocabulary.of)}\s+)?(?P<year>(?:1[89]|2[01])\d\d)(?!\w|:\d))?"
    short = r"(?:/(?P<second>\d{1,2})|\.(?P<dotted>\d{1,2})\.)" if vocabulary.dotted_dates else r"/(?P<second>\d{1,2})"
    return _Grammar(
        iso=re.compile(
            r"(?<![\w./-])(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?![\d/-])"
        ),
        with_year=re.compile(
            r"(?<![\w./:-])(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})(?![\w/]|[.:-]\d)"
        ),
        without_year=re.compile(rf"(?<![\w./:-])(?P<first>\d{{1,2}}){short}(?![\w/:]|[.]\d)"),
        day_month=re.compile(
            rf"(?<![\w$€£.,:/]){weekday}{the}{day}\s*(?:{any_of(vocabulary.of)}\s+)?(?<![a-z]){month}(?!\w){year}"
        ),
        month_day=re.compile(rf"(?<!\w){weekday}{month}\s+{the}{day}(?![\w:/%]){year}"),
        weekday=re.compile(
            rf"(?<!\w)(?:(?:{any_of(vocabulary.coming)})\s+)?(?P<weekday>{sure})\b\.?(?:,?\s+(?:{any_of(vocabulary.the)}\s+)?"
            rf"(?P<day>{number}{suffix}|{spoken})(?!\w))?"
        ),
        ordinal=re.compile(rf"(?<![\w.,/])(?:{any_of(vocabulary.the)}\s+)?(?P<day>{number}{suffix}|{spoken})(?!\w)"),
        relative=re.compile(rf"(?<!\w){any_of(vocabulary.days_from_today)}(?!\w)"),
        months=months,
        weekdays=weekdays,
        order=_order(language, vocabulary),
    )


def _order(language: str, vocabulary: Vocabulary) -> Literal["DMY", "MDY"]:
    """English is MDY in the United States and where no territory says otherwise."""
    territory = language.replace("_", "-").partition("-")[2].upper()
    return vocabulary.date_order if territory in ("", "US", "PH") else "DMY"


@lru_cache(maxsize=16)
def _names(code: str) -> Mapping[str, tuple[str, ...]]:
    """What dateparser knows months and weekdays by in this language, folded, without the one- and two-letter ones."""
    info: Mapping[str, object] = import_module(f"dateparser.data.date_translation_data.{code}").info
    names: dict[str, tuple[str, ...]] = {}
    for key in (*_MONTHS, *_WEEKDAYS):
        written = info.get(key)
        known = [plain(str(name)).rstrip(".") for name in written] if isinstance(written, list) else []
        names[key] = tuple(name for name in known if len(name) >= 3)
    return names
