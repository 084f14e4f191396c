"""One of the choices an author has written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from soni.config.models import Choice
from soni.understanding.values.numbers import numbers_in
from soni.understanding.values.spans import Span, apart
from soni.understanding.values.text import any_of, matches, plain, spaced
from soni.understanding.values.vocabulary import Vocabulary, vocabulary_of
from soni.value import Scalar

_MAX_FUZZY: Final = 300
"""Typos are looked for in texts up to this many characters; longer ones are no answers."""

_MAX_COUNTED: Final = 5
"""People count out one of so many choices; in a longer list they lose count, and a wrong one would go unnoticed."""

_TOKEN: Final = re.compile(r"\w+(?:['-]\w+)*")


@dataclass(frozen=True, slots=True)
class _Index:
    pattern: re.Pattern[str]
    values: Mapping[str, Scalar]
    longest: int
    """Words of the longest phrase."""


def choices_in(text: str, choices: tuple[Choice, ...], language: str) -> list[Span[Scalar]]:
    """Every choice a folded text names, in order: by its value, a synonym (1.0), or either with a typo (0.7)."""
    index = _index(choices)
    exact = [Span(match.start(), match.end(), index.values[spaced(match[0])]) for match in matches(index.pattern, text)]
    by_number = {float(choice.value): choice.value for choice in choices if isinstance(choice.value, int | float)}
    if by_number:
        numbers = [span for span in numbers_in(text, language) if float(span.value) in by_number]
        exact = apart(
            [*exact, *(Span(span.start, span.end, by_number[float(span.value)], span.score) for span in numbers)]
        )
    if exact or len(text) > _MAX_FUZZY:
        return exact
    return apart(_mistyped(text, index))


def choice_by_position(text: str, choices: tuple[Choice, ...], language: str) -> Scalar | None:
    """The choice that a folded answer counts out: ``the second one``, ``option 2``, ``the last``; of a few choices only.

    A number alone counts nothing out: whoever says *2* may mean two of something, and nobody numbered the choices.
    """
    if len(choices) > _MAX_COUNTED:
        return None
    vocabulary = vocabulary_of(language)
    match = _positions(vocabulary.code).fullmatch(text.strip(" .,!"))
    if match is None:
        return None
    if match["last"]:
        return choices[-1].value
    position = _position(match, vocabulary)
    return choices[position - 1].value if position is not None and 1 <= position <= len(choices) else None


def _position(match: re.Match[str], vocabulary: Vocabulary) -> int | None:
    if match["ordinal"]:
        return vocabulary.ordinals[spaced(match["ordinal"])]
    if match["digits"]:
        return int(match["digits"]) if match["option"] or match["suffix"] else None
    if not match["option"]:
        return None
    numbers = numbers_in(match["word"], vocabulary.code)
    return int(numbers[0].value) if len(numbers) == 1 else None


def _mistyped(text: str, index: _Index) -> Iterator[Span[Scalar]]:
    """Runs of words that are a typo away from a phrase of the same number of words."""
    from rapidfuzz.distance import OSA

    tokens = [(match.start(), match.end()) for match in matches(_TOKEN, text)]
    for size in range(1, index.longest + 1):
        for first in range(len(tokens) - size + 1):
            start, end = tokens[first][0], tokens[first + size - 1][1]
            said = spaced(text[start:end])
            for phrase, value in index.values.items():
                # Short words are a typo away from too many others; people seldom mistype the first letter.
                allowed = 0 if len(phrase) < 5 else 1 if len(phrase) < 9 else 2
                if allowed and said[0] == phrase[0] and OSA.distance(said, phrase, score_cutoff=allowed) <= allowed:
                    yield Span(start, end, value, 0.7)


@lru_cache(maxsize=256)
def _index(choices: tuple[Choice, ...]) -> _Index:
    values: dict[str, Scalar] = {}
    for choice in choices:
        value = str(choice.value).lower() if isinstance(choice.value, bool) else str(choice.value)
        for phrase in (value, value.replace("_", " ").replace("-", " "), *choice.synonyms):
            if key := spaced(plain(phrase)):
                values.setdefault(key, choice.value)
    longest = max((phrase.count(" ") + 1 for phrase in values), default=0)
    return _Index(re.compile(rf"(?<!\w){any_of(values)}(?!\w)"), values, min(longest, 6))


@lru_cache(maxsize=16)
def _positions(code: str) -> re.Pattern[str]:
    vocabulary = vocabulary_of(code)
    suffix = any_of(vocabulary.ordinal_suffixes)
    return re.compile(
        rf"(?:{any_of(vocabulary.the)}\s+)?(?:(?P<option>{any_of(vocabulary.option)})\s*)?"
        rf"(?:(?P<last>{any_of(vocabulary.last)})|(?P<ordinal>{any_of(vocabulary.ordinals)})|(?P<digits>\d{{1,3}})(?P<suffix>{suffix})?"
        rf"|(?P<word>[^\W\d]+))(?:\s+{any_of(vocabulary.one_of)})*"
    )
