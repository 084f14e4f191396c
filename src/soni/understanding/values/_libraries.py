"""The libraries that bring no types, behind the few functions of theirs that are used."""

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast


class NumberLanguage(Protocol):
    """The number words of one language."""

    all_numbers: Mapping[str, int]
    big_powers_of_ten: Mapping[str, int]
    skip_tokens: list[str]


class NumberParser(Protocol):
    """The part of ``number_parser.parser`` in use."""

    SUPPORTED_LANGUAGES: list[str]

    def LanguageData(self, language: str) -> NumberLanguage:  # noqa: N802 - the library's own name
        """The words of one language."""
        ...

    def parse_number(self, input_string: str, language: str | None = None) -> int | None:
        """A number in words as a number."""
        ...


class Pattern(Protocol):
    """A compiled RE2 expression."""

    def fullmatch(self, text: str) -> object | None:
        """The match of the whole text."""
        ...


class _Re2Options(Protocol):
    log_errors: bool


class _Re2(Protocol):
    def Options(self) -> _Re2Options: ...  # noqa: N802 - the library's own name

    def compile(self, pattern: str, options: _Re2Options) -> Pattern: ...


class _PriceParser(Protocol):
    CURRENCY_CODES: list[str]


def number_parser() -> NumberParser:
    """Number words of several languages."""
    return cast("NumberParser", import_module("number_parser.parser"))


def compile_re2(pattern: str) -> Pattern:
    """An expression that matches in linear time whatever the text; raises ``re2.error``."""
    re2 = cast("_Re2", import_module("re2"))
    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def currency_codes() -> frozenset[str]:
    """The codes of ISO 4217."""
    return frozenset(cast("_PriceParser", import_module("price_parser.parser")).CURRENCY_CODES)


def calendar_names(code: str) -> Mapping[str, Sequence[str]]:
    """What dateparser knows months and weekdays by in a language, such as ``march: [mar, march]``; empty for an unknown one."""
    if not re.fullmatch(r"[a-z]{2,3}", code):
        return {}
    try:
        module = import_module(f"dateparser.data.date_translation_data.{code}")
    except ModuleNotFoundError:
        return {}
    info = cast("Mapping[str, object]", module.info)
    return {key: [str(name) for name in names] for key, names in info.items() if isinstance(names, list)}
