"""The value that an answer to a slot's question gives."""

import re
from datetime import datetime
from typing import Final

from soni.config.models import Slot
from soni.understanding.values import carriers, shapes
from soni.understanding.values._libraries import calendar_names
from soni.understanding.values.base import Moment
from soni.understanding.values.choices import choice_by_position
from soni.understanding.values.finding import Spans, likely, next_moment, spans_of
from soni.understanding.values.reading import Reading, read
from soni.understanding.values.strings import items_answer, string_answer
from soni.understanding.values.times import ClockTime, bare_hour
from soni.understanding.values.vocabulary import vocabulary_of
from soni.understanding.values.yes_no import yes_or_no
from soni.value import Value

PLAUSIBLE: Final = 0.25
"""What scores less is no answer, even where it is asked for."""

_NUMBERS: Final = frozenset(("integer", "float", "money"))
_ALIKE: Final = 0.06
"""Numbers whose scores differ by no more are as likely: *fifty, 60*, in words and in digits."""

_MAX_DAY: Final = 40
"""A text up to this many characters that says no day in a known way may say it in one that dateparser knows."""

_FIRST_COUNTS: Final = frozenset(("date", "time", "datetime", "email", "phone", "duration"))
"""Types of which the first of several is the answer; several numbers, amounts or choices contradict each other."""


def answer(slot: Slot, text: str, moment: Moment) -> Value | None:
    """The value that a text gives when it answers the question for this slot; ``None`` where it holds no plausible one.

    Carrier words do not matter (*it's 50 euros, please*), nor does what is taken back (*not 50, 60*). A value outside the
    slot's limits is given back all the same: ``parse`` refuses it in words.
    """
    reading = read(text, moment)
    match slot.type:
        case "string":
            return string_answer(slot, reading)
        case "list":
            return items_answer(reading)
        case "boolean":
            return yes_or_no(text, moment.language)
        case "choice":
            named = _meant(slot, spans_of(slot, reading), reading)
            return _counted_out(slot, reading) if named is None else named
        case "time" if (hour := _bare_hour(reading)) is not None:
            return shapes.clock(likely(slot, hour))
        case "datetime" if (hour := _bare_hour(reading)) is not None:
            return next_moment(hour, moment)
    meant = _meant(slot, spans_of(slot, reading), reading)
    return _other_day(reading) if meant is None and slot.type == "date" else meant


def _meant(slot: Slot, spans: Spans, reading: Reading) -> Value | None:
    """The one value that is meant; ``None`` where there is none, or several that contradict each other."""
    text, language = reading.text, reading.language
    kept = [span for span in spans if span.score >= PLAUSIBLE and not carriers.is_refused(text, span.start, language)]
    for index in range(len(kept) - 1, 0, -1):
        if carriers.means_rather(text, kept[index - 1].end, kept[index].start, language):
            kept = kept[index:]
            break
    if not kept:
        return None
    best = max(span.score for span in kept)
    surest = [span.value for span in kept if span.score >= best - (_ALIKE if slot.type in _NUMBERS else 0)]
    alike = all(other == surest[0] for other in surest)
    return surest[0] if alike or slot.type in _FIRST_COUNTS else None


def _counted_out(slot: Slot, reading: Reading) -> Value | None:
    """The choice that an answer names by its place: *the second one*."""
    start, end = carriers.bare(reading.folded, reading.language)
    return choice_by_position(reading.text[start:end], slot.choices, reading.language)


def _bare_hour(reading: Reading) -> ClockTime | None:
    start, end = carriers.bare(reading.folded, reading.language)
    return bare_hour(reading.text[start:end], reading.language)


def _other_day(reading: Reading) -> str | None:
    """A day in words that only dateparser knows, of the many languages it knows."""
    if reading.days.impossible:
        return None
    start, end = carriers.bare(reading.folded, reading.language)
    said = reading.folded.slice(start, end)
    code = vocabulary_of(reading.language).code
    if not 3 < len(said) <= _MAX_DAY or not re.search(r"[^\W\d_]{2}", said) or not calendar_names(code):
        return None
    from dateparser.date import DateDataParser

    parser = DateDataParser(
        languages=[code],
        settings={
            "RELATIVE_BASE": reading.now.replace(tzinfo=None),
            "PREFER_DATES_FROM": "future",
            "REQUIRE_PARTS": ["day"],
            "PARSERS": ["relative-time", "absolute-time"],
            "RETURN_AS_TIMEZONE_AWARE": False,
            "TIMEZONE": "UTC",  # else it looks the machine's own up on disk, in the middle of a turn
        },
    )
    data = parser.get_date_data(said)
    # A week or a month is no day: dateparser gives the same day of it.
    return data.date_obj.date().isoformat() if isinstance(data.date_obj, datetime) and data.period == "day" else None
