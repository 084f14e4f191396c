"""Times of the day."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from functools import lru_cache
from typing import Final

from soni.understanding.values.numbers import numbers_in, run_pattern
from soni.understanding.values.spans import Span, apart
from soni.understanding.values.text import any_of, matches, spaced
from soni.understanding.values.vocabulary import Vocabulary, vocabulary_of

_HALF_A_DAY: Final = 12 * 3600
_DAY: Final = 24 * 3600
_ROUND: Final = (5, 10, 20, 25)
"""Minutes that people say before *to* and *past*; with others ``2 to 4`` is rather a range."""

_NIGHT: Final = re.compile(r"night|noche|nuit|nacht|notte|noite")


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
    noun: re.Pattern[str]


def times_in(text: str, moments: list[Span[datetime]], language: str) -> list[Span[ClockTime]]:
    """Every time of the day in a folded text, in order, those of the moments counted from now with them.

    A bare number after *at* or *by* scores 0.6, before a noun (*at 5 people*) 0.4; any other bare number is none.
    """
    vocabulary = vocabulary_of(language)
    grammar = _grammar(vocabulary.code)
    found = apart(
        [
            *_clock(text, grammar),
            *_parts(text, vocabulary, grammar),
            *_hours(text, vocabulary, grammar),
            *_named(text, vocabulary, grammar),
            *(Span(span.start, span.end, _of(span.value), span.score * 0.9) for span in moments),
        ]
    )
    return [_with_period(text, span, grammar) for span in found]


def bare_hour(text: str, language: str) -> ClockTime | None:
    """A folded text that is nothing but an hour: ``6``, ``eight``, ``1830``."""
    stripped = text.strip(" .!")
    if re.fullmatch(r"\d{3,4}", stripped):
        return _clock_time(int(stripped[:-2]), int(stripped[-2:]), 0, "") if int(stripped[:-2]) < 24 else None
    spans = numbers_in(stripped, language)
    if len(spans) == 1 and (spans[0].start, spans[0].end) == (0, len(stripped)) and spans[0].value in range(25):
        return _clock_time(int(spans[0].value), 0, 0, "")
    return None


def _of(moment: datetime) -> ClockTime:
    return ClockTime(moment.hour * 3600 + moment.minute * 60)


def _clock(text: str, grammar: _Grammar) -> Iterator[Span[ClockTime]]:
    """18:30, 6.15 pm, 0730pm, 18h30."""
    for pattern in (grammar.clock, grammar.compact):
        for match in matches(pattern, text):
            second = int(match.groupdict().get("second") or 0)
            if told := _clock_time(int(match["hour"]), int(match["minute"]), second, match["am_pm"] or ""):
                told = ClockTime(told.seconds, told.either and match["hour"][0] != "0")
                yield Span(
                    match.start(), match.end(), told, 0.5 if match["mark"] == "." and not match["am_pm"] else 1.0
                )


def _hours(text: str, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[ClockTime]]:
    """Whole hours: with am or pm, an o'clock or an -ish, or after a word such as *at*; and their parts: *siete y media*."""
    for match in matches(grammar.hour, text):
        hour = _small(match["hour"], vocabulary.code)
        if hour is None or (told := _clock_time(hour, 0, 0, match["am_pm"] or "")) is None:
            continue
        part = vocabulary.parts_follow[spaced(match["part"])] if match["part"] else 0
        told = ClockTime((told.seconds + 60 * part) % _DAY, told.either)
        at = grammar.at.search(text, max(0, match.start() - 24), match.start())
        if (score := _hour_score(match, text, vocabulary, grammar, at=bool(at))) is not None:
            yield Span(match.start(), match.end(), told, score)


def _hour_score(
    match: re.Match[str], text: str, vocabulary: Vocabulary, grammar: _Grammar, *, at: bool
) -> float | None:
    """How likely an hour is one; ``None`` where nothing says so."""
    if match["am_pm"] or match["about"]:
        return 1.0
    if match["part"] and (at or match["oclock"]):
        return 0.9
    if match["oclock"]:
        # "18 heures" may be a length of time; "à 18 heures" is none.
        lasting = match["oclock"] == "h" or match["oclock"] in vocabulary.units
        return 1.0 if at or not lasting else 0.4
    if grammar.period_after.match(text, match.end()):
        return 0.9
    if match["part"]:
        return 0.6
    if at:
        return 0.4 if grammar.noun.match(text, match.end()) else 0.6
    return None


def _parts(text: str, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[ClockTime]]:
    """Half past seven, quarter to 9, twenty past four, 30 minutes before 12pm, halb acht."""
    for match in matches(grammar.part, text):
        hour = _small(match["hour"], vocabulary.code)
        base = None if hour is None else _clock_time(hour, int(match["base"] or 0), 0, match["am_pm"] or "")
        if base is None:
            continue
        if match["half_to"]:
            minutes = -30
        elif match["quarter"]:
            minutes = 15
        elif match["half_past"]:
            minutes = 30
        else:
            minutes = _small(match["minutes"], vocabulary.code) or 0
        if match["to"]:
            minutes = -minutes
        sure = not match["minutes"] or match["unit"] or minutes > 0 or -minutes in _ROUND
        yield Span(
            match.start(),
            match.end(),
            ClockTime((base.seconds + 60 * minutes) % _DAY, base.either),
            0.9 if sure else 0.3,
        )


