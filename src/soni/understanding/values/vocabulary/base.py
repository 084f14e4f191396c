"""The words of one language that readers of values look for; all of them folded."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from soni.understanding.values.text import phrases, plain

_NOTHING: Mapping[str, int] = MappingProxyType({})


def words(written: str) -> tuple[str, ...]:
    """Phrases from ``one | two words``; a line's end separates too."""
    return phrases(written)


def table(written: str) -> Mapping[str, int]:
    """A mapping from ``one 1 | a couple of 2``."""
    return MappingProxyType({phrase: int(number) for phrase, number in _pairs(written)})


def numbered(written: str) -> Mapping[str, int]:
    """A mapping from ``january jan | february feb``: every word to its place, counted from one."""
    places = enumerate(written.replace("\n", "|").strip("| ").split("|"), 1)
    return MappingProxyType({plain(word): place for place, row in places for word in row.split()})


def names(written: str) -> Mapping[str, str]:
    """A mapping from ``euro EUR | us dollars USD``; what is mapped to is in capitals."""
    return MappingProxyType({phrase: name.upper() for phrase, name in _pairs(written)})


def _pairs(written: str) -> list[tuple[str, str]]:
    entries = (entry.rsplit(None, 1) for entry in written.replace("\n", "|").split("|") if entry.strip())
    return [(plain(phrase.strip()), last) for phrase, last in entries]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a language says around values."""

    code: str
    decimal: Literal[".", ","] = ","

    # Yes and no.
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    rhetorical: tuple[str, ...] = ()
    """Of these, those that are said as a question."""
    soft: tuple[str, ...] = ()
    """What may stand around them, and around a question, without saying anything."""

    # Numbers.
    numbers: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    """Number words beyond those of the number library; all of them where it does not know the language."""
    scales: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    """Words that multiply the digits before them; a single letter follows directly: ``50k``."""
    one: tuple[str, ...] = ()
    """Articles that stand for one before a scale or a unit: *a* hundred, *an* hour."""
    minus: tuple[str, ...] = ()
    half: tuple[str, ...] = ()
    """Before a scale or a unit: *half a* million, *half an* hour."""
    and_a_half: tuple[str, ...] = ()
    pronouns: tuple[str, ...] = ()
    """Number words that are often no numbers: the other *one*, *una* mesa."""
    before_number: tuple[str, ...] = ()
    """Only after these words, and after carriers, they are numbers: for *one*, but not the original *one*; empty: after any."""
    after_pronoun: tuple[str, ...] = ()
    """Before these words they are none."""
    pronoun_is_article: bool = False
    """Before any word at all they are hardly ever meant as numbers."""
    vague: tuple[str, ...] = ()
    """Before a scale they make no number of it: *a few* hundred."""
    range_to: tuple[str, ...] = ()
    """Between two numbers they make a range: 50 *to* 60."""
    either_or: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    """Before two numbers with a conjunction: *between* 50 and 60."""

    # People.
    persons: tuple[str, ...] = ()
    """How an author says that a slot counts people."""
    of_us: tuple[str, ...] = ()
    """Behind a number it counts the speaker too: two *of us*."""
    alone: tuple[str, ...] = ()
    """The speaker and nobody else."""
    me: tuple[str, ...] = ()
    my: tuple[str, ...] = ()
    companions: tuple[str, ...] = ()
    """One person with the speaker: my *wife* and I."""

    # Places in a row.
    ordinals: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    ordinal_suffixes: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    option: tuple[str, ...] = ()
    """Before the number of a choice: *option* two."""
    one_of: tuple[str, ...] = ()
    """Behind it: the second *one*."""
    the: tuple[str, ...] = ()

    # Days.
    month_names: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    weekday_names: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    """Monday is 1. Three letters are a weekday only beside a date: *sun* and *sat* are words too."""
    date_order: Literal["DMY", "MDY"] = "DMY"
    dotted_dates: bool = False
    """``3.5.`` is a day, and so is ``3.`` before a month."""
    of: tuple[str, ...] = ()
    """Between day, month and year."""
    coming: tuple[str, ...] = ()
    """Before a weekday; none of them moves it by a week."""
    coming_after: tuple[str, ...] = ()
    """Behind a weekday."""
    next_week: tuple[str, ...] = ()
    """Before or behind a weekday, it moves it into the week after this one."""
    days: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    """Days counted from today."""
    feasts: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    """Days of every year: 1225 is the 25th of December."""
    beside: tuple[str, ...] = ()
    """Before one of them, it is another day: *before* Christmas."""
    in_time: tuple[str, ...] = ()
    """Before a length of time, it makes a moment: *in* two weeks."""
    from_now: tuple[str, ...] = ()
    """The same from behind: 14 days *from now*."""
    ago: tuple[str, ...] = ()
    ago_before: tuple[str, ...] = ()

    # Times of the day.
    clock: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    """Named times, in minutes since midnight."""
    morning: tuple[str, ...] = ()
    evening: tuple[str, ...] = ()
    """Around a time, they tell which half of the day is meant."""
    oclock: tuple[str, ...] = ()
    at: tuple[str, ...] = ()
    """What makes a bare number an hour."""
    past: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    quarter: tuple[str, ...] = ()
    half_past: tuple[str, ...] = ()
    half_to: tuple[str, ...] = ()
    """*halb acht* is half past seven."""
    parts_follow: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    """Parts of an hour that stand behind it, in minutes: las siete *menos cuarto*."""
    about: tuple[str, ...] = ()
    """Behind an hour: six*ish*."""

    # Lengths of time.
    units: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    """In seconds."""
    months: Mapping[str, int] = field(default_factory=lambda: _NOTHING)
    """Units without a fixed length, in months."""

    currencies: Mapping[str, str] = field(default_factory=dict)
    """Names of money, to ISO 4217."""
    cents: tuple[str, ...] = ()
    """Hundredths of any of them."""

    # Answers.
    openers: tuple[str, ...] = ()
    """Carrier words before a value: *it is* 50."""
    closers: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    """How a question begins."""
    unsure: tuple[str, ...] = ()
    """Whole answers that give no value."""
    rather: tuple[str, ...] = ()
    """After these comes the value that is meant: not 50, *I mean* 60."""
    rejected: tuple[str, ...] = ()
    """After these comes a value that is not meant: *instead of* 50."""
    conjunctions: tuple[str, ...] = ()
    introductions: tuple[str, ...] = ()
    """What comes before a name."""
    name: tuple[str, ...] = ()
    first_name: tuple[str, ...] = ()
    last_name: tuple[str, ...] = ()
    """How an author describes a slot for a name."""
