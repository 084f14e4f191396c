"""Texts as numbers: word and character n-grams, weighted by how much they say."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import log, sqrt
from typing import Final

import numpy as np
import numpy.typing as npt

from soni.understanding.values.text import plain

Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.intp]

BACKGROUND: Final = 300.0
"""Sentences of everyday language that are counted beside the author's examples, so that "the" says little in a small assistant too."""

COMMON_RATE: Final = 0.1
"""The share of those sentences that a common word is taken to stand in; any other word stands in none."""

_FLOOR: Final = 0.3
"""What an n-gram weighs that every sentence has."""

_HEAD, _TAIL = 40, 24
"""A longer message is read by its first and last words: what somebody wants stands at an end."""

_BLOCK: Final = 2048
"""Columns that are multiplied at once; 1,500 examples need 12 MB for it, and not one matrix of 120."""

_LONGEST_WORD: Final = 32
_CHARACTERS: Final = (3, 4)
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


@dataclass(frozen=True, slots=True)
class Row:
    """One text: which known n-grams it has, and their weights; both of one length."""

    ids: Ids
    weights: Floats
    """Each kind of n-gram has length one together with the unknown ones, so that a strange message is a short vector."""


@dataclass(frozen=True, slots=True)
class _Gram:
    text: str
    kind: int
    """0: of words; 1: of characters."""
    common: bool


def words(text: str) -> list[str]:
    """The folded words of a text without bare numbers: those are values, and say nothing of the flow."""
    found = [word.replace("'", "")[:_LONGEST_WORD] for word in _WORD.findall(plain(text)) if not word.isdigit()]
    return found if len(found) <= _HEAD + _TAIL else [*found[:_HEAD], *found[-_TAIL:]]


class Features:
    """The n-grams of a set of examples, and what each weighs."""

    def __init__(self, examples: Sequence[str], common: Collection[str]) -> None:
        self._common = frozenset(common)
        self._index: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._weights: list[float] = []
        self.rows: list[Row] = self._learn([self._grams(words(example)) for example in examples])
        """The examples themselves."""

    def __len__(self) -> int:
        return len(self._weights)

    def row(self, found: list[str]) -> Row:
        """The ``words`` of a text as a row; n-grams that no example has only make the others weigh less."""
        return self._row(self._counts(self._grams(found)))

    def single_words(self) -> list[str]:
        """Every word the examples have."""
        return [gram for gram in self._index[0] if " " not in gram]

    def _learn(self, grams: list[list[_Gram]]) -> list[Row]:
        counts = [self._counts(each) for each in grams]
        documents: dict[tuple[int, str], int] = {}
        common: dict[tuple[int, str], bool] = {}
        for each in counts:
            for key, (_, is_common) in each.items():
                documents[key] = documents.get(key, 0) + 1
                common[key] = common.get(key, True) and is_common
        self._examples = len(grams)
        for (kind, text), frequency in documents.items():
            self._index[kind][text] = len(self._weights)
            self._weights.append(self._weight(frequency, common[kind, text]))
        self._unknown = (self._weight(0, False), self._weight(0, True))
        return [self._row(each) for each in counts]

    def _weight(self, frequency: int, common: bool) -> float:
        background = BACKGROUND * COMMON_RATE if common else 0.0
        return _FLOOR + log((1 + self._examples + BACKGROUND) / (1 + frequency + background))

    def _grams(self, found: list[str]) -> list[_Gram]:
        if not found:
            return []
        grams = [_Gram(f"^ {found[0]}", 0, True), _Gram(f"{found[-1]} $", 0, True)]
        previous, previous_common = "", False
        for word in found:
            common = word in self._common
            grams.append(_Gram(word, 0, common))
            if previous:
                grams.append(_Gram(f"{previous} {word}", 0, common and previous_common))
            previous, previous_common = word, common
            framed = f" {word} "
            for size in _CHARACTERS:
                if len(framed) <= size:
                    grams.append(_Gram(framed, 1, common))
                    break
                grams += [_Gram(framed[at : at + size], 1, common) for at in range(len(framed) - size + 1)]
        return grams

    @staticmethod
    def _counts(grams: Iterable[_Gram]) -> dict[tuple[int, str], tuple[int, bool]]:
        counts: dict[tuple[int, str], tuple[int, bool]] = {}
        for gram in grams:
            key = (gram.kind, gram.text)
            count, common = counts.get(key, (0, True))
            counts[key] = (count + 1, common and gram.common)
        return counts

    def _row(self, counts: dict[tuple[int, str], tuple[int, bool]]) -> Row:
        ids: list[int] = []
        weights: list[float] = []
        kinds: list[int] = []
        norms = [0.0, 0.0]
        for (kind, text), (count, common) in counts.items():
            at = self._index[kind].get(text)
            weight = (1 + log(count)) * (self._unknown[common] if at is None else self._weights[at])
            norms[kind] += weight * weight
            if at is not None:
                ids.append(at)
                weights.append(weight)
                kinds.append(kind)
        # Both kinds count alike: together they are a vector of length one at most.
        scales = [sqrt(0.5 / norm) if norm else 0.0 for norm in norms]
        scaled = [weight * scales[kind] for weight, kind in zip(weights, kinds, strict=True)]
        return Row(np.array(ids, dtype=np.intp), np.array(scaled, dtype=np.float32))


def similarities(rows: Sequence[Row], width: int) -> Floats:
    """How alike the rows are, each with each, from 0 to 1: n by n."""
    count = len(rows)
    ids = np.concatenate([row.ids for row in rows]) if rows else np.zeros(0, np.intp)
    weights = np.concatenate([row.weights for row in rows]) if rows else np.zeros(0, np.float32)
    owners = np.repeat(np.arange(count), [len(row.ids) for row in rows])
    alike = np.zeros((count, count), np.float32)
    shared = np.bincount(ids, minlength=width) > 1
    # An n-gram that one example alone has makes it like itself only.
    alone = ~shared[ids]
    alike[np.diag_indices(count)] = np.bincount(owners[alone], weights[alone] ** 2, minlength=count)
    column = np.cumsum(shared) - 1
    ids, weights, owners = column[ids[~alone]], weights[~alone], owners[~alone]
    order = np.argsort(ids, kind="stable")
    ids, weights, owners = ids[order], weights[order], owners[order]
    for first in range(0, int(shared.sum()), _BLOCK):
        low, high = np.searchsorted(ids, (first, first + _BLOCK))
        block = np.zeros((count, _BLOCK), np.float32)
        block[owners[low:high], ids[low:high] - first] = weights[low:high]
        alike += block @ block.T
    return alike
