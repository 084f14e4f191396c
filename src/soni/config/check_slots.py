"""Slots: names that can be read, bounds, choices and defaults that fit their type."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, time
from importlib import import_module
from typing import Final

from soni.config.models import Slot
from soni.config.problems import Finding, Route
from soni.config.scene import Scene
from soni.config.values import case_key, kind
from soni.errors import ExpressionError
from soni.expressions import parse_expression
from soni.value import Value

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NUMERIC: Final = frozenset({"integer", "float", "money", "duration"})
_ISO: Final[Mapping[str, Callable[[str], date | time]]] = {
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "datetime": datetime.fromisoformat,
}
_LIKE: Final = {"date": "2030-01-31", "time": "18:30", "datetime": "2030-01-31T18:30"}


def check_slots(scene: Scene) -> Iterator[Finding]:
    """Every slot that could be read."""
    for name, slot in scene.config.slots.items():
        route: Route = ("slots", name)
        yield from _name(route, name)
        yield from scene.reads((*route, "prompt"), slot.prompt)
        yield from scene.reads((*route, "invalid_message"), slot.invalid_message)
        if scene.slot(name) is not None:
            yield from _pattern(route, slot)
            yield from _bounds(route, slot)
            yield from _choices(route, slot)
            yield from _default(route, slot)


def unfit(slot: Slot, value: Value) -> str | None:
    """Why a slot cannot hold a value, in words; ``None`` where it can, and for unset."""
    if value is None:
        return None
    match slot.type:
        case "integer":
            fits, expected = isinstance(value, int) and not isinstance(value, bool), "a whole number"
        case "float":
            fits, expected = _is_number(value), "a number"
        case "duration":
            fits, expected = _is_number(value), "a number of seconds"
        case "boolean":
            fits, expected = isinstance(value, bool), "true or false"
        case "choice":
            written = {case_key(choice.value): choice.value for choice in slot.choices}
            fits = isinstance(value, bool | int | float | str) and written.get(case_key(value)) == value
            expected = f"one of {', '.join(written)}"
        case "list":
            fits, expected = isinstance(value, list), "a list"
        case "object":
            fits, expected = isinstance(value, dict), "a mapping"
        case "money":
            fits, expected = _is_money(value), "{amount: 50, currency: EUR}"
        case "date" | "time" | "datetime":
            fits, expected = _moment(slot.type, value) is not None, f"a {slot.type} such as {_LIKE[slot.type]!r}"
        case "string" | "email" | "phone":
            fits, expected = isinstance(value, str), "a text"
    return None if fits else f"{expected} is expected for type {slot.type}, not {kind(value)}"


def _name(route: Route, name: str) -> Iterator[Finding]:
    """A slot must be readable by its name in expressions, templates and payloads."""
    message = f"{name!r} cannot be the name of a slot: letters, digits and '_' only, beginning with a letter"
    if _NAME.fullmatch(name):
        try:
            known = parse_expression(name).names == {name}
        except ExpressionError:
            known = False
        if known and name not in ("user", "user_id", "context"):
            return
        message = f"{name!r} cannot be the name of a slot: it means something else in expressions"
    yield Finding(route, message, code="bad-name")


def _pattern(route: Route, slot: Slot) -> Iterator[Finding]:
    if slot.pattern is None:
        return
    if slot.type != "string":
        yield Finding((*route, "pattern"), f"a pattern belongs to type string, not {slot.type}", code="misplaced")
        return
    re2 = import_module("re2")
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(slot.pattern, options)
    except re2.error as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else error.args[0]
        message = f"this pattern cannot be read: {reason} (RE2 has no look-around and no back-references)"
        yield Finding((*route, "pattern"), message, code="bad-pattern")


def _bounds(route: Route, slot: Slot) -> Iterator[Finding]:
    """``min`` and ``max`` are of the slot's type, and in order."""
    found: dict[str, float | date | time] = {}
    for key, bound in (("min", slot.min), ("max", slot.max)):
        if bound is None:
            continue
        if slot.type in _NUMERIC and not isinstance(bound, str):
            found[key] = bound
        elif slot.type in _NUMERIC:
            unit = " of seconds" if slot.type == "duration" else ""
            message = f"a number{unit} is expected for type {slot.type}, not {kind(bound)}"
            yield Finding((*route, key), message, code="wrong-type")
        elif slot.type not in _ISO:
            yield Finding((*route, key), f"{key!r} does not belong to type {slot.type}", code="misplaced")
        elif (moment := _moment(slot.type, bound)) is not None:
            found[key] = moment
        else:
            message = f"a {slot.type} such as {_LIKE[slot.type]!r} is expected, not {kind(bound)}"
            yield Finding((*route, key), message, code="wrong-type")
    if len(found) == 2 and _after(found["min"], found["max"]):
        yield Finding((*route, "min"), f"min ({slot.min}) is more than max ({slot.max})", code="bad-bounds")


def _choices(route: Route, slot: Slot) -> Iterator[Finding]:
    """No word means two choices."""
    meant: dict[str, int] = {}
    for number, choice in enumerate(slot.choices):
        words = [("value", case_key(choice.value)), *(("synonyms", word) for word in choice.synonyms)]
        for key, word in words:
            other = meant.setdefault(word.casefold(), number)
            if other != number:
                message = f"{word!r} means the choice {case_key(slot.choices[other].value)!r} already"
                yield Finding((*route, "choices", number, key), message, code="duplicate")


def _default(route: Route, slot: Slot) -> Iterator[Finding]:
    if (why := unfit(slot, slot.default)) is not None:
        yield Finding((*route, "default"), why, code="wrong-type")


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_money(value: Value) -> bool:
    match value:
        case {"amount": amount, "currency": str() | None, **rest} if not rest:
            return _is_number(amount)
        case _:
            return False


def _moment(kind_of_slot: str, value: Value) -> date | time | None:
    """A date or time from its ISO 8601 text; ``None`` where it is none."""
    try:
        return _ISO[kind_of_slot](value) if isinstance(value, str) else None
    except ValueError:
        return None


def _after(first: float | date | time, second: float | date | time) -> bool:
    match first, second:
        case ((int() | float()), (int() | float())):
            return first > second
        case datetime(), datetime():
            # One with a time zone and one without cannot be compared.
            return (first.tzinfo is None) == (second.tzinfo is None) and first > second
        case date(), date():
            return first > second
        case time(), time():
            return (first.tzinfo is None) == (second.tzinfo is None) and first > second
        case _:
            return False
