"""Values inside a text: all of a slot's type, or the one that answers its question."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from soni.config.models import Slot, SlotType
from soni.understanding.values import carriers, shapes
from soni.understanding.values.base import Found, Moment
from soni.understanding.values.choices import choice_by_position, choices_in
from soni.understanding.values.durations import moments_in
from soni.understanding.values.limits import within
from soni.understanding.values.reading import Reading, read
from soni.understanding.values.spans import Span
from soni.understanding.values.strings import items_answer, string_answer, strings_in
from soni.understanding.values.times import ClockTime, bare_hour
from soni.understanding.values.yes_no import yes_or_no
from soni.value import Value

PLAUSIBLE: Final = 0.25
"""What scores less is no answer, even where it is asked for."""

Spans = list[Span[Value]]


def find(slot: Slot, text: str, moment: Moment) -> list[Found]:
    """Every value of the slot's type in a text: the surest first, in order of appearance where they are alike.

    The slot's limits decide only which of two readings is meant (six in the morning or in the evening); ``parse`` applies them.
    """
    reading = read(text, moment)
    found = [
        Found(reading.folded.start(span.start), reading.folded.end(span.end), span.value, span.score)
        for span in _FINDERS[slot.type](slot, reading)
    ]
    return sorted(found, key=lambda one: (-one.score, one.start))


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
            named = _meant(_choices(slot, reading), reading)
            return named if named is not None else _counted_out(slot, reading)
        case "time" | "datetime" if (hour := _bare_hour(reading)) is not None:
            told = _likely(slot, hour, moment)
            return shapes.clock(told) if slot.type == "time" else _next(told, moment)
    return _meant(_FINDERS[slot.type](slot, reading), reading)


def _meant(spans: Spans, reading: Reading) -> Value | None:
    """The one value that is meant; ``None`` where there is none, or several that contradict each other."""
    plausible = sorted((span for span in spans if span.score >= PLAUSIBLE), key=lambda span: span.start)
    kept = [span for span in plausible if not carriers.is_rejected(reading.text, span.start, reading.language)]
    for index in range(len(kept) - 1, 0, -1):
        if carriers.means_rather(reading.text, kept[index - 1].end, kept[index].start, reading.language):
            kept = kept[index:]
            break
    if not kept:
        return None
    best = max(span.score for span in kept)
    surest = [span.value for span in kept if span.score == best]
    if any(other != surest[0] for other in surest) and not isinstance(surest[0], str):
        return None
    return surest[0]


def _strings(slot: Slot, reading: Reading) -> Spans:
    return strings_in(slot, reading)


def _integers(slot: Slot, reading: Reading) -> Spans:
    priced = {span.start for span in reading.amounts if span.value.currency}
    wholes = ((span, shapes.integer(span.value)) for span in reading.numbers)
    return [
        Span(span.start, span.end, whole, span.score * (0.5 if span.start in priced else 1.0))
        for span, whole in wholes
        if whole is not None
    ]


def _floats(slot: Slot, reading: Reading) -> Spans:
    return [Span(span.start, span.end, float(span.value), span.score) for span in reading.numbers]


def _booleans(slot: Slot, reading: Reading) -> Spans:
    said = yes_or_no(reading.folded.original, reading.language)
    return [] if said is None else [Span(0, len(reading.text), said)]


def _dates(slot: Slot, reading: Reading) -> Spans:
    return [Span(span.start, span.end, span.value.isoformat(), span.score) for span in reading.dates]


def _times(slot: Slot, reading: Reading) -> Spans:
    return [
        Span(span.start, span.end, shapes.clock(_likely(slot, span.value, reading.moment)), span.score)
        for span in reading.times
    ]


def _datetimes(slot: Slot, reading: Reading) -> Spans:
    """Days with the time that stands nearest, moments from now, and times alone, which are the next such time."""
    moment = reading.moment
    counted = moments_in(reading.text, moment.now, reading.language)
    spans: Spans = [Span(span.start, span.end, shapes.local(span.value, moment), span.score) for span in counted]
    times = [span for span in reading.times if not any(span.overlaps(other) for other in counted)]
    days = [span for span in reading.dates if not any(span.overlaps(other) for other in counted)]
    for day in days:
        if not times:
            break
        near = min(times, key=lambda span: max(span.start - day.end, day.start - span.end))
        times.remove(near)
        told = datetime.combine(day.value, near.value.time)
        if near.value.either and told < moment.now.replace(tzinfo=None) and day.value == moment.now.date():
            told = datetime.combine(day.value, near.value.other().time)
        score = min(day.score, near.score)
        spans.append(Span(min(day.start, near.start), max(day.end, near.end), shapes.local(told, moment), score))
    if not days:
        spans += [Span(span.start, span.end, _next(span.value, moment), span.score * 0.8) for span in times]
    return spans


def _durations(slot: Slot, reading: Reading) -> Spans:
    return [Span(span.start, span.end, shapes.seconds(span.value.total), span.score) for span in reading.lengths]


def _money(slot: Slot, reading: Reading) -> Spans:
    return [Span(span.start, span.end, shapes.money(span.value), span.score) for span in reading.amounts]


def _emails(slot: Slot, reading: Reading) -> Spans:
    return list(reading.emails)


def _phones(slot: Slot, reading: Reading) -> Spans:
    return list(reading.phones)


def _choices(slot: Slot, reading: Reading) -> Spans:
    return list(choices_in(reading.text, slot.choices, reading.language))


def _nothing(slot: Slot, reading: Reading) -> Spans:
    return []


_FINDERS: Final[Mapping[SlotType, Callable[[Slot, Reading], Spans]]] = {
    "string": _strings,
    "integer": _integers,
    "float": _floats,
    "boolean": _booleans,
    "date": _dates,
    "time": _times,
    "datetime": _datetimes,
    "duration": _durations,
    "money": _money,
    "email": _emails,
    "phone": _phones,
    "choice": _choices,
    "list": _nothing,
    "object": _nothing,
}


def _counted_out(slot: Slot, reading: Reading) -> Value | None:
    start, end = carriers.bare(reading.folded, reading.language)
    return choice_by_position(reading.text[start:end], slot.choices, reading.language)


def _bare_hour(reading: Reading) -> ClockTime | None:
    start, end = carriers.bare(reading.folded, reading.language)
    return bare_hour(reading.text[start:end], reading.language)


def _likely(slot: Slot, told: ClockTime, moment: Moment) -> ClockTime:
    """Of two readings twelve hours apart, the one that the slot's limits allow; the one that was said where both or neither do."""
    if slot.type == "time" and told.either and not within(slot, shapes.clock(told), moment):
        other = told.other()
        return other if within(slot, shapes.clock(other), moment) else told
    return told


def _next(told: ClockTime, moment: Moment) -> str:
    """The next time the clock shows this."""
    now = moment.now.replace(tzinfo=None)
    readings = [told, told.other()] if told.either else [told]
    today = [datetime.combine(now.date(), reading.time) for reading in readings]
    ahead = [when for when in today if when > now] or [min(today) + timedelta(days=1)]
    return shapes.local(min(ahead), moment)
