"""A message in words: folded for matching, each word still known by its place in what was written."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from soni.understanding.values.text import fold

T = TypeVar("T")

_WORD: Final = re.compile(r"\d+(?:[.,:/]\d+)*[^\W_]*|[^\W_]+(?:['&-][^\W_]+)*")
_BREAK: Final = re.compile(r"[,;:!?\n()\"]|\.(?:\s|$)|\s-+\s|\.\.")

MAX_WORDS: Final = 300
"""Words beyond these are not looked at one by one; nobody says more that a flow could use."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a message."""

    text: str
    """Folded, without apostrophes: ``don't`` is ``dont``."""
    start: int
    end: int
    """Characters of what was written, end excluded."""
    breaks: bool
    """Whether a comma, a full stop or the like stands before it."""
    capital: bool
    """Whether it was written with a capital letter where none is needed."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message and its words."""

    text: str
    words: tuple[Word, ...]

    def slice(self, first: int, last: int) -> str:
        """What was written from one word up to another (excluded)."""
        return self.text[self.words[first].start : self.words[last - 1].end] if first < last else ""

    def after(self, first: int) -> "Said":
        """What was said from this word on."""
        if first >= len(self.words):
            return say("")
        # Not taken apart anew: what opens the rest did not open the message, and its capital letter still tells.
        start = self.words[first].start
        moved = (
            Word(word.text, word.start - start, word.end - start, word.breaks and at > first, word.capital)
            for at, word in enumerate(self.words)
            if at >= first
        )
        return Said(self.text[start:], tuple(moved))

    def without(self, spans: Iterable[tuple[int, int]]) -> str:
        """What was written, without these stretches of characters."""
        kept, at = [], 0
        for start, end in sorted(spans):
            kept.append(self.text[at:start])
            at = max(at, end)
        return " ".join([*kept, self.text[at:]])

    def words_within(self, start: int, end: int) -> tuple[int, int]:
        """The first word of a stretch of characters, and the one behind its last."""
        inside = [at for at, word in enumerate(self.words) if word.start < end and start < word.end]
        return (inside[0], inside[-1] + 1) if inside else (0, 0)


def say(text: str) -> Said:
    """Take a message apart; linear in its length."""
    folded = fold(text)
    shouted = text.isupper()
    found: list[Word] = []
    last = 0
    for match in _WORD.finditer(folded.text):
        start, end = folded.start(match.start()), folded.end(match.end())
        breaks = bool(_BREAK.search(folded.text, last, match.start())) if found else False
        opens = not found or (breaks and text[found[-1].end : start].strip()[:1] in (".", "!", "?"))
        capital = text[start].isupper() and not shouted and not (opens and text[start + 1 : end].islower())
        found.append(Word(match[0].replace("'", ""), start, end, breaks, capital and match[0].split("'")[0] != "i"))
        last = match.end()
        if len(found) == MAX_WORDS:
            break
    return Said(text, tuple(found))


def plain_words(text: str) -> tuple[str, ...]:
    """The folded words of a text alone."""
    return tuple(match[0].replace("'", "") for match in _WORD.finditer(fold(text).text))


def the_one_called(text: str, names: Iterable[tuple[str, T]]) -> T | None:
    """What has this name: to the letter, or else in its words where nothing else has the same ones.

    ``O+`` and ``O-`` are one word, and two things.
    """
    known = list(names)
    typed = text.strip().casefold()
    for name, thing in known:
        if name.strip().casefold() == typed:
            return thing
    words = plain_words(text)
    alike = [thing for name, thing in known if words and plain_words(name) == words]
    return alike[0] if alike and all(thing == alike[0] for thing in alike) else None


def find_run(words: Sequence[str], run: Sequence[str], first: int = 0) -> int | None:
    """Where a run of words begins at or after a place; ``None`` where it does not occur."""
    if not run:
        return first
    for at in range(first, len(words) - len(run) + 1):
        if words[at] == run[0] and tuple(words[at : at + len(run)]) == tuple(run):
            return at
    return None
