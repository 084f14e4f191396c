"""Examples in few words."""

from datetime import UTC, datetime

from soni.dialogue.commands import Command
from soni.optimizing.examples import Example, Truth
from soni.understanding.base import Briefing, Expectation

NOW = datetime(2050, 1, 3, 10, tzinfo=UTC)


def example(
    said: str,
    *commands: Command,
    group: str = "a test",
    truth: Truth = "dictated",
    asked: str | None = None,
    secrets: frozenset[str] = frozenset(),
) -> Example:
    """A message, what it means, and the slot that was asked for."""
    expected = Expectation("pay", asked) if asked is not None else None
    return Example(said, Briefing(NOW, expected=expected, secrets=secrets), commands, group, truth)
