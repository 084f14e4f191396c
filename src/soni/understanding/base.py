"""The port between words and commands: what an understander is told, and what it gives back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from soni.dialogue.commands import Command
from soni.events import Event, Listener
from soni.value import Value


def ignore(event: Event) -> None:
    """A listener that needs to know nothing."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The pending question."""

    flow: str
    """The flow that asks."""
    slot: str | None
    """The slot that a collect asks for; ``None`` while a confirm waits for yes or no."""
    prompt: str = ""
    """How it was put to the user."""
    buttons: Mapping[str, str] = field(default_factory=dict)
    """What the user may press instead: title → payload."""


@dataclass(frozen=True, slots=True)
class Said:
    """One line of what was said before."""

    role: str
    """``user`` or ``assistant``."""
    text: str


@dataclass(frozen=True, slots=True)
class Briefing:
    """All an understander may know of a conversation."""

    now: datetime
    """The moment of the message, with a time zone; relative dates count from here."""
    language: str = "en"
    active_flow: str | None = None
    """The flow the user is in; not a pattern."""
    interrupted: tuple[str, ...] = ()
    """The flows that lie below it and go on when it ends, the next one first."""
    expected: Expectation | None = None
    flows: frozenset[str] = frozenset()
    """The flows that may be asked for; whether one can be started now is decided, and said, later."""
    slots: Mapping[str, Value] = field(default_factory=dict)
    """Filled slots of the active flow; sensitive ones are named with the value ``None``."""
    asked: tuple[str, ...] = ()
    """Slots the active flow has asked so far, in order; a new value for one of them is a correction."""
    offered: Mapping[str, str] = field(default_factory=dict)
    """What the user may press or name besides answering the pending question: title → payload, in the order shown."""
    choosing: bool = False
    """True while the user has to choose between what is offered: then *neither* is an answer, too (``CancelFlow``)."""
    history: Sequence[Said] = ()
    """The last messages, oldest first; what is sensitive is left out of them."""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """The values of sensitive slots as they are said, wherever they may stand: in a question, on a button."""
    tell: Listener = field(default=ignore, compare=False, repr=False)
    """Hears what happens while it is understood: calls of models, what they cost, who answered in the end."""


class Understander(Protocol):
    """Turns what the user said into commands."""

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        """What the user wants; an empty list when nothing was understood. Raises NLUError when understanding itself failed."""
        ...


@runtime_checkable
class Dependent(Protocol):
    """An understander that needs something outside of this process."""

    @property
    def trouble(self) -> str:
        """What it needs and does not have, in words for whoever operates the service; empty while all is well."""
        ...

    @property
    def serves(self) -> bool:
        """Whether messages are understood now, be it by the fallback."""
        ...

    @property
    def looks_again_after(self) -> float | None:
        """Seconds after which a probe may find that the trouble is over; ``None`` where it never will."""
        ...

    async def probe(self, tell: Listener = ignore) -> None:
        """Find out whether what it needs is there; afterwards ``trouble`` says so. ``tell`` hears what happens. Never fails."""
        ...

    async def aclose(self) -> None:
        """Close what it has opened."""
        ...
