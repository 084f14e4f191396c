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

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Final

from soni.errors import ExpressionError
from soni.operations import FUNCTIONS, INTEGERS, EvaluationError
from soni.parts import (
    BOOLEAN,
    NUMBER,
    TEXT,
    UNKNOWN,
    Comparison,
    Part,
    Run,
    Scope,
    Side,
    calculated,
    called,
    compared,
    constant,
    first_of,
    in_brackets,
    listed,
    looked_up,
    negated,
    picked,
    presence,
    together,
)  # fmt: skip
from soni.tokens import INSTEAD, Token, error_at, read_token, unquoted
from soni.value import Value

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "EvaluationError", "Expression", "parse_expression"]

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
    comparisons: tuple[Comparison, ...] = field(compare=False, repr=False)
    """Every comparison in it, of which something is known beforehand on both sides."""
    side: Side = field(compare=False, repr=False)
    """What is known of its value beforehand."""
    _meaning: str = field(repr=False)
    _run: Run = field(compare=False, repr=False)

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
    names, paths = frozenset(parser.names), frozenset(parser.paths)
    return Expression(text, names, paths, tuple(parser.comparisons), part.side, part.meaning, part.run)


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
_GIVEN: Final = {
    **dict.fromkeys(("len", "abs", "round", "int", "float"), NUMBER),
    **dict.fromkeys(("lower", "upper"), TEXT),
}
_CHAINABLE: Final = frozenset({"==", "<", "<=", ">", ">="})


