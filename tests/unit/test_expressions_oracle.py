"""Expressions agree with an oracle that knows nothing of their parser, and no text does harm."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.errors import ExpressionError
from soni.expressions import EvaluationError, parse_expression
from soni.value import Value

Meaning: TypeAlias = Callable[[Mapping[str, Value]], Value]
OR, AND, NOT, COMPARE, SUM, PRODUCT, MINUS, ATOM = range(8)


class ImpossibleError(Exception):
    """What the oracle cannot compute."""


@dataclass(frozen=True)
class Said:
    """A text, and what it must mean; texts of a weaker level need parentheses."""

    level: int
    text: str
    means: Meaning = field(repr=False)

    def at(self, level: int) -> str:
        return self.text if self.level >= level else f"({self.text})"


def kind(x: Value) -> str:
    return "number" if type(x) in (int, float) else type(x).__name__


def equal(a: Value, b: Value) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    return kind(a) == kind(b) and a == b


def less(a: Value, b: Value) -> bool:
    if isinstance(a, str) and isinstance(b, str):
        return a < b
    return kind(a) == kind(b) == "number" and Fraction(str(a)) < Fraction(str(b))


def comparison(operator: str, a: Value, b: Value) -> bool:
    if a is None or b is None:
        return False
    inside = (isinstance(b, list) and any(equal(a, x) for x in b)) or (
        isinstance(a, str) and isinstance(b, str) and b.find(a) >= 0
    )
    comparable = less(a, b) or less(b, a) or (equal(a, b) and kind(a) in ("number", "str"))
    return {
        "==": equal(a, b),
        "!=": not equal(a, b),
        "<": less(a, b),
        ">": less(b, a),
        "<=": comparable and not less(b, a),
        ">=": comparable and not less(a, b),
        "in": inside,
        "not in": not inside,
    }[operator]


def calculation(operator: str, a: Value, b: Value) -> Value:
    if a is None or b is None:
        return None
    if operator == "+" and isinstance(a, str) and isinstance(b, str):
        return f"{a}{b}"
    if operator == "+" and isinstance(a, list) and isinstance(b, list):
        return [*a, *b]
    if not kind(a) == kind(b) == "number" or (operator in "/%" and b == 0):
        raise ImpossibleError
    x, y = Fraction(str(a)), Fraction(str(b))
    if operator == "+":
        exact = x + y
    elif operator == "-":
        exact = x - y
    elif operator == "*":
        exact = x * y
    else:
        exact = x / y if operator == "/" else x % y
    whole = isinstance(a, int) and isinstance(b, int) and exact.denominator == 1
    return int(exact) if whole else float(exact)


def both(left: Said, right: Said, combine: Callable[[Value, Value], Value]) -> Meaning:
    return lambda scope: combine(left.means(scope), right.means(scope))


NAMES = ("a", "b", "c")
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-9, 9),
    st.decimals(-9, 9, places=1).map(float),
    st.text("ab", max_size=2),
)
values: st.SearchStrategy[Value] = scalars | st.lists(scalars, max_size=2)
scopes: st.SearchStrategy[dict[str, Value]] = st.dictionaries(st.sampled_from(NAMES), values)


def constant(x: Value) -> Said:
    words = {None: "null", True: "true", False: "false"}
    text = words[x] if x is None or isinstance(x, bool) else repr(x)
    negative = isinstance(x, int | float) and not isinstance(x, bool) and str(x).startswith("-")
    return Said(MINUS if negative else ATOM, text, lambda _: x)


def name(written: str) -> Said:
    return Said(ATOM, written, lambda scope: scope.get(written))


@st.composite
def larger(draw: st.DrawFn, smaller: st.SearchStrategy[Said]) -> Said:
    a, b = draw(smaller), draw(smaller)
    match draw(st.sampled_from(["or", "and", "not", "compare", "set", "sum", "product", "minus", "list", "len", "()"])):
        case "or":
            word = draw(st.sampled_from(["or", "OR"]))
            return Said(OR, f"{a.at(OR)} {word} {b.at(AND)}", lambda scope: a.means(scope) or b.means(scope))
        case "and":
            word = draw(st.sampled_from(["and", "AND"]))
            return Said(AND, f"{a.at(AND)} {word} {b.at(NOT)}", lambda scope: a.means(scope) and b.means(scope))
        case "not":
            return Said(NOT, f"not {a.at(NOT)}", lambda scope: not a.means(scope))
        case "compare":
            operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in"]))
            if "null" in (a.text, b.text) and operator in ("==", "!="):
                subject = b if a.text == "null" else a
                wanted = operator == "!="
                means: Meaning = lambda scope: (subject.means(scope) is not None) == wanted  # noqa: E731 - read in place
            else:
                means = both(a, b, lambda x, y: comparison(operator, x, y))
            return Said(COMPARE, f"{a.at(SUM)} {operator} {b.at(SUM)}", means)
        case "set":
            return Said(COMPARE, f"{a.at(SUM)} is not set", lambda scope: a.means(scope) is None)
        case "sum":
            operator = draw(st.sampled_from("+-"))
            return Said(
                SUM, f"{a.at(SUM)}{operator}{b.at(PRODUCT)}", both(a, b, lambda x, y: calculation(operator, x, y))
            )
        case "product":
            operator = draw(st.sampled_from("*/%"))
            text = f"{a.at(PRODUCT)} {operator} {b.at(MINUS)}"
            return Said(PRODUCT, text, both(a, b, lambda x, y: calculation(operator, x, y)))
        case "minus":
            return Said(MINUS, f"-{a.at(MINUS)}", lambda scope: calculation("-", 0, a.means(scope)))
        case "list":
            return Said(ATOM, f"[{a.text}, {b.text}]", lambda scope: [a.means(scope), b.means(scope)])
        case "len":
            return Said(ATOM, f"len([{a.text}])", lambda scope: len([a.means(scope)]))
        case _:
            return Said(ATOM, f"( {a.text})", a.means)


sayings = st.recursive(scalars.map(constant) | st.sampled_from(NAMES).map(name), larger, max_leaves=12)


@given(sayings, scopes)
def test_expressions_mean_what_the_oracle_says(said: Said, scope: dict[str, Value]) -> None:
    """Whatever is written, with as few parentheses as precedence allows, is computed as the oracle computes it."""
    expression = parse_expression(said.text)
    try:
        expected = said.means(scope)
    except ImpossibleError:
        with pytest.raises(EvaluationError):
            expression.evaluate(scope)
        return

    assert equal_or_both_unset(expression.evaluate(scope), expected)
    assert expression.holds(scope) is bool(expected)


def equal_or_both_unset(a: Value, b: Value) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal_or_both_unset, a, b))
    return a is b is None or (type(a) is type(b) and a == b)


@given(sayings)
def test_parentheses_that_say_nothing_mean_nothing(said: Said) -> None:
    """An expression between parentheses equals the same without."""
    assert parse_expression(f"({said.text})") == parse_expression(said.text)


WORDS = ["a", "b", "and", "or", "not", "in", "is", "set", "null", "true", "len", "max", "round", "é"]
SIGNS = ["==", "<", "=", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",", ".", "{", '"', "\\"]
CONSTANTS = ["1", "2.5", "'t'", "9" * 30, "1e400"]
soups = st.lists(st.sampled_from(WORDS + SIGNS + CONSTANTS), max_size=25)


@given(st.text(max_size=40) | soups.map(" ".join) | soups.map("".join), scopes)
def test_no_text_does_harm(text: str, scope: dict[str, Value]) -> None:
    """Any text is an expression or an ExpressionError; any expression has a value or an EvaluationError."""
    with suppress(ExpressionError, EvaluationError):
        parse_expression(text).evaluate(scope)
