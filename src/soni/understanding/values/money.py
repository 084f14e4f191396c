"""Amounts of money."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from soni.understanding.values.numbers import numbers_in
from soni.understanding.values.spans import Span
from soni.understanding.values.text import Folded, any_of, plain
from soni.understanding.values.vocabulary import vocabulary_of

_SYMBOLS: Final[Mapping[str, str]] = {
    "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY", "₪": "ILS", "₫": "VND", "₴": "UAH", "฿": "THB",
    "₱": "PHP", "₦": "NGN", "us$": "USD", "ca$": "CAD", "c$": "CAD", "a$": "AUD", "au$": "AUD", "nz$": "NZD", "r$": "BRL", "mx$": "MXN",
    "hk$": "HKD", "s$": "SGD", "zł": "PLN", "kc": "CZK",
}  # fmt: skip
_DOLLARS: Final[Mapping[str, str]] = {
    "CA": "CAD", "AU": "AUD", "NZ": "NZD", "MX": "MXN", "AR": "ARS", "CL": "CLP", "CO": "COP", "SG": "SGD", "HK": "HKD",
}  # fmt: skip
"""What ``$`` is where the territory of the language is known; elsewhere it is USD."""

_COMMON: Final = frozenset(
    [
        "eur",
        "usd",
        "gbp",
        "jpy",
        "chf",
        "cad",
        "aud",
        "inr",
        "cny",
        "sek",
        "nok",
        "dkk",
        "pln",
        "mxn",
        "brl",
        "czk",
        "huf",
        "nzd",
        "sgd",
        "hkd",
        "zar",
    ]
)
"""Codes that are heard in small letters too; others are words (``all``, ``try``, ``top``) unless written large."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much, and of what; the currency is an ISO 4217 code where it was said."""

    amount: Decimal
    currency: str | None


def amounts_in(folded: Folded, language: str, numbers: list[Span[Decimal]] | None = None) -> list[Span[Amount]]:
    """Every amount of a text, in order; numbers without a currency score 0.5."""
    before, after = _marks(vocabulary_of(language).code)
    text = folded.text
    found: list[Span[Amount]] = []
    for number in numbers if numbers is not None else numbers_in(text, language):
        ahead = before.search(text, max(0, number.start - 8), number.start)
        behind = after.match(text, number.end)
        start, end, currency = number.start, number.end, None
        if ahead and (currency := _code(ahead["currency"], folded.slice(ahead.start(1), ahead.end(1)), language)):
            start = ahead.start()
        elif behind and (currency := _code(behind["currency"], folded.slice(behind.start(1), behind.end(1)), language)):
            end = behind.end()
        elif attached := re.search(r"[a-z]{3}\Z", text[number.start : number.end]):
            currency = _code(attached[0], attached[0], language)
        score = number.score if currency else number.score * 0.5
        found.append(Span(start, end, Amount(number.value, currency), score))
    return found


def currency_of(written: str, language: str) -> str | None:
    """The ISO 4217 code of a currency in words, as a symbol or as a code."""
    return _code(plain(written.strip()), written.strip(), language)


def _code(folded: str, original: str, language: str) -> str | None:
    words = vocabulary_of(language).currencies
    folded = " ".join(folded.split())
    if folded == "$":
        return _DOLLARS.get(language.replace("_", "-").partition("-")[2].upper(), "USD")
    if code := _SYMBOLS.get(folded) or words.get(folded):
        return code
    if folded.upper() in _codes() and (folded in _COMMON or original.isupper()):
        return folded.upper()
    return None


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    from price_parser.parser import CURRENCY_CODES

    return frozenset(CURRENCY_CODES)


@lru_cache(maxsize=16)
def _marks(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    symbols = any_of(("$", *(plain(symbol) for symbol in _SYMBOLS)))
    words = any_of(vocabulary_of(code).currencies)
    codes = any_of(name.lower() for name in _codes())
    return (
        re.compile(rf"(?<!\w)(?P<currency>{symbols}|{codes})\s?\Z"),
        re.compile(rf"\s?(?:(?P<currency>{symbols}|(?:{words}|{codes})(?!\w)))"),
    )
