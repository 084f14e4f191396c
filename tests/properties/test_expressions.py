"""Expressions agree with an oracle that knows nothing of their parser, and no text does harm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Final, TypeAlias

import pytest
from hypothesis import strategies as st
from tests.proving import Proof, in_words

from soni.errors import SoniError
from soni.expressions import EvaluationError, parse_expression
from soni.templates import parse_template
from soni.value import Value

TREES = Proof("expressions against the oracle", "trees", short=300, long=100_000)
PARENTHESES = Proof("parentheses that say nothing", "trees", short=100, long=20_000)
TEXTS = Proof("expressions", "strings", short=3_000, long=1_000_000)
TEMPLATES = Proof("templates", "strings", short=2_000, long=500_000)

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


def is_null(said: Said) -> bool:
    """Also between parentheses, which say nothing."""
    return said.text.strip("() ") == "null"


def length(x: Value) -> int:
    if x is None:
        return 0
    if not isinstance(x, str | list):
        raise ImpossibleError
    return len(x)


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


PEOPLE: Final[Mapping[str, Value]] = {"id": "ana", "language": "es"}
"""What ``user.…`` reads."""


def constant(x: Value) -> Said:
    words = {None: "null", True: "true", False: "false"}
    text = words[x] if x is None or isinstance(x, bool) else repr(x)
    negative = isinstance(x, int | float) and not isinstance(x, bool) and str(x).startswith("-")
    return Said(MINUS if negative else ATOM, text, lambda _: x)


def name(written: str) -> Said:
    return Said(ATOM, written, lambda scope: scope.get(written))


KINDS: Final = (
    "or", "and", "not", "compare", "chain", "set", "sum", "product", "minus", "list", "len", "()",
)  # fmt: skip


@st.composite
def larger(draw: st.DrawFn, smaller: st.SearchStrategy[Said]) -> Said:
    a, b = draw(smaller), draw(smaller)
    match draw(st.sampled_from(KINDS)):
        case "or":
            word = draw(st.sampled_from(["or", "OR"]))
            return Said(OR, f"{a.at(OR)} {word} {b.at(AND)}", lambda scope: a.means(scope) or b.means(scope))
        case "and":
            word = draw(st.sampled_from(["and", "AND"]))
            return Said(AND, f"{a.at(AND)} {word} {b.at(NOT)}", lambda scope: a.means(scope) and b.means(scope))
        case "not":
            word = draw(st.sampled_from(["not", "NOT"]))
            return Said(NOT, f"{word} {a.at(NOT)}", lambda scope: not a.means(scope))
        case "compare":
            operator = draw(st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in"]))
            if (is_null(a) or is_null(b)) and operator in ("==", "!="):
                subject = b if is_null(a) else a
                wanted = operator == "!="
                means: Meaning = lambda scope: (subject.means(scope) is not None) == wanted  # noqa: E731 - read in place
            else:
                means = both(a, b, lambda x, y: comparison(operator, x, y))
            return Said(COMPARE, f"{a.at(SUM)} {operator} {b.at(SUM)}", means)
        case "set":
            if draw(st.booleans()):
                return Said(COMPARE, f"{a.at(SUM)} is set", lambda scope: a.means(scope) is not None)
            return Said(COMPARE, f"{a.at(SUM)} is not set", lambda scope: a.means(scope) is None)
        case "chain":
            c, up = draw(smaller), draw(st.booleans())
            first, second = draw(st.sampled_from([("<", "<="), ("<=", "<"), ("<", "<")]))
            if not up:
                first, second = first.replace("<", ">"), second.replace("<", ">")
            return Said(
                COMPARE,
                f"{a.at(SUM)} {first} {b.at(SUM)} {second} {c.at(SUM)}",
                lambda scope: (
                    comparison(first, a.means(scope), b.means(scope))
                    and comparison(second, b.means(scope), c.means(scope))
                ),
            )
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
            return Said(ATOM, f"len({a.text})", lambda scope: length(a.means(scope)))
        case _:
            return Said(ATOM, f"( {a.text})", a.means)


people = st.sampled_from(sorted([*PEOPLE, "age"])).map(
    lambda key: Said(ATOM, f"user.{key}", lambda _: PEOPLE.get(key))  # what is not there is unset
)
sayings = st.recursive(scalars.map(constant) | st.sampled_from(NAMES).map(name) | people, larger, max_leaves=12)


def test_expressions_mean_what_the_oracle_says() -> None:
    """Whatever is written, with as few parentheses as precedence allows, is computed as the oracle computes it."""
    TREES.hold(st.tuples(sayings, scopes), _agree)


def _agree(example: tuple[Said, dict[str, Value]]) -> None:
    said, known = example
    scope: dict[str, Value] = {**known, "user": dict(PEOPLE)}
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


def test_parentheses_that_say_nothing_mean_nothing() -> None:
    """An expression between parentheses equals the same without."""

    def examine(said: Said) -> None:
        assert parse_expression(f"({said.text})") == parse_expression(said.text)

    PARENTHESES.hold(sayings, examine)


WORDS: Final = (
    "a",
    "b",
    "and",
    "or",
    "not",
    "in",
    "is",
    "set",
    "null",
    "true",
    "len",
    "max",
    "round",
    "int",
    "user.x",
    "é",
    "context.y",
)
SIGNS: Final = (
    "==",
    "!=",
    "<",
    "=",
    "+",
    "-",
    "*",
    "/",
    "%",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "{",
    "}",
    ":",
    "|",
    '"',
    "\\",
    "\n",
    "\0",
)
CONSTANTS: Final = (
    "1",
    "2.5",
    "'t'",
    "9" * 30,
    "1e400",
    "0",
    '""',
    "-",
    "5000",
    "\ud800",
    "😀",
    "\u2028",
    ".2f",
    ":>9999",
)
WHOLE: Final = (
    "amount > 100 and not vip", 'city in ["Madrid", "Paris"]', "len(items) == 0", 'user.language == "es"', "a is not set",
    "0 < a <= 10 or NOT (b AND c)", "round(a * 1.21, 2) >= max(1, b)", "Send {amount:.2f} to {recipient|someone}?",
    "{address[city]} {{ }} {context.flow}",
)  # fmt: skip
SCOPE: Final[dict[str, Value]] = {
    "a": 3, "b": [1, "t", None], "amount": 2.5, "vip": True, "city": "Paris", "items": ["x"] * 3, "c": "x" * 1000,
    "address": {"city": "Roma"}, "user": dict(PEOPLE), "recipient": "{a}", "context": {"flow": None, "y": 10**18},
}  # fmt: skip


def any_text(random: Random) -> str:
    """Anything: soups of signs, expressions with something wrong, parts that stand in one another very deep, noise."""
    pieces = (*WORDS, *SIGNS, *SIGNS, *CONSTANTS)
    match random.randrange(8):
        case 0 | 1:
            return random.choice(["", " "]).join(random.choices(pieces, k=random.randrange(25)))
        case 2 | 3 | 4:
            return _mutated(random, random.choice(WHOLE), pieces)
        case 5:
            left, right = random.choice(
                [("(", ")"), ("[", "]"), ("not ", ""), ("-", ""), ("len(", ")"), ("{", "}"), ("a[", "]")]
            )
            depth = random.choice([3, 30, 300, 3000] if random.random() < 0.05 else [2, 9, 40])
            return left * depth + random.choice(["a", "1", ""]) + right * (depth - random.choice([0, 0, 1]))
        case 6:
            unit = random.choice([" and a", " + 1", " == a", ", a", " a", "{a}", '"', " * 9", "[0]", ".x"])
            return "a" + unit * random.choice([5, 50, 5000] if random.random() < 0.02 else [2, 20])
        case _:
            return "".join(
                chr(random.choice([random.randrange(128), random.randrange(0x3000)]))
                for _ in range(random.randrange(30))
            )


def _mutated(random: Random, text: str, pieces: tuple[str, ...]) -> str:
    for _ in range(random.randrange(1, 4)):
        at, stop = random.randrange(len(text) + 1), random.randrange(len(text) + 1)
        text = text[:at] + random.choice([*pieces, text[at:stop], ""]) + text[random.choice([at, at + 1, stop]) :]
    return text


def test_no_text_does_harm_as_an_expression() -> None:
    """Any text is an expression or a SoniError; any expression has a value or a SoniError; both soon."""

    def examine(text: str) -> None:
        try:
            expression = parse_expression(text)
            expression.evaluate(SCOPE)
            expression.holds({})
        except SoniError as error:
            in_words(error.message)

    TEXTS.hold_texts(any_text, examine)


def test_no_text_does_harm_as_a_template() -> None:
    """Any text is a template or a SoniError; any template can be rendered, whatever is known."""

    def examine(text: str) -> None:
        try:
            template = parse_template(text)
        except SoniError as error:
            in_words(error.message)
            return
        assert isinstance(template.render(SCOPE) + template.render({}), str)

    TEMPLATES.hold_texts(any_text, examine)
