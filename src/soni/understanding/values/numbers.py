"""Numbers in digits and in words."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Final

from soni.understanding.values._libraries import number_parser
from soni.understanding.values.spans import Span, apart
from soni.understanding.values.text import any_of, matches, plain, spaced
from soni.understanding.values.vocabulary import Vocabulary, vocabulary_of

MAX_DIGITS: Final = 18
"""Numbers with more digits are no amounts anyone says, and do not fit 64 bits."""

_ATTACHED: Final = "%|kg|km|cm|mm|lbs?|eur|usd|gbp|chf|x"
"""What may follow digits without a space; ``18th``, ``6pm`` and ``A320`` are no numbers."""

_MAX_WORDS: Final = 20
"""Words of one number; without an end, a long text of number words would be gone over again from each of them."""

UNCLEAR: Final = 0.2
"""The score of a number that may mean another one or none: it answers nothing."""

_TENFOLD: Final = 10
"""*50 to 60* is a range; in *50 to 4242* the second is something else."""

_POINT: Final = "point|dot|punto|coma|virgule|komma|virgola|ponto|virgula"
"""A decimal mark in words; *one point five* is neither one nor five."""

_HALF: Final = Decimal("0.5")
_WORD: Final = re.compile(r"\w+")
_WORD_BEFORE: Final = re.compile(r"([^\W\d_][\w']*)\s{1,3}\Z")
_BEFORE: Final = 20
"""How far back the word before a number is looked for, in characters."""


@dataclass(frozen=True, slots=True)
class _Grammar:
    digits: re.Pattern[str]
    in_words: re.Pattern[str]
    minus: re.Pattern[str]
    and_a_half: re.Pattern[str]
    before_number: frozenset[str]
    after_pronoun: re.Pattern[str]
    joins: re.Pattern[str]
    between: re.Pattern[str]
    short_run: str
    fixed: Mapping[str, int]
    scales: Mapping[str, int]


def numbers_in(text: str, language: str) -> list[Span[Decimal]]:
    """Every number of a folded text, in order; one that is likely a pronoun or an article scores 0.2 or 0.3."""
    vocabulary = vocabulary_of(language)
    grammar = _grammar(vocabulary.code)
    return apart([*_in_digits(text, vocabulary, grammar), *_in_words(text, vocabulary, grammar)])


def without_ranges(text: str, numbers: list[Span[Decimal]], language: str) -> list[Span[Decimal]]:
    """The numbers; those of a range (*50-60*, *50 or 60*) score 0.2 at most; so do those around a point in words."""
    grammar = _grammar(vocabulary_of(language).code)
    unclear: set[int] = set()
    for index, (low, high) in enumerate(pairwise(numbers)):
        join = grammar.joins.fullmatch(text, low.end, high.start)
        if join is None:
            continue
        between = grammar.between.search(text, max(0, low.start - _BEFORE), low.start)
        if join["and"] and not between:
            continue
        if join["or"] or join["point"] or 0 <= low.value < high.value <= _TENFOLD * low.value:
            unclear |= {index, index + 1}
    return [
        replace(span, score=min(span.score, UNCLEAR)) if index in unclear else span
        for index, span in enumerate(numbers)
    ]


def readable_twice(text: str, language: str) -> tuple[str, ...] | None:
    """Digits of a folded text that are one number in this language and a thousand times as much in others, and both readings.

    >>> readable_twice("1.500 please", "en")
    ('1.500', '1500', '1.5')
    """
    vocabulary = vocabulary_of(language)
    for match in matches(_grammar(vocabulary.code).digits, text):
        digits = match["digits"]
        if _is_readable_twice(digits, vocabulary.decimal):
            whole, fraction = digits.split(vocabulary.decimal)
            fraction = fraction.rstrip("0")
            return digits, digits.replace(vocabulary.decimal, ""), f"{whole}{vocabulary.decimal}{fraction or '00'}"
    return None


def thousands(written: str, language: str) -> Decimal | None:
    """Digits that could be read twice, read as thousands, with the sign before them; ``None`` for all others.

    >>> thousands("-1.500", "en"), thousands("1.50", "en")
    (Decimal('-1500'), None)
    """
    decimal = vocabulary_of(language).decimal
    digits = written.lstrip("+-")
    if not _is_readable_twice(digits, decimal):
        return None
    number = Decimal(digits.replace(decimal, ""))
    return -number if written.startswith("-") else number


def _is_readable_twice(digits: str, decimal: str) -> bool:
    """A decimal mark before three digits: few have three decimals to tell, and many group by thousands as in another language."""
    return bool(re.fullmatch(rf"[1-9]\d{{0,2}}{re.escape(decimal)}\d{{3}}", digits))


def run_pattern(language: str) -> str:
    """A regular expression, without groups, for a number of up to four words, as hours and lengths of time have them."""
    return _grammar(vocabulary_of(language).code).short_run


def number_from(digits: str, decimal: str) -> Decimal | None:
    """Digits with points, commas, spaces and apostrophes; ``decimal`` decides what could be read both ways.

    >>> number_from("1,000", "."), number_from("1,000", ","), number_from("1.000,50", ".")
    (Decimal('1000'), Decimal('1.000'), Decimal('1000.50'))
    """
    marks = [mark for mark in digits if mark in ".,"]
    point = ""
    if len(set(marks)) == 2:
        point = marks[-1]
    elif len(marks) == 1:
        head, tail = digits.split(marks[0])
        grouped = marks[0] != decimal and len(tail) == 3 and 1 <= len(head) <= 3 and head[0] != "0"
        point = "" if grouped else marks[0]
    whole, _, fraction = digits.rpartition(point) if point else (digits, "", "")
    groups = re.split(r"[.,' ]", whole)
    if len(groups) > 1 and not _grouped(groups):
        return None
    plain_digits = "".join(groups)
    if len(plain_digits.lstrip("0")) > MAX_DIGITS or len(fraction) > MAX_DIGITS:
        return None
    return Decimal(f"{plain_digits}.{fraction}" if fraction else plain_digits)


def _grouped(groups: list[str]) -> bool:
    """Thousands, or lakhs: 1,000,000 and 10,00,000."""
    return len(groups[-1]) == 3 and 1 <= len(groups[0]) <= 3 and all(len(group) in (2, 3) for group in groups[1:])


def _in_digits(text: str, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[Decimal]]:
    for match in matches(grammar.digits, text):
        number = number_from(match["digits"], vocabulary.decimal)
        if number is None:
            continue
        for scale in _WORD.findall(match["scale"] or ""):
            number *= grammar.scales.get(scale, 1)
        if match["sign"] == "-":
            number = -number
        score = UNCLEAR if _is_readable_twice(match["digits"], vocabulary.decimal) else 1.0
        yield from _completed(text, Span(match.start(), match.end(), number, score), grammar)


def _in_words(text: str, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[Decimal]]:
    for match in matches(grammar.in_words, text):
        if match["half"]:
            yield Span(match.start(), match.end(), Decimal(grammar.scales[spaced(match["halved"])]) / 2)
        elif match["vague"]:
            # "A few hundred" is no number; what it is made of is none either.
            yield Span(match.start(), match.end(), Decimal(grammar.scales[spaced(match["vaguely"])]), UNCLEAR)
        elif match["fixed"]:
            yield Span(match.start(), match.end(), Decimal(grammar.fixed[spaced(match["fixed"])]), 0.8)
        else:
            yield from _spoken(match, text, vocabulary, grammar)


def _spoken(match: re.Match[str], text: str, vocabulary: Vocabulary, grammar: _Grammar) -> Iterator[Span[Decimal]]:
    """The numbers of a run of number words; ``two three`` are two."""
    words = [(word.start(), word.end()) for word in _WORD.finditer(text, match.start("run"), match.end("run"))]
    if _parsed(match["run"], vocabulary.code) is not None:
        words = [match.span("run")]
    first = 0
    while first < len(words):
        last, value = first, None
        while (
            last < len(words)
            and (longer := _parsed(text[words[first][0] : words[last][1]], vocabulary.code)) is not None
        ):
            value, last = longer, last + 1
        if value is None:
            first += 1
            continue
        # "hundred and" parses too; the number ends at its last number word.
        while last - first > 1 and _parsed(text[slice(*words[last - 1])], vocabulary.code) is None:
            last -= 1
        start, end = words[first][0], words[last - 1][1]
        score = _score(text, start, end, vocabulary, grammar)
        if first == 0 and match["article"]:
            start = match.start("article")
        yield from _completed(text, Span(start, end, Decimal(value), score), grammar)
        first = last


def _score(text: str, start: int, end: int, vocabulary: Vocabulary, grammar: _Grammar) -> float:
    """How likely a number word is meant as a number."""
    if text[start:end] not in vocabulary.pronouns:
        return 0.95
    if vocabulary.pronoun_is_article and re.compile(r"\s+\w").match(text, end):
        return 0.3
    before = _WORD_BEFORE.search(text, max(0, start - _BEFORE), start)
    other_word = before and grammar.before_number and before[1] not in grammar.before_number
    return 0.2 if other_word or grammar.after_pronoun.match(text, end) else 0.95


def _completed(text: str, span: Span[Decimal], grammar: _Grammar) -> Iterator[Span[Decimal]]:
    """With *minus* before it and *and a half* behind it; nothing where it is too large to be meant."""
    start, end, number = span.start, span.end, span.value
    if half := grammar.and_a_half.match(text, end):
        number += _HALF
        end = half.end()
        if half["scale"]:
            number *= grammar.scales[spaced(half["scale"])]
    if minus := grammar.minus.search(text, max(0, start - _BEFORE), start):
        number, start = -number, minus.start()
    if abs(number) < 10**MAX_DIGITS:
        yield Span(start, end, number, span.score)


def _last_words(vocabulary: Vocabulary) -> frozenset[str]:
    """The words behind which a number may stand."""
    before = (
        vocabulary.before_number,
        vocabulary.openers,
        vocabulary.soft,
        vocabulary.at,
        vocabulary.conjunctions,
        vocabulary.option,
    )
    return frozenset(phrase.split()[-1] for kind in before for phrase in kind)


@lru_cache(maxsize=2048)
def _parsed(words: str, code: str) -> int | None:
    """Number words as a number; cached, since they are nothing but number words."""
    library = number_parser()
    if code in library.SUPPORTED_LANGUAGES:
        return library.parse_number(words, code)
    return vocabulary_of(code).numbers.get(spaced(words))


@lru_cache(maxsize=32)
def _grammar(code: str) -> _Grammar:
    vocabulary = vocabulary_of(code)
    library = number_parser()
    scales = dict(vocabulary.scales)
    fixed: Mapping[str, int] = {}
    if code in library.SUPPORTED_LANGUAGES:
        known = library.LanguageData(code)
        scales = {plain(name): value for name, value in known.big_powers_of_ten.items()} | scales
        fixed = vocabulary.numbers
        number = any_of(plain(name) for name in known.all_numbers)
        joins = any_of(plain(token) for token in known.skip_tokens if token.isalpha())
        following = rf"(?:(?:\s{{1,3}}|\s?-\s?|\s{{1,3}}{joins}\s{{1,3}}){number})"
        run, short_run = rf"{number}{following}{{0,{_MAX_WORDS}}}", rf"{number}{following}{{0,3}}"
        after_article = any_of(name for name in scales if len(name) > 1 and _parsed(name, code) is not None)
    else:
        run = short_run = any_of(vocabulary.numbers)
        after_article = any_of(())
    long = any_of(scale for scale in scales if len(scale) > 1)
    short = any_of(scale for scale in scales if len(scale) == 1)
    whole = r"(?:[1-9]\d{0,2}(?: \d{3})+(?!\d)|\d+)"
    of = any_of(vocabulary.of)
    ands = any_of(word for word in vocabulary.conjunctions if word not in vocabulary.either_or)
    return _Grammar(
        digits=re.compile(
            rf"(?:(?<![\w.,:/])|(?<=(?<!\w)(?:eur|usd|gbp|chf)))(?P<sign>[-+])?(?P<digits>{whole}(?:[.,']\d+)*)"
            rf"(?P<scale>(?:\s{{0,3}}{long}(?!\w))+|{short}(?!\w))?(?=(?:{_ATTACHED})(?!\w)|(?!\w))(?![:/]\d)"
        ),
        in_words=re.compile(
            rf"(?<!\w)(?=\w)(?:(?P<half>{any_of(vocabulary.half)}\s+)(?P<halved>{long})|(?P<vague>{any_of(vocabulary.vague)}\s+)(?:{of}\s+)?(?P<vaguely>{long})|(?P<fixed>{any_of(fixed)})"
            rf"|(?:(?P<article>{any_of(vocabulary.one)})\s+(?={after_article}(?!\w)))?(?P<run>{run}))(?!\w)"
        ),
        minus=re.compile(rf"(?<!\w)(?=\w){any_of(vocabulary.minus)}\s\Z"),
        and_a_half=re.compile(rf"\s{any_of(vocabulary.and_a_half)}(?!\w)(?:\s{{1,3}}(?P<scale>{long})(?!\w))?"),
        before_number=_last_words(vocabulary) if vocabulary.before_number else frozenset(),
        after_pronoun=re.compile(rf"\s+{any_of(vocabulary.after_pronoun)}(?!\w)"),
        joins=re.compile(
            rf"\s{{0,3}}-\s{{0,3}}|\s{{1,3}}(?:{any_of(vocabulary.range_to)}|(?P<or>{any_of(vocabulary.either_or)})|(?P<and>{ands})|(?P<point>{_POINT}))\s{{1,3}}"
        ),
        between=re.compile(rf"(?<!\w){any_of(vocabulary.between)}\s{{1,3}}\Z"),
        short_run=short_run,
        fixed=fixed,
        scales=scales,
    )
