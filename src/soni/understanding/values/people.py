"""Counting people: *two of us*, *just me*, *my wife and I*, for slots that hold how many there are."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from soni.config.models import Slot
from soni.understanding.values.spans import Span, apart
from soni.understanding.values.text import any_of, matches, plain
from soni.understanding.values.vocabulary import vocabulary_of


@dataclass(frozen=True, slots=True)
class _Grammar:
    named: re.Pattern[str]
    of_us: re.Pattern[str]
    persons: re.Pattern[str]


def people_in(text: str, numbers: list[Span[Decimal]], language: str) -> list[Span[Decimal]]:
    """How many people a folded text says the speaker and those with them are; ``numbers`` are those of the text.

    One of us is somebody, and no number of people.
    """
    grammar = _of(vocabulary_of(language).code)
    named = (
        Span(match.start(), match.end(), Decimal(1 if match["alone"] else 2)) for match in matches(grammar.named, text)
    )
    counted = (
        Span(number.start, of_us.end(), number.value)
        for number in numbers
        if number.value > 1 and (of_us := grammar.of_us.match(text, number.end))
    )
    return apart([*named, *counted])


def counts_people(slot: Slot, language: str) -> bool:
    """Whether the author's words for a slot, in the language of the conversation or in English, say that it counts people."""
    if slot.type != "integer":
        return False
    written = plain("\n".join((slot.description, slot.prompt.text if slot.prompt else "", *slot.examples)))
    return any(_of(code).persons.search(written) for code in (vocabulary_of(language).code, "en"))


@lru_cache(maxsize=32)
def _of(code: str) -> _Grammar:
    vocabulary = vocabulary_of(code)
    ands = any_of(word for word in vocabulary.conjunctions if word not in vocabulary.either_or)
    me, other = any_of(vocabulary.me), rf"{any_of(vocabulary.my)}\s{{1,3}}{any_of(vocabulary.companions)}"
    joined = rf"\s{{1,3}}{ands}\s{{1,3}}"
    return _Grammar(
        # "Just me and Tom" are not one, "my wife and I and the children" are more than can be counted here.
        named=re.compile(
            rf"(?<!\w)(?:(?P<alone>{any_of(vocabulary.alone)})|{other}{joined}{me}|{me}{joined}{other})(?!\w)"
            rf"(?!\W{{1,3}}{ands}(?!\w))"
        ),
        of_us=re.compile(rf"\s{{1,3}}{any_of(vocabulary.of_us)}(?!\w)"),
        persons=re.compile(rf"(?<!\w){any_of(vocabulary.persons)}(?!\w)"),
    )
