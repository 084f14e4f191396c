"""Free text: names, places, notes, and texts of a pattern."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, Literal

from soni.config.models import Slot
from soni.understanding.values import carriers
from soni.understanding.values.limits import compiled
from soni.understanding.values.reading import Reading
from soni.understanding.values.spans import Span, apart
from soni.understanding.values.text import any_of, matches, plain
from soni.understanding.values.vocabulary import vocabulary_of
from soni.value import Value

MAX_WORDS: Final = 8
"""What is left of a free answer is taken without its carriers up to this many words; a longer one is a text, and kept whole."""

_MAX_TOKENS: Final = 60
"""Texts of a pattern are looked for among this many words."""

_MAX_JOINED: Final = 8
"""Words that one text of a pattern may be spread over, such as the groups of an IBAN."""

_STANDS_OUT: Final = 0.9
_ORDINARY: Final = 0.3
"""The score of a word that fits a pattern as any word of its length would: a value only where it is asked for."""

_NAME_PART: Final = ("first", "last")
_TOKEN: Final = re.compile(r"\S+")
_QUOTED: Final = re.compile(r"(?<!\w)\"([^\"]+)\"(?!\w)|(?<!\w)'([^']+)'(?!\w)")
_CAPITALISED: Final = re.compile(
    r"(?<![\w@.])[^\W\d_a-z][\w'’-]*(?:\s(?:(?:de|la|del|van|von|der|bin|al|da|dos|di)\s){0,3}[^\W\d_a-z][\w'’-]*)*"
)
_AROUND: Final = " \t\r\n,;:.!…"


def strings_in(slot: Slot, reading: Reading) -> list[Span[Value]]:
    """Texts that stand out: those of the pattern, quoted ones, the slot's examples, introduced names (0.7), capitals (0.4)."""
    if slot.pattern is not None:
        return apart(_of_pattern(slot.pattern, reading))
    return apart([*_quoted(reading), *_examples(slot, reading), *_names(reading)])


def string_answer(slot: Slot, reading: Reading) -> str | None:
    """The text of an answer without its carriers; ``None`` for a question, a yes or a no, or an *I don't know*."""
    if slot.pattern is not None and (fitting := _pattern_answer(slot.pattern, reading)) is not None:
        return fitting
    if quoted := list(_quoted(reading)):
        return str(quoted[0].value)
    said = _free_text(reading)
    part = _name_asked(slot, reading.language)
    if said is None or part is None:
        return said
    return _name_part(said, part, reading)


def items_answer(reading: Reading) -> list[Value] | None:
    """A list from commas and *and*; ``None`` where the answer holds nothing."""
    said = _free_text(reading)
    return None if said is None else items(said, reading.language)


def items(text: str, language: str) -> list[Value]:
    """The items of ``milk, eggs and two apples``."""
    parts = (part.strip(_AROUND) for part in _separator(vocabulary_of(language).code).split(text))
    return [part for part in parts if part]


def _free_text(reading: Reading) -> str | None:
    folded, language = reading.folded, reading.language
    if carriers.is_question(folded, language) or carriers.is_empty(folded, language):
        return None
    start, end = carriers.bare(folded, language)
    start = carriers.after_refusal(folded, start, end, language)
    said = folded.slice(start, end).strip(_AROUND)
    return (said if len(said.split()) <= MAX_WORDS else folded.original.strip()) or None


def _name_part(said: str, part: Literal["first", "last", "name"], reading: Reading) -> str:
    """The name inside an answer for a slot that its author describes as a name: of *Ana Ruiz*, the first or the last."""
    vocabulary = vocabulary_of(reading.language)
    if part in _NAME_PART:
        labels = vocabulary.first_name if part == "first" else vocabulary.last_name
        if labelled := re.compile(rf"(?<!\w)(?=\w){any_of(labels)}\W{{1,3}}(?:is\s)?").search(reading.text):
            rest = reading.folded.slice(labelled.end(), len(reading.text))
            return re.split(r"[\s,;]+", rest.strip(_AROUND))[0]
    introduced = [span.value for span in _names(reading) if span.score > 0.5]
    if introduced and len(said.split()) > 3:
        said = str(introduced[0])
    words = [word.strip(_AROUND) for word in said.split() if plain(word) not in vocabulary.conjunctions]
    if part == "name" or len(words) not in (2, 3):
        return said
    return words[0] if part == "first" else " ".join(words[1:])


