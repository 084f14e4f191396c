"""The port to whoever writes: what a writer is told, and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from soni.events import Listener
from soni.value import Value

Hear: TypeAlias = Callable[[str, bool], None]
"""Hears a piece of a text that is being written, and whether the text begins with it."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A text that a flow wants."""

    instruction: str
    """The author's template as it is written, with its places."""
    places: Mapping[str, str] = field(default_factory=dict)
    """Each place of the instruction → what stands there."""
    slots: Mapping[str, Value] = field(default_factory=dict)
    """What the writer may read besides; never a sensitive slot."""
    language: str = "en"


class Writer(Protocol):
    """Finds words. Neither method takes longer than ``within`` seconds; ``tell`` hears of the calls they cost."""

    async def rephrase(self, template: str, language: str, *, within: float, tell: Listener) -> str | None:
        """A template in other words, with the same places; ``None`` where it is to be said as it is written. Never fails."""
        ...

    async def generate(self, assignment: Assignment, *, within: float, tell: Listener, hear: Hear | None = None) -> str:
        """A text; ``hear`` is told of it while it is written, of each try anew. Raises ModelFailed."""
        ...

    async def aclose(self) -> None:
        """Close what it has opened."""
        ...
