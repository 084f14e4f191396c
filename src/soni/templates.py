"""Texts with slots in them, ``"Send {amount:.2f} to {recipient|someone}?"``: split once, when the assistant loads.

What may stand between braces:

====================  =======================================================================
``{amount}``          a slot, as ``plain`` writes it; empty where unset
``{amount:.2f}``      with one of Python's format specs; ignored for a value it does not fit
``{address[city]}``   a key of an object, or, with a number, an item of a list
``{name|there}``      with words for where it is unset; they may be empty
``{context.flow}``    what a repair pattern is about; only ``context`` has a dot
``{{`` and ``}}``     the braces themselves
====================  =======================================================================

A value is written once and never read as a template: what a user typed stays as it was typed.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeAlias

from soni.errors import ExpressionError
from soni.operations import as_money
from soni.tokens import error_at
from soni.value import Value

Scope: TypeAlias = Mapping[str, Value]
_Piece: TypeAlias = Callable[[Scope], str]


MAX_LENGTH: Final = 50_000
"""Characters of a template: many times the longest message anyone reads."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text and the slots it reads; made by ``parse_template``. Two are equal where their texts are."""

    text: str
    """As it was written."""
    names: frozenset[str] = field(compare=False, repr=False)
    """What it reads, by first name: slots, ``context``, ``user_id``."""
    paths: frozenset[str] = field(compare=False, repr=False)
    """What it reads with a dot: ``context.flow``."""
    unguarded: frozenset[str] = field(compare=False, repr=False)
    """The names that stand somewhere without words for where they are unset."""
    places: tuple[str, ...] = field(compare=False, repr=False)
    """What stands in braces, with them, as it was written, in order."""
    _pieces: tuple[str | _Piece, ...] = field(compare=False, repr=False)

    def render(self, scope: Scope) -> str:
        """The text with the values of ``scope`` in it. Never fails: what is not there is unset."""
        return "".join([piece if isinstance(piece, str) else piece(scope) for piece in self._pieces])

    def values(self, scope: Scope) -> dict[str, str]:
        """Each place as it was written, with what stands there."""
        writers = (piece for piece in self._pieces if not isinstance(piece, str))
        return {place: write(scope) for place, write in zip(self.places, writers, strict=True)}

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with these texts in its places."""
        places = iter(self.places)
        return "".join([piece if isinstance(piece, str) else values[next(places)] for piece in self._pieces])

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[Callable[[str], "Template"], tuple[str]]:
        return parse_template, (self.text,)

    def __deepcopy__(self, memo: object) -> "Template":
        return self


def parse_template(text: str) -> Template:
    """Read a template. Raises ExpressionError, with the column, where a brace or what it holds cannot be read."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"a text has {len(text):,} characters; {MAX_LENGTH:,} is the most")
    pieces: list[str | _Piece] = []
    fields: list[_Field] = []
    for part in _split(text):
        if isinstance(part, str):
            pieces.append(part)
        else:
            fields.append(part)
            pieces.append(_piece(part))
    return Template(
        text,
        names=frozenset(part.name for part in fields),
        paths=frozenset(path for part in fields if (path := part.path) != part.name),
        unguarded=frozenset(part.name for part in fields if part.fallback is None),
        places=tuple(part.written for part in fields),
        _pieces=tuple(pieces),
    )


def plain(value: Value) -> str:
    """A value as a person writes it.

    Texts as they are; ``yes`` and ``no``; numbers without needless digits (``100``, ``60.5``, ``0.3``); money as
    ``50 EUR`` or ``50.25 EUR``; lists with commas; other objects as compact JSON; nothing for what is unset.
    """
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return str(value)
        case float():
            return _number(value)
        case list():
            return ", ".join([plain(item) for item in value if item is not None])
        case _:
            if (money := as_money(value)) is not None:
                return _money(_cents(money[0]), money[1])
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class _Field:
    """What stands between two braces."""

    name: str
    written: str
    """With its braces."""
    keys: tuple[str | int, ...] = ()
    dotted: int = 0
    """How many of the keys, from the first, were written with a dot."""
    spec: str = ""
    fallback: str | None = None

    @property
    def path(self) -> str:
        return ".".join([self.name, *map(str, self.keys[: self.dotted])])


_MARK: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_FIELD: Final = re.compile(
    r"""\s*(?P<name>[^\W\d]\w*)
        (?P<dots>(?:\.\w+)*)
        (?P<keys>(?:\[[^\[\]]*\])*)\s*
        (?::(?P<spec>[^|]*))?
        (?:\|(?P<fallback>.*))?""",
    re.VERBOSE | re.DOTALL,
)
_LIKE_YAML: Final = re.compile(r"""^\s*["']|:\s|[^\W\d]\w*\s+\w|,\s""")
"""What stands between braces in JSON, in YAML and in prose."""
_KEY: Final = re.compile(r"\[([^\[\]]*)\]")
_PLACE: Final = re.compile(r"-?[0-9]{1,6}")
_QUOTED: Final = re.compile(r"""(["'])([^"']+)\1""")
_QUOTES: Final = frozenset("\"'")
_SPEC: Final = re.compile(r"(?:.?[<>=^])?[+\- ]?[0-9]{0,3}[,_]?(?:\.[0-9]{1,2})?[deEfFgG%s]?", re.DOTALL)
_SAMPLES: Final = (1, 1.5, "text")


