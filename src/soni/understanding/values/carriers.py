"""The words around an answer: *it's … please*, *my name is …*, *no, I meant …*."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from soni.understanding.values.text import Folded, any_of
from soni.understanding.values.vocabulary import vocabulary_of

MAX_WORDS: Final = 8
"""What is left of a free answer is taken without its carriers up to this many words; a longer one is a text and kept whole."""

_QUOTED: Final = re.compile(r"(?<!\w)\"([^\"]+)\"(?!\w)|(?<!\w)'([^']+)'(?!\w)")


@dataclass(frozen=True, slots=True)
class _Grammar:
    opener: re.Pattern[str]
    closer: re.Pattern[str]
    question: re.Pattern[str]
    unsure: re.Pattern[str]
    rather: re.Pattern[str]
    rejected: re.Pattern[str]
    rejected_before: re.Pattern[str]


def bare(folded: Folded, language: str) -> tuple[int, int]:
    """The folded span that is left of an answer without carriers; empty where there is nothing else."""
    grammar = _grammar(vocabulary_of(language).code)
    text = folded.text
    start, end = 0, len(text)
    while match := grammar.opener.match(text, start, end):
        start = match.end()
    while match := grammar.closer.search(text, max(start, end - 60), end):
        end = match.start()
    return start, max(start, end)


def free_text(folded: Folded, language: str) -> str | None:
    """An answer in the user's own words, without carriers; ``None`` for a question, an *I don't know*, or nothing."""
    grammar = _grammar(vocabulary_of(language).code)
    text = folded.text
    if quoted := _QUOTED.search(text):
        group = 1 if quoted[1] else 2
        return folded.slice(quoted.start(group), quoted.end(group)).strip() or None
    if is_question(folded, language) or grammar.unsure.fullmatch(text):
        return None
    start, end = bare(folded, language)
    if (rejected := grammar.rejected.match(text, start)) and rejected.end() < end:
        start = rejected.end()
    kept = folded.slice(start, end).strip(" \t\n,;:.!…")
    if len(kept.split()) > MAX_WORDS:
        return folded.original.strip()
    return kept or None


def is_question(folded: Folded, language: str) -> bool:
    """Whether the text asks back instead of answering."""
    grammar = _grammar(vocabulary_of(language).code)
    stripped = folded.text.rstrip(" \"')!")
    return stripped.endswith("?") or bool(grammar.question.match(folded.text))


def is_rejected(text: str, start: int, language: str) -> bool:
    """Whether the value that begins here is named only to be refused: *not* 50, *instead of* 50."""
    return bool(_grammar(vocabulary_of(language).code).rejected_before.search(text, max(0, start - 40), start))


def means_rather(text: str, start: int, end: int, language: str) -> bool:
    """Whether the words between two values say that the second is the one that is meant."""
    return bool(_grammar(vocabulary_of(language).code).rather.search(text, start, end))


@lru_cache(maxsize=16)
def _grammar(code: str) -> _Grammar:
    vocabulary = vocabulary_of(code)
    the = rf"(?:{any_of(vocabulary.the)}\s+)?"
    rejected = rf"(?<!\w){any_of(vocabulary.rejected)}\s+{the}"
    noise = r"[\s,.:;!…-]"
    return _Grammar(
        # A space or a mark has to follow: "to" is a carrier in "to Ana", not in "to".
        opener=re.compile(rf"{noise}*{any_of(vocabulary.openers)}(?:{noise}+|\Z)(?!\Z)|{noise}+(?=\S)"),
        closer=re.compile(rf"(?:\A|(?<=[\s,.;!])){noise}*{any_of(vocabulary.closers)}[\s,.;!?…]*\Z|[\s,.;!…]+\Z"),
        question=re.compile(rf"\W*(?:{any_of(vocabulary.soft)}\W+)*{any_of(vocabulary.questions)}(?!\w)"),
        unsure=re.compile(
            rf"\W*(?:{any_of((*vocabulary.soft, *vocabulary.yes, *vocabulary.no))}\W+)*"
            rf"(?:{any_of((*vocabulary.unsure, *vocabulary.yes, *vocabulary.no, *vocabulary.soft))}\W*)+"
        ),
        rather=re.compile(rf"(?<!\w){any_of(vocabulary.rather)}(?!\w)"),
        rejected=re.compile(rf"{rejected}\S+?\s*(?:,|{any_of(vocabulary.rather)})\s*"),
        rejected_before=re.compile(rf"{rejected}\Z"),
    )
