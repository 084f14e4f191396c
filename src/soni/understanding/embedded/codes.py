"""Numbers and codes of a pattern inside a sentence: which of its words are meant as one, and which are only words."""

from typing import Final

from soni.config.models import Slot
from soni.understanding.embedded.languages import Language
from soni.understanding.embedded.reach import Reach, SlotCues, stem
from soni.understanding.embedded.said import Said
from soni.understanding.values import Found, Moment, find

_STANDS_OUT: Final = 0.5
"""A text of a pattern below this is written as ordinary words are."""

_MASK: Final = "|"
"""Stands for each letter of a word that is no value."""


def codes(said: Said, cues: SlotCues, reach: Reach, language: Language, moment: Moment) -> list[Found]:
    """Texts of a pattern; where any word of its length fits it, none of everyday language or of the flow's examples is one."""
    found = find(cues.slot, said.text, moment)
    doubtful = [one for one in found if one.score < _STANDS_OUT]
    if not doubtful:
        return found
    own = reach.words.union(map(stem, reach.literals))
    general = language.common | language.articles | language.politeness
    usual = [word for word in said.words if word.text.isalpha() and (word.text in general or stem(word.text) in own)]
    if not any(
        _fits_any_word(cues.slot, one, moment)
        for one in doubtful
        if any(one.start < word.end and word.start < one.end for word in usual)
    ):
        return found
    text = said.text
    for word in usual:
        text = text[: word.start] + _MASK * (word.end - word.start) + text[word.end :]
    masked = find(cues.slot, text, moment)
    # A pattern that takes in everything takes in the mask as well.
    return found if any(_MASK in str(one.value) for one in masked) else masked


def _fits_any_word(slot: Slot, one: Found, moment: Moment) -> bool:
    """Whether other letters in the place of these would fit as well."""
    other = "".join(("X" if each.isupper() else "x") if each.isalpha() else each for each in str(one.value))
    return bool(find(slot, other, moment))