def _split(text: str) -> Iterator[str | _Field]:
    """The literal runs and the fields of a template, in order."""
    literal: list[str] = []
    end = 0
    for mark in _MARK.finditer(text):
        literal.append(text[end : mark.start()])
        end = mark.end()
        match mark[0]:
            case "{{" | "}}":
                literal.append(mark[0][0])
            case "{":
                raise error_at(
                    "this { is never closed with }; where the brace itself is meant, write {{", text, mark.start()
                )
            case "}":
                raise error_at(
                    "this } was never opened with {; where the brace itself is meant, write }}", text, mark.start()
                )
            case _:
                if run := "".join(literal):
                    yield run
                literal.clear()
                yield _field(mark[1], text, mark.start())
    if run := "".join([*literal, text[end:]]):
        yield run


def _field(written: str, text: str, at: int) -> _Field:
    if not written.strip():
        raise error_at("an empty {} names no slot; write {{}} for the braces themselves", text, at)
    found = _FIELD.fullmatch(written)
    if found is None:
        what = f"{{{written}}} is none of {{slot}}, {{slot:.2f}}, {{slot[key]}} and {{slot|words where unset}};"
        if _LIKE_YAML.search(written):
            raise error_at(f"{what} where the braces themselves are meant, write {{{{ and }}}}", text, at)
        raise error_at(f"{what} calculations and calls go into a 'set' step", text, at)
    name, dots = found["name"], found["dots"]
    if dots and name != "context":
        key = dots[1:].replace(".", "][")
        raise error_at(f"{{{name}{dots}}}: only context has a dot; a key is written {{{name}[{key}]}}", text, at)
    attributes = dots.split(".")[1:]
    return _Field(
        name,
        f"{{{written}}}",
        keys=(*attributes, *_keys(found["keys"], text, at)),
        dotted=len(attributes),
        spec=_spec(found["spec"] or "", text, at),
        fallback=found["fallback"],
    )


def _keys(written: str, text: str, at: int) -> Iterator[str | int]:
    """The keys in ``[address]["city"][0]``."""
    for key in _KEY.findall(written):
        bare = key.strip()
        if _PLACE.fullmatch(bare):
            yield int(bare)
        elif quoted := _QUOTED.fullmatch(bare):
            yield quoted[2]
        elif bare and not _QUOTES.intersection(bare):
            yield bare
        else:
            raise error_at(f"[{key}] is not a key; write [city] or [0]", text, at)


def _spec(spec: str, text: str, at: int) -> str:
    if _SPEC.fullmatch(spec) and any(_formatted(sample, spec) is not None for sample in _SAMPLES):
        return spec
    raise error_at(f"the format {spec!r} is not known; try .2f for two decimals or , for thousands", text, at)


def _piece(part: _Field) -> _Piece:
    """What writes this field, as fast as its form allows."""
    name, keys, spec, fallback = part.name, part.keys, part.spec, part.fallback or ""

    def whole(scope: Scope) -> str:
        value = scope.get(name)
        return value if isinstance(value, str) else fallback if value is None else plain(value)

    def partial(scope: Scope) -> str:
        value = scope.get(name)
        for key in keys:
            value = _item(value, key)
        return fallback if value is None else _specified(value, spec) if spec else plain(value)

    return partial if keys or spec else whole


def _item(value: Value, key: str | int) -> Value:
    """One key or place of a value; what is not there is unset."""
    if isinstance(value, dict):
        return value.get(str(key))
    if isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
        return value[key]
    return None


def _specified(value: Value, spec: str) -> str:
    """A value by a format spec; of money, its amount; plain where the spec does not fit."""
    text: str | None
    match value:
        case bool() | str() | list() | None:
            text = _formatted(plain(value), spec)
        case int() | float():
            text = _formatted(value, spec)
        case _:
            money = as_money(value)
            text = _formatted(money[0], spec) if money else None
            text = _money(text, money[1]) if money and text is not None else None
    return plain(value) if text is None else text


def _formatted(value: float | str, spec: str) -> str | None:
    """The value by a format spec; ``None`` where the two do not fit."""
    if isinstance(value, float):
        value = float(f"{value:.15g}")
        if value.is_integer() and spec[-1:] not in _DECIMALS:
            value = int(value)
    try:
        return format(value, spec)
    except (ValueError, OverflowError):
        return None


_DECIMALS: Final = frozenset("eEfFgG%")


def _money(amount: str, currency: str | None) -> str:
    return f"{amount} {currency}" if currency else amount


def _cents(amount: float) -> str:
    """Two decimals, none where there are no cents, all where there are fractions of a cent."""
    return f"{amount:.2f}" if amount % 1 and round(amount, 2) == amount else plain(amount)


def _number(number: float) -> str:
    # From 1e21 on, as in JavaScript, nobody counts zeros any more.
    if abs(number) >= 1e21 or number != number:
        return str(number)
    if number.is_integer():
        return str(int(number))
    # Fifteen digits are what a double keeps of any decimal: 0.1 + 0.2 is 0.3 to people.
    short = f"{number:.15g}"
    return format(Decimal(short), "f") if "e" in short else short
