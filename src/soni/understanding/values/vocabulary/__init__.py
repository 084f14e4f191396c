"""The words of each language; English where a language has none of its own."""

from functools import lru_cache

from soni.understanding.values.vocabulary.base import Vocabulary
from soni.understanding.values.vocabulary.english import ENGLISH

VOCABULARIES = {vocabulary.code: vocabulary for vocabulary in (ENGLISH,)}


@lru_cache(maxsize=64)
def vocabulary_of(language: str) -> Vocabulary:
    """The vocabulary for a language tag such as ``es-MX``."""
    return VOCABULARIES.get(language.replace("_", "-").split("-")[0].lower(), ENGLISH)


__all__ = ["VOCABULARIES", "Vocabulary", "vocabulary_of"]
