"""What a language model answers: a closed list of wishes, each of which is at most one command."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, WithJsonSchema

from soni.dialogue.admission import NAMES
from soni.dialogue.commands import (
    ALONE,
    AskInfo,
    CancelFlow,
    Clarify,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    SetSlot,
    StartFlow,
)
from soni.templates import plain
from soni.value import Value

CommandName: TypeAlias = Literal[
    "start_flow", "cancel_flow", "set_slot", "correct_slot", "clear_slot", "affirm", "deny", "clarify", "ask_info",
    "chitchat", "out_of_scope", "human_handoff", "skip_question", "repeat", "restart",
]  # fmt: skip
"""The names of all commands; a test holds them against ``COMMANDS``."""


def _as_said(written: object) -> object:
    """Models without a strict schema write more than texts. Numbers stay numbers: as texts, their point may be read as a comma."""
    return plain(written) if isinstance(written, bool | list | dict) else written


class SlotValue(BaseModel):
    """A value for a slot, in the user's words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slot: str
    value: Annotated[str | int | float, BeforeValidator(_as_said), WithJsonSchema({"title": "Value", "type": "string"})]


class Wish(BaseModel):
    """One thing the user wants. Which of the fields count is the command's affair."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: CommandName
    flow: str | None = None
    """For ``start_flow`` and ``cancel_flow``."""
    flows: tuple[str, ...] = ()
    """For ``clarify``."""
    slot: str | None = None
    """For ``clear_slot``, ``ask_info`` and ``deny``."""
    values: tuple[SlotValue, ...] = ()
    """For ``start_flow``, ``set_slot``, ``correct_slot`` and ``clarify``."""


class Unreadable(BaseModel):
    """An item of an answer that is no wish: an unknown command, or fields that do not belong to one."""

    model_config = ConfigDict(frozen=True)


WISHES: Final[TypeAdapter[list[Wish]]] = TypeAdapter(list[Wish])


def to_commands(wishes: Iterable[Wish]) -> list[Command]:
    """The commands these wishes are; one that lacks what its command is about is none."""
    return [command for wish in wishes if (command := _command(wish)) is not None]


def to_wishes(commands: Iterable[Command]) -> list[Wish]:
    """These commands as a model would answer them."""
    return [wish for command in commands for wish in _wishes(command)]


def _command(wish: Wish) -> Command | None:
    values: dict[str, Value] = {each.slot: each.value for each in wish.values}
    match wish.command:
        case "start_flow":
            return StartFlow(wish.flow, values) if wish.flow else None
        case "cancel_flow":
            return CancelFlow(wish.flow or None)
        case "set_slot":
            return SetSlot(values) if values else None
        case "correct_slot":
            return CorrectSlot(values) if values else None
        case "clear_slot":
            return ClearSlot((wish.slot,)) if wish.slot else None
        case "clarify":
            return Clarify(wish.flows, values) if wish.flows else None
        case "ask_info":
            return AskInfo(wish.slot or None)
        case "deny":
            return Deny(wish.slot or None)
        case _:
            return ALONE[wish.command]


def _wishes(command: Command) -> Sequence[Wish]:
    match command:
        case StartFlow(flow, slots):
            return [Wish(command="start_flow", flow=flow, values=_values(slots))]
        case CancelFlow(flow):
            return [Wish(command="cancel_flow", flow=flow)]
        case SetSlot(slots):
            return [Wish(command="set_slot", values=_values(slots))]
        case CorrectSlot(slots):
            return [Wish(command="correct_slot", values=_values(slots))]
        case ClearSlot(slots):
            return [Wish(command="clear_slot", slot=slot) for slot in slots]
        case Clarify(flows, slots):
            return [Wish(command="clarify", flows=flows, values=_values(slots))]
        case AskInfo(slot):
            return [Wish(command="ask_info", slot=slot)]
        case Deny(slot):
            return [Wish(command="deny", slot=slot)]
        case _:
            return [Wish.model_validate({"command": NAMES[type(command)]})]


def _values(slots: Mapping[str, Value]) -> tuple[SlotValue, ...]:
    return tuple(SlotValue(slot=name, value=plain(value)) for name, value in slots.items() if value is not None)
