"""Currencies."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from soni.understanding.values._libraries import currency_codes
from soni.understanding.values.text import any_of, plain, spaced
from soni.understanding.values.vocabulary import territory_of, vocabulary_of

_SYMBOLS: Final[Mapping[str, str]] = {
    "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY", "₪": "ILS", "₫": "VND", "₴": "UAH",
    "฿": "THB", "₱": "PHP", "₦": "NGN", "us$": "USD", "c$": "CAD", "ca$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD",
    "r$": "BRL", "mx$": "MXN", "hk$": "HKD", "s$": "SGD", "zł": "PLN", "kč": "CZK",
}  # fmt: skip
_DOLLARS: Final[Mapping[str, str]] = {
    "CA": "CAD", "AU": "AUD", "NZ": "NZD", "MX": "MXN", "AR": "ARS", "CL": "CLP", "CO": "COP", "SG": "SGD", "HK": "HKD",
}  # fmt: skip
"""What ``$`` is where the language names its territory; elsewhere it is USD."""

_COMMON: Final = frozenset(
    ("EUR", "USD", "GBP", "JPY", "CHF", "CAD", "AUD", "INR", "CNY", "SEK", "NOK", "DKK", "PLN", "MXN", "BRL", "CZK", "HUF", "NZD")
)  # fmt: skip
"""Codes that count in small letters too; the others are words (``all``, ``try``, ``top``) unless written large."""

_FOLDED_SYMBOLS: Final[Mapping[str, str]] = {plain(symbol): code for symbol, code in _SYMBOLS.items()}


def currency_of(written: str, language: str, *, rare: bool = True) -> str | None:
    """The ISO 4217 code of a currency in words (``euros``), as a symbol (``€``) or as a code; ``rare``: any code."""
    said = spaced(plain(written))
    if said == "$":
        return _DOLLARS.get(territory_of(language) or "", "USD")
    if code := _FOLDED_SYMBOLS.get(said) or vocabulary_of(language).currencies.get(said):
        return code
    code = said.upper()
    if code in _COMMON:
        return code
    return code if rare and written.isupper() and code in currency_codes() else None


@lru_cache(maxsize=256)
def currencies_named(written: str, language: str) -> frozenset[str]:
    """The currencies that an author's text names, in the language of the conversation or in English; codes in capitals.

    *Dollars* are those of the territory as well as those of the United States.
    """
    folded, found = plain(written), set[str]()
    for code in (vocabulary_of(language).code, "en"):
        names = any_of((*vocabulary_of(code).currencies, *_FOLDED_SYMBOLS, "$"))
        for match in re.finditer(rf"(?<![^\W\d]){names}(?![^\W\d])", folded):
            if currency := currency_of(match[0], code):
                found.add(currency)
    found |= {code for code in re.findall(r"(?<!\w)[A-Z]{3}(?!\w)", written) if code in _COMMON}
    if "USD" in found and (own := _DOLLARS.get(territory_of(language) or "")):
        found.add(own)
    return frozenset(found)


@lru_cache(maxsize=64)
def marks(code: str, *, rare: bool) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What stands before a number, and behind it; a code may be attached: 50eur."""
    symbols = any_of(("$", *_FOLDED_SYMBOLS))
    words = any_of(vocabulary_of(code).currencies)
    codes = any_of(name.lower() for name in (currency_codes() | _COMMON if rare else _COMMON))
    return (
        re.compile(rf"(?<!\w)(?P<currency>{symbols}|{codes})\s?\Z"),
        re.compile(rf"\s?(?P<currency>{symbols}|(?:{words}|{codes})(?!\w))"),
    )
