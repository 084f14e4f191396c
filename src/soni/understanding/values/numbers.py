"""Numbers in digits and in words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final

from soni.understanding.values._libraries import number_parser
from soni.understanding.values.spans import Span, apart
from soni.understanding.values.text import any_of, plain, word
from soni.understanding.values.vocabulary import Vocabulary, vocabulary_of

MAX_DIGITS: Final = 18
"""Numbers with more digits before the point are no amounts anyone says; JSON readers lose them beyond 2**53 anyway."""

_UNITS: Final = "%|kg|km|cm|mm|lbs?|eur|usd|gbp|chf|x"
"""What may follow the digits without a space; ``18th``, ``6pm`` and ``A320`` are no numbers."""


@dataclass(frozen=True, slots=True)
class _Grammar:
    digits: re.Pattern[str]
    in_words: re.Pattern[str]
    token: re.Pattern[str]
    minus: re.Pattern[str]
    after: re.Pattern[str]
    run: str
    small: Mapping[str, int]
    scales: Mapping[str, int]


def numbers_in(text: str, language: str) -> list[Span[Decimal]]:
    """Every number of a folded text, in order; one that is likely a pronoun (*the other one*) scores 0.2."""
    vocabulary = vocabulary_of(language)
    grammar = _grammar(vocabulary.code)
    return apart([*_in_digits(text, vocabulary, grammar), *_in_words(text, vocabulary, grammar)])


def run_pattern(language: str) -> str:
    """A regular expression, without groups, for a number in words."""
    return _grammar(vocabulary_of(language).code).run


def number_from(digits: str, decimal: str) -> Decimal | None:
    """Digits with points, commas and apostrophes as a number; ``decimal`` decides what could be read both ways.

    >>> number_from("1,000", "."), number_from("1,000", ","), number_from("1.000,50", ".")
    (Decimal('1000'), Decimal('1.000'), Decimal('1000.50'))
    """
    marks = [mark for mark in digits if mark in ".,"]
    point = ""
    if len(set(marks)) == 2:
        point = marks[-1]
    elif len(marks) == 1:
        head, tail = digits.split(marks[0])
        grouped = marks[0] != decimal and len(tail) == 3 and 1 <= len(head.replace("'", "")) <= 3 and head[:1] != "0"
        point = "" if grouped else marks[0]
    whole, _, fraction = digits.partition(point) if point else (digits, "", "")
    if any(mark in fraction for mark in ".,'"):
        return None
    groups = re.split(r"[.,' ]", whole)
    # Groups of two are how lakhs are written: 1,00,000.
    if len(groups) > 1 and not (
        len(groups[-1]) == 3 and 1 <= len(groups[0]) <= 3 and all(len(g) in (2, 3) for g in groups[1:])
    ):
        return None
    plain_digits = "".join(groups)
    if len(plain_digits.lstrip("0")) > MAX_DIGITS or len(fraction) > MAX_DIGITS:
        return None
    return Decimal(f"{plain_digits or '0'}.{fraction}" if fraction else plain_digits or "0")


def _in_digits(text: str, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[Decimal]]:
    for match in grammar.digits.finditer(text):
        number = number_from(match["digits"], vocabulary.decimal)
        if number is None:
            continue
        for scale in grammar.token.findall(match["scale"] or ""):
            number *= grammar.scales[scale]
        end = match.end()
        if half := grammar.after.match(text, end):
            number += Decimal("0.5")
            end = half.end()
        start = match.start()
        if match["sign"] == "-":
            number = -number
        elif minus := grammar.minus.search(text, max(0, start - 12), start):
            number, start = -number, minus.start()
        if _sayable(number):
            yield Span(start, end, number)


def _in_words(text: str, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[Decimal]]:
    for match in grammar.in_words.finditer(text):
        yield from _spoken(match, text, vocabulary, grammar)


def _spoken(match: re.Match[str], text: str, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[Decimal]]:
    """The numbers of a run of number words; ``two three`` are two."""
    if match["half"]:
        yield Span(match.start(), match.end(), Decimal(grammar.scales[plain_space(match["halved"])]) / 2)
        return
    if match["fixed"]:
        yield Span(match.start(), match.end(), Decimal(grammar.small[plain_space(match["fixed"])]), 0.8)
        return
    tokens = [
        (token.start(), token.end())
        for token in re.compile(r"\w+").finditer(text, match.start("run"), match.end("run"))
    ]
    first = 0
    while first < len(tokens):
        last, value = first, None
        while last < len(tokens):
            longer = _parsed(text[tokens[first][0] : tokens[last][1]], vocabulary.code)
            if longer is None:
                break
            value, last = longer, last + 1
        if value is None:
            first += 1
            continue
        # "hundred and" parses too; the number ends at its last number word.
        while last - first > 1 and _parsed(text[slice(*tokens[last - 1])], vocabulary.code) is None:
            last -= 1
        start, end, number = tokens[first][0], tokens[last - 1][1], Decimal(value)
        if first == 0 and match["article"]:
            start = match.start("article")
        if tail := grammar.after.match(text, end):
            number += Decimal("0.5")
            end = tail.end()
        score = 0.95
        if text[start:end] in vocabulary.pronouns and _is_pronoun(text, start, end, vocabulary.code):
            score = 0.2
        if minus := grammar.minus.search(text, max(0, start - 12), start):
            number, start = -number, minus.start()
        if _sayable(number):
            yield Span(start, end, number, score)
        first = last


def _is_pronoun(text: str, start: int, end: int, code: str) -> bool:
    before, after = _around_pronoun(code)
    return bool(before.search(text, max(0, start - 20), start) or after.match(text, end))


def _sayable(number: Decimal) -> bool:
    return number.is_finite() and abs(number) < 10**MAX_DIGITS


def plain_space(words: str) -> str:
    """Words with single spaces between them."""
    return " ".join(words.split())


@lru_cache(maxsize=2048)
def _parsed(words: str, code: str) -> int | None:
    """Number words as a number; cached, since they hold nothing but number words."""
    library = number_parser()
    if code in library.SUPPORTED_LANGUAGES:
        return library.parse_number(words, code)
    return vocabulary_of(code).numbers.get(words)


@lru_cache(maxsize=16)
def _grammar(code: str) -> _Grammar:
    vocabulary = vocabulary_of(code)
    library = number_parser()
    scales = dict(vocabulary.scales)
    if code in library.SUPPORTED_LANGUAGES:
        words = library.LanguageData(code)
        spoken = {plain(name) for name in words.all_numbers}
        joins = [plain(token) for token in words.skip_tokens if token.isalpha()]
        scales = {plain(name): value for name, value in words.big_powers_of_ten.items()} | scales
        fixed = vocabulary.numbers
    else:
        spoken, joins, fixed = set(vocabulary.numbers), [], {}
    short = [scale for scale in scales if len(scale) == 1]
    long = [scale for scale in scales if len(scale) > 1]
    spoken |= {scale for scale in long if code in library.SUPPORTED_LANGUAGES and _parsed(scale, code) is not None}
    grouped = r"\d{1,3}(?:[ ]\d{3})+(?!\d)|" if vocabulary.decimal == "," else ""
    scale = rf"(?:\s*{any_of(long)}(?!\w))+|{any_of(short)}(?!\w)"
    number = any_of(spoken)
    join = rf"(?:\s+|\s*-\s*|\s+{any_of(joins)}\s+)"
    run = rf"{number}(?:{join}{number})*"
    article = any_of(vocabulary.articles)
    spoken_scales = any_of([name for name in long if name in spoken])
    return _Grammar(
        digits=re.compile(
            rf"(?<![\w.,:/])(?P<sign>[-+])?(?P<digits>{grouped}\d+(?:[.,']\d+)*)(?P<scale>{scale})?(?=(?:{_UNITS})(?!\w)|(?!\w))(?![:/]\d)"
        ),
        in_words=re.compile(
            rf"(?<!\w)(?:(?P<half>{any_of(vocabulary.half)}\s+)(?P<halved>{any_of(long)})|(?P<fixed>{any_of(fixed)})"
            rf"|(?:(?P<article>{article})\s+(?={spoken_scales}(?!\w)))?(?P<run>{run}))(?!\w)"
        ),
        token=re.compile(r"[^\W\d]+"),
        minus=re.compile(rf"(?<!\w){any_of(vocabulary.minus)}\s+\Z"),
        after=re.compile(rf"\s+{any_of(vocabulary.and_a_half)}(?!\w)"),
        run=run,
        small=fixed,
        scales=scales,
    )


@lru_cache(maxsize=16)
def _around_pronoun(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    vocabulary = vocabulary_of(code)
    return (
        re.compile(rf"(?<!\w){any_of(vocabulary.before_pronoun)}\s+\Z"),
        re.compile(rf"\s+{word(any_of(vocabulary.after_pronoun))}"),
    )
