"""Mistyped words, mended to words that the examples have."""

from collections.abc import Collection, Iterable
from typing import Final

from rapidfuzz.distance import OSA

_SHORTEST: Final = 4
"""Shorter words are one letter away from too many others."""

_LONG: Final = 8
"""From here on two slips are forgiven."""

_MOST: Final = 12
"""Strange words of one message that are looked at; whoever has more does not mistype."""


class Spelling:
    """The words that may be meant. A slip is a letter too many, too few, another, or two in the wrong order; the first is right."""

    def __init__(self, words: Iterable[str], common: Collection[str], right: Collection[str] = ()) -> None:
        """``right``: words that no example has and that are nevertheless no slips, such as *skip*, where parcels *ship*."""
        self._known = frozenset(words).union(common)
        self._right = self._known.union(right)
        self._by_first: dict[str, list[str]] = {}
        for word in sorted(self._known):
            if len(word) >= _SHORTEST and word not in common:
                self._by_first.setdefault(word[0], []).append(word)

    def knows(self, word: str) -> bool:
        """Whether the word is one of them, or a common one."""
        return word in self._known

    def mend(self, words: list[str]) -> list[str]:
        """The words, strange ones replaced by the nearest known one where there is one near enough."""
        strange = [word for word in words if len(word) >= _SHORTEST and word not in self._right]
        if not strange or len(strange) > _MOST:
            return words
        mended = {word: self._nearest(word) for word in strange}
        return [mended.get(word, word) for word in words]

    def _nearest(self, word: str) -> str:
        slips = 1 if len(word) < _LONG else 2
        distances = [
            (OSA.distance(word, other, score_cutoff=slips), other) for other in self._by_first.get(word[0], ())
        ]
        nearest, other = min(distances, default=(slips + 1, word))
        return other if nearest <= slips else word
