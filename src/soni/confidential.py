"""What of a turn must not be told to those who read its log, as far as it is known, in the context of the turn."""

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Final, TypeAlias

from soni.value import Value

Known: TypeAlias = tuple[Value, bool]
"""A value, or words that were said, and whether they are sensitive: then no level of the log may have them."""


class Confidential:
    """Whose turn it is, and what was said and is known in it.

    It is made before anything can go wrong and filled as the turn goes on, so that also what is logged about a turn that
    failed is held against it. Nothing is looked up before a line is written.
    """

    __slots__ = ("_heard", "_sources", "changes", "conversation", "turn", "user_id")

    def __init__(self, user_id: str = "") -> None:
        self.user_id = user_id
        self.conversation: str | None = None
        """What the log calls the user; whoever writes the first line finds it."""
        self.turn: int | None = None
        """Counted from one; ``None`` until it is known."""
        self.changes = 0
        """Grows with all that becomes known."""
        self._heard: list[Known] = []
        self._sources: list[Callable[[], Iterable[Known]]] = []

    def hear(self, value: Value, *, sensitive: bool) -> None:
        """A value or words that have come up."""
        self._heard.append((value, sensitive))
        self.changes += 1

    def look_up(self, source: Callable[[], Iterable[Known]]) -> None:
        """Where to look for more, once a line is written."""
        self._sources.append(source)
        self.changes += 1

    @property
    def known(self) -> Iterable[Known]:
        """All of it."""
        yield from self._heard
        for source in self._sources:
            yield from source()


confidential: Final[ContextVar[Confidential | None]] = ContextVar("confidential", default=None)
"""Of the turn or the request that is being answered."""


def hear(value: Value, *, sensitive: bool) -> None:
    """A value or words that have come up in the turn that is being answered, if one is."""
    if (current := confidential.get()) is not None:
        current.hear(value, sensitive=sensitive)
