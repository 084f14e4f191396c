"""Values on their way into slots: parsed by type, validated, normalized; what does not fit is refused with words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

from soni.actions.marks import ActionContext
from soni.actions.runner import log_of
from soni.config.models import Slot
from soni.dialogue.commands import Command, CorrectSlot, SetSlot, StartFlow
from soni.dialogue.state import Dialogue
from soni.events import ValueRefused
from soni.toolbox import Toolbox
from soni.understanding.values import InvalidValue, Moment, parse
from soni.value import Value

MAX_DEPTH: Final = 16
"""Levels of lists and objects that a value may have."""
_NOT_VALID: Final = "That is not a valid value."


@dataclass(frozen=True, slots=True)
class Refusal:
    """A value that its slot does not take."""

    slot: str
    message: str
    """Why, for the user."""


async def take_in(commands: Sequence[Command], dialogue: Dialogue, toolbox: Toolbox) -> list[Command | Refusal]:
    """Every value of these commands through its slot: parse → validate → normalize.

    What is left of a command is followed by what its slots refused. Raises ActionError where a validator or normalizer
    itself fails.
    """
    taken: list[Command | Refusal] = []
    for command in commands:
        match command:
            case StartFlow() | SetSlot() | CorrectSlot() if command.slots:
                fitting, refusals = await _fitting(command.slots, dialogue, toolbox)
                if fitting or isinstance(command, StartFlow):
                    taken.append(replace(command, slots=fitting))
                taken += refusals
            case _:
                taken.append(command)
    return taken


async def _fitting(
    slots: Mapping[str, Value], dialogue: Dialogue, toolbox: Toolbox
) -> tuple[dict[str, Value], list[Refusal]]:
    fitting: dict[str, Value] = {}
    refusals: list[Refusal] = []
    for name, written in slots.items():
        if written is None:
            continue
        outcome = await _take(name, toolbox.flows.slots[name], written, dialogue, toolbox)
        if isinstance(outcome, Refusal):
            refusals.append(outcome)
        else:
            fitting[name] = outcome.value
    return fitting, refusals


@dataclass(frozen=True, slots=True)
class _Accepted:
    value: Value


async def _take(name: str, slot: Slot, written: Value, dialogue: Dialogue, toolbox: Toolbox) -> _Accepted | Refusal:
    try:
        value = parse(slot, written, Moment(toolbox.now, dialogue.language))
    except InvalidValue as error:
        toolbox.emit(ValueRefused(name, error.reason))
        return Refusal(name, _words(slot, error.message, dialogue, toolbox))
    if not _can_be_kept(value):
        toolbox.emit(ValueRefused(name, "size"))
        return Refusal(name, _words(slot, _NOT_VALID, dialogue, toolbox))
    if slot.validator is None and slot.normalizer is None:
        return _Accepted(value)
    context = ActionContext(toolbox.user_id, f"{toolbox.turn}:{name}", toolbox.turn, dialogue.language, log_of(name))
    if slot.validator is not None:
        verdict = await toolbox.actions.validate(slot.validator, value, context)
        if verdict is not True:
            toolbox.emit(ValueRefused(name, "validator"))
            # The validator's own words are about this very value; the slot's are general.
            return Refusal(name, verdict if isinstance(verdict, str) else _words(slot, _NOT_VALID, dialogue, toolbox))
    if slot.normalizer is not None:
        value = await toolbox.actions.normalize(slot.normalizer, value, context)
    return _Accepted(value)


def _can_be_kept(value: Value, depth: int = MAX_DEPTH) -> bool:
    """True for what every store can write: finite numbers of at most 64 bits, lists and objects that are not too deep."""
    match value:
        case bool() | str() | None:
            return True
        case int():
            return -(2**63) <= value < 2**63
        case float():
            return isfinite(value)
        case list():
            return depth > 0 and all(_can_be_kept(item, depth - 1) for item in value)
        case _:
            return depth > 0 and all(_can_be_kept(item, depth - 1) for item in value.values())


def _words(slot: Slot, otherwise: str, dialogue: Dialogue, toolbox: Toolbox) -> str:
    return slot.invalid_message.render(toolbox.scope(dialogue)) if slot.invalid_message is not None else otherwise
