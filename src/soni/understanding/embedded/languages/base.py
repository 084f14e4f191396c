"""What one language says around a task: everything that is not a value and not of the author's flows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, TypeAlias, get_args

from soni.understanding.embedded.said import plain_words

Act: TypeAlias = Literal[
    "cancel", "restart", "repeat", "help", "abilities", "explain", "unsure", "person", "skip",
    "greeting", "thanks", "farewell", "how_are_you", "who_are_you", "small_talk",
]  # fmt: skip
"""What people say to any assistant, whatever it is for."""

ACTS: Final[tuple[Act, ...]] = get_args(Act)

CHITCHAT: Final[frozenset[Act]] = frozenset(
    {"greeting", "thanks", "farewell", "how_are_you", "who_are_you", "small_talk"}
)

_CONTINUED: Final = re.compile(r"\|\s*\n\s*")
_ITEM: Final = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|([^\s()\[\]]+)")


def phrases(written: str) -> tuple[str, ...]:
    """One phrase a line; one that ends with ``|`` goes on in the next."""
    return tuple(line.strip() for line in _CONTINUED.sub("|", written).splitlines() if line.strip())


def word_set(written: str) -> frozenset[str]:
    """Folded words from a text that separates them with white space."""
    return frozenset(plain_words(written))


def places(*written: str, last: str = "") -> dict[str, int]:
    """Words for places in a list: those of each place in a text of its own, the first place first; and those of the last."""
    numbered = {word: place for place, words in enumerate(written) for word in plain_words(words)}
    return {**numbered, **dict.fromkeys(plain_words(last), -1)}


@dataclass(frozen=True)
class Language:
    """The words of one language; all compared folded and without apostrophes.

    In phrases ``(a|b c)`` is one of these, ``[a|b]`` one of these or nothing.
    """

    code: str
    common: frozenset[str]
    """Words that every kind of message has; they say little about what it is for."""
    fillers: tuple[str, ...]
    """Phrases at the beginning or end that change nothing: please, well, by the way."""
    requests: tuple[str, ...]
    """How a wish begins: I would like to, can you."""
    questions: frozenset[str]
    """First words of a question."""
    acts: Mapping[Act, tuple[str, ...]]
    """Phrases that are a whole message."""
    anywhere: Mapping[Act, tuple[str, ...]]
    """Phrases that mean the same inside a longer message."""
    corrections: tuple[str, ...]
    """What begins a correction beyond doubt: I meant, make that."""
    turns: tuple[str, ...]
    """What may begin a correction, or an answer: no, sorry, actually, wait."""
    refusals: tuple[str, ...]
    """Whole answers that leave an optional question unanswered: none, nothing."""
    not_words: frozenset[str]
    """*not* Ana, Bob."""
    instead_of: tuple[str, ...]
    """Bob *instead of* Ana."""
    change: tuple[str, ...]
    """What a wish to change a slot begins with: change, update, correct."""
    become: frozenset[str]
    """What stands between a slot and its new value: change the amount *to* 60."""
    wrong: frozenset[str]
    """the amount is *wrong*."""
    negations: tuple[str, ...]
    """How a wish begins that something is *not* done: I don't want to, don't."""
    subjects: frozenset[str]
    """Words behind which a negation asks: don't *you* fly to Rome?"""
    opposites: tuple[str, ...]
    """What makes a word its opposite: *un*block."""
    copulas: frozenset[str]
    """Between a slot's name and its value: my mail *is* a@b.com."""
    cancel: frozenset[str]
    """*cancel* the transfer."""
    articles: frozenset[str]
    """May stand before a slot's name or a value: the, my."""
    infinitives: frozenset[str]
    """Words after which *to* is no preposition: I want *to* pay."""
    ends: frozenset[str]
    """Words that end a name or another free value: on, for, because."""
    begins: frozenset[str]
    """Words inside a sentence that begin another value: Bob *starting* tomorrow, Bob *every* week."""
    joins: frozenset[str]
    """and."""
    coordinates: frozenset[str]
    """Between values that are meant alike: credit *and* debit, credit *or* debit."""
    people: frozenset[str]
    """Those who speak: two of *us*, just *me*."""
    splits: tuple[str, ...]
    """What stands between two wishes in one message, the longest first."""
    neither: tuple[str, ...]
    """Answers to a choice that want nothing of it: neither, something else."""
    ordinals: Mapping[str, int]
    """Words for a place in a list, counted from zero: the *first* one; from the end below zero."""
    cardinals: Mapping[str, int]
    """Numbers that may stand for a place in a list: *two*, option *2*."""
    options: frozenset[str]
    """What such a place is called: the second *one*, *number* two."""
    vague: frozenset[str]
    """Values that are none: someone, a friend."""
    directions: tuple[tuple[str, frozenset[str]], ...]
    """Prepositions, each with words in the names and descriptions of slots that it introduces: *to*, recipient, destination."""
    open_ended: frozenset[str]
    """Words in the names of slots whose value may be any sentence: note, reason, message."""
    given_names: tuple[str, ...]
    """What slots for a first name are called."""
    family_names: tuple[str, ...]
    politeness: frozenset[str] = field(default_factory=frozenset)
    """Single words that may trail a value: please, thanks."""
    units: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()
    """Words for units that measure the same, each with what slots measured in them are about: *kilos*, weight."""

    @cached_property
    def whole(self) -> Mapping[Act, re.Pattern[str]]:
        """Each act as an expression over a whole message; see ``spaced``."""
        return {act: compile_phrases(written) for act, written in self.acts.items()}

    @cached_property
    def commands(self) -> frozenset[str]:
        """The words of the acts: skip, stop, repeat."""
        return frozenset(word for written in self.acts.values() for phrase in written for word in plain_words(phrase))

    @cached_property
    def inside(self) -> Mapping[Act, re.Pattern[str]]:
        """Each act as an expression that is looked for inside a message."""
        return {act: compile_phrases(written) for act, written in self.anywhere.items()}

    @cached_property
    def filler(self) -> re.Pattern[str]:
        """One filler."""
        return compile_phrases(self.fillers)

    @cached_property
    def filler_behind(self) -> re.Pattern[str]:
        """Fillers at the end."""
        return re.compile(rf"(?:{self.filler.pattern})+\Z")

    @cached_property
    def request(self) -> re.Pattern[str]:
        """The beginning of a wish."""
        return compile_phrases(self.requests)

    @cached_property
    def correction(self) -> re.Pattern[str]:
        """The beginning of a correction."""
        return compile_phrases(self.corrections)

    @cached_property
    def turn(self) -> re.Pattern[str]:
        """What may begin a correction."""
        return compile_phrases(self.turns)

    @cached_property
    def refusal(self) -> re.Pattern[str]:
        """An answer that is none."""
        return compile_phrases(self.refusals)

    @cached_property
    def none_of_them(self) -> re.Pattern[str]:
        """An answer that wants nothing of what is offered."""
        return compile_phrases(self.neither)

    @cached_property
    def negation(self) -> re.Pattern[str]:
        """The beginning of a wish that something is not done."""
        return compile_phrases(self.negations)

    @cached_property
    def changing(self) -> re.Pattern[str]:
        """The beginning of a wish to change something."""
        return compile_phrases(self.change)

    @cached_property
    def instead(self) -> re.Pattern[str]:
        """Between what is meant and what is not."""
        return compile_phrases(self.instead_of)

    @cached_property
    def split(self) -> re.Pattern[str]:
        """Between two wishes."""
        return compile_phrases(self.splits)


def spaced(words: tuple[str, ...]) -> str:
    """Words as the expressions of a language see them: a space before each."""
    return "".join(f" {word}" for word in words)


def compile_phrases(written: tuple[str, ...]) -> re.Pattern[str]:
    """An expression over ``spaced`` words, the longest phrases first; it matches nothing where there are none."""
    if not written:
        return re.compile(r"(?!)")
    ordered = sorted(written, key=lambda phrase: -len(phrase))
    return re.compile("(?:" + "|".join(map(_compile, ordered)) + r")(?![^ ])")


def _compile(phrase: str) -> str:
    parts: list[str] = []
    for match in _ITEM.finditer(phrase):
        one_of, maybe, word = match.groups()
        if word is not None:
            parts.append(_words(word))
        else:
            options = "|".join(
                sorted((_words(option) for option in (one_of or maybe).split("|")), key=len, reverse=True)
            )
            parts.append(f"(?:{options})" if maybe is None else f"(?:{options})?")
    return "".join(parts)


def _words(written: str) -> str:
    return re.escape(spaced(plain_words(written))).replace(r"\ ", " ")
