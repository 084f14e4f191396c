"""Amounts: numbers with the currency beside them, and what is said in two parts: *5 euros and 50 cents*, *12 euros 30*."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from typing import Final

from soni.config.models import Slot
from soni.understanding.values.money import currencies_named, currency_of, marks
from soni.understanding.values.numbers import UNCLEAR, thousands, without_ranges
from soni.understanding.values.spans import Span, apart
from soni.understanding.values.text import Folded, any_of, matches, plain
from soni.understanding.values.vocabulary import vocabulary_of

_HUNDREDTHS: Final = 100
_THOUSANDTHS: Final = frozenset(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"))
"""Currencies with three decimals (ISO 4217), where 1.200 may be one and a fifth."""

_ALONE: Final = 0.5
"""What is left of a number's score where an amount of money is looked for and no currency was said."""

_AS_MONEY: Final = 0.7
"""The same for a number that is written as money is, although an hour or a telephone number may look alike."""

_WRITTEN_AS_MONEY: Final = re.compile(r"[.,]\d\d\Z|[.,']\d{3}\Z")

_MINUS: Final = re.compile(r"(?:(?<=\s)|(?<!.))-\Z")
"""Before a currency: -€5."""

_ARTICLE: Final = 0.3
"""The score of the one in *a euro*."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much, and of what."""

    amount: Decimal
    currency: str | None
    """An ISO 4217 code where it was said."""
    number: Span[Decimal]
    """The number without its currency, as it was said: 50 of *50 cents*; of two parts it is their sum."""
    cents: bool = False
    """Said in hundredths alone."""


@dataclass(frozen=True, slots=True)
class _Marked:
    """A number and the mark beside it."""

    span: Span[Amount]
    follows: bool = False
    """The currency stands behind the number."""


@dataclass(frozen=True, slots=True)
class _Grammar:
    cents: re.Pattern[str]
    one: re.Pattern[str]
    conjunction: re.Pattern[str]
    noun: re.Pattern[str]


def amounts_in(folded: Folded, numbers: list[Span[Decimal]], language: str, *, rare: bool) -> list[Span[Amount]]:
    """What the numbers of a text amount to, in order, with the score of the number; ``rare``: all codes of ISO 4217 count.

    Two parts make one amount; where a second one may be cents and may be something else, neither scores more than 0.2.
    """
    grammar = _grammar(vocabulary_of(language).code)
    numbers = _with_thousands(folded, numbers, language, rare=rare)
    found: list[_Marked] = []
    for one in _marked(folded, apart([*numbers, *_articles(folded.text, numbers, grammar)]), language, rare=rare):
        joined = _joined(found[-1], one, folded.text, grammar) if found else [one]
        found[-1 if len(found) and joined[0] is not one else len(found) :] = joined
    return [one.span for one in found]


def as_money(folded: Folded, amounts: list[Span[Amount]]) -> list[Span[Amount]]:
    """The same where money is looked for: surer with a currency than without."""
    return [replace(span, score=span.score * _surety(folded.text, span.value)) for span in amounts]


def is_foreign(slot: Slot, currency: str | None, language: str) -> bool:
    """Whether a currency is another one than those that the author's words name."""
    named = currencies_of(slot, language)
    return currency is not None and bool(named) and currency not in named


def currencies_of(slot: Slot, language: str) -> frozenset[str]:
    """The currencies that the author's words for a slot name; empty where they name none."""
    return currencies_named(f"{slot.description}\n{slot.prompt.text if slot.prompt else ''}", language)


def measured(slot: Slot, amount: Amount, language: str) -> Decimal:
    """How much it is for a slot that holds a number: in cents where the author's words say cents and no currency."""
    written = plain(f"{slot.description}\n{slot.prompt.text if slot.prompt else ''}")
    if not _speaks_of_cents(written, vocabulary_of(language).code) or currencies_of(slot, language):
        return amount.amount
    return amount.amount * _HUNDREDTHS if amount.cents or amount.currency else amount.amount


def _surety(text: str, amount: Amount) -> float:
    if amount.currency or amount.cents:
        return 1.0
    return _AS_MONEY if _WRITTEN_AS_MONEY.search(text, amount.number.start, amount.number.end) else _ALONE


def _articles(text: str, numbers: list[Span[Decimal]], grammar: _Grammar) -> Iterator[Span[Decimal]]:
    """*A* euro, *half a* euro."""
    for match in matches(grammar.one, text):
        if not any(span.start < match.end() and match.start() < span.end for span in numbers):
            yield Span(match.start(), match.end(), Decimal("0.5") if match["half"] else Decimal(1), _ARTICLE)


