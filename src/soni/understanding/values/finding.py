"""All values of a slot's type inside a text."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from soni.config.models import Slot
from soni.understanding.values import shapes
from soni.understanding.values.amounts import Amount, currencies_of, is_foreign, measured
from soni.understanding.values.base import Found, Moment
from soni.understanding.values.choices import choices_in
from soni.understanding.values.limits import within
from soni.understanding.values.numbers import UNCLEAR, numbers_in
from soni.understanding.values.people import counts_people
from soni.understanding.values.reading import DOUBT, Reading, read
from soni.understanding.values.spans import Span, parted
from soni.understanding.values.strings import strings_in
from soni.understanding.values.text import plain
from soni.understanding.values.times import ClockTime
from soni.understanding.values.vocabulary import vocabulary_of
from soni.understanding.values.yes_no import yes_or_no
from soni.value import Value

Spans = list[Span[Value]]

_COUNTED: Final = re.compile(r"\s{1,3}([^\W\d_]{2,})")
"""The word behind a number: 3 *nights*."""

_PRICED: Final = 0.5
"""What is left of a whole number's score where it has a currency: 2 tickets for *50 euros*."""

_UNRELATED: Final = 0.9
"""The same where the slot is described, and not by the word behind the number."""

_MAX_DATETIMES: Final = 10
"""Days and times of one text that are put together."""


