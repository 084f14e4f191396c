"""The libraries that bring no types, behind the few functions of theirs that are used."""

from collections.abc import Mapping
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

    def LanguageData(self, language: str) -> NumberLanguage:  # noqa: N802  (the library's own name)
        """The words of one language."""
        ...

    def parse_number(self, input_string: str, language: str | None = None) -> int | None:
        """A number in words as a number."""
        ...


class Match(Protocol):
    """What RE2 gives back for a match."""

    def start(self) -> int:
        """Where the match begins."""
        ...

    def end(self) -> int:
        """Where it ends."""
        ...


class Pattern(Protocol):
    """A compiled RE2 expression."""

    def fullmatch(self, text: str) -> Match | None:
        """The match of the whole text."""
        ...


class Re2(Protocol):
    """The part of ``re2`` in use."""

    def compile(self, pattern: str, options: "Re2Options | None" = None) -> Pattern:
        """Compile an expression; raises ``re2.error``."""
        ...


class Re2Options(Protocol):
    """How RE2 compiles."""

    log_errors: bool
    max_mem: int


def number_parser() -> NumberParser:
    """Number words of several languages."""
    return cast("NumberParser", import_module("number_parser.parser"))


def compile_re2(pattern: str) -> Pattern:
    """An expression that matches in linear time whatever the text."""
    module = import_module("re2")
    options = cast("Re2Options", module.Options())
    options.log_errors = False
    return cast("Re2", module).compile(pattern, options)
