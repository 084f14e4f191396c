"""Walking through written YAML; what does not fit is told with its line, and reading goes on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from soni.actions.runner import as_value
from soni.config.problems import Route, nearest, spell
from soni.config.values import case_key, kind, parse_duration, quotes_for
from soni.config.written import Written
from soni.errors import Problem
from soni.value import Value


@dataclass(frozen=True, slots=True)
class Node:
    """A value, where it stands, and where to tell what is wrong with it.

    What is read of a value that does not fit is empty; whoever has read everything looks at ``problems``.
    """

    written: Written
    problems: list[Problem]
    route: Route = ()
    line: int = 1
    """Of its key, where it has one."""

    def tell(self, message: str, suggestion: str | None = None, code: str = "invalid") -> None:
        """Something is wrong here."""
        self.problems.append(
            Problem(message, spell(self.route), self.written.file, self.line, suggestion, "error", code)
        )

    @property
    def is_mapping(self) -> bool:
        return isinstance(self.written.content, dict)

    @property
    def is_list(self) -> bool:
        return isinstance(self.written.content, list)

    @property
    def is_nothing(self) -> bool:
        return self.written.content is None

    def named(self, what: str = "a mapping of names") -> dict[str, Self]:
        """The entries of a mapping, by name."""
        if not self.is_mapping:
            self.expected(what)
        entries: dict[str, Self] = {}
        for key, entry in self.written.entries().items():
            line = entry.line or self.line
            entries[case_key(key)] = type(self)(entry.node, self.problems, (*self.route, case_key(key)), line)
        return entries

    def keyed(
        self, known: Collection[str], required: Collection[str] = (), what: str = "a mapping of keys"
    ) -> dict[str, Self]:
        """The entries of a mapping that takes these keys alone, and must have those that are required."""
        entries = self.named(what)
        meant: set[str | None] = set()
        for key in [key for key in entries if key not in known]:
            entry = entries.pop(key)
            meant.add(near := nearest(key, known))
            if entry.is_nothing and self.written.flow_style:
                hint = "; within { } a text with a comma in it needs quotes"
            else:
                hint = "" if near else f"; known here: {', '.join(known)}"
            entry.tell(f"unknown key {key!r}{hint}", near, "unknown-key")
        for key in required if self.is_mapping else ():
            if key not in entries and key not in meant:
                self.tell(f"{key!r} is missing", code="missing-key")
        return entries

    def items(self) -> list[Self]:
        """The items of a list."""
        if not self.is_list:
            self.expected("a list")
        return [
            type(self)(item, self.problems, (*self.route, at), item.line or self.line)
            for at, item in enumerate(self.written.items())
        ]

    def text(self) -> str:
        """A text that is not empty."""
        content = self.written.content
        if isinstance(content, str) and content.strip():
            return str(content)
        if isinstance(content, str):
            self.tell("a text stands here, and it is empty", code="wrong-value")
        else:
            self.expected("a text")
        return ""

    def texts(self) -> tuple[str, ...]:
        """A text, or several in a list."""
        return tuple(item.text() for item in self.items()) if self.is_list else (self.text(),)

    def count(self) -> int:
        """A whole number from zero on."""
        content = self.written.content
        if isinstance(content, int) and not isinstance(content, bool) and content >= 0:
            return content
        self.expected("a whole number from 0 on")
        return 0

    def duration(self) -> timedelta:
        """A while that is more than nothing."""
        try:
            duration = parse_duration(self.written.content)
        except ValueError as error:
            self.tell(str(error), code="wrong-value")
            return timedelta()
        assert isinstance(duration, timedelta)
        if not duration:
            self.tell("the duration must be more than nothing", code="wrong-value")
        return duration

    def only_true(self) -> None:
        """``true``: there is nothing else to say about it."""
        if self.written.content is not True:
            self.expected("true")

    def one_of(self, known: Collection[str]) -> str:
        """One of these words."""
        word = self.text()
        if word and word not in known:
            self.tell(f"one of {', '.join(known)} is expected, not {word!r}", nearest(word, known), "wrong-value")
        return word

    def name(self, what: str, known: Collection[str] | None) -> str:
        """The name of something the assistant has; ``known`` is ``None`` where that cannot be said."""
        name = self.text()
        if name:
            self.check_name(name, what, known)
        return name

    def names(self, what: str, known: Collection[str] | None) -> tuple[str, ...]:
        """One name, or several in a list."""
        return tuple(item.name(what, known) for item in self.items()) if self.is_list else (self.name(what, known),)

    def check_name(self, name: str, what: str, known: Collection[str] | None) -> None:
        """Tell it where the assistant has nothing of this name."""
        if known is not None and name not in known:
            self.tell(f"the assistant has no {what} {name!r}", nearest(name, known), f"unknown-{what}")

    def value(self) -> Value:
        """Anything a slot can hold."""
        return as_value(self.written.plain())

    def expected(self, what: str) -> None:
        """Something else was expected here."""
        content = self.written.content
        hint = quotes_for(content) if what == "a text" else ""
        self.tell(f"{what} is expected, not {kind(content)}{hint}", code="wrong-type")
