"""Doubles of the outside world, for your own tests of an assistant: an understander with a script, a clock."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from soni.dialogue.commands import Command
from soni.errors import NLUError
from soni.understanding.base import Briefing

Lines: TypeAlias = Sequence[Command] | NLUError
"""What is understood, or how understanding fails."""

EPOCH: Final = datetime(2050, 1, 3, 10, 0, tzinfo=UTC)
"""A Monday morning: where a FakeClock begins unless it is told otherwise."""


class ScriptedUnderstander:
    """Understands what its script says, and nothing else.

    ``script`` is a mapping from what is said to the commands it means, or the commands of each message, one after the
    other. What it does not have is not understood: no commands. An NLUError in a commands' place is raised.

    >>> ScriptedUnderstander({"send 50": [StartFlow("transfer_money", {"amount": 50})]})
    """

    def __init__(self, script: Mapping[str, Lines] | Sequence[Lines] = ()) -> None:
        self._by_text = dict(script) if isinstance(script, Mapping) else {}
        self._in_order = [] if isinstance(script, Mapping) else list(script)
        self.heard: list[str] = []
        """What was said to it."""
        self.briefings: list[Briefing] = []
        """What it was told about each message."""

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        """The script's commands for this message."""
        self.heard.append(said)
        self.briefings.append(briefing)
        lines = self._by_text.get(said, ()) if not self._in_order else self._in_order.pop(0)
        if isinstance(lines, NLUError):
            raise lines
        return list(lines)


class FakeClock:
    """A clock that stands still until it is moved; pass it to RuntimeLoop as ``clock``."""

    def __init__(self, now: datetime = EPOCH) -> None:
        """``now`` has a time zone."""
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by
