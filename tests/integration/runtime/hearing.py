"""Somebody who listens to turns while they run."""

import asyncio
from dataclasses import dataclass, field

from soni.dialogue.state import Utterance


@dataclass
class Hearing:
    """All that was heard, in its order."""

    events: list[str | Utterance] = field(default_factory=list)
    """``begun``, messages, and pieces of texts; one that begins a text has a ``|`` before it."""
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """Something was said."""

    def begun(self) -> None:
        self.events.append("begun")

    def said(self, message: Utterance) -> None:
        self.events.append(message)
        self.heard.set()

    def written(self, text: str, begins: bool) -> None:
        self.events.append(f"|{text}" if begins else text)
        self.heard.set()

    @property
    def messages(self) -> list[Utterance]:
        """The messages alone."""
        return [event for event in self.events if isinstance(event, Utterance)]

    @property
    def told(self) -> list[str]:
        """All of it as texts."""
        return [event.text if isinstance(event, Utterance) else event for event in self.events]
