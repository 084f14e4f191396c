"""Commands as JSON, in the notation of conversation tests: ``{"start_flow": "pay"}``, ``"affirm"``."""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, assert_never

from soni.config.problems import nearest
from soni.dialogue.admission import NAMES
from soni.dialogue.commands import (
    ALONE,
    COMMANDS,
    Affirm,
    AskInfo,
    CancelFlow,
    ChitChat,
    Clarify,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    HumanHandoff,
    OutOfScope,
    Repeat,
    Restart,
    SetSlot,
    SkipQuestion,
    StartFlow,
)
from soni.value import Value

Noted: TypeAlias = str | dict[str, Value]
"""A name, or one name and what it is about."""

_ALONE: Final[Mapping[str, Command]] = {
    **ALONE,
    "ask_info": AskInfo(),
    "cancel_flow": CancelFlow(),
    "deny": Deny(),
}
"""Those that need nothing said about them."""


def note(command: Command) -> Noted:
    """How a conversation test writes this command."""
    name = NAMES[type(command)]
    match command:
        case StartFlow(flow, slots):
            return {name: {"flow": flow, "slots": dict(slots)} if slots else flow}
        case SetSlot(slots) | CorrectSlot(slots):
            return {name: dict(slots)}
        case ClearSlot(slots):
            return {name: list(slots)}
        case Clarify(flows, slots):
            return {name: {"flows": list(flows), "slots": dict(slots)} if slots else list(flows)}
        case CancelFlow(about) | Deny(about) | AskInfo(about):
            return name if about is None else {name: about}
        case Affirm() | ChitChat() | OutOfScope() | HumanHandoff() | SkipQuestion() | Repeat() | Restart():
            return name
        case _:
            assert_never(command)


def read_note(noted: object) -> Command:
    """The command that is noted so. Raises ValueError, in words, where it is none."""
    if isinstance(noted, str):
        return _about_nothing(noted)
    if not isinstance(noted, dict) or len(noted) != 1:
        raise ValueError("a command is a name, or one name and what it is about")
    ((name, about),) = noted.items()
    match _known(name):
        case "start_flow":
            flow, slots = _with_slots(about, "flow")
            return StartFlow(_text(flow), slots)
        case "set_slot":
            return SetSlot(_slots(about))
        case "correct_slot":
            return CorrectSlot(_slots(about))
        case "clear_slot":
            return ClearSlot(_texts(about))
        case "clarify":
            flows, slots = _with_slots(about, "flows")
            return Clarify(_texts(flows), slots)
        case "cancel_flow":
            return CancelFlow(_text(about))
        case "deny":
            return Deny(_text(about))
        case "ask_info":
            return AskInfo(_text(about))
        case _:
            raise ValueError(f"{name!r} stands alone: it is not about anything")


def _about_nothing(name: str) -> Command:
    if _known(name) not in _ALONE:
        raise ValueError(f"{name!r} says what it is about")
    return _ALONE[name]


def _known(name: str) -> str:
    if name in COMMANDS:
        return name
    near = nearest(name, COMMANDS)
    raise ValueError(f"there is no command {name!r}" + (f"; did you mean {near!r}?" if near else ""))


def _with_slots(about: object, key: str) -> tuple[object, Mapping[str, Value]]:
    if not isinstance(about, dict):
        return about, {}
    if not {key} <= about.keys() <= {key, "slots"}:
        raise ValueError(f"{key!r} and perhaps 'slots' stand here")
    return about[key], _slots(about.get("slots", {}))


def _slots(about: object) -> Mapping[str, Value]:
    if not isinstance(about, dict):
        raise ValueError("slots and their values stand here")
    return about


def _texts(about: object) -> tuple[str, ...]:
    if not isinstance(about, Sequence) or isinstance(about, str):
        return (_text(about),)
    return tuple(map(_text, about))


def _text(about: object) -> str:
    if not isinstance(about, str):
        raise ValueError("a name stands here")
    return about
