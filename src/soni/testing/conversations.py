"""Conversation tests as they were written: frozen values that know their lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from soni.config.models import SoniConfig
from soni.dialogue.commands import Command
from soni.dialogue.payloads import parse_payload
from soni.dialogue.state import ConversationState
from soni.value import Value

SUFFIX: Final = ".conversation.yaml"


@dataclass(frozen=True, slots=True)
class UserSays:
    """The user says something."""

    line: int
    text: str
    commands: tuple[Command, ...] | None = None
    """What it means, where the test says so itself; ``None`` leaves that to understanding."""


@dataclass(frozen=True, slots=True)
class ButtonIs:
    """A button the message has."""

    title: str
    payload: str | None = None
    """``None`` for any."""


@dataclass(frozen=True, slots=True)
class BotSays:
    """The assistant says something: all that is named here holds of one message."""

    line: int
    text: str | None = None
    """The whole text of the next message; ``None`` looks for the first message that fits."""
    contains: tuple[str, ...] = ()
    matches: str | None = None
    """A regular expression that is found in the text."""
    response: str | None = None
    """The name of the response the words come from."""
    buttons: tuple[ButtonIs, ...] | None = None
    """All of them, in order."""


@dataclass(frozen=True, slots=True)
class BotIsSilent:
    """The assistant says nothing, or nothing more."""

    line: int


@dataclass(frozen=True, slots=True)
class SlotsAre:
    """These slots can be read, with these values; ``None`` is unset. Others do not matter."""

    line: int
    slots: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class FlowIs:
    """The flow the user is in; ``None`` where there is none."""

    line: int
    flow: str | None


@dataclass(frozen=True, slots=True)
class StackIs:
    """The flows in progress, the oldest first, with those that were called and with patterns."""

    line: int
    flows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActionWasCalled:
    """How often an action has been called with these inputs since the test began."""

    line: int
    action: str
    times: int | None = None
    """``None`` for at least once."""
    inputs: Mapping[str, Value] = field(default_factory=dict)
    """Inputs that are not named do not matter."""


@dataclass(frozen=True, slots=True)
class StateIs:
    """What the conversation waits for."""

    line: int
    state: ConversationState


@dataclass(frozen=True, slots=True)
class SlotIsAwaited:
    """The slot the pending question is about; ``None`` where it is about none, or there is none."""

    line: int
    slot: str | None


@dataclass(frozen=True, slots=True)
class TimePasses:
    """Nobody says anything for a while."""

    line: int
    by: timedelta


@dataclass(frozen=True, slots=True)
class ServiceRestarts:
    """The service is stopped and started again; what it knows, it has from its store."""

    line: int


@dataclass(frozen=True, slots=True)
class PersonHandsBack:
    """The person who had the conversation gives it back to the assistant."""

    line: int


Check: TypeAlias = SlotsAre | FlowIs | StackIs | StateIs | SlotIsAwaited
"""What must be so of how the conversation stands."""

Happening: TypeAlias = TimePasses | ServiceRestarts | PersonHandsBack
"""What happens between two messages."""

Step: TypeAlias = UserSays | BotSays | BotIsSilent | ActionWasCalled | Check | Happening
"""One line of a conversation test."""


@dataclass(frozen=True, slots=True)
class Stub:
    """What stands in for an action: its outputs, or that it fails."""

    outputs: Mapping[str, Value] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ConversationTest:
    """One conversation, told step by step."""

    name: str
    """Unique in its file."""
    line: int
    steps: tuple[Step, ...]
    user: str
    """The user id; it also chooses among variations, so that a test hears the same words every time."""
    actions: Mapping[str, tuple[Stub, ...]] = field(default_factory=dict)
    """What each call of an action comes to, the last for all that follow. Any other action runs for real."""
    now: datetime | None = None
    """With a time zone: the time stands still there. ``None`` for the real time, which stands still where steps move it."""
    language: str | None = None

    @property
    def needs_understanding(self) -> bool:
        """True where something is said that is not a command already."""
        return any(
            isinstance(step, UserSays) and step.commands is None and parse_payload(step.text) is None
            for step in self.steps
        )

    @property
    def moves_time(self) -> bool:
        """True where the test says how time passes."""
        return any(isinstance(step, TimePasses) for step in self.steps)

    @property
    def needs_store(self) -> bool:
        """True where a restart must find what was saved."""
        return any(isinstance(step, ServiceRestarts) for step in self.steps)


@dataclass(frozen=True, slots=True)
class ConversationFile:
    """A file of conversation tests, and the assistant they are about."""

    path: Path
    assistant: Path
    """The file or folder it was loaded from."""
    config: SoniConfig
    tests: tuple[ConversationTest, ...]
    env: Mapping[str, str | None] = field(default_factory=dict)
    """Environment variables while the tests run; ``None`` unsets."""

    @property
    def asks_model(self) -> bool:
        """True where a language model understands: then its tests have a cassette."""
        return self.config.settings.models.nlu.provider != "embedded"
