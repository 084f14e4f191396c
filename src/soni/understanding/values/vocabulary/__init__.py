"""The words of each language; where it has none of its own, those of English with its number marks, months and weekdays."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from soni.understanding.values._libraries import calendar_names
from soni.understanding.values.text import plain
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
_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""The keys of dateparser's data."""
_DECIMAL_POINT: Final = frozenset(("ar", "he", "hi", "ja", "ko", "ms", "sw", "th", "ur", "zh"))
"""Languages without words of their own that write 1.5 and not 1,5."""


@lru_cache(maxsize=64)
def vocabulary_of(language: str) -> Vocabulary:
    """The vocabulary for a language tag such as ``es-MX``."""
    code = language.replace("_", "-").split("-")[0].lower()
    if known := VOCABULARIES.get(code):
        return known
    months, weekdays = _calendar(code)
    return replace(
        ENGLISH,
        code=code,
        decimal="." if code in _DECIMAL_POINT else ",",
        date_order="DMY",
        month_names=months or ENGLISH.month_names,
        weekday_names=weekdays or ENGLISH.weekday_names,
    )


def _calendar(code: str) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """What dateparser knows months and weekdays by, folded, without the names of one or two letters; empty where it does not."""
    info = calendar_names(code)
    months, weekdays = (
        {
            plain(name).rstrip("."): place
            for place, key in enumerate(keys, 1)
            for name in info.get(key, ())
            if len(name) > 2
        }
        for keys in (_MONTHS, _WEEKDAYS)
    )
    return months, weekdays


def territory_of(language: str) -> str | None:
    """The territory of a language tag: ``MX`` of ``es-MX``, ``None`` of ``es``."""
    last = language.replace("_", "-").split("-")[-1]
    return last.upper() if len(last) == 2 and "-" in language.replace("_", "-") else None


__all__ = ["VOCABULARIES", "Vocabulary", "territory_of", "vocabulary_of"]
