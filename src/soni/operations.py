"""What the operators and functions of expressions do to values: comparing never fails, calculating fails in words."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from math import isfinite, trunc
from typing import Final, TypeGuard

from soni.errors import FlowError
from soni.value import Value

INTEGERS: Final = range(-(2**63), 2**63)
"""The whole numbers that a saved conversation can hold."""
MAX_SIZE: Final = 100_000
"""Characters of a text, or items of a list, that ``+`` may make: a loop must not grow a conversation without end."""


class EvaluationError(FlowError):
    """An expression cannot be computed from the values it was given."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language. Called with values, it gives unset where one of them is unset."""

    usage: str
    compute: Callable[[Sequence[Value]], Value]
    fewest: int = 1
    most: int = 1
    of_unset: Value = None

    def __call__(self, values: Sequence[Value]) -> Value:
        if any(value is None for value in values):
            return self.of_unset
        return self.compute(values)


def as_money(value: Value) -> tuple[float, str | None] | None:
    """Amount and currency, where the value is money and nothing else."""
    match value:
        case {"amount": int() | float() as amount, "currency": str() | None as currency, **rest} if not rest:
            return None if isinstance(amount, bool) else (amount, currency)
        case _:
            return None


def item(value: Value, key: Value) -> Value:
    """One key of an object, or place of a list; what is not there is unset."""
    if isinstance(value, dict):
        return value.get(key) if isinstance(key, str) else None
    if isinstance(value, list) and isinstance(key, str):
        raise EvaluationError("a list has no keys, only places, such as [0] or [(number)]")
    if isinstance(value, list) and isinstance(key, int) and not isinstance(key, bool):
        return value[key] if -len(value) <= key < len(value) else None
    return None


def _same(a: Value, b: Value) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if (amounts := _amounts(a, b)) is not None:
        return amounts[0] == amounts[1]
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(value, b[key]) for key, value in a.items())
    return a is b


def _order(a: Value, b: Value) -> int | None:
    """-1, 0 or 1; ``None`` where neither is smaller."""
    if isinstance(a, str):
        return (a > b) - (a < b) if isinstance(b, str) else None
    if (amounts := _amounts(a, b)) is None:
        return None
    return (amounts[0] > amounts[1]) - (amounts[0] < amounts[1])


def _amounts(a: Value, b: Value) -> tuple[float, float] | None:
    """Both as numbers, where they are numbers or money of one currency."""
    if _is_number(a) and _is_number(b):
        return a, b
    if (x := _amount(a)) is None or (y := _amount(b)) is None or (x[1] and y[1] and x[1] != y[1]):
        return None
    return x[0], y[0]


def _amount(value: Value) -> tuple[float, str | None] | None:
    return (value, None) if _is_number(value) else as_money(value)


def _is_number(value: Value) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _contained(a: Value, b: Value) -> bool:
    match b:
        case list():
            return any(_same(a, member) for member in b)
        case str() | dict():
            return isinstance(a, str) and a in b
        case _:
            return False


COMPARISONS: Final[Mapping[str, Callable[[Value, Value], bool]]] = {
    "==": _same,
    "!=": lambda a, b: not _same(a, b),
    "<": lambda a, b: _order(a, b) == -1,
    "<=": lambda a, b: _order(a, b) in (-1, 0),
    ">": lambda a, b: _order(a, b) == 1,
    ">=": lambda a, b: _order(a, b) in (1, 0),
    "in": _contained,
    "not in": lambda a, b: not _contained(a, b),
}
"""Of values that are set."""


def _arithmetic(
    sign: str, whole: Callable[[int, int], int | None], decimal: Callable[[Decimal, Decimal], Decimal]
) -> Callable[[Value, Value], Value]:
    """What a sign does to two numbers: exact for whole ones, where ``whole`` has an answer, else as on paper."""

    def calculate(a: Value, b: Value) -> Value:
        if not (_is_number(a) and _is_number(b)):
            raise EvaluationError(f"'{sign}' cannot be used with {_kind(a)} and {_kind(b)}")
        if b == 0 and sign in ("/", "%"):
            raise EvaluationError("a division by zero")
        if isinstance(a, int) and isinstance(b, int) and (result := whole(a, b)) is not None:
            return _fitting(result)
        return _fitting(decimal(_exact(a), _exact(b)))

    return calculate


# Binary floats would make 0.3 - 0.1 less than 0.2, and a balance too small. Without traps, what cannot be computed
# is not a number, and _fitting says so.
_PAPER: Final = Context(prec=40, rounding=ROUND_HALF_UP, traps=[])


def _exact(number: float) -> Decimal:
    """The number as people read it: 0.1 is one tenth."""
    return Decimal(number if isinstance(number, int) else repr(number))


