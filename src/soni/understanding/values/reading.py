"""One message, read for values: what each kind of reader finds is looked for once and kept for the next slot."""

from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Final

from soni.understanding.values.amounts import Amount, amounts_in, as_money
from soni.understanding.values.base import Moment
from soni.understanding.values.contacts import emails_in, phone_shapes_in, phones_among
from soni.understanding.values.dates import Days, days_in
from soni.understanding.values.durations import Length, lengths_in, moments_in
from soni.understanding.values.numbers import numbers_in, without_ranges
from soni.understanding.values.people import people_in
from soni.understanding.values.spans import Span, apart, parted
from soni.understanding.values.text import fold
from soni.understanding.values.times import ClockTime, times_in

DOUBT: Final = 0.4
"""What is left of a number's score where it is likely a part of something else."""


class Reading:
    """A text at a moment; positions are those of the folded text."""

    def __init__(self, text: str, moment: Moment) -> None:
        self.folded = fold(text)
        self.text = self.folded.text
        self.moment = moment
        self.now = moment.now
        self.language = moment.language

    @cached_property
    def lengths(self) -> list[Span[Length]]:
        """Lengths of time."""
        return lengths_in(self.text, self.language)

    @cached_property
    def moments(self) -> list[Span[datetime]]:
        """Moments counted from now."""
        return moments_in(self.lengths, self.text, self.now, self.language)

    @cached_property
    def days(self) -> Days:
        """Days that are named, and those that no calendar has."""
        return days_in(self.text, self.now, self.language)

    @cached_property
    def dates(self) -> list[Span[date]]:
        """Days, with those of the moments counted from now."""
        counted = (Span(span.start, span.end, span.value.date(), span.score) for span in self.moments)
        return apart([*self.days.dates, *counted])

    @cached_property
    def times(self) -> list[Span[ClockTime]]:
        """Times of the day; those counted from now only within a day, and none that is a part of a written day."""
        near = [span for span in self.moments if abs((span.value - self.now).total_seconds()) < 86400]
        found = times_in(self.text, near, self.language)
        digits = [
            span
            for span in self.dates
            if span.score > 0.5 and self.text[span.start : span.end].strip("-./0123456789") == ""
        ]
        return parted(found, digits)[0]

    @cached_property
    def emails(self) -> list[Span[str]]:
        """E-mail addresses."""
        return emails_in(self.folded) if "@" in self.text or " dot " in self.text else []

    @cached_property
    def phone_shapes(self) -> list[Span[str]]:
        """What is written like a telephone number."""
        return parted(phone_shapes_in(self.text), self.emails)[0]

    @cached_property
    def phones(self) -> list[Span[str]]:
        """Telephone numbers."""
        return phones_among(self.phone_shapes, self.language)

    @cached_property
    def people(self) -> list[Span[Decimal]]:
        """How many the speaker and those with them are."""
        return people_in(self.text, numbers_in(self.text, self.language), self.language)

    @cached_property
    def numbers(self) -> list[Span[Decimal]]:
        """Numbers that are no part of a day, a time, an address or what is written like an international telephone number.

        Those that may be an hour, the amount of a length of time or a part of a telephone number, and those that count
        people (*two of us*), keep 0.4 of their score.
        """
        international = [span for span in self.phone_shapes if "+" in span.value]
        days = [span for span in self.dates if span.score > 0.5]
        sure_times = [span for span in self.times if span.score > 0.6]
        doubtful_times = [span for span in self.times if 0.4 < span.score <= 0.6]
        free, _ = parted(
            numbers_in(self.text, self.language),
            [*days, *self.days.impossible, *sure_times, *self.emails, *international],
        )
        sure, doubtful = parted(free, [*self.lengths, *doubtful_times, *self.phone_shapes, *self.people])
        lowered = [Span(span.start, span.end, span.value, span.score * DOUBT) for span in doubtful]
        return without_ranges(self.text, apart([*sure, *lowered]), self.language)

    @cached_property
    def counted(self) -> list[Span[Amount]]:
        """Numbers with the usual currencies, which need no library."""
        return amounts_in(self.folded, self.numbers, self.language, rare=False)

    @cached_property
    def priced(self) -> list[Span[Amount]]:
        """Numbers with any currency."""
        return amounts_in(self.folded, self.numbers, self.language, rare=True)

    @cached_property
    def amounts(self) -> list[Span[Amount]]:
        """Amounts of money."""
        return as_money(self.folded, self.priced)


@lru_cache(maxsize=8)
def read(text: str, moment: Moment) -> Reading:
    """The reading of a text; the last few are kept, since every slot of a message asks for the same one."""
    return Reading(text, moment)
