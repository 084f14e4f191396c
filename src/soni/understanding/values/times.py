"""Times of the day."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import Final

from soni.understanding.values.durations import moments_in
from soni.understanding.values.numbers import numbers_in, run_pattern
from soni.understanding.values.spans import Span, apart
from soni.understanding.values.text import any_of
from soni.understanding.values.vocabulary import Vocabulary, vocabulary_of

_HALF_A_DAY: Final = 12 * 3600
_DAY: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of the day, and whether another twelve hours could be meant."""

    seconds: int
    """Since midnight."""
    either: bool = False
    """Said without am, pm or a 24-hour clock: *at six*."""

    @property
    def time(self) -> time:
        """As a time."""
        return time(self.seconds // 3600, self.seconds // 60 % 60, self.seconds % 60)

    def other(self) -> "ClockTime":
        """Twelve hours away."""
        return ClockTime((self.seconds + _HALF_A_DAY) % _DAY)


@dataclass(frozen=True, slots=True)
class _Grammar:
    clock: re.Pattern[str]
    compact: re.Pattern[str]
    hour: re.Pattern[str]
    part: re.Pattern[str]
    named: re.Pattern[str]
    period_before: re.Pattern[str]
    period_after: re.Pattern[str]
    at: re.Pattern[str]


def times_in(text: str, now: datetime, language: str) -> list[Span[ClockTime]]:
    """Every time of the day in a folded text, in order; a bare number after *at* or *by* scores 0.6, any other bare one is none."""
    vocabulary = vocabulary_of(language)
    grammar = _grammar(vocabulary.code)
    found = apart(
        [
            *_clock(text, grammar),
            *_parts(text, vocabulary, grammar),
            *_hours(text, vocabulary, grammar),
            *_named(text, vocabulary, grammar),
            *_from_now(text, now, vocabulary),
        ]
    )
    return [_with_period(text, span, grammar) for span in found]


def bare_hour(text: str, language: str) -> ClockTime | None:
    """A text that is nothing but an hour: ``6``, ``eight``, ``1830``."""
    stripped = text.strip(" .!")
    if re.fullmatch(r"\d{3,4}", stripped) and int(stripped[:-2]) < 24 and int(stripped[-2:]) < 60:
        return _clock_time(int(stripped[:-2]), int(stripped[-2:]), 0, "")
    spans = numbers_in(stripped, language)
    if len(spans) == 1 and (spans[0].start, spans[0].end) == (0, len(stripped)) and spans[0].value in range(25):
        return _clock_time(int(spans[0].value), 0, 0, "")
    return None


def _clock(text: str, grammar: _Grammar) -> Iterator[Span[ClockTime]]:
    for pattern in (grammar.clock, grammar.compact):
        for match in pattern.finditer(text):
            second = int(match.groupdict().get("second") or 0)
            if told := _clock_time(int(match["hour"]), int(match["minute"]), second, match["am_pm"] or ""):
                yield Span(match.start(), match.end(), told, 1.0 if match["am_pm"] or match["mark"] != "." else 0.5)


def _hours(text: str, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[ClockTime]]:
    """Whole hours: with am or pm, an o'clock or an -ish, or after a word such as *at*."""
    for match in grammar.hour.finditer(text):
        hour = _small(match["hour"], vocabulary.code)
        if hour is None or (told := _clock_time(hour, 0, 0, match["am_pm"] or "")) is None:
            continue
        start = match.start("hour")
        if match["am_pm"] or match["oclock"] or match["about"]:
            yield Span(start, match.end(), told, 1.0)
        elif grammar.period_after.match(text, match.end()):
            yield Span(start, match.end(), told, 0.9)
        elif grammar.at.search(text, max(0, start - 16), start):
            yield Span(start, match.end(), told, 0.6)


def _parts(text: str, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[ClockTime]]:
    """Half past seven, quarter to 9, twenty past four."""
    for match in grammar.part.finditer(text):
        hour = _small(match["hour"], vocabulary.code)
        if hour is None or hour > 24:
            continue
        if match["quarter"]:
            minutes = 15
        elif match["half_past"]:
            minutes = 30
        else:
            minutes = _small(match["minutes"], vocabulary.code) or 0
        base = _clock_time(hour, int(match["base"] or 0), 0, match["am_pm"] or "")
        if base is not None and minutes < 60:
            seconds = base.seconds + minutes * (-60 if match["to"] else 60)
            # "From 2 to 4" is a range; "ten to four" a time.
            sure = not match["to"] or match["quarter"] or match["unit"] or minutes in (5, 10, 20, 25)
            yield Span(match.start(), match.end(), ClockTime(seconds % _DAY, base.either), 0.9 if sure else 0.3)


def _named(text: str, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[ClockTime]]:
    for match in grammar.named.finditer(text):
        yield Span(match.start(), match.end(), ClockTime(vocabulary.clock[" ".join(match[0].split())] * 60))


def _from_now(text: str, now: datetime, vocabulary: Vocabulary) -> Iterator[Span[ClockTime]]:
    """In an hour, 20 minutes from now; in two days is no time of the day."""
    for span in moments_in(text, now, vocabulary.code):
        if span.value.date() == now.date() or abs((span.value - now).total_seconds()) < _DAY:
            moment = span.value
            yield Span(span.start, span.end, ClockTime(moment.hour * 3600 + moment.minute * 60), 0.9)


def _with_period(text: str, span: Span[ClockTime], grammar: _Grammar) -> Span[ClockTime]:
    """Half past seven *in the evening*, *tonight at* 8."""
    if not span.value.either:
        return span
    period = grammar.period_after.match(text, span.end)
    start, end = span.start, span.end
    if period is not None:
        end = period.end()
    elif (period := grammar.period_before.search(text, max(0, start - 40), start)) is None:
        return span
    hours = span.value.seconds // 3600
    if period["evening"]:
        told = span.value.other() if hours < 12 else ClockTime(span.value.seconds)
    else:
        told = ClockTime(span.value.seconds % _HALF_A_DAY)
    return Span(start, end, told, max(span.score, 0.9))


def _clock_time(hour: int, minute: int, second: int, half: str) -> ClockTime | None:
    """The time of these numbers; ``half`` is am, pm or nothing."""
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and (minute or second)):
        return None
    seconds = minute * 60 + second
    if half and 1 <= hour <= 12:
        return ClockTime((hour % 12 + (12 if half.startswith("p") else 0)) * 3600 + seconds)
    either = 1 <= hour <= 12
    return ClockTime(hour % 24 * 3600 + seconds, either)


