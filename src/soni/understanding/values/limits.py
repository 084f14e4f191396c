"""The smallest and largest value of a slot, and its pattern."""

from datetime import date, datetime, time
from functools import lru_cache
from typing import Final

from soni.config.models import Slot, SlotType
from soni.understanding.values._libraries import Pattern, compile_re2
from soni.understanding.values.base import InvalidValue
from soni.value import Value, storable

_DAY: Final = 86400.0

_OUTSIDE: Final[dict[SlotType, tuple[str, str]]] = {
    "date": ("Please give a day that is not before {0}.", "Please give a day that is not after {0}."),
    "time": ("Please give a time that is not before {0}.", "Please give a time that is not after {0}."),
    "datetime": ("Please give a time that is not before {0}.", "Please give a time that is not after {0}."),
    "duration": ("Please give at least {0} seconds.", "Please give at most {0} seconds."),
}
_OUTSIDE_NUMBERS: Final = ("Please give {0} or more.", "Please give {0} or less.")


def check_limits(slot: Slot, value: Value) -> None:
    """Raise InvalidValue where the value is below ``min`` or above ``max``."""
    size = None if slot.min is None and slot.max is None else _size(slot.type, value)
    if size is None:
        return
    too_small, too_large = _OUTSIDE.get(slot.type, _OUTSIDE_NUMBERS)
    if slot.min is not None and size < _bound(slot.type, slot.min):
        raise InvalidValue("min", too_small.format(_shown(slot.min)))
    if slot.max is not None and size > _bound(slot.type, slot.max):
        raise InvalidValue("max", too_large.format(_shown(slot.max)))


def within(slot: Slot, value: Value) -> bool:
    """Whether the limits of the slot allow the value."""
    try:
        check_limits(slot, value)
    except InvalidValue:
        return False
    return True


def check_pattern(slot: Slot, text: str) -> None:
    """Raise InvalidValue where the slot has a pattern that does not match the whole text."""
    if slot.pattern is not None and compiled(slot.pattern).fullmatch(storable(text)) is None:
        raise InvalidValue("pattern", "That does not have the form I need.")


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Pattern:
    """An RE2 expression, compiled once."""
    return compile_re2(pattern)


def _size(kind: SlotType, value: Value) -> float | None:
    """What of a value is compared; ``None`` for what has no size."""
    match kind, value:
        case (("integer" | "float" | "duration"), int() | float()):
            return float(value)
        case "money", {"amount": int() | float() as amount}:
            return float(amount)
        case (("date" | "time" | "datetime"), str()):
            return _moment(kind, value)
    return None


def _bound(kind: SlotType, written: float | str) -> float:
    """A limit as a number to compare with; what an author may write is checked when the assistant loads."""
    return _moment(kind, written) if isinstance(written, str) else float(written)


def _moment(kind: SlotType, written: str) -> float:
    """Seconds, of an ISO 8601 text; a time zone is left out: slots are local."""
    match kind:
        case "time":
            return _of_day(time.fromisoformat(written))
        case "date":
            return date.fromisoformat(written).toordinal() * _DAY
    moment = datetime.fromisoformat(written)
    return moment.toordinal() * _DAY + _of_day(moment.time())


def _of_day(told: time) -> float:
    return told.hour * 3600.0 + told.minute * 60 + told.second


def _shown(written: float | str) -> str:
    """A limit as it was written, without the ``.0`` of a whole number."""
    return str(int(written)) if isinstance(written, float) and written.is_integer() else str(written)
