"""Whether other words keep to a template: the same places and figures, and nothing that a user could take for a fact."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Final

from soni.errors import ExpressionError
from soni.templates import parse_template

_PLACE: Final = "\ufffc"
"""Stands for a place among the words around it."""
_LINK: Final = re.compile(rf"\S*(?:://|www\.|@|[\w{_PLACE}]\.[\w{_PLACE}])\S*")
_NUMBER: Final = re.compile(r"\d+(?:[.,:]\d+)*")
_BESIDE: Final = re.compile(rf"(\S?){_PLACE}(?=(\S?))")
_HARMLESS: Final = frozenset(".,;:!?…()\"'“”‘’„«»‹›¿¡。、，！？：；（）「」")
"""May stand right beside a place: no sign, unit or digit that would change what the value says."""
_MARKUP: Final = frozenset("*_#[]{}\\@/&%•")
_QUESTION: Final = frozenset("?？؟")


def can_be_rephrased(template: str) -> bool:
    """Whether there are words between the places."""
    return any(character.isalpha() for character in _bare(template))


def keeps(words: str, template: str) -> bool:
    """Whether a text may be said instead of a template.

    It has the same places, numbers and addresses, each as often; signs and units beside places are the same; it has no
    symbol, markup or line break more; a question is still one; and it is not much longer.
    """
    if len(words) > 3 * len(template) + 40 or not words.strip() or _PLACE in words:
        return False
    try:
        said, written = parse_template(words), parse_template(template)
    except ExpressionError:
        return False
    if Counter(said.places) != Counter(written.places):
        return False
    here, there = _bare(words), _bare(template)
    return (
        any(character.isalpha() for character in here)
        and Counter(_facts(here)) == Counter(_facts(there))
        and Counter(_marks(here)) <= Counter(_marks(there))
        and _QUESTION.isdisjoint(here) == _QUESTION.isdisjoint(there)
    )


def _bare(template: str) -> str:
    """The words of a template, with one character for each place."""
    parsed = parse_template(template)
    return parsed.fill(dict.fromkeys(parsed.places, _PLACE))


def _facts(text: str) -> Iterator[str]:
    """What must neither be added nor left out."""
    yield from (found.strip("(),.;:!?") for found in _LINK.findall(text))
    yield from _NUMBER.findall(text)
    # Numerals that are no decimal digits: ½, Ⅷ, ②.
    yield from (character for character in text if unicodedata.category(character) in ("Nl", "No"))
    for before, after in _BESIDE.findall(text):
        yield from (f"{before}{_PLACE}" for _ in range(_changes(before)))
        yield from (f"{_PLACE}{after}" for _ in range(_changes(after)))


def _changes(beside: str) -> bool:
    """Whether this character, right beside a value, may change it; languages without spaces put letters there."""
    return bool(beside) and beside not in _HARMLESS and unicodedata.category(beside) not in ("Lo", "Mn", "Mc")


def _marks(text: str) -> Iterator[str]:
    """Symbols, markup, line breaks, and what nobody sees."""
    return (
        character
        for character in text
        if character in _MARKUP or (unicodedata.category(character)[0] in "SC" and character != _PLACE)
    )