def _with_thousands(folded: Folded, numbers: list[Span[Decimal]], language: str, *, rare: bool) -> list[Span[Decimal]]:
    """The numbers; 1.200 beside a currency is thousands, since nobody tells a tenth of a cent."""
    grouped = {
        number: Span(number.start, number.end, whole)
        for marked, number in zip(_marked(folded, numbers, language, rare=rare), numbers, strict=True)
        if number.score == UNCLEAR
        and marked.span.value.currency not in {None, *_THOUSANDTHS}
        and (whole := thousands(folded.text[number.start : number.end], language)) is not None
    }
    # What is clear now may be the end of a range: 1.200 or 1.500 euros.
    raised = [grouped.get(number, number) for number in numbers]
    return without_ranges(folded.text, raised, language) if grouped else numbers


def _marked(folded: Folded, numbers: list[Span[Decimal]], language: str, *, rare: bool) -> Iterator[_Marked]:
    before, after = marks(vocabulary_of(language).code, rare=rare)
    cents = _grammar(vocabulary_of(language).code).cents
    text, free = folded.text, 0
    for number in numbers:
        start, end, currency, follows = number.start, number.end, None, False
        if match := before.search(text, max(free, start - 8), start):
            currency = currency_of(folded.slice(*match.span("currency")), language, rare=rare)
            start = match.start() if currency else start
            if currency and _MINUS.search(text, max(0, start - 1), start):
                number = replace(number, value=-number.value)
        if currency is None and (match := cents.match(text, end)):
            said = Span(number.start, match.end(), number.value, number.score)
            free = match.end()
            yield _Marked(Span(start, free, Amount(number.value / _HUNDREDTHS, None, said, cents=True), number.score))
            continue
        if currency is None and (match := after.match(text, end)):
            currency = currency_of(folded.slice(*match.span("currency")), language, rare=rare)
            end, follows = (match.end(), True) if currency else (end, False)
        free = end
        yield _Marked(Span(start, end, Amount(number.value, currency, number), number.score), follows)


def _joined(first: _Marked, second: _Marked, text: str, grammar: _Grammar) -> list[_Marked]:
    """Both as one amount, both as unclear, or the second alone, which leaves the first as it is."""
    whole, part = first.span.value, second.span.value
    between = text[first.span.end : second.span.start]
    conjunction = grammar.conjunction.fullmatch(between)
    if conjunction is None or whole.cents or whole.currency is None or part.currency is not None:
        return [second]
    said = part.number.value
    fits = whole.amount == whole.amount.to_integral_value() and said == said.to_integral_value() and 0 < said < 100
    if part.cents:
        return [_sum(first, second)] if fits else [second]
    if not fits or not first.follows or grammar.noun.match(text, part.number.end):
        return [second]
    if between.strip() == ",":
        return [second]
    if said >= 10 and not conjunction["and"]:
        return [_sum(first, second)]
    return [replace(one, span=replace(one.span, score=min(one.span.score, UNCLEAR))) for one in (first, second)]


def _sum(first: _Marked, second: _Marked) -> _Marked:
    whole, part = first.span.value, second.span.value
    total = whole.amount + part.number.value / _HUNDREDTHS
    score = max(first.span.score, second.span.score)
    number = Span(whole.number.start, part.number.end, total, score)
    return _Marked(Span(first.span.start, second.span.end, Amount(total, whole.currency, number), score))


@lru_cache(maxsize=256)
def _speaks_of_cents(written: str, code: str) -> bool:
    words = {*vocabulary_of(code).cents, *vocabulary_of("en").cents}
    return bool(re.search(rf"(?<!\w){any_of(words)}(?!\w)", written))


@lru_cache(maxsize=32)
def _grammar(code: str) -> _Grammar:
    vocabulary = vocabulary_of(code)
    around = (vocabulary.openers, vocabulary.closers, vocabulary.soft, vocabulary.conjunctions, vocabulary.rather)
    no_noun = any_of(phrase for kind in around for phrase in kind)
    ands = any_of(word for word in vocabulary.conjunctions if word not in vocabulary.either_or)
    currency = any_of(vocabulary.currencies)
    return _Grammar(
        cents=re.compile(rf"\s{{0,3}}(?:(?:{currency}|us|usd|eur)\s{{1,3}})?{any_of(vocabulary.cents)}(?!\w)"),
        one=re.compile(
            rf"(?<!\w)(?=\w)(?:(?P<half>{any_of(vocabulary.half)})|{any_of(vocabulary.one)})(?=\s{{1,3}}{currency}(?!\w))"
        ),
        conjunction=re.compile(rf"\s{{0,3}},?\s{{0,3}}(?P<and>{ands}\s{{1,3}})?"),
        noun=re.compile(rf"\s{{0,3}}(?!{no_noun}(?!\w))[^\W\d]|\s?%"),
    )
