"""Comparisons that always come out the same: with a value of another kind, or with none of a slot's choices."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from soni.config.models import Slot
from soni.config.problems import Finding, Route, nearest
from soni.config.values import kind
from soni.expressions import Expression
from soni.operations import COMPARISONS
from soni.parts import Comparison, Side, kind_of
from soni.value import Value

Slots: TypeAlias = Callable[[str], Slot | None]
"""The slot of a name, where it could be read."""

_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("string", "email", "phone", "date", "time", "datetime"), "text"),
    **dict.fromkeys(("integer", "float", "duration", "money"), "number"),  # money is compared by its amount
    "boolean": "boolean",
    "list": "list",
}
_MOMENTS: Final = frozenset({"date", "time", "datetime"})
_WORDS: Final = {"text": "a text", "number": "a number", "boolean": "true or false", "list": "a list"}
_YES: Final = frozenset({"yes", "y", "true", "on"})
_NO: Final = frozenset({"no", "n", "false", "off"})
_OTHERWISE: Final = frozenset({"!=", "not in"})


def wrong_comparisons(route: Route, expression: Expression, slots: Slots) -> Iterator[Finding]:
    """What is to be said of the comparisons in an expression; nothing where a value could be anything."""
    for comparison in expression.comparisons:
        for why, suggestion in _wrong(comparison, slots):
            if comparison.right.kind != "list" or comparison.right.values is None:
                why += f", so this is {'always' if comparison.operator in _OTHERWISE else 'never'} true"
            yield Finding(route, why, suggestion, severity="warning", code="wrong-comparison")


class _Known(NamedTuple):
    """One side, with what its slot says of it."""

    called: str
    kinds: frozenset[str]
    """Empty where it could be anything."""
    slot: Slot | None = None
    name: str = ""


_Told: TypeAlias = tuple[str, str | None]


def _wrong(comparison: Comparison, slots: Slots) -> Iterator[_Told]:
    left, operator, right = comparison
    if left.values is not None and right.values is not None:
        return
    if operator in ("in", "not in"):
        yield from _not_in(left, right, slots)
    elif left.values is not None and left.kind != "list":
        yield from _unlike(_known(right, slots), left.values[0], operator)
    elif right.values is not None and right.kind != "list":
        yield from _unlike(_known(left, slots), right.values[0], operator)
    else:
        yield from _apart(_known(left, slots), _known(right, slots), operator)


def _known(side: Side, slots: Slots) -> _Known:
    if side.name is None:
        return _Known("what is computed here", frozenset({side.kind} if side.kind else ()))
    slot = slots(side.name)
    called = repr(side.name)
    if slot is None or slot.normalizer is not None:  # a normalizer may make anything of a value
        return _Known(called, frozenset(), None, side.name)
    if slot.type == "choice":
        return _Known(called, frozenset(_kinds_of([choice.value for choice in slot.choices])), slot, side.name)
    found = _KINDS.get(slot.type)
    return _Known(called, frozenset({found} if found else ()), slot, side.name)


def _kinds_of(values: Sequence[Value]) -> Iterator[str]:
    return (found for value in values if (found := kind_of(value)) is not None)


def _unlike(known: _Known, value: Value, operator: str) -> Iterator[_Told]:
    """A value is written that this can never be, or that has no order."""
    written = kind_of(value)
    if written is None or not known.kinds:
        return
    if written not in known.kinds:
        yield f"{known.called} is {_words(known.kinds)}, never {kind(value)}{_instead(known, value, operator)}", None
        return
    if operator in ("<", "<=", ">", ">="):
        if written == "boolean" and known.kinds == {"boolean"}:
            yield "true and false have no order", None
        return
    slot = known.slot
    if slot is not None and slot.type == "choice":
        choices = [choice.value for choice in slot.choices]
        if not any(COMPARISONS["=="](choice, value) for choice in choices):
            possible = [str(choice).lower() if isinstance(choice, bool) else str(choice) for choice in choices]
            near = nearest(value, possible) if isinstance(value, str) else None
            yield f"{known.called} is never {_shown(value)}; it is one of {', '.join(possible)}", near
    elif slot is not None and slot.type in _MOMENTS and isinstance(value, str) and not value[:1].isdigit():
        words = f"{known.name} is not set" if not value else "dates and times are compared as ISO texts: '2030-01-31'"
        yield f"{known.called} is a {slot.type}, never {kind(value)}; {words}", None


def _apart(left: _Known, right: _Known, operator: str) -> Iterator[_Told]:
    """Two values that are of different kinds."""
    if left.kinds and right.kinds and not left.kinds & right.kinds:
        yield f"{left.called} is {_words(left.kinds)}, and {right.called} is {_words(right.kinds)}", None
    elif operator in ("<", "<=", ">", ">=") and left.kinds == right.kinds == {"boolean"}:
        yield "true and false have no order", None


def _not_in(left: Side, right: Side, slots: Slots) -> Iterator[_Told]:
    """What is sought can never be in what it is sought in."""
    if right.kind == "list" and right.values is not None:
        for value in right.values:
            # One that never matches among several that may does not settle the whole.
            yield from _unlike(_known(left, slots), value, "==")
        return
    within = _known(right, slots)
    sought = frozenset(_kinds_of(left.values or ())) if left.values is not None else _known(left, slots).kinds
    if within.kinds and within.kinds <= {"number", "boolean"}:
        yield f"{within.called} is {_words(within.kinds)}, and nothing is in it", None
    elif within.kinds == {"text"} and sought and "text" not in sought:
        yield f"{within.called} is a text, and only texts are in it", None


def _words(kinds: frozenset[str]) -> str:
    return " or ".join(_WORDS[each] for each in sorted(kinds))


def _shown(value: Value) -> str:
    return repr(value) if isinstance(value, str) else str(value).lower()


def _instead(known: _Known, value: Value, operator: str) -> str:
    """How it would have to be written."""
    if known.kinds == {"boolean"} and isinstance(value, str) and known.name:
        said = value.strip().lower()
        if said in _YES | _NO and operator in ("==", "!="):
            denied = (said in _NO) == (operator == "==")
            return f"; write '{'not ' if denied else ''}{known.name}'"
    if known.kinds == {"number"} and isinstance(value, str) and _is_number(value):
        return "; without quotes it is a number"
    if known.kinds == {"text"} and not isinstance(value, str):
        return f'; in quotes it is a text: "{_shown(value)}"'
    return ""


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
