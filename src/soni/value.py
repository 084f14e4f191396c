"""What a slot can hold: plain JSON, so that a conversation can be stored, read and moved by anyone."""

from typing import TypeAlias

from typing_extensions import TypeAliasType

Value = TypeAliasType("Value", "bool | int | float | str | list[Value] | dict[str, Value] | None")
"""A JSON value. Dates and times are ISO 8601 texts, a duration is seconds, money is ``{"amount": 50.0, "currency": "EUR"}``.

``None`` alone means *unset*; ``0``, ``false`` and ``""`` are values.
"""

Scalar: TypeAlias = bool | int | float | str
