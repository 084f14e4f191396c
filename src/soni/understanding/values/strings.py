"""Free text: names, places, notes, and texts of a pattern."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from soni.config.models import Slot
from soni.understanding.values import carriers
from soni.understanding.values.limits import compiled
from soni.understanding.values.reading import Reading
from soni.understanding.values.spans import Span, apart
from soni.understanding.values.text import any_of, plain
from soni.understanding.values.vocabulary import vocabulary_of
from soni.value import Value

_MAX_TOKENS: Final = 60
"""Texts of a pattern are looked for among this many words."""

_MAX_JOINED: Final = 8
"""Words that one text of a pattern may be spread over, such as the groups of an IBAN."""

_TOKEN: Final = re.compile(r"\S+")
_QUOTED: Final = re.compile(r"(?<!\w)\"[^\"]+\"(?!\w)|(?<!\w)'[^']+'(?!\w)")
_CAPITALISED: Final = re.compile(
    r"(?<![\w@.])[^\W\d_a-z][\w'’-]*(?:\s+(?:(?:de|la|del|van|von|der|bin|al|da|dos)\s+)*[^\W\d_a-z][\w'’-]*)*"
)


def strings_in(slot: Slot, reading: Reading) -> list[Span[Value]]:
    """Texts that stand out: those of the pattern or the examples, quoted ones, introduced names (0.7), words with a capital (0.4)."""
    if slot.pattern is not None:
        return apart(_of_pattern(slot.pattern, reading))
    return apart([*_examples(slot, reading), *_quoted(reading), *_names(reading)])


def string_answer(slot: Slot, reading: Reading) -> str | None:
    """The text of an answer without its carriers; ``None`` for a question, a yes or a no, or an *I don't know*."""
    if slot.pattern is not None and (spans := list(_of_pattern(slot.pattern, reading))):
        return str(max(spans, key=lambda span: span.end - span.start).value)
    return carriers.free_text(reading.folded, reading.language)


def items_answer(reading: Reading) -> list[Value] | None:
    """A list from commas and *and*; ``None`` where the answer holds nothing."""
    text = carriers.free_text(reading.folded, reading.language)
    return None if text is None else items(text, reading.language)


def items(text: str, language: str) -> list[Value]:
    """The items of ``milk, eggs and two apples``."""
    return [part.strip(" .") for part in _separator(vocabulary_of(language).code).split(text) if part.strip(" .")]


def _of_pattern(pattern: str, reading: Reading) -> Iterator[Span[Value]]:
    expression = compiled(pattern)
    whole = reading.folded.original.strip()
    if expression.fullmatch(whole):
        yield Span(0, len(reading.text), whole)
        return
    tokens = [(match.start(), match.end()) for match in _TOKEN.finditer(reading.text)][:_MAX_TOKENS]
    for first in range(len(tokens)):
        for last in range(min(first + _MAX_JOINED, len(tokens)) - 1, first - 1, -1):
            start, end = tokens[first][0], tokens[last][1]
            said = reading.folded.slice(start, end).strip(".,;:!?\"'()")
            spellings = (said, said.upper(), "".join(said.split()), "".join(said.split()).upper())
            if fitting := next((spelling for spelling in spellings if expression.fullmatch(spelling)), None):
                yield Span(start, end, fitting, 0.9)
                break


def _examples(slot: Slot, reading: Reading) -> Iterator[Span[Value]]:
    if slot.examples:
        for match in _any_example(slot.examples).finditer(reading.text):
            yield Span(match.start(), match.end(), reading.folded.slice(match.start(), match.end()), 0.8)


def _quoted(reading: Reading) -> Iterator[Span[Value]]:
    for match in _QUOTED.finditer(reading.text):
        yield Span(match.start(), match.end(), reading.folded.slice(match.start() + 1, match.end() - 1), 0.9)


def _names(reading: Reading) -> Iterator[Span[Value]]:
    folded = reading.folded
    if folded.starts is not None or folded.original == folded.text:
        return
    introduced = _introduced(vocabulary_of(reading.language).code)
    for match in _CAPITALISED.finditer(folded.original):
        if introduced.search(folded.text, max(0, match.start() - 40), match.start()):
            yield Span(match.start(), match.end(), match[0], 0.7)
        elif match.start() > 0 and folded.text[: match.start()].rstrip()[-1:] not in ".!?":
            yield Span(match.start(), match.end(), match[0], 0.4)


@lru_cache(maxsize=256)
def _any_example(examples: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){any_of(plain(example.strip()) for example in examples)}(?!\w)")


@lru_cache(maxsize=16)
def _introduced(code: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){any_of(vocabulary_of(code).names)}\s+\Z")


@lru_cache(maxsize=16)
def _separator(code: str) -> re.Pattern[str]:
    return re.compile(
        rf"\s*[,;\n]\s*(?:{any_of(vocabulary_of(code).conjunctions)}\s+)?|\s+{any_of(vocabulary_of(code).conjunctions)}\s+",
        re.IGNORECASE,
    )
