"""Values on their way into slots, whoever sets them: parsed by type, validated, normalized; what does not fit is refused."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from typing import Final

from soni.actions.marks import ActionContext
from soni.actions.runner import log_of
from soni.confidential import hear
from soni.config.models import Slot
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


@dataclass(frozen=True, slots=True)
class Fitted:
    """What of several values their slots take, and what they refuse."""

    values: Mapping[str, Value]
    refusals: tuple[Refusal, ...] = ()


async def fit(written: Mapping[str, Value], dialogue: Dialogue, toolbox: Toolbox, *, said: bool = True) -> Fitted:
    """Each value as its slot keeps it; ``None`` stays ``None``.

    ``said`` tells that texts are what people say, who mean one or another thing by "1.234"; programs mean one. Raises
    ActionError where a validator or normalizer itself fails.
    """
    values: dict[str, Value] = {}
    refusals: list[Refusal] = []
    for name, value in written.items():
        slot = toolbox.flows.slots[name]
        data = value if said else _as_data(slot, value)
        taken = None if data is None else await _take(name, slot, data, dialogue, toolbox)
        if isinstance(taken, Refusal):
            refusals.append(taken)
        else:
            values[name] = taken
    return Fitted(values, tuple(refusals))


async def _take(name: str, slot: Slot, written: Value, dialogue: Dialogue, toolbox: Toolbox) -> Value | Refusal:
    hear(written, sensitive=slot.sensitive)
    try:
        value = parse(slot, written, Moment(toolbox.now, dialogue.language))
    except InvalidValue as error:
        toolbox.emit(ValueRefused(name, error.reason))
        return Refusal(name, _words(slot, error.message, dialogue, toolbox))
    if not _can_be_kept(value):
        toolbox.emit(ValueRefused(name, "size"))
        return Refusal(name, _words(slot, _NOT_VALID, dialogue, toolbox))
    if value != written:
        hear(value, sensitive=slot.sensitive)
    if slot.validator is None and slot.normalizer is None:
        return value
    context = ActionContext(toolbox.user_id, f"{toolbox.turn}:{name}", toolbox.turn, dialogue.language, log_of(name))
    if slot.validator is not None:
        verdict = await toolbox.actions.validate(slot.validator, value, context)
        if verdict is not True:
            toolbox.emit(ValueRefused(name, "validator"))
            # The validator's own words are about this very value; the slot's are general.
            return Refusal(name, verdict if isinstance(verdict, str) else _words(slot, _NOT_VALID, dialogue, toolbox))
    if slot.normalizer is not None:
        value = await toolbox.actions.normalize(slot.normalizer, value, context)
        hear(value, sensitive=slot.sensitive)
    return value


def _as_data(slot: Slot, value: Value) -> Value:
    """A number that a program wrote as text."""
    if slot.type in ("integer", "float") and isinstance(value, str):
        with suppress(ValueError):
            return float(value)
    return value


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