def _fitting(number: int | Decimal) -> int | float:
    if isinstance(number, int):
        if number in INTEGERS:
            return number
    elif isfinite(approximate := float(number)):
        return approximate
    raise EvaluationError("a number that is too large")


def _modulo(a: Decimal, b: Decimal) -> Decimal:
    """The remainder, with the sign of the divisor: as clocks count."""
    rest = _PAPER.remainder(a, b)
    return _PAPER.add(rest, b) if rest and rest.is_signed() != b.is_signed() else rest


_add: Final = _arithmetic("+", lambda a, b: a + b, _PAPER.add)


def _plus(a: Value, b: Value) -> Value:
    joined: str | list[Value]
    if isinstance(a, str) and isinstance(b, str):
        joined = a + b
    elif isinstance(a, list) and isinstance(b, list):
        joined = [*a, *b]
    else:
        return _add(a, b)
    if len(joined) > MAX_SIZE:
        raise EvaluationError(f"more than {MAX_SIZE} characters or items")
    return joined


CALCULATIONS: Final[Mapping[str, Callable[[Value, Value], Value]]] = {
    "+": _plus,
    "-": _arithmetic("-", lambda a, b: a - b, _PAPER.subtract),
    "*": _arithmetic("*", lambda a, b: a * b, _PAPER.multiply),
    "/": _arithmetic("/", lambda a, b: None if a % b else a // b, _PAPER.divide),
    "%": _arithmetic("%", lambda a, b: a % b, _modulo),
}
"""Of values that are set. Each raises EvaluationError for kinds it does not know, and for results nobody can store."""


def _len(values: Sequence[Value]) -> Value:
    if isinstance(values[0], str | list | dict):
        return len(values[0])
    raise EvaluationError(f"len() of {_kind(values[0])}")


def _text(name: str, change: Callable[[str], str]) -> Callable[[Sequence[Value]], Value]:
    def compute(values: Sequence[Value]) -> Value:
        if isinstance(values[0], str):
            return change(values[0])
        raise EvaluationError(f"{name}() of {_kind(values[0])}")

    return compute


def _abs(values: Sequence[Value]) -> Value:
    if _is_number(values[0]):
        return _fitting(abs(values[0])) if isinstance(values[0], int) else abs(values[0])
    raise EvaluationError(f"abs() of {_kind(values[0])}")


def _round(values: Sequence[Value]) -> Value:
    """To so many digits, or to a whole number; a half goes away from zero."""
    number, digits = values[0], values[1] if len(values) > 1 else 0
    if not _is_number(number):
        raise EvaluationError(f"round() of {_kind(number)}")
    if not _is_number(digits) or digits not in range(16):
        raise EvaluationError("round() to something else than 0 to 15 digits")
    if isinstance(number, float) and not number.is_integer():
        number = _fitting(_exact(number).quantize(Decimal(1).scaleb(-int(digits)), context=_PAPER))
    return number if len(values) > 1 else _fitting(trunc(number))


def _extreme(name: str, better: int) -> Callable[[Sequence[Value]], Value]:
    """The best of the values, or of a list; unset where one of them is, or where there are none."""

    def compute(values: Sequence[Value]) -> Value:
        candidates = values[0] if len(values) == 1 and isinstance(values[0], list) else values
        if not candidates or any(value is None for value in candidates):
            return None
        best = candidates[0]
        for value in candidates:
            order = _order(value, best)
            if order is None:
                raise EvaluationError(f"{name}() of {_kind(best)} and {_kind(value)}")
            best = value if order == better else best
        return best

    return compute


_NUMBER: Final = re.compile(r"\s*[+-]?[0-9]{1,300}(?:\.[0-9]{1,300})?\s*")


def _read(name: str, values: Sequence[Value]) -> int | float:
    """The number that a value is, or says."""
    value = values[0]
    if _is_number(value):
        return value if isinstance(value, int) else _fitting(_exact(value))
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return float(value) if "." in value else int(value)
    raise EvaluationError(f"{name}() of {_kind(value)} that is no number")


FUNCTIONS: Final = {
    "len": Function("len(x)", _len, of_unset=0),
    "lower": Function("lower(text)", _text("lower", str.lower)),
    "upper": Function("upper(text)", _text("upper", str.upper)),
    "abs": Function("abs(x)", _abs),
    "round": Function("round(x) or round(x, digits)", _round, most=2),
    "min": Function("min(list) or min(a, b, …)", _extreme("min", -1), most=100),
    "max": Function("max(list) or max(a, b, …)", _extreme("max", 1), most=100),
    "int": Function("int(x)", lambda values: _fitting(trunc(_read("int", values)))),
    "float": Function("float(x)", lambda values: _fitting(_exact(_read("float", values)))),
}


def _kind(value: Value) -> str:
    """What a value is, in words: never the value itself, which may be a secret."""
    match value:
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
