"""The small types that YAML keys are read into: durations, conditions, templates, computed values."""

import re
from datetime import timedelta
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

from soni.expressions import Expression, parse_expression
from soni.templates import Template, parse_template
from soni.value import Value

RESERVED_TARGETS: Final = frozenset({"end", "cancel_flow", "restart"})

_DURATION: Final = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*")
_COMPUTED: Final = re.compile(r"\s*\{\{(.*)\}\}\s*", re.DOTALL)
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Model(BaseModel):
    """What every written thing has in common: frozen, and no key that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True, validate_default=True)


def parse_duration(written: object) -> object:
    """``300ms``, ``10s``, ``5m``, ``2h``, ``30d`` become a timedelta; anything else is left for Pydantic to refuse."""
    if isinstance(written, timedelta):
        return written
    if isinstance(written, str) and (match := _DURATION.fullmatch(written)):
        return timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    raise ValueError("a duration such as 300ms, 10s, 5m, 2h or 30d is expected")


def format_duration(duration: timedelta) -> str:
    """The shortest exact way to write a duration."""
    seconds = duration.total_seconds()
    for unit in ("d", "h", "m", "s"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{int(seconds // _UNITS[unit])}{unit}"
    return f"{round(seconds * 1000)}ms"


def _expression(written: object) -> Expression:
    if isinstance(written, Expression):
        return written
    if isinstance(written, bool):
        return parse_expression("true" if written else "false")
    if not isinstance(written, str):
        raise ValueError("a condition is expected, written as text")
    return parse_expression(written)


def _template(written: object) -> Template:
    if isinstance(written, Template):
        return written
    if not isinstance(written, str):
        raise ValueError("a text is expected")
    return parse_template(written)


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\s*\d+(\.\d+)?\s*(ms|s|m|h|d)\s*$"}),
]

Condition = Annotated[
    Expression,
    BeforeValidator(_expression),
    PlainSerializer(lambda expression: expression.text, return_type=str),
    WithJsonSchema({"type": ["string", "boolean"], "description": "an expression, such as: amount > 100 and not vip"}),
]
"""An expression, parsed when the assistant loads."""

Text = Annotated[
    Template,
    BeforeValidator(_template),
    PlainSerializer(lambda template: template.text, return_type=str),
    WithJsonSchema({"type": "string", "description": "a text; {slot} is filled in"}),
]
"""A template, parsed when the assistant loads."""


def _computed(written: object) -> object:
    """``"{{ amount * 2 }}"`` is an expression; everything else is itself."""
    if isinstance(written, str) and (match := _COMPUTED.fullmatch(written)):
        return parse_expression(match[1])
    return written


Computed = Annotated[
    Expression | Value,
    BeforeValidator(_computed),
    PlainSerializer(lambda computed: f"{{{{ {computed.text} }}}}" if isinstance(computed, Expression) else computed),
    WithJsonSchema({"description": "a value, or {{ an expression }}"}),
]
"""A value, or an expression between double braces."""