class _Parser:
    """Climbs precedences; the operands of one level become one part, so that only nesting makes depth."""

    def __init__(self, text: str) -> None:
        self.names: set[str] = set()
        self.paths: set[str] = set()
        self.comparisons: list[Comparison] = []
        self._text = text
        self._depth = 0
        self._token = read_token(text, 0)

    def whole(self) -> Part:
        part = self._expression(_OR)
        if self._token.kind != "end":
            what = f"{self._token.raw!r} is not expected after a complete expression"
            raise self._wrong(INSTEAD.get(self._token.text, what))
        return part

    def _expression(self, lowest: int) -> Part:
        """An expression whose operators all bind at least as strongly as ``lowest``."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._wrong("the expression is nested too deeply")
        part = self._operand(lowest)
        while (level := self._level()) >= lowest:
            part = self._comparison(part) if level == _COMPARE else self._joined(part, level)
        self._depth -= 1
        return part

    def _joined(self, first: Part, level: int) -> Part:
        operators, parts = [], [first]
        while self._level() == level:
            operators.append(self._next().text)
            parts.append(self._expression(level + 1))
        runs = [part.run for part in parts]
        rest = [f" {operator} {part.meaning}" for operator, part in zip(operators, parts[1:], strict=True)]
        meaning = f"({first.meaning}{''.join(rest)})"
        if level in (_OR, _AND):
            return Part(first_of(runs, level == _OR), meaning, together([part.side for part in parts]))
        known = UNKNOWN if "+" in operators else NUMBER  # texts and lists can be added, too
        return Part(calculated(first.run, operators, runs[1:]), meaning, known)

    def _comparison(self, first: Part) -> Part:
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
            return presence(subject, wanted=operators == ["!="])
        links = [
            Part(compared(left.run, operator, right.run), f"({left.meaning} {operator} {right.meaning})", BOOLEAN)
            for left, operator, right in zip(parts, operators, parts[1:], strict=False)
        ]
        for left, operator, right in zip(parts, operators, parts[1:], strict=False):
            if left.side is not UNKNOWN and right.side is not UNKNOWN:
                self.comparisons.append(Comparison(left.side, operator, right.side))
        if len(links) == 1:
            return links[0]
        meaning = f"({' and '.join(link.meaning for link in links)})"
        return Part(first_of([link.run for link in links], False), meaning, BOOLEAN)

    def _presence(self, subject: Part) -> Part:
        self._next()
        wanted = self._token.text != "not"
        if not wanted:
            self._next()
        if self._token.text not in ("set", "SET"):
            raise self._wrong("after 'is' comes 'set' or 'not set'; to compare, write ==")
        self._next()
        if self._level() == _COMPARE:
            raise self._wrong("'is set' cannot be compared; put parentheses around it")
        return presence(subject, wanted)

    def _operand(self, lowest: int) -> Part:
        token = self._token
        if token.text == "not" and lowest <= _NOT:
            self._next()
            part = self._expression(_NOT)
            return Part(negated(part.run), f"(not {part.meaning})", BOOLEAN)
        if token.text == "-":
            self._next()
            part = self._expression(_NEGATIVE)
            return Part(calculated(constant(0).run, ["-"], [part.run]), f"(-{part.meaning})", NUMBER)
        return self._keyed(self._atom())

    def _atom(self) -> Part:
        token = self._next()
        match token.kind:
            case "number":
                return constant(self._number(token))
            case "quoted":
                return constant(unquoted(self._text, token))
            case "name" if token.text in _LITERALS:
                return constant(_LITERALS[token.text])
            case "name" if self._token.text == "(":
                return self._call(token)
            case "name":
                self.names.add(token.text)
                return Part(looked_up(token.text), token.text, Side(name=token.text))
            case "end":
                raise self._wrong("a value is missing at the end", token)
        if token.text == "(":
            part = self._expression(_OR)
            self._expect(")", "this parenthesis is never closed", token)
            return part
        if token.text == "[":
            parts = self._parts("]", "this bracket is never closed", token)
            meaning = f"[{', '.join(part.meaning for part in parts)}]"
            return Part(listed([part.run for part in parts]), meaning, in_brackets([part.side for part in parts]))
        if token.text == "not":
            raise self._wrong("put parentheses around 'not' and what it denies", token)
        raise self._wrong(INSTEAD.get(token.text, f"a value is expected here, not {token.raw!r}"), token)

    def _keyed(self, part: Part) -> Part:
        """A value with what follows it: ``.key``, ``["key"]``, ``[key]``, ``[0]``, ``[(number)]``."""
        path = part.meaning if part.meaning in self.names else ""
        keys: list[Part] = []
        while self._token.text in (".", "["):
            word, key = self._key(self._next())
            path = f"{path}.{word}" if path and word is not None else ""
            self.paths.update([path] if path else [])
            keys.append(key)
        if not keys:
            return part
        return Part(
            picked(part.run, [key.run for key in keys]), part.meaning + "".join(f"[{key.meaning}]" for key in keys)
        )

    def _key(self, opening: Token) -> tuple[str | None, Part]:
        """The key after a dot or between brackets; and as a word, where it is one."""
        token = self._token
        if opening.text == ".":
            if self._next().kind not in ("name", "word"):
                raise self._wrong("after the dot comes the name of a key", token)
            return token.raw, constant(token.raw)
        if token.kind in ("name", "quoted"):
            self._next()
            if self._token.text == "]":
                self._next()
                word = token.text if token.kind == "name" else unquoted(self._text, token)
                return word, constant(word)
            self._token = token
        part = self._expression(_OR)
        self._expect("]", "this bracket is never closed", opening)
        return None, part

    def _call(self, name: Token) -> Part:
        opening = self._next()
        parts = self._parts(")", "this parenthesis is never closed", opening)
        if name.text not in FUNCTIONS:
            raise self._wrong(f"there is no function {name.text!r}; there are {', '.join(FUNCTIONS)}", name)
        function = FUNCTIONS[name.text]
        if not function.fewest <= len(parts) <= function.most:
            raise self._wrong(f"{function.usage} cannot take {len(parts)} values", name)
        meaning = f"{name.text}({', '.join(part.meaning for part in parts)})"
        return Part(called(function, [part.run for part in parts]), meaning, _GIVEN.get(name.text, UNKNOWN))

    def _parts(self, closing: str, unclosed: str, opening: Token) -> list[Part]:
        """What stands between ``opening`` and ``closing``, with commas; one more at the end does no harm."""
        parts: list[Part] = []
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
