"""One message, read for values: what each kind of reader finds is looked for once and kept for the next slot."""

from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache

from soni.understanding.values import contacts, dates, durations, money, numbers, times
from soni.understanding.values.base import Moment
from soni.understanding.values.durations import Length
from soni.understanding.values.money import Amount
from soni.understanding.values.spans import Span, outside
from soni.understanding.values.text import Folded, fold
from soni.understanding.values.times import ClockTime


class Reading:
    """A text at a moment; positions are those of the folded text."""

    def __init__(self, text: str, moment: Moment) -> None:
        self.folded: Folded = fold(text)
        self.text = self.folded.text
        self.moment = moment
        self.language = moment.language
        self.now = moment.now

    @cached_property
    def _has_digit(self) -> bool:
        return any(character.isdigit() for character in self.text)

    @cached_property
    def dates(self) -> list[Span[date]]:
        """Days."""
        return dates.dates_in(self.text, self.now, self.language)

    @cached_property
    def times(self) -> list[Span[ClockTime]]:
        """Times of the day that are no part of a written date."""
        found = times.times_in(self.text, self.now, self.language)
        days = [
            span
            for span in self.dates
            if self._has_digit and any(c.isdigit() for c in self.text[span.start : span.end])
        ]
        return [
            span
            for span in found
            if not any(day.overlaps(span) and day.end - day.start > span.end - span.start for day in days)
        ]

    @cached_property
    def lengths(self) -> list[Span[Length]]:
        """Lengths of time."""
        return durations.lengths_in(self.text, self.language)

    @cached_property
    def emails(self) -> list[Span[str]]:
        """E-mail addresses."""
        return contacts.emails_in(self.folded) if "@" in self.text or " at " in self.text else []

    @cached_property
    def phones(self) -> list[Span[str]]:
        """Telephone numbers."""
        return outside(contacts.phones_in(self.folded, self.language), self.emails) if self._has_digit else []

    @cached_property
    def numbers(self) -> list[Span[Decimal]]:
        """Numbers that are no part of a date, a time, an address or a telephone number; those of a length of time score half."""
        taken = [*self.dates, *(span for span in self.times if span.score >= 0.9), *self.emails]
        taken += [span for span in self.phones if span.value.startswith("+")]
        taken.sort(key=lambda span: span.start)
        found = outside(numbers.numbers_in(self.text, self.language), taken)
        doubtful = [*self.lengths, *(span for span in self.times if span.score < 0.9)]
        return [
            Span(span.start, span.end, span.value, span.score * 0.5)
            if any(span.overlaps(other) for other in doubtful)
            else span
            for span in found
        ]

    @cached_property
    def amounts(self) -> list[Span[Amount]]:
        """Amounts of money."""
        return money.amounts_in(self.folded, self.language, self.numbers)


@lru_cache(maxsize=8)
def read(text: str, moment: Moment) -> Reading:
    """The reading of a text; the last few are kept, since every slot of a message asks for the same one."""
    return Reading(text, moment)
