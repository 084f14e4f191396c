"""Three parts of the examples: one to learn from, one to choose by, and one held back, that only scores."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from soni.errors import SoniError
from soni.optimizing.examples import Example

SHARES: Final = (0.5, 0.25, 0.25)
"""Of train, val and held back."""

NEEDED: Final = 12
"""Examples, at least: with fewer, a part has one or two, and its score says nothing."""


class TooFewExamples(SoniError):
    """There is too little to learn from."""

    def __init__(self, count: int) -> None:
        have = "is one example" if count == 1 else f"are {count} examples"
        super().__init__(
            f"There {have} to learn from, and {NEEDED} different ones are needed at the least. Every line of a conversation"
            " test that passes is one, and so is every trigger example of a flow whose places can be filled."
        )


@dataclass(frozen=True, slots=True)
class Split:
    """The examples in three parts."""

    train: tuple[Example, ...]
    val: tuple[Example, ...]
    held_back: tuple[Example, ...]


def split(examples: Sequence[Example], seed: int) -> Split:
    """The same three parts for the same examples and seed, whatever their order. Raises TooFewExamples.

    All lines of a test are in one part; the triggers of every flow are spread over all three, the first of them in train.
    """
    if len(examples) < NEEDED:
        raise TooFewExamples(len(examples))
    chance = random.Random(seed)  # noqa: S311 - divides examples, hides nothing
    parts: tuple[list[Example], ...] = ([], [], [])
    tests = _groups(each for each in examples if not each.is_trigger)
    chance.shuffle(tests)
    for test in tests:
        parts[_neediest([len(each) for each in parts])].extend(test)
    for triggers in _groups(each for each in examples if each.is_trigger):
        chance.shuffle(triggers)
        for number, example in enumerate(triggers):
            parts[0 if number == 0 else _neediest([len(each) for each in parts])].append(example)
    _fill_empty(parts)
    for each in parts:
        chance.shuffle(each)
    train, val, held_back = map(tuple, parts)
    return Split(train, val, held_back)


def _groups(examples: Iterable[Example]) -> list[list[Example]]:
    groups: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.group].append(example)
    return [groups[name] for name in sorted(groups)]


def _neediest(counts: Sequence[int]) -> int:
    """The part that is furthest below its share."""
    return min(range(3), key=lambda part: (counts[part] / SHARES[part], part))


def _fill_empty(parts: tuple[list[Example], ...]) -> None:
    """A part is empty where there are triggers alone, one a flow, or very few tests: it gets whole groups of the largest."""
    for part in parts:
        if part:
            continue
        largest = max(parts, key=len)
        groups = _groups(largest)
        if len(groups) < 2:
            raise SoniError(
                "All examples are lines of one conversation: one to learn from needs others to be scored on."
            )
        moved = groups[: max(1, len(groups) // 4)]
        part.extend(example for group in moved for example in group)
        largest[:] = [example for group in groups[len(moved) :] for example in group]
