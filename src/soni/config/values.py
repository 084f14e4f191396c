"""The small types that YAML values are read into: durations, conditions, templates, computed values."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Final, Literal, NoReturn, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from soni.expressions import Expression, parse_expression
from soni.templates import Template, parse_template
from soni.value import Scalar, Value

RESERVED_TARGETS: Final = frozenset({"end", "cancel_flow", "restart"})

_DURATION: Final = re.compile(r"\s*([0-9]{1,12}(?:\.[0-9]{1,6})?)\s*(ms|s|m|h|d)\s*")
_SIZE: Final = re.compile(r"\s*([0-9]{1,12})\s*(B|KB|KiB|MB|MiB|GB|GiB)?\s*")
_COMPUTED: Final = re.compile(r"\s*\{\{(.*)\}\}\s*", re.DOTALL)
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZES: Final = {"B": 1, "KB": 10**3, "KiB": 2**10, "MB": 10**6, "MiB": 2**20, "GB": 10**9, "GiB": 2**30}

_K = TypeVar("_K")
_V = TypeVar("_V")


class Model(BaseModel):
    """What every written thing has in common: frozen, and no key that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class FrozenDict(dict[_K, _V]):
    """A dictionary that stays as it is: one assistant is read by many conversations at once."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("an assistant does not change once it is loaded")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __copy__(self) -> "FrozenDict[_K, _V]":
        return self

    def __reduce__(self) -> tuple[type["FrozenDict[_K, _V]"], tuple[dict[_K, _V]]]:
        return type(self), (dict(self),)


class FromEnvironment(str):
    """A text that came from the environment, where everything is text: it may stand for a number or true and false."""

    __slots__ = ()


def misfit(key: str, message: str, *, written: str = "", known: Sequence[str] = ()) -> PydanticCustomError:
    """An error about one key of a model, for validators that see the whole model.

    ``known`` is what might have been meant by what was ``written``.
    """
    context = {"message": message, "key": key, "written": written, "known": list(known)}
    return PydanticCustomError("misfit", "{message}", context)


def kind(written: object) -> str:
    """What an author would call a value: ``a number``, ``a list``."""
    match written:
        case None:
            return "nothing"
        case bool():
            return "true" if written else "false"
        case int() | float():
            return f"the number {written}"
        case str():
            return f"the text {written if len(written) <= 40 else written[:39] + '…'!r}"
        case Mapping():
            return "a mapping"
        case _:
            return "a list"


def case_key(case: Scalar) -> str:
    """A case as it is written in YAML: ``true``, ``10``, ``basic``."""
    return str(case).lower() if isinstance(case, bool) else str(case)


def quotes_for(written: object) -> str:
    """Advice for an author who wrote something else than a text where a text was meant."""
    if isinstance(written, bool | int | float):
        return f'; in quotes it is a text: "{str(written).lower()}"'
    return "; a text that begins with { needs quotes" if isinstance(written, Mapping) else ""


def read_scalar(text: str) -> Scalar | None:
    """A plain scalar as YAML 1.2 reads it: null, true, false and numbers; everything else is text.

    Raises ValueError for a number that JSON or a database cannot hold.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        # A longer number is no JSON number to most readers; 64 bits is what the stores hold.
        if len(text) > 24 or not -(2**63) <= (number := int(text, 0 if text[:2] in ("0x", "0o") else 10)) < 2**63:
            raise ValueError("this number is too large; as a text, it needs quotes")
        return number
    if _FLOAT.fullmatch(text):
        fraction = float(text)
        if math.isinf(fraction):
            raise ValueError("this number is too large; as a text, it needs quotes")
        return fraction
    if _NO_NUMBER.fullmatch(text):
        raise ValueError(f"{text} is no number that can be stored; as a text, it needs quotes")
    return text