def _small(written: str, code: str) -> int | None:
    """A number of hours or minutes, in digits or words."""
    if written.isdigit():
        return int(written)
    spans = numbers_in(written, code)
    return int(spans[0].value) if spans and 0 <= spans[0].value < 60 else None


@lru_cache(maxsize=16)
def _grammar(code: str) -> _Grammar:
    vocabulary = vocabulary_of(code)
    am_pm = r"\s*(?P<am_pm>[ap])(?:\.\s?m\.?|\s?m)(?!\w)"
    run = run_pattern(code)
    hour = rf"(?P<hour>\d{{1,2}}|{run})"
    after = r"(?!\w|[.,:/]\d|%)"
    at = any_of(vocabulary.at)
    period = rf"(?:(?P<evening>{any_of(vocabulary.evening)})|(?P<morning>{any_of(vocabulary.morning)}))"
    return _Grammar(
        clock=re.compile(
            r"(?:(?<![\w.:/,])|(?<=\dt))(?P<hour>[01]?\d|2[0-4])\s?(?P<mark>[:.h])\s?(?P<minute>[0-5]\d)(?::(?P<second>[0-5]\d))?"
            rf"(?:{am_pm})?(?![^\W_]|[.,:/]\d|%)"
        ),
        compact=re.compile(rf"(?<![\w.,:])(?P<hour>0?\d|1\d|2[0-3])(?P<mark>)(?P<minute>[0-5]\d){am_pm}"),
        hour=re.compile(
            rf"(?<![\w.,:/$€£#-]){hour}(?:{am_pm}|\s*(?P<oclock>{any_of(vocabulary.oclock)})(?!\w)|\s?-?(?P<about>{any_of(vocabulary.about)})(?!\w))?{after}"
        ),
        part=re.compile(
            rf"(?<![\w.,:/])(?:(?P<quarter>{any_of(vocabulary.quarter)})|(?P<half_past>{any_of(vocabulary.half_past)})"
            rf"|(?P<minutes>\d{{1,2}}|{run})(?P<unit>\s+{any_of(name for name, size in vocabulary.units.items() if size == 60)})?)"
            rf"[\s-]+(?:{any_of(vocabulary.past)}|(?P<to>{any_of(vocabulary.to)}))\s+{hour}(?::(?P<base>[0-5]\d))?(?:{am_pm})?{after}"
        ),
        named=re.compile(rf"(?<!\w){any_of(vocabulary.clock)}(?!\w)"),
        period_before=re.compile(rf"(?<!\w){period}(?:\s+{at})?,?\s+\Z"),
        period_after=re.compile(rf"\s*,?\s+{period}(?!\w)"),
        at=re.compile(rf"(?<!\w){at}\s+(?:{any_of(vocabulary.the)}\s+)?\Z"),
    )
