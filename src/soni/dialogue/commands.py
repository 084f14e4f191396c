"""What a user can want, as values: all that understanding, a button or a test can ask of a dialogue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from soni.value import Value


@dataclass(frozen=True, slots=True)
class StartFlow:
    """Start this flow, with what is already known for it; one that is active comes to the top."""

    flow: str
    slots: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CancelFlow:
    """Leave this flow, or the active one; the flow below resumes."""

    flow: str | None = None


@dataclass(frozen=True, slots=True)
class SetSlot:
    """Fill slots; a filled slot that was asked becomes a correction."""

    slots: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class CorrectSlot:
    """Rewrite slots, and take anew what depended on them."""

    slots: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ClearSlot:
    """Unset slots."""

    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Affirm:
    """Yes, to a pending confirm or a boolean question."""


@dataclass(frozen=True, slots=True)
class Deny:
    """No, to a pending confirm or a boolean question; may name the slot to change."""

    slot: str | None = None


@dataclass(frozen=True, slots=True)
class Clarify:
    """It is one of these flows, and it is not clear which; what was said for any of them is kept for the one that is chosen."""

    flows: tuple[str, ...]
    slots: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AskInfo:
    """Explain what is asked, and why."""

    slot: str | None = None


@dataclass(frozen=True, slots=True)
class ChitChat:
    """Small talk."""


@dataclass(frozen=True, slots=True)
class OutOfScope:
    """Nothing this assistant is for."""


@dataclass(frozen=True, slots=True)
class HumanHandoff:
    """A person, please."""


@dataclass(frozen=True, slots=True)
class SkipQuestion:
    """Leave the pending question unanswered."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """Say the last messages again."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Forget this conversation and begin anew."""


Command: TypeAlias = (
    StartFlow | CancelFlow | SetSlot | CorrectSlot | ClearSlot | Affirm | Deny | Clarify | AskInfo
    | ChitChat | OutOfScope | HumanHandoff | SkipQuestion | Repeat | Restart
)  # fmt: skip
"""Anything a user can want."""

COMMANDS: Mapping[str, type[Command]] = {
    "start_flow": StartFlow,
    "cancel_flow": CancelFlow,
    "set_slot": SetSlot,
    "correct_slot": CorrectSlot,
    "clear_slot": ClearSlot,
    "affirm": Affirm,
    "deny": Deny,
    "clarify": Clarify,
    "ask_info": AskInfo,
    "chitchat": ChitChat,
    "out_of_scope": OutOfScope,
    "human_handoff": HumanHandoff,
    "skip_question": SkipQuestion,
    "repeat": Repeat,
    "restart": Restart,
}
"""The name of each command in payloads and tests."""

ALONE: Mapping[str, Command] = {
    "affirm": Affirm(),
    "chitchat": ChitChat(),
    "out_of_scope": OutOfScope(),
    "human_handoff": HumanHandoff(),
    "skip_question": SkipQuestion(),
    "repeat": Repeat(),
    "restart": Restart(),
}
"""The commands that are about nothing, by name."""

MAX_COMMANDS = 5
"""Commands of one turn beyond this number are dropped."""
