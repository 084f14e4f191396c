"""Lengths of time, and the moments they count to."""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from soni.understanding.values.numbers import numbers_in, run_pattern
from soni.understanding.values.spans import Span, apart
from soni.understanding.values.text import any_of, matches, spaced
from soni.understanding.values.vocabulary import vocabulary_of

SECONDS_OF_A_MONTH: Final = 365 * 86400 // 12
"""Twelve of them are a year of 365 days."""

MAX_SECONDS: Final = 1000 * 365 * 86400
"""A thousand years; nothing longer is meant."""

_SHORT: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_ISO: Final = re.compile(
    r"(?<!\w)(?=\w)p(?=[\dt])(?:(?P<w>\d{1,9})w)?(?:(?P<d>\d{1,9})d)?"
    r"(?:t(?=\d)(?:(?P<h>\d{1,9})h)?(?:(?P<m>\d{1,9})m)?(?:(?P<s>\d{1,9}(?:\.\d{1,6})?)s)?)?(?!\w)"
)
_HALF: Final = Decimal("0.5")
_MAX_GAP: Final = 16
"""Characters that may stand between the parts of one length: *3 days, and 2 hours*."""


@dataclass(frozen=True, slots=True)
class Length:
    """Months, which differ in length, and seconds, which do not."""

    months: int
    seconds: Decimal

    @property
    def total(self) -> Decimal:
        """Seconds altogether."""
        return self.seconds + self.months * SECONDS_OF_A_MONTH


@dataclass(frozen=True, slots=True)
class _Grammar:
    piece: re.Pattern[str]
    join: re.Pattern[str]
    half: re.Pattern[str]
    minutes: re.Pattern[str]
    before: re.Pattern[str]
    after: re.Pattern[str]
    units: Mapping[str, int]
    months: Mapping[str, int]


def lengths_in(text: str, language: str) -> list[Span[Length]]:
    """Every length of time in a folded text, in order: ``an hour and a half``, ``1h30``, ``two weeks``, ``PT15M``."""
    code = vocabulary_of(language).code
    grammar = _grammar(code)
    found: list[Span[Length]] = []
    for piece in _pieces(text, code, grammar):
        previous = found[-1] if found else None
        if (
            previous
            and piece.start - previous.end <= _MAX_GAP
            and grammar.join.fullmatch(text, previous.end, piece.start)
        ):
            found.pop()
            piece = Span(previous.start, piece.end, _sum(previous.value, piece.value))
        found.append(piece)
    return apart([*found, *_in_iso(text)])


def moments_in(lengths: list[Span[Length]], text: str, now: datetime, language: str) -> list[Span[datetime]]:
    """The moments that a folded text counts from now, in order: ``in two weeks``, ``an hour ago``, ``a month from today``."""
    grammar = _grammar(vocabulary_of(language).code)
    found: list[Span[datetime]] = []
    for span in lengths:
        before = grammar.before.search(text, max(0, span.start - 20), span.start)
        after = grammar.after.match(text, span.end)
        if not before and not after:
            continue
        sign = -1 if (after and after["ago"]) or (before and before["ago"]) else 1
        moment = later(now, sign * span.value.months, sign * span.value.seconds)
        if moment is not None:
            found.append(Span(before.start() if before else span.start, after.end() if after else span.end, moment))
    return found


def later(now: datetime, months: int, seconds: Decimal) -> datetime | None:
    """A moment some months and seconds later; the 31st becomes the last day of a shorter month. ``None`` beyond the calendar."""
    year, month = divmod(now.year * 12 + now.month - 1 + months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        return None
    day = min(now.day, monthrange(year, month + 1)[1])
    try:
        return now.replace(year=year, month=month + 1, day=day) + timedelta(seconds=float(seconds))
    except OverflowError:
        return None


def _sum(one: Length, other: Length) -> Length:
    return Length(one.months + other.months, one.seconds + other.seconds)


def _pieces(text: str, code: str, grammar: _Grammar) -> Iterator[Span[Length]]:
    """One number with one unit each, and what a unit may carry behind it: *and a half*, the 30 of ``1h30``."""
    for match in matches(grammar.piece, text):
        end = match.end()
        if match["short"]:
            amount, unit, months = Decimal(match["short"].replace(",", ".")), _SHORT[match["letter"]], 0
        else:
            amount = _amount(match["amount"], match["half"], code)
            name = spaced(match["unit"])
            unit, months = grammar.units.get(name, 0), grammar.months.get(name, 0)
        if match["more"]:
            amount += _HALF
        elif half := grammar.half.match(text, end):
            amount += _HALF
            end = half.end()
        length = Length(int(amount * months), amount * unit + amount * months % 1 * SECONDS_OF_A_MONTH)
        if unit == 3600 and (minutes := grammar.minutes.match(text, end)):
            length = _sum(length, Length(0, Decimal(60 * int(minutes[1]))))
            end = minutes.end()
        if length.total <= MAX_SECONDS:
            yield Span(match.start(), end, length)


def _amount(written: str | None, half: str | None, code: str) -> Decimal:
    """What stands before a unit; an article is one."""
    if half:
        return _HALF
    numbers = numbers_in(written, code) if written else []
    return abs(numbers[0].value) if numbers else Decimal(1)


def _in_iso(text: str) -> Iterator[Span[Length]]:
    for match in matches(_ISO, text):
        seconds = sum((Decimal(match[letter] or 0) * _SHORT[letter] for letter in "wdhms"), Decimal(0))
        if seconds <= MAX_SECONDS:
            yield Span(match.start(), match.end(), Length(0, seconds))


@lru_cache(maxsize=32)
def _grammar(code: str) -> _Grammar:
    vocabulary = vocabulary_of(code)
    units = any_of((*vocabulary.units, *vocabulary.months))
    half = any_of(vocabulary.and_a_half)
    amount = rf"\d{{1,9}}(?:[.,]\d{{1,6}})?|{run_pattern(code)}|{any_of(vocabulary.numbers)}|{any_of(vocabulary.one)}"
    return _Grammar(
        piece=re.compile(
            r"(?<![\w.,:/-])(?:(?P<short>\d{1,9}(?:[.,]\d{1,6})?)(?P<letter>[smhdw])(?![^\W\d])"
            rf"|(?:(?P<half>{any_of(vocabulary.half)})|(?P<amount>{amount})(?P<more>\s{half})?)\s{{0,3}}-?\s{{0,3}}(?P<unit>{units})(?!\w))"
        ),
        join=re.compile(rf"\s*(?:,|{any_of(vocabulary.conjunctions)})?\s*"),
        half=re.compile(rf"\s{half}(?!\w)"),
        minutes=re.compile(rf"(?:\s{any_of(vocabulary.conjunctions)}\s)?([0-5]\d)(?:min|m)?(?!\w)"),
        before=re.compile(
            rf"(?<!\w)(?=\w)(?:{any_of(vocabulary.in_time)}|(?P<ago>{any_of(vocabulary.ago_before)}))\s+\Z"
        ),
        after=re.compile(rf"\s+(?:{any_of(vocabulary.from_now)}|(?P<ago>{any_of(vocabulary.ago)}))(?!\w)"),
        units=vocabulary.units,
        months=vocabulary.months,
    )