def find(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """Every value of the slot's type in a text: the surest first, in order of appearance where they are alike.

    The slot's limits decide only which of two readings is meant (six in the morning or in the evening); ``parse`` applies
    them. Objects and lists are found in no text, a yes or a no only where the text is nothing else.
    """
    reading = read(text, moment)
    found = [
        Found(reading.folded.start(span.start), reading.folded.end(span.end), span.value, span.score)
        for span in spans_of(slot, reading)
    ]
    return sorted(found, key=lambda one: (-one.score, one.start))


def spans_of(slot: Slot, reading: Reading) -> Spans:
    """The values of a reading in order of appearance, where they stand in the folded text."""
    match slot.type:
        case "string":
            return strings_in(slot, reading)
        case "integer":
            return _integers(slot, reading)
        case "float":
            return _floats(slot, reading)
        case "boolean":
            said = yes_or_no(reading.folded.original, reading.language)
            return [] if said is None else [Span(0, len(reading.text), said)]
        case "date":
            return [Span(span.start, span.end, span.value.isoformat(), span.score) for span in reading.dates]
        case "time":
            return [
                Span(span.start, span.end, shapes.clock(likely(slot, span.value)), span.score) for span in reading.times
            ]
        case "datetime":
            return _datetimes(reading)
        case "duration":
            return [
                Span(span.start, span.end, shapes.seconds(span.value.total), span.score) for span in reading.lengths
            ]
        case "money":
            return [
                Span(span.start, span.end, shapes.money(span.value), span.score)
                for span in _own(slot, reading.amounts, reading)
            ]
        case "email":
            return list(reading.emails)
        case "phone":
            return list(reading.phones)
        case "choice":
            return _choices(slot, reading)
        case "list" | "object":
            return []


def likely(slot: Slot, told: ClockTime) -> ClockTime:
    """Of two readings twelve hours apart the one that the slot's limits allow; as it was said where both or neither are."""
    if not told.either or within(slot, shapes.clock(told)) or not within(slot, shapes.clock(told.other())):
        return told
    return told.other()


def next_moment(told: ClockTime, moment: Moment) -> str:
    """The next time that a clock shows this."""
    now = moment.now.replace(tzinfo=None)
    today = [
        datetime.combine(now.date(), reading.time) for reading in ([told, told.other()] if told.either else [told])
    ]
    return shapes.local(min((when for when in today if when > now), default=min(today) + timedelta(days=1)), moment)


def _integers(slot: Slot, reading: Reading) -> Spans:
    found: Spans = []
    if counts_people(slot, reading.language):
        found += [Span(span.start, span.end, shapes.integer(span.value), span.score) for span in reading.people]
    for span in _own(slot, reading.priced, reading):
        number = span.value.number
        if (whole := shapes.integer(measured(slot, span.value, reading.language))) is not None:
            score = _weighed(slot, span, reading)
            mine = not span.value.currency or span.value.currency in currencies_of(slot, reading.language)
            found.append(Span(number.start, number.end, whole, score if mine else score * _PRICED))
    return found


def _choices(slot: Slot, reading: Reading) -> Spans:
    """The choices that are named; a number that counts people hardly names one."""
    counting = {
        (span.start, span.end) for span in parted(numbers_in(reading.text, reading.language), reading.people)[1]
    }
    return [
        Span(span.start, span.end, span.value, span.score * (DOUBT if (span.start, span.end) in counting else 1))
        for span in choices_in(reading.text, slot.choices, reading.language)
    ]


def _floats(slot: Slot, reading: Reading) -> Spans:
    spans = reading.priced if currencies_of(slot, reading.language) else reading.counted
    return [
        Span(
            span.value.number.start,
            span.value.number.end,
            float(measured(slot, span.value, reading.language)),
            _weighed(slot, span, reading),
        )
        for span in _own(slot, spans, reading)
    ]


def _own(slot: Slot, spans: list[Span[Amount]], reading: Reading) -> list[Span[Amount]]:
    """Those that are of no other currency than the slot's."""
    return [span for span in spans if not is_foreign(slot, span.value.currency, reading.language)]


def _weighed(slot: Slot, amount: Span[Amount], reading: Reading) -> float:
    """The score of a number by the word behind it: full where the author describes the slot with it."""
    words = _described(slot.description, slot.prompt.text if slot.prompt else "", slot.examples)
    if not words or amount.score <= UNCLEAR:
        return amount.score
    if amount.value.currency in currencies_of(slot, reading.language):
        return 1.0
    counted = _COUNTED.match(reading.text, amount.value.number.end)
    # A word of the grammar counts nothing: "50 or 60", "50 for Ana"; nor does a number word: "two fifty".
    if counted is None or counted[1] in _around(vocabulary_of(reading.language).code):
        return amount.score
    if any(number.start == counted.start(1) for number in reading.numbers):
        return amount.score
    return 1.0 if _stem(counted[1]) in words else amount.score * _UNRELATED


def _datetimes(reading: Reading) -> Spans:
    """Days with the time that stands nearest, moments from now, and times alone, which are the next such time."""
    moment = reading.moment
    spans: Spans = [
        Span(span.start, span.end, shapes.local(span.value, moment), span.score) for span in reading.moments
    ]
    times = parted(reading.times, reading.moments)[0][:_MAX_DATETIMES]
    days = parted(reading.dates, reading.moments)[0][:_MAX_DATETIMES]
    for day in days:
        if not times:
            break
        near = min(times, key=lambda span: max(span.start - day.end, day.start - span.end))
        times.remove(near)
        when = datetime.combine(day.value, near.value.time)
        if near.value.either and day.value == moment.now.date() and when < moment.now.replace(tzinfo=None):
            when = datetime.combine(day.value, near.value.other().time)
        start, end = min(day.start, near.start), max(day.end, near.end)
        spans.append(Span(start, end, shapes.local(when, moment), min(day.score, near.score)))
    if not days and not reading.days.impossible:
        spans += [Span(span.start, span.end, next_moment(span.value, moment), span.score * 0.8) for span in times]
    return sorted(spans, key=lambda span: span.start)


@lru_cache(maxsize=32)
def _around(code: str) -> frozenset[str]:
    """Words that may follow a number without being what is counted."""
    vocabulary = vocabulary_of(code)
    kinds = (vocabulary.conjunctions, vocabulary.either_or, vocabulary.range_to, vocabulary.rather, vocabulary.soft)
    carrying = (vocabulary.closers, vocabulary.openers)
    return frozenset(phrase.split()[0] for kind in (*kinds, *carrying) for phrase in kind)


@lru_cache(maxsize=256)
def _described(*written: str | tuple[str, ...]) -> frozenset[str]:
    """The words an author describes a slot with."""
    texts = (text for part in written for text in ([part] if isinstance(part, str) else part))
    return frozenset(_stem(word) for text in texts for word in re.findall(r"[^\W\d_]{3,}", plain(text)))


def _stem(word: str) -> str:
    """The same for one and for many, roughly: nights, night."""
    return word.removesuffix("s").removesuffix("e")
