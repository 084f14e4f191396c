"""The words around an answer: *it's … please*, *my name is …*, *no, I meant …*."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from soni.understanding.values.text import Folded, any_of
from soni.understanding.values.vocabulary import vocabulary_of

MAX_CARRIERS: Final = 12
"""Carriers that are taken off one side; whoever strings more together says something else."""

_REACH: Final = 60
"""How far before a value the word stands that refuses it, in characters, and how long a closer is."""


@dataclass(frozen=True, slots=True)
class _Grammar:
    opener: re.Pattern[str]
    closer: re.Pattern[str]
    question: re.Pattern[str]
    soft: re.Pattern[str]
    empty: re.Pattern[str]
    rather: re.Pattern[str]
    rejected: re.Pattern[str]
    rejected_first: re.Pattern[str]


def bare(folded: Folded, language: str) -> tuple[int, int]:
    """The folded span that is left of an answer without carriers; the last word always is."""
    grammar = _of(language)
    text = folded.text
    start, end = 0, len(text)
    for _ in range(MAX_CARRIERS):
        match = grammar.opener.match(text, start, end)
        if match is None:
            break
        start = match.end()
    for _ in range(MAX_CARRIERS):
        match = grammar.closer.search(text, max(start, end - _REACH), end)
        if match is None or match.start() <= start:
            break
        end = match.start()
    return start, end


def after_refusal(folded: Folded, start: int, end: int, language: str) -> int:
    """Where the value begins that stands behind a refused one: *not Ana, Bob*."""
    match = _of(language).rejected_first.match(folded.text, start, end)
    return match.end() if match else start


def is_question(folded: Folded, language: str) -> bool:
    """Whether the text asks back instead of answering."""
    grammar = _of(language)
    if folded.text.rstrip(" \"')!").endswith("?"):
        return True
    return bool(grammar.question.match(folded.text, _skipped(grammar.soft, folded.text)))


def is_empty(folded: Folded, language: str) -> bool:
    """Whether the text gives no value at all: *I don't know*, *hmm*, a yes or a no alone."""
    return _skipped(_of(language).empty, folded.text) == len(folded.text)


def is_refused(text: str, start: int, language: str) -> bool:
    """Whether the value that begins here is named only to be refused: *not* 50, *instead of* 50."""
    return bool(_of(language).rejected.search(text, max(0, start - _REACH), start))


def means_rather(text: str, start: int, end: int, language: str) -> bool:
    """Whether the words between two values say that the second is the one that is meant."""
    return bool(_of(language).rather.search(text, start, end))


def _skipped(phrase: re.Pattern[str], text: str) -> int:
    """Where the text goes on behind all phrases that it begins with; each step takes the longest, so that it is linear."""
    position = 0
    while match := phrase.match(text, position):
        position = match.end()
    return position


@lru_cache(maxsize=32)
def _of(language: str) -> _Grammar:
    vocabulary = vocabulary_of(language)
    the = rf"(?:{any_of(vocabulary.the)}\s+)?"
    rejected = rf"(?<!\w){any_of(vocabulary.rejected)}\s+{the}"
    noise = r"[\s,.:;!…-]"
    empty = (*vocabulary.unsure, *vocabulary.yes, *vocabulary.no, *vocabulary.soft)
    return _Grammar(
        # Something has to follow: "to" is a carrier in "to Ana", not in "to".
        opener=re.compile(rf"(?:{noise}{{0,3}}{any_of(vocabulary.openers)}(?:{noise}+|(?<='))|{noise}+)(?=\S)"),
        closer=re.compile(rf"(?<=[\s,.;!]){any_of(vocabulary.closers)}[\s,.;!?…]{{0,5}}\Z|[\s,.;!…]{{1,5}}\Z"),
        question=re.compile(rf"\W{{0,3}}{any_of(vocabulary.questions)}(?!\w)"),
        soft=re.compile(rf"\W{{0,3}}{any_of(vocabulary.soft)}\W{{1,3}}"),
        empty=re.compile(rf"\W+|{any_of(empty)}(?:\W+|\Z)"),
        rather=re.compile(rf"(?<!\w){any_of(vocabulary.rather)}(?!\w)"),
        rejected=re.compile(rf"{rejected}\Z"),
        rejected_first=re.compile(rf"{rejected}\S{{1,40}}?\s?(?:,|\s{any_of(vocabulary.rather)})\s*"),
    )
