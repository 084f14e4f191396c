"""A text as matching sees it: folded to plain small letters, every position still known in the original."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final

MAX_MATCHES: Final = 64
"""Values of one form that are looked at in one text, so that a long one costs no more than reading it."""

_STYLED: Final = ("<fraction>", "<super>", "<sub>", "<circle>", "<square>")
_MARKS: Final = {
    "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "−": "-",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Folded:
    """A text in NFKC, in small letters, without accents, with straight quotes and plain dashes."""

    original: str
    text: str
    starts: tuple[int, ...] | None
    """Where in the original each folded character begins; ``None`` where both count alike."""
    ends: tuple[int, ...] | None

    def start(self, index: int) -> int:
        """The place in the original of what begins at this folded character."""
        if self.starts is None:
            return index
        return self.starts[index] if index < len(self.starts) else len(self.original)

    def end(self, index: int) -> int:
        """The place in the original where what ends before this folded character ends."""
        return index if self.ends is None or index == 0 else self.ends[index - 1]

    def slice(self, start: int, end: int) -> str:
        """The original words of a folded span."""
        return self.original[self.start(start) : self.end(end)]

    def index(self, position: int) -> int:
        """The folded character for a place in the original."""
        return position if self.starts is None else bisect_left(self.starts, position)


def fold(text: str) -> Folded:
    """Fold a text; linear in its length."""
    if text.isascii():
        return Folded(text, text.lower(), None, None)
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for index, character in enumerate(text):
        letters = _folded(character)
        if not letters and ends:
            ends[-1] = index + 1
        folded.append(letters)
        starts += [index] * len(letters)
        ends += [index + 1] * len(letters)
    return Folded(text, "".join(folded), tuple(starts), tuple(ends))


def plain(text: str) -> str:
    """The folded text alone, for words that are compared with folded ones."""
    return fold(text).text


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    """One character as matching sees it; nothing for an accent that stands alone, or what cannot be seen."""
    if character in _MARKS:
        return _MARKS[character]
    if unicodedata.category(character) in ("Mn", "Cf"):
        return ""
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    # "1½" must not become "11/2", nor "10²" become "102".
    if unicodedata.decomposition(character).startswith(_STYLED):
        return character
    letters = unicodedata.normalize("NFKD", character).casefold()
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " " if letters.isspace() else letters


def phrases(written: str) -> tuple[str, ...]:
    """Folded phrases from a text that separates them with ``|`` or by lines."""
    return tuple(plain(phrase.strip()) for phrase in re.split(r"[|\n]", written) if phrase.strip())


def spaced(words: str) -> str:
    """The words with single spaces between them."""
    return " ".join(words.split())


def any_of(options: Iterable[str]) -> str:
    """A regular expression for one of these phrases, the longest first; it matches nothing when there are none."""
    ordered = sorted({option for option in options if option}, key=lambda option: (-len(option), option))
    if not ordered:
        return r"(?!)"
    return "(?:" + "|".join(re.escape(option).replace(r"\ ", r"\s+") for option in ordered) + ")"


def matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """The first matches of a pattern; a text with more values than that is no message."""
    return islice(pattern.finditer(text), MAX_MATCHES)
