"""The smallest and largest value of a slot, and its pattern."""

from datetime import date, datetime, time
from functools import lru_cache

from soni.config.models import Slot, SlotType
from soni.errors import ConfigurationError
from soni.understanding.values._libraries import Pattern, compile_re2
from soni.understanding.values.base import InvalidValue, Moment
from soni.understanding.values.dates import dates_in
from soni.understanding.values.durations import lengths_in
from soni.understanding.values.text import plain
from soni.value import Value

_DAY = 86400.0


def check_limits(slot: Slot, value: Value, moment: Moment) -> None:
    """Raise InvalidValue where the value is below ``min`` or above ``max``; of a text or a list, its length counts."""
    size = None if slot.min is None and slot.max is None else _size(slot.type, value)
    if size is None:
        return
    if slot.min is not None and size < bound(slot.type, slot.min, moment):
        raise InvalidValue(
            "min", _TOO_SMALL.get(slot.type, "Please give a value of {0} or more.").format(_shown(slot.min))
        )
    if slot.max is not None and size > bound(slot.type, slot.max, moment):
        raise InvalidValue(
            "max", _TOO_LARGE.get(slot.type, "Please give a value of {0} or less.").format(_shown(slot.max))
        )


def within(slot: Slot, value: Value, moment: Moment) -> bool:
    """Whether the limits of the slot allow the value."""
    try:
        check_limits(slot, value, moment)
    except InvalidValue:
        return False
    return True


def check_pattern(slot: Slot, text: str) -> None:
    """Raise InvalidValue where the slot has a pattern that does not match the whole text."""
    if slot.pattern is not None and compiled(slot.pattern).fullmatch(text) is None:
        raise InvalidValue("pattern", "That does not have the form I need.")


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Pattern:
    """An RE2 expression, compiled once; raises ConfigurationError where it is none."""
    return compile_re2(pattern)


def bound(kind: SlotType, written: float | str, moment: Moment) -> float:
    """A limit as a number to compare with; a day may be written ``today`` or ``in 30 days``, a length of time ``15m``.

    Raises ConfigurationError where it cannot be read.
    """
    try:
        match kind:
            case "date" | "datetime":
                return _day_bound(str(written), moment)
            case "time":
                return _of_day(time.fromisoformat(str(written)))
            case "duration" if isinstance(written, str) and (lengths := lengths_in(plain(written), "en")):
                return float(lengths[0].value.total)
        return float(written)
    except ValueError as error:
        raise ConfigurationError(f"{written!r} is no limit for a slot of type {kind}") from error


def _day_bound(written: str, moment: Moment) -> float:
    try:
        return _since_year_one(datetime.fromisoformat(written))
    except ValueError:
        if plain(written.strip()) == "now":
            return _since_year_one(moment.now)
        days = dates_in(plain(written), moment.now, "en")
        if not days:
            raise
        return _since_year_one(datetime.combine(days[0].value, time()))


def _size(kind: SlotType, value: Value) -> float | None:
    """What of a value is compared; ``None`` for what has no size."""
    match kind, value:
        case (("integer" | "float" | "duration"), int() | float()):
            return float(value)
        case "money", {"amount": int() | float() as amount}:
            return float(amount)
        case "date", str():
            return date.fromisoformat(value).toordinal() * _DAY
        case "time", str():
            return _of_day(time.fromisoformat(value))
        case "datetime", str():
            return _since_year_one(datetime.fromisoformat(value))
        case (("string" | "list"), str() | list()):
            return float(len(value))
    return None


def _of_day(told: time) -> float:
    return told.hour * 3600.0 + told.minute * 60 + told.second


def _since_year_one(moment: datetime) -> float:
    return moment.toordinal() * _DAY + _of_day(moment.time())


def _shown(written: float | str) -> str:
    return f"{written:g}" if isinstance(written, float) and abs(written) < 1e6 else str(written).removesuffix(".0")


_TOO_SMALL = {
    "date": "Please give a day that is not before {0}.",
    "time": "Please give a time that is not before {0}.",
    "datetime": "Please give a time that is not before {0}.",
    "duration": "Please give at least {0}.",
    "string": "Please give at least {0} characters.",
    "list": "Please give at least {0}.",
}
_TOO_LARGE = {
    "date": "Please give a day that is not after {0}.",
    "time": "Please give a time that is not after {0}.",
    "datetime": "Please give a time that is not after {0}.",
    "duration": "Please give at most {0}.",
    "string": "Please give at most {0} characters.",
    "list": "Please give at most {0}.",
}
