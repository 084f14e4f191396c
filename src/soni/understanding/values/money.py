"""Amounts of money."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from soni.understanding.values._libraries import currency_codes
from soni.understanding.values.spans import Span
from soni.understanding.values.text import Folded, any_of, plain, spaced
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


@dataclass(frozen=True, slots=True)
class Amount:
    """How much, and of what; the currency is an ISO 4217 code where it was said."""

    amount: Decimal
    currency: str | None


def amounts_in(folded: Folded, numbers: list[Span[Decimal]], language: str) -> list[Span[Amount]]:
    """The amounts that the numbers of a text are, in order; those without a currency score half."""
    before, after = _marks(vocabulary_of(language).code)
    text = folded.text
    found: list[Span[Amount]] = []
    for number in numbers:
        start, end, currency = number.start, number.end, None
        if match := before.search(text, max(0, start - 8), start):
            currency = currency_of(folded.slice(*match.span("currency")), language)
            start = match.start() if currency else start
        if currency is None and (match := after.match(text, end)):
            currency = currency_of(folded.slice(*match.span("currency")), language)
            end = match.end() if currency else end
        found.append(Span(start, end, Amount(number.value, currency), number.score if currency else number.score * 0.5))
    return found


def currency_of(written: str, language: str) -> str | None:
    """The ISO 4217 code of a currency in words (``euros``), as a symbol (``€``) or as a code."""
    said = spaced(plain(written))
    if said == "$":
        return _DOLLARS.get(territory_of(language) or "", "USD")
    if code := _FOLDED_SYMBOLS.get(said) or vocabulary_of(language).currencies.get(said):
        return code
    code = said.upper()
    return code if code in currency_codes() and (code in _COMMON or written.isupper()) else None


@lru_cache(maxsize=32)
def _marks(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What stands before a number, and behind it; a code may be attached: 50eur."""
    symbols = any_of(("$", *_FOLDED_SYMBOLS))
    words = any_of(vocabulary_of(code).currencies)
    codes = any_of(name.lower() for name in currency_codes())
    return (
        re.compile(rf"(?<!\w)(?P<currency>{symbols}|{codes})\s?\Z"),
        re.compile(rf"\s?(?P<currency>{symbols}|(?:{words}|{codes})(?!\w))"),
    )