_WORDS: Final[Mapping[str, Scalar | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER: Final = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_NUMBER: Final = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def parse_duration(written: object) -> object:
    """``300ms``, ``10s``, ``5m``, ``2h``, ``30d`` become a timedelta. Raises ValueError for anything else."""
    if isinstance(written, timedelta):
        return written
    if isinstance(written, str) and (match := _DURATION.fullmatch(written)):
        try:
            return timedelta(seconds=float(match[1]) * _UNITS[match[2]])
        except OverflowError as error:
            raise ValueError(f"{written} is longer than anyone can wait") from error
    raise ValueError(f"a duration such as 300ms, 10s, 5m, 2h or 30d is expected, not {kind(written)}")


def format_duration(duration: timedelta) -> str:
    """The shortest exact way to write a duration."""
    seconds = duration.total_seconds()
    for unit in ("d", "h", "m", "s"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{int(seconds // _UNITS[unit])}{unit}"
    milliseconds, microseconds = divmod(duration // timedelta(microseconds=1), 1000)
    return f"{milliseconds}.{microseconds:03}".rstrip("0").rstrip(".") + "ms"


def parse_size(written: object) -> object:
    """``64KiB``, ``1MB`` or a plain number become bytes. Raises ValueError for anything else."""
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    if isinstance(written, str) and (match := _SIZE.fullmatch(written)):
        return int(match[1]) * _SIZES[match[2] or "B"]
    raise ValueError(f"a size such as 64KiB or 1MB is expected, not {kind(written)}")


def _positive(duration: timedelta) -> timedelta:
    if duration <= timedelta():
        raise ValueError("the duration must be more than nothing")
    return duration


def _typed(written: object) -> object:
    """What the environment says is typed by what is asked for; in the YAML itself, quotes mean text."""
    return read_scalar(written) if isinstance(written, FromEnvironment) else written


def _expression(written: object) -> Expression:
    if isinstance(written, Expression):
        return written
    if isinstance(written, bool):
        return parse_expression("true" if written else "false")
    if not isinstance(written, str):
        raise ValueError(f"a condition is expected, written as text, not {kind(written)}")
    return parse_expression(written)


def _template(written: object) -> Template:
    if isinstance(written, Template):
        return written
    if not isinstance(written, str):
        raise ValueError(f"a text is expected, not {kind(written)}{quotes_for(written)}")
    return parse_template(str(written))


def _json(written: object) -> Value:
    """A copy that nobody else holds. Raises ValueError for what is no JSON."""
    match written:
        case None | bool() | int():
            return written
        case float() if math.isfinite(written):
            return written
        case str():
            return str(written)
        case list() | tuple():
            return [_json(item) for item in written]
        case Mapping():
            if strange := [key for key in written if not isinstance(key, str)]:
                raise ValueError(f"the keys of a value are texts: put {strange[0]!r} in quotes")
            return FrozenDict({key: _json(item) for key, item in written.items()})
        case _:
            raise ValueError(f"{written!r} is no value that can be stored")


def _computed(written: object) -> Expression | Value:
    """``"{{ amount * 2 }}"`` is an expression; everything else is itself."""
    if isinstance(written, Expression):
        return written
    if isinstance(written, str) and (match := _COMPUTED.fullmatch(written)):
        return parse_expression(match[1].strip())
    return _json(written)


def _formula(written: object) -> Expression:
    computed = _computed(written)
    if isinstance(computed, Expression):
        return computed
    raise ValueError("a list is expected, or {{ an expression }} that gives one")


def _scalar(written: object) -> Scalar:
    if isinstance(written, bool | int | float | str):
        return written
    raise ValueError(f"a text, a number, true or false is expected, not {kind(written)}")


def _bound(written: object) -> float | str:
    if isinstance(written, int | float) and not isinstance(written, bool):
        return written
    if isinstance(written, str):
        return str(written)
    raise ValueError(f"a number is expected, or a date or time as text, not {kind(written)}")


def _auto(written: object) -> Literal["auto"] | bool:
    written = _typed(written)
    if written == "auto":
        return "auto"
    if isinstance(written, bool):
        return written
    raise ValueError(f"auto, true or false is expected, not {kind(written)}")


def _braces(computed: Expression | Value) -> object:
    return f"{{{{ {computed.text} }}}}" if isinstance(computed, Expression) else computed


Flag = Annotated[bool, Field(strict=True), BeforeValidator(_typed)]
"""``true`` or ``false``; never a word such as ``yes``."""

Whole = Annotated[int, Field(strict=True), BeforeValidator(_typed)]
"""A whole number."""

Count = Annotated[int, Field(strict=True, ge=0), BeforeValidator(_typed)]
"""A whole number that may be 0."""

Positive = Annotated[int, Field(strict=True, ge=1), BeforeValidator(_typed)]
"""A whole number from 1."""

Number = Annotated[float, Field(strict=True), BeforeValidator(_typed)]
"""A number."""

Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(ms|s|m|h|d)\s*$"}),
]
"""``300ms``, ``10s``, ``5m``, ``2h``, ``30d``."""

Timeout = Annotated[Duration, AfterValidator(_positive)]
"""A duration that is more than nothing."""

Size = Annotated[
    int,
    BeforeValidator(parse_size),
    Field(ge=1),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^\s*[0-9]+\s*([KMG]i?)?B?\s*$"}]}
    ),
]
"""Bytes, written as ``64KiB`` or a plain number."""

Condition = Annotated[
    Expression,
    PlainValidator(_expression),
    PlainSerializer(lambda expression: expression.text, return_type=str),
    WithJsonSchema({"type": ["string", "boolean"], "description": "An expression, such as: amount > 100 and not vip."}),
]
"""An expression, parsed when the assistant loads."""

Text = Annotated[
    Template,
    PlainValidator(_template),
    PlainSerializer(lambda template: template.text, return_type=str),
    WithJsonSchema({"type": "string", "description": "A text; {slot} is filled in."}),
]
"""A template, parsed when the assistant loads."""

Computed = Annotated[
    Expression | Value,
    PlainValidator(_computed),
    PlainSerializer(_braces),
    WithJsonSchema({"description": "A value, or {{ an expression }}."}),
]
"""A value, or an expression between double braces."""

Formula = Annotated[
    Expression,
    PlainValidator(_formula),
    PlainSerializer(_braces),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\{\{[\s\S]*\}\}\s*$", "description": "{{ an expression }}."}),
]
"""An expression between double braces, where nothing else will do."""

Json = Annotated[Value, PlainValidator(_json), WithJsonSchema({"description": "Any value."})]
"""A value that belongs to the assistant; read it, never change it."""

Plain = Annotated[Scalar, BeforeValidator(_scalar)]
"""A text, a number, ``true`` or ``false``."""

Bound = Annotated[
    float | str,
    PlainValidator(_bound),
    PlainSerializer(lambda bound: bound),
    WithJsonSchema({"type": ["number", "string"]}),
]
"""A smallest or largest value; an ISO 8601 text for dates and times."""

Auto = Annotated[Literal["auto"] | bool, PlainValidator(_auto), WithJsonSchema({"enum": ["auto", True, False]})]
"""``true``, ``false``, or as the circumstances advise."""

frozen: Final = AfterValidator(FrozenDict)
"""Marks a mapping that nobody can change afterwards."""
