"""Conditions in flows, ``"amount > 100 and not vip"``: parsed once, when the assistant loads; pure to evaluate.

From what binds least to what binds most:

========================================  ========================================================================
``or`` (``OR``)                           the first operand that is true, else the last
``and`` (``AND``)                         the first operand that is false, else the last
``not`` (``NOT``)                         true for ``false``, ``0``, ``""``, ``[]`` and unset
``== != < <= > >=``, ``in``, ``not in``   false where a side is unset; ``0 < x <= 10`` chains, except ``!=`` and ``in``
``is set``, ``is not set``                also written ``x != null``, ``x == null``
``+ -``                                   of numbers, decimal as on paper; ``+`` also joins two texts, or two lists
``* / %``                                 of numbers
``-x``                                    of a number
``user.language``, ``address["city"]``    what is not there is unset; ``address[city]`` is the key, as in templates;
                                          ``items[0]`` an item of a list, ``items[(n)]`` the one that slot ``n`` says
========================================  ========================================================================

Values are names, numbers, texts in single or double quotes, lists ``[a, 1]``, ``true``, ``false`` and ``null``.
Functions: ``len`` (0 of what is unset), ``lower``, ``upper``, ``abs``, ``round(x)`` and ``round(x, 2)`` (half up),
``min`` and ``max`` (of a list, or of what stands in the parentheses), ``int`` and ``float`` (of a number or a text).

Values of different kinds are different, and neither is smaller: no text is ever silently a number, no boolean a
number. Money is compared by its amount with a number, and with money of the same currency; dates and times as the ISO
texts they are. What is calculated from an unset value is unset; what cannot be calculated is an EvaluationError.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Final, TypeAlias

from soni.errors import ExpressionError
from soni.operations import CALCULATIONS, COMPARISONS, FUNCTIONS, INTEGERS, EvaluationError, Function, item
from soni.tokens import INSTEAD, Token, error_at, read_token, unquoted
from soni.value import Value

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "EvaluationError", "Expression", "parse_expression"]

Scope: TypeAlias = Mapping[str, Value]
_Run: TypeAlias = Callable[[Scope], Value]

MAX_LENGTH: Final = 2_000
"""Characters of an expression."""
MAX_DEPTH: Final = 50
"""Levels of nesting: what keeps parsing and evaluating far away from Python's own recursion limit."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition or a computed value; made by ``parse_expression``. Two are equal where they mean the same."""

    text: str = field(compare=False)
    """As it was written."""
    names: frozenset[str] = field(compare=False, repr=False)
    """What it reads, by first name: slots, ``context``, ``user``."""
    paths: frozenset[str] = field(compare=False, repr=False)
    """What it reads by key: ``context.flow``, ``user.language``."""
    _meaning: str = field(repr=False)
    _run: _Run = field(compare=False, repr=False)

    def evaluate(self, scope: Scope) -> Value:
        """The value; a name that is not in ``scope`` is unset. Raises EvaluationError, for ``1 / 0`` or ``"a" * 2``."""
        try:
            return self._run(scope)
        except EvaluationError as error:
            raise EvaluationError(f"{self.text!r} cannot be computed: {error.message}.") from None

    def holds(self, scope: Scope) -> bool:
        """Whether the value is true: anything but ``false``, ``0``, ``""``, ``[]``, an empty object and unset."""
        return bool(self.evaluate(scope))

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[Callable[[str], "Expression"], tuple[str]]:
        return parse_expression, (self.text,)

    def __deepcopy__(self, memo: object) -> "Expression":
        return self


def parse_expression(text: str) -> Expression:
    """Read an expression. Raises ExpressionError, with the column, where it cannot be read."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression of {len(text)} characters is too long; {MAX_LENGTH} are allowed")
    if not text.strip():
        raise ExpressionError("the expression is empty")
    parser = _Parser(text)
    part = parser.whole()
    return Expression(text, frozenset(parser.names), frozenset(parser.paths), part.meaning, part.run)


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of an expression, ready to run."""

    run: _Run
    meaning: str
    """The same for all that means the same."""


_LITERALS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "None", "NULL"), None),
}

_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _NEGATIVE = range(7)
_LEVELS: Final = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in", "not", "is"), _COMPARE),
    **dict.fromkeys(("+", "-"), _SUM),
    **dict.fromkeys(("*", "/", "%"), _PRODUCT),
}
_CHAINABLE: Final = frozenset({"==", "<", "<=", ">", ">="})


