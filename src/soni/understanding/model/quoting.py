"""Texts of users and values as data: on one line, between quotes, and no longer than they may be."""

import json
import unicodedata
from collections.abc import Iterable
from typing import Final

from soni.masking import masked

_JOINERS: Final = frozenset("\u200c\u200d")
"""Invisible, and part of words in Persian and of emojis."""


def data(text: str, most: int, secrets: Iterable[str] = ()) -> str:
    """A text as a JSON string: normalised, without secrets and characters that nobody sees, ``most`` characters at most."""
    # Before the rest, so that what takes a while is not done to a megabyte; no text shrinks to a quarter.
    return json.dumps(masked(tidy(text[: 4 * most]), secrets)[:most], ensure_ascii=False)


def tidy(text: str) -> str:
    """NFKC, without control, format and unassigned characters: what a model reads is what a person would see."""
    return visible(text).strip()


def visible(text: str) -> str:
    """The same of a piece of a text, with the spaces around it."""
    return "".join(map(_visible, unicodedata.normalize("NFKC", text)))


def _visible(character: str) -> str:
    kind = unicodedata.category(character)
    if character in _JOINERS or character == "\n":
        return character
    if kind in ("Cc", "Zl", "Zp"):
        return " "
    return "" if kind[0] == "C" else character
