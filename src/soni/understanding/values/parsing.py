"""A whole answer or a payload's value as the value of its slot."""

import json
import math
from datetime import datetime
from decimal import Decimal
from typing import Final

from soni.config.models import Slot, SlotType
from soni.understanding.values import shapes
from soni.understanding.values.amounts import currencies_of, is_foreign
from soni.understanding.values.answering import answer
from soni.understanding.values.base import InvalidValue, Moment
from soni.understanding.values.limits import check_limits, check_pattern
from soni.understanding.values.money import currency_of
from soni.understanding.values.numbers import MAX_DIGITS, readable_twice
from soni.understanding.values.reading import read
from soni.understanding.values.strings import items
from soni.value import Value

_WANTED: Final[dict[SlotType, str]] = {
    "string": "Please give a text.",
    "integer": "Please give a whole number.",
    "float": "Please give a number.",
    "boolean": "Please answer yes or no.",
    "date": "Please give a day, for example tomorrow or 21 November.",
    "time": "Please give a time, for example 18:30.",
    "datetime": "Please give a day and a time, for example tomorrow at 18:30.",
    "duration": "Please give a length of time, for example 30 minutes.",
    "money": "Please give an amount of money, for example 50 euros.",
    "email": "Please give an e-mail address, for example ana@example.com.",
    "phone": "Please give a telephone number.",
    "choice": "Please choose one of: {0}.",
    "list": "Please give a list, separated by commas.",
    "object": "Please give an object in JSON.",
}
_EXPLAINED: Final = frozenset(("integer", "float", "money", "date", "datetime"))
_NO_DAY: Final = "There is no such day."
_IN_CURRENCY: Final = "Please give the amount in {0}."
_CURRENCIES: Final = {"EUR": "euros", "USD": "US dollars", "GBP": "pounds", "JPY": "yen", "CHF": "Swiss francs"}
_TWICE: Final = "{0} can be read in two ways. Please write {1} or {2}."


def parse(slot: Slot, written: Value, moment: Moment) -> Value:
    """The slot's value for an answer or a payload's value, within its limits; parsing a value again changes nothing.

    Raises InvalidValue with a message for the user. ``None`` is no value: it is refused with the reason ``empty``.
    """
    if written is None:
        raise InvalidValue("empty", _wanted(slot))
    value = _from_text(slot, written, moment) if isinstance(written, str) else _from_json(slot, written, moment)
    if value is None:
        raise InvalidValue("choice" if slot.type == "choice" else "type", _refusal(slot, written, moment))
    if isinstance(value, dict) and slot.type == "money":
        _check_currency(slot, value["currency"], moment)
    if isinstance(value, str) and slot.type == "string":
        check_pattern(slot, value)
    check_limits(slot, value)
    return value


def parse_or_none(slot: Slot, written: Value, moment: Moment) -> Value | None:
    """The slot's value, or ``None`` where what was written is none."""
    try:
        return parse(slot, written, moment)
    except InvalidValue:
        return None


def _refusal(slot: Slot, written: Value, moment: Moment) -> str:
    """Why this is no value, where that can be told; else what is wanted."""
    if not isinstance(written, str) or slot.type not in _EXPLAINED:
        return _wanted(slot)
    reading = read(written, moment)
    if slot.type in ("date", "datetime"):
        return _NO_DAY if reading.days.impossible else _wanted(slot)
    named = currencies_of(slot, moment.language)
    if named and any(is_foreign(slot, span.value.currency, moment.language) for span in reading.priced):
        return _in_currency(slot, moment)
    if both := readable_twice(reading.text, moment.language):
        return _TWICE.format(*both)
    return _wanted(slot)


def _check_currency(slot: Slot, currency: Value, moment: Moment) -> None:
    if isinstance(currency, str) and is_foreign(slot, currency, moment.language):
        raise InvalidValue("type", _in_currency(slot, moment))


def _in_currency(slot: Slot, moment: Moment) -> str:
    named = sorted(currencies_of(slot, moment.language))
    return _IN_CURRENCY.format(" or ".join(_CURRENCIES.get(code, code) for code in named))


def _wanted(slot: Slot) -> str:
    choices = (
        str(choice.value).lower() if isinstance(choice.value, bool) else str(choice.value) for choice in slot.choices
    )
    return _WANTED[slot.type].format(", ".join(choices))


def _from_text(slot: Slot, text: str, moment: Moment) -> Value | None:
    match slot.type:
        case "string":
            return text.strip()
        case "choice":
            return next((choice.value for choice in slot.choices if choice.value == text), None) or answer(
                slot, text, moment
            )
        case "list":
            return _json(text, list) or items(text, moment.language)
        case "object":
            return _json(text, dict)
        case "datetime":
            return _iso(text, moment) or answer(slot, text, moment)
    return answer(slot, text, moment)


def _from_json(
    slot: Slot, written: bool | int | float | list[Value] | dict[str, Value], moment: Moment
) -> Value | None:
    """A value that is no text; ``None`` where the slot cannot hold it."""
    match written:
        case bool():
            return written if slot.type == "boolean" else _choice(slot, written)
        case int() | float():
            return _number(slot, written, moment)
        case list():
            return written if slot.type == "list" else None
        case dict() if slot.type == "money":
            return _money(written.get("amount"), written.get("currency"), moment)
        case dict():
            return written if slot.type == "object" else None


def _number(slot: Slot, written: int | float, moment: Moment) -> Value | None:
    if not math.isfinite(written) or abs(written) >= 10**MAX_DIGITS:
        return None
    match slot.type:
        case "choice":
            return _choice(slot, written)
        case "integer":
            return shapes.integer(Decimal(written))
        case "float":
            return float(written)
        case "duration":
            return shapes.seconds(Decimal(str(written))) if written >= 0 else None
        case "money":
            return _money(written, None, moment)
        case "string":
            return str(written)
        case "phone":
            return answer(slot, str(written), moment)
    return None


def _choice(slot: Slot, written: bool | int | float) -> Value | None:
    """The choice that is this value; ``1`` is not ``true``."""
    alike = (choice.value for choice in slot.choices if isinstance(choice.value, bool) == isinstance(written, bool))
    return next((value for value in alike if value == written), None)


def _money(amount: Value, currency: Value, moment: Moment) -> Value | None:
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        return None
    if not math.isfinite(amount) or abs(amount) >= 10**MAX_DIGITS:
        return None
    code = currency_of(currency, moment.language) if isinstance(currency, str) else None
    return {"amount": float(amount), "currency": code} if currency is None or code else None


def _iso(text: str, moment: Moment) -> str | None:
    """A full ISO 8601 moment; of another zone it is told in that of the conversation."""
    try:
        return shapes.local(datetime.fromisoformat(text.strip()), moment) if "T" in text or ":" in text else None
    except ValueError:
        return None


def _json(text: str, kind: type[list[Value]] | type[dict[str, Value]]) -> Value | None:
    try:
        value: Value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, kind) else None


def _refuse(constant: str) -> float:
    raise ValueError(constant)