def _named(text: str, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[ClockTime]]:
    for match in matches(grammar.named, text):
        yield Span(match.start(), match.end(), ClockTime(vocabulary.clock[spaced(match[0])] * 60))


def _with_period(text: str, span: Span[ClockTime], grammar: _Grammar) -> Span[ClockTime]:
    """Half past seven *in the evening*, *tonight at* 8."""
    if not span.value.either:
        return span
    end = span.end
    if period := grammar.period_after.match(text, span.end):
        end = period.end()
    elif (period := grammar.period_before.search(text, max(0, span.start - 40), span.start)) is None:
        return span
    seconds = span.value.seconds
    if period["evening"] and not (seconds >= _HALF_A_DAY and _NIGHT.search(period["evening"])):
        seconds = seconds % _HALF_A_DAY + _HALF_A_DAY
    else:
        seconds %= _HALF_A_DAY
    return Span(span.start, end, ClockTime(seconds), max(span.score, 0.9))


def _clock_time(hour: int, minute: int, second: int, am_pm: str) -> ClockTime | None:
    """The time of these numbers; ``am_pm`` is ``a``, ``p`` or nothing."""
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and (minute or second)):
        return None
    seconds = minute * 60 + second
    if am_pm and 1 <= hour <= 12:
        return ClockTime((hour % 12) * 3600 + (_HALF_A_DAY if am_pm == "p" else 0) + seconds)
    return ClockTime(hour % 24 * 3600 + seconds, either=1 <= hour <= 12)


def _small(written: str, code: str) -> int | None:
    """A number of hours or minutes, in digits or words."""
    if written.isdecimal():
        return int(written)
    numbers = numbers_in(written, code)
    return int(numbers[0].value) if numbers and 0 <= numbers[0].value < 60 else None


@lru_cache(maxsize=32)
def _grammar(code: str) -> _Grammar:
    vocabulary = vocabulary_of(code)
    am_pm = r"(?:\s{0,3}(?P<am_pm>[ap])(?:\.\s?m\.?|\s?m)(?!\w))?"
    run = run_pattern(code)
    hour = rf"(?P<hour>\d{{1,2}}|{run})"
    ended = r"(?!\w|[.,:/]\d|%)"
    period = rf"(?:(?P<evening>{any_of(vocabulary.evening)})|(?P<morning>{any_of(vocabulary.morning)}))"
    minutes = any_of(name for name, size in vocabulary.units.items() if size == 60)
    around = (
        vocabulary.soft,
        vocabulary.closers,
        vocabulary.after_pronoun,
        vocabulary.conjunctions,
        vocabulary.at,
        vocabulary.of,
    )
    of_days = (vocabulary.morning, vocabulary.evening, vocabulary.coming, vocabulary.days, vocabulary.the)
    no_noun = any_of(word for kind in (*around, *of_days) for word in kind)
    return _Grammar(
        clock=re.compile(
            r"(?:(?<![\w.:/,])|(?<=\dt))(?P<hour>[01]?\d|2[0-4])(?P<mark>\s?[:.]\s?|h|\s?uhr\s|\s?heures?\s)(?P<minute>[0-5]\d)"
            rf"(?::(?P<second>[0-5]\d))?{am_pm}(?:\s?-?{any_of(vocabulary.about)})?(?![^\W_]|[.,:/]\d|%)"
        ),
        compact=re.compile(
            rf"(?<![\w.,:])(?P<hour>0?\d|1\d|2[0-3])(?P<mark>)(?P<minute>[0-5]\d){am_pm}(?<=[m.])(?!\w)"
        ),
        hour=re.compile(
            rf"(?<![\w.,:/$€£#-]){hour}(?:\s{{0,3}}(?P<oclock>{any_of(vocabulary.oclock)})(?!\w)|\s?-?(?P<about>{any_of(vocabulary.about)})(?!\w))?"
            rf"(?:\s{{1,3}}(?P<part>{any_of(vocabulary.parts_follow)})(?!\w))?{am_pm}{ended}"
        ),
        part=re.compile(
            rf"(?<![\w.,:/])(?:(?P<half_to>{any_of(vocabulary.half_to)})\s{{1,3}}|(?:(?P<quarter>{any_of(vocabulary.quarter)})"
            rf"|(?P<half_past>{any_of(vocabulary.half_past)})|(?P<minutes>\d{{1,2}}|{run})(?P<unit>\s{{1,3}}{minutes})?)"
            rf"[\s-]{{1,3}}(?:{any_of(vocabulary.past)}|(?P<to>{any_of(vocabulary.to)}))\s{{1,3}}){hour}(?::(?P<base>[0-5]\d))?{am_pm}{ended}"
        ),
        named=re.compile(rf"(?<!\w)(?=\w){any_of(vocabulary.clock)}(?!\w)"),
        period_before=re.compile(rf"(?<!\w)(?=\w){period}(?:\s+{any_of(vocabulary.at)})?,?\s+\Z"),
        period_after=re.compile(rf"\s{{0,3}},?\s{{1,3}}{period}(?!\w)"),
        at=re.compile(rf"(?<!\w)(?=\w){any_of(vocabulary.at)}\s+(?:{any_of(vocabulary.the)}\s+)?\Z"),
        noun=re.compile(rf"\s+(?!{no_noun}(?!\w))[^\W\d]"),
    )