def _of_pattern(pattern: str, reading: Reading) -> Iterator[Span[Value]]:
    """The longest runs of words that fit, as written, in capitals or without the spaces between them."""
    expression = compiled(pattern)
    whole = reading.folded.original.strip()
    if expression.fullmatch(whole):
        yield Span(0, len(reading.text), whole)
        return
    tokens = [(match.start(), match.end()) for match in matches(_TOKEN, reading.text)][:_MAX_TOKENS]
    first = 0
    while first < len(tokens):
        following = first + 1
        for last in range(min(first + _MAX_JOINED, len(tokens)) - 1, first - 1, -1):
            start, end = tokens[first][0], tokens[last][1]
            said = reading.folded.slice(start, end).strip(".,;:!?\"'()")
            joined = "".join(said.split())
            spellings = dict.fromkeys((said, joined, said.upper(), joined.upper()))
            if fitting := next((spelling for spelling in spellings if expression.fullmatch(spelling)), None):
                yield Span(start, end, fitting, _STANDS_OUT if _stands_out(said) else _ORDINARY)
                following = last + 1
                break
        first = following


def _stands_out(said: str) -> bool:
    """True for a text that is no ordinary word: it has a digit in every group, or is written in capitals."""
    return said.isupper() or all(any(letter.isdigit() for letter in group) for group in said.split())


def _pattern_answer(pattern: str, reading: Reading) -> str | None:
    """The text of a pattern that an answer holds: one that stands out, or all that is said besides the carriers."""
    spans = list(_of_pattern(pattern, reading))
    if sure := [span for span in spans if span.score >= _STANDS_OUT]:
        return str(max(sure, key=lambda span: span.end - span.start).value)
    start, end = carriers.bare(reading.folded, reading.language)
    whole = next((span for span in spans if span.start <= start and span.end >= end), None)
    return str(whole.value) if whole is not None else None


def _examples(slot: Slot, reading: Reading) -> Iterator[Span[Value]]:
    if slot.examples:
        for match in matches(_any_example(slot.examples), reading.text):
            yield Span(match.start(), match.end(), reading.folded.slice(match.start(), match.end()), 0.8)


def _quoted(reading: Reading) -> Iterator[Span[Value]]:
    for match in matches(_QUOTED, reading.text):
        inside = match.span(1) if match[1] else match.span(2)
        if said := reading.folded.slice(*inside).strip():
            yield Span(match.start(), match.end(), said, 0.9)


def _names(reading: Reading) -> Iterator[Span[Value]]:
    """Words with a capital inside a sentence; a text without small letters has none."""
    folded = reading.folded
    if folded.original.isupper():
        return
    introduced = _introduction(vocabulary_of(reading.language).code)
    for match in matches(_CAPITALISED, folded.original):
        start, end = folded.index(match.start()), folded.index(match.end())
        if len(match[0]) == 1:
            continue
        if introduced.search(folded.text, max(0, start - 40), start):
            yield Span(start, end, match[0], 0.7)
        elif folded.text[max(0, start - 3) : start].strip()[-1:] not in ("", ".", "!", "?"):
            yield Span(start, end, match[0], 0.4)


@lru_cache(maxsize=256)
def _any_example(examples: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){any_of(plain(example.strip()) for example in examples)}(?!\w)")


def _name_asked(slot: Slot, language: str) -> Literal["first", "last", "name"] | None:
    """Which part of a person's name the author's words ask for; ``None`` where they ask for something else."""
    return _name_in(slot.description, slot.prompt.text if slot.prompt else "", vocabulary_of(language).code)


@lru_cache(maxsize=256)
def _name_in(description: str, prompt: str, code: str) -> Literal["first", "last", "name"] | None:
    vocabulary = vocabulary_of(code)
    for written in (plain(description), plain(prompt)):
        if re.search(rf"(?<!\w){any_of(vocabulary.last_name)}(?!\w)", written):
            return "last"
        if re.search(rf"(?<!\w){any_of(vocabulary.first_name)}(?!\w)", written):
            return "first"
        if re.search(rf"(?<!\w){any_of(vocabulary.name)}(?!\w)", written):
            return "name"
    return None


@lru_cache(maxsize=32)
def _introduction(code: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?=\w){any_of(vocabulary_of(code).introductions)}\s\Z")


@lru_cache(maxsize=32)
def _separator(code: str) -> re.Pattern[str]:
    words = any_of(vocabulary_of(code).conjunctions)
    return re.compile(rf"[,;\n](?:\s{words}\s)?|\s{words}\s", re.IGNORECASE)
