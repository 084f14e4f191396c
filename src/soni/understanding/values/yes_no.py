"""Yes and no."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from soni.understanding.values.text import any_of, fold, spaced
from soni.understanding.values.vocabulary import vocabulary_of

_MAX_LENGTH: Final = 200
"""A longer text says more than yes or no."""

_SI: Final = re.compile(r"(?<!\w)s[íìÍÌ](?!\w)", re.IGNORECASE)

_THUMB_UP: Final = "👍"
_THUMB_DOWN: Final = "👎"


def yes_or_no(text: str, language: str = "en") -> bool | None:
    """Whether the text says yes (``True``), no (``False``), or anything else or more (``None``).

    Who asks back (*okay?*) has not agreed; *why not?* asks nothing. *Sí* with its accent is a yes in every language.

    >>> yes_or_no("yep, go ahead"), yes_or_no("no thanks"), yes_or_no("yes but make it 60")
    (True, False, None)
    """
    if len(text) > _MAX_LENGTH:
        return None
    vocabulary = vocabulary_of(language)
    folded = fold(_SI.sub(vocabulary.yes[0], unicodedata.normalize("NFC", text))).text
    if "?" in _rhetorical(vocabulary.code).sub(" ", folded):
        return None
    phrase, meanings = _grammar(vocabulary.code)
    said: set[bool] = set()
    position = 0
    while position < len(folded):
        match = phrase.match(folded, position)
        if match is None:
            return None
        if match["phrase"]:
            said |= meanings[spaced(match["phrase"])]
        position = match.end()
    return said.pop() if len(said) == 1 else None


@lru_cache(maxsize=32)
def _rhetorical(code: str) -> re.Pattern[str]:
    """Questions that ask nothing, with their mark."""
    return re.compile(rf"(?<!\w)(?=\w){any_of(vocabulary_of(code).rhetorical)}\s?\?")


@lru_cache(maxsize=32)
def _grammar(code: str) -> tuple[re.Pattern[str], Mapping[str, frozenset[bool]]]:
    """The next phrase of a text, the longest of those that fit (``don't do it`` is one), and what each says."""
    vocabulary = vocabulary_of(code)
    meanings: dict[str, frozenset[bool]] = dict.fromkeys(vocabulary.soft, frozenset())
    meanings |= dict.fromkeys((*vocabulary.yes, _THUMB_UP), frozenset({True}))
    meanings |= dict.fromkeys((*vocabulary.no, _THUMB_DOWN), frozenset({False}))
    said = rf"(?<!\w){any_of(meanings)}(?!\w)|{_THUMB_UP}|{_THUMB_DOWN}"
    return re.compile(rf"(?P<phrase>{said})|[^\w{_THUMB_UP}{_THUMB_DOWN}]+"), meanings
