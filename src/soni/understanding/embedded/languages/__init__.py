"""The languages that everyday phrases are known in."""

from collections.abc import Iterable
from typing import Final

from soni.understanding.embedded.languages.base import ACTS, CHITCHAT, Act, Language
from soni.understanding.embedded.languages.english import ENGLISH
from soni.understanding.embedded.languages.spanish import SPANISH

LANGUAGES: Final = {language.code: language for language in (ENGLISH, SPANISH)}


def language_of(tag: str) -> Language:
    """The phrases for a language tag such as ``es-MX``; English for one that has none of its own."""
    return LANGUAGES.get(tag.replace("_", "-").split("-")[0].lower(), ENGLISH)


def common_words(tags: Iterable[str]) -> frozenset[str]:
    """The words that say little in any of these languages."""
    return frozenset().union(*(language_of(tag).common for tag in tags))


def command_words(tags: Iterable[str]) -> frozenset[str]:
    """The words that tell any assistant in these languages what to do."""
    return frozenset().union(*(language_of(tag).commands for tag in tags))


__all__ = ["ACTS", "CHITCHAT", "LANGUAGES", "Act", "Language", "command_words", "common_words", "language_of"]