class _Parser:
    """Climbs precedences; the operands of one level become one part, so that only nesting makes depth."""

    def __init__(self, text: str) -> None:
        self.names: set[str] = set()
        self.paths: set[str] = set()
        self._text = text
        self._depth = 0
        self._token = read_token(text, 0)

    def whole(self) -> _Part:
        part = self._expression(_OR)
        if self._token.kind != "end":
            what = f"{self._token.raw!r} is not expected after a complete expression"
            raise self._wrong(INSTEAD.get(self._token.text, what))
        return part

    def _expression(self, lowest: int) -> _Part:
        """An expression whose operators all bind at least as strongly as ``lowest``."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._wrong("the expression is nested too deeply")
        part = self._operand(lowest)
        while (level := self._level()) >= lowest:
            part = self._comparison(part) if level == _COMPARE else self._joined(part, level)
        self._depth -= 1
        return part

    def _joined(self, first: _Part, level: int) -> _Part:
        operators, parts = [], [first]
        while self._level() == level:
            operators.append(self._next().text)
            parts.append(self._expression(level + 1))
        runs = [part.run for part in parts]
        rest = [f" {operator} {part.meaning}" for operator, part in zip(operators, parts[1:], strict=True)]
        meaning = f"({first.meaning}{''.join(rest)})"
        if level == _OR:
            return _Part(_first(runs, True), meaning)
        if level == _AND:
            return _Part(_first(runs, False), meaning)
        return _Part(_calculated(first.run, operators, runs[1:]), meaning)

    def _comparison(self, first: _Part) -> _Part:
        if self._token.text == "is":
            return self._presence(first)
        operators, parts = [], [first]
        while self._level() == _COMPARE:
            sign = self._next()
            operator = sign.text
            if operator == "not":
                self._expect("in", "after a value, 'not' must be 'not in'", sign)
                operator = "not in"
            operators.append(operator)
            if len(operators) > 1 and not _CHAINABLE.issuperset(operators):
                raise self._wrong("only == < <= > >= may be chained; use 'and', or parentheses", sign)
            parts.append(self._expression(_SUM))
        if operators in (["=="], ["!="]) and any(part.meaning == "null" for part in parts):
            subject = parts[0] if parts[1].meaning == "null" else parts[1]
            return _set(subject, wanted=operators == ["!="])
        links = [
            _Part(_compared(left.run, operator, right.run), f"({left.meaning} {operator} {right.meaning})")
            for left, operator, right in zip(parts, operators, parts[1:], strict=False)
        ]
        if len(links) == 1:
            return links[0]
        return _Part(_first([link.run for link in links], False), f"({' and '.join(link.meaning for link in links)})")

    def _presence(self, subject: _Part) -> _Part:
        self._next()
        wanted = self._token.text != "not"
        if not wanted:
            self._next()
        if self._token.text not in ("set", "SET"):
            raise self._wrong("after 'is' comes 'set' or 'not set'; to compare, write ==")
        self._next()
        if self._level() == _COMPARE:
            raise self._wrong("'is set' cannot be compared; put parentheses around it")
        return _set(subject, wanted)

    def _operand(self, lowest: int) -> _Part:
        token = self._token
        if token.text == "not" and lowest <= _NOT:
            self._next()
            part = self._expression(_NOT)
            return _Part(_negated(part.run), f"(not {part.meaning})")
        if token.text == "-":
            self._next()
            part = self._expression(_NEGATIVE)
            return _Part(_calculated(_constant(0).run, ["-"], [part.run]), f"(-{part.meaning})")
        return self._keyed(self._atom())

    def _atom(self) -> _Part:
        token = self._next()
        match token.kind:
            case "number":
                return _constant(self._number(token))
            case "quoted":
                return _constant(unquoted(self._text, token))
            case "name" if token.text in _LITERALS:
                return _constant(_LITERALS[token.text])
            case "name" if self._token.text == "(":
                return self._call(token)
            case "name":
                self.names.add(token.text)
                return _Part(_looked_up(token.text), token.text)
            case "end":
                raise self._wrong("a value is missing at the end", token)
        if token.text == "(":
            part = self._expression(_OR)
            self._expect(")", "this parenthesis is never closed", token)
            return part
        if token.text == "[":
            parts = self._parts("]", "this bracket is never closed", token)
            return _Part(_listed([part.run for part in parts]), f"[{', '.join(part.meaning for part in parts)}]")
        if token.text == "not":
            raise self._wrong("put parentheses around 'not' and what it denies", token)
        raise self._wrong(INSTEAD.get(token.text, f"a value is expected here, not {token.raw!r}"), token)

    def _keyed(self, part: _Part) -> _Part:
        """A value with what follows it: ``.key``, ``["key"]``, ``[key]``, ``[0]``, ``[(number)]``."""
        path = part.meaning if part.meaning in self.names else ""
        keys: list[_Part] = []
        while self._token.text in (".", "["):
            word, key = self._key(self._next())
            path = f"{path}.{word}" if path and word is not None else ""
            self.paths.update([path] if path else [])
            keys.append(key)
        if not keys:
            return part
        return _Part(
            _picked(part.run, [key.run for key in keys]), part.meaning + "".join(f"[{key.meaning}]" for key in keys)
        )

    def _key(self, opening: Token) -> tuple[str | None, _Part]:
        """The key after a dot or between brackets; and as a word, where it is one."""
        token = self._token
        if opening.text == ".":
            if self._next().kind not in ("name", "word"):
                raise self._wrong("after the dot comes the name of a key", token)
            return token.raw, _constant(token.raw)
        if token.kind in ("name", "quoted"):
            self._next()
            if self._token.text == "]":
                self._next()
                word = token.text if token.kind == "name" else unquoted(self._text, token)
                return word, _constant(word)
            self._token = token
        part = self._expression(_OR)
        self._expect("]", "this bracket is never closed", opening)
        return None, part

    def _call(self, name: Token) -> _Part:
        opening = self._next()
        parts = self._parts(")", "this parenthesis is never closed", opening)
        if name.text not in FUNCTIONS:
            raise self._wrong(f"there is no function {name.text!r}; there are {', '.join(FUNCTIONS)}", name)
        function = FUNCTIONS[name.text]
        if not function.fewest <= len(parts) <= function.most:
            raise self._wrong(f"{function.usage} cannot take {len(parts)} values", name)
        return _Part(
            _called(function, [part.run for part in parts]), f"{name.text}({', '.join(part.meaning for part in parts)})"
        )

    def _parts(self, closing: str, unclosed: str, opening: Token) -> list[_Part]:
        """What stands between ``opening`` and ``closing``, with commas; one more at the end does no harm."""
        parts: list[_Part] = []
        while self._token.text != closing and self._token.kind != "end":
            parts.append(self._expression(_OR))
            if self._token.text != ",":
                break
            self._next()
        self._expect(closing, unclosed, opening)
        return parts

    def _number(self, token: Token) -> int | float:
        if token.text.isdigit():
            if int(token.text) in INTEGERS:
                return int(token.text)
        elif isfinite(float(token.text)):
            return float(token.text)
        raise self._wrong("this number is too large", token)

    def _level(self) -> int:
        """How strongly the operator at hand binds; -1 where there is none."""
        return _LEVELS.get(self._token.text, -1)

    def _next(self) -> Token:
        """The token at hand; the one after it takes its place."""
        token = self._token
        self._token = read_token(self._text, token.end)
        return token

    def _expect(self, text: str, otherwise: str, at: Token) -> None:
        if self._token.text != text:
            if self._token.kind != "end" and self._token.text in INSTEAD:
                raise self._wrong(INSTEAD[self._token.text])
            raise self._wrong(otherwise, at)
        self._next()

    def _wrong(self, what: str, at: Token | None = None) -> ExpressionError:
        return error_at(what, self._text, (at or self._token).start)


def _constant(value: bool | int | float | str | None) -> _Part:
    return _Part(lambda _scope: value, json.dumps(value))


def _looked_up(name: str) -> _Run:
    return lambda scope: scope.get(name)


def _listed(runs: Sequence[_Run]) -> _Run:
    return lambda scope: [run(scope) for run in runs]


def _negated(run: _Run) -> _Run:
    return lambda scope: not run(scope)


def _set(subject: _Part, wanted: bool) -> _Part:
    run = subject.run
    if wanted:
        return _Part(lambda scope: run(scope) is not None, f"({subject.meaning} is set)")
    return _Part(lambda scope: run(scope) is None, f"({subject.meaning} is not set)")


def _first(runs: Sequence[_Run], wanted: bool) -> _Run:
    """The first value that is as true as wanted, else the last."""

    def run(scope: Scope) -> Value:
        value: Value = None
        for operand in runs:
            value = operand(scope)
            if bool(value) is wanted:
                break
        return value

    return run


def _compared(left: _Run, operator: str, right: _Run) -> _Run:
    compare = COMPARISONS[operator]

    def run(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        return a is not None and b is not None and compare(a, b)

    return run


def _calculated(first: _Run, operators: Sequence[str], rest: Sequence[_Run]) -> _Run:
    steps = [(CALCULATIONS[operator], run) for operator, run in zip(operators, rest, strict=True)]

    def run(scope: Scope) -> Value:
        value = first(scope)
        for calculate, operand in steps:
            other = operand(scope)
            value = None if value is None or other is None else calculate(value, other)
        return value

    return run


def _called(function: Function, runs: Sequence[_Run]) -> _Run:
    return lambda scope: function([run(scope) for run in runs])


def _picked(subject: _Run, keys: Sequence[_Run]) -> _Run:
    def run(scope: Scope) -> Value:
        value = subject(scope)
        for key in keys:
            value = item(value, key(scope))
        return value

    return run
