"""The words of each language; those of English, with its own number marks and days, where a language has none of its own."""

from dataclasses import replace
from functools import lru_cache
from typing import Final

from soni.understanding.values.vocabulary.base import Vocabulary
from soni.understanding.values.vocabulary.english import ENGLISH
from soni.understanding.values.vocabulary.french import FRENCH
from soni.understanding.values.vocabulary.german import GERMAN
from soni.understanding.values.vocabulary.italian import ITALIAN
from soni.understanding.values.vocabulary.portuguese import PORTUGUESE
from soni.understanding.values.vocabulary.spanish import SPANISH

VOCABULARIES: Final = {
    vocabulary.code: vocabulary for vocabulary in (ENGLISH, SPANISH, FRENCH, GERMAN, ITALIAN, PORTUGUESE)
}
_DECIMAL_POINT: Final = frozenset(("ar", "he", "hi", "ja", "ko", "ms", "sw", "th", "ur", "zh"))
"""Languages without words of their own that write 1.5 and not 1,5."""


@lru_cache(maxsize=64)
def vocabulary_of(language: str) -> Vocabulary:
    """The vocabulary for a language tag such as ``es-MX``."""
    code = language.replace("_", "-").split("-")[0].lower()
    if known := VOCABULARIES.get(code):
        return known
    return replace(ENGLISH, code=code, decimal="." if code in _DECIMAL_POINT else ",", date_order="DMY")


def territory_of(language: str) -> str | None:
    """The territory of a language tag: ``MX`` of ``es-MX``, ``None`` of ``es``."""
    last = language.replace("_", "-").split("-")[-1]
    return last.upper() if len(last) == 2 and "-" in language.replace("_", "-") else None


__all__ = ["VOCABULARIES", "Vocabulary", "territory_of", "vocabulary_of"]
