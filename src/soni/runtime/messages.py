"""What goes into a turn and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from soni.dialogue.state import ConversationState, Utterance
from soni.value import Value, storable


@dataclass(frozen=True, slots=True)
class Message:
    """Something a user said."""

    user_id: str
    """1 to 128 characters of ``[A-Za-z0-9_.@:-]``; it names the conversation."""
    text: str
    message_id: str | None = None
    """The caller's own id: a retry with the same one is answered with the same reply and runs nothing twice."""
    language: str | None = None
    metadata: Mapping[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", storable(self.text))


@dataclass(frozen=True, slots=True)
class Reply:
    """What the assistant answers, and how the conversation stands afterwards."""

    user_id: str
    message_id: str | None
    turn: int
    """Counted from one, per conversation."""
    messages: tuple[Utterance, ...]
    state: ConversationState
    active_flow: str | None
    expected_slot: str | None
    replayed: bool = False
    """True when this is the stored reply to a message id that was answered before."""

    @property
    def text(self) -> str:
        """The texts of all messages, joined by a newline."""
        return "\n".join(message.text for message in self.messages if message.text)


@dataclass(frozen=True, slots=True)
class ConversationView:
    """A conversation for people to look at; sensitive values are masked."""

    user_id: str
    turn: int
    language: str
    state: ConversationState
    active_flow: str | None
    expected_slot: str | None
    stack: tuple[Mapping[str, Value], ...]
    """Bottom first; each ``{"flow", "step", "waiting"}``."""
    slots: Mapping[str, Value]
    """What can be read in the active flow now."""


@dataclass(slots=True)
class Load:
    """How busy an assistant is, in messages."""

    waiting: int = 0
    """For their conversation, or for a place to work."""
    answering: int = 0
    """One a conversation."""
