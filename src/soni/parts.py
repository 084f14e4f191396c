"""The pieces that expressions are made of: each ready to run, with what is known of its value beforehand."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from soni.operations import CALCULATIONS, COMPARISONS, Function, item
from soni.value import Value

Scope: TypeAlias = Mapping[str, Value]
Run: TypeAlias = Callable[[Scope], Value]


class Side(NamedTuple):
    """What is known of a value before anything runs."""

    kind: str | None = None
    """``boolean``, ``number``, ``text`` or ``list``, where it can be nothing else but unset."""
    name: str | None = None
    """What it is called, where it is what a name stands for."""
    values: tuple[Value, ...] | None = None
    """The value, where it is written out; of a list, its items."""


UNKNOWN: Final = Side()
BOOLEAN: Final = Side("boolean")
NUMBER: Final = Side("number")
TEXT: Final = Side("text")


class Comparison(NamedTuple):
    """Two sides, and the sign between them."""

    left: Side
    operator: str
    right: Side


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an expression."""

    run: Run
    meaning: str
    """The same for all that means the same."""
    side: Side = UNKNOWN


def kind_of(value: Value) -> str | None:
    """The kind of a value; ``None`` for unset and for objects, which may be money."""
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "text"
        case list():
            return "list"
        case _:
            return None


def together(sides: Sequence[Side]) -> Side:
    """What is known of a value that is one of these."""
    kinds = {side.kind for side in sides}
    return Side(kinds.pop()) if len(kinds) == 1 else UNKNOWN


def in_brackets(sides: Sequence[Side]) -> Side:
    """What is known of a list of these."""
    written = [side.values[0] for side in sides if side.values is not None and side.kind != "list"]
    return Side("list", values=tuple(written) if len(written) == len(sides) else None)


def constant(value: bool | int | float | str | None) -> Part:
    """A value that is written out."""
    return Part(lambda _scope: value, json.dumps(value), Side(kind_of(value), values=(value,)))


def looked_up(name: str) -> Run:
    """What has this name."""
    return lambda scope: scope.get(name)


def listed(runs: Sequence[Run]) -> Run:
    """A list of what these give."""
    return lambda scope: [run(scope) for run in runs]


def negated(run: Run) -> Run:
    """Whether it is false."""
    return lambda scope: not run(scope)


def presence(subject: Part, wanted: bool) -> Part:
    """Whether it has a value, or has none."""
    run = subject.run
    if wanted:
        return Part(lambda scope: run(scope) is not None, f"({subject.meaning} is set)", BOOLEAN)
    return Part(lambda scope: run(scope) is None, f"({subject.meaning} is not set)", BOOLEAN)


def first_of(runs: Sequence[Run], wanted: bool) -> Run:
    """The first value that is as true as wanted, else the last."""

    def run(scope: Scope) -> Value:
        value: Value = None
        for operand in runs:
            value = operand(scope)
            if bool(value) is wanted:
                break
        return value

    return run


def compared(left: Run, operator: str, right: Run) -> Run:
    """Whether a comparison is true; where a side is unset, it is not."""
    compare = COMPARISONS[operator]

    def run(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        return a is not None and b is not None and compare(a, b)

    return run


def calculated(first: Run, operators: Sequence[str], rest: Sequence[Run]) -> Run:
    """What is calculated from left to right; unset where anything in it is."""
    steps = [(CALCULATIONS[operator], run) for operator, run in zip(operators, rest, strict=True)]

    def run(scope: Scope) -> Value:
        value = first(scope)
        for calculate, operand in steps:
            other = operand(scope)
            value = None if value is None or other is None else calculate(value, other)
        return value

    return run


def called(function: Function, runs: Sequence[Run]) -> Run:
    """What a function gives."""
    return lambda scope: function([run(scope) for run in runs])


def picked(subject: Run, keys: Sequence[Run]) -> Run:
    """What stands under these keys."""

    def run(scope: Scope) -> Value:
        value = subject(scope)
        for key in keys:
            value = item(value, key(scope))
        return value

    return run
