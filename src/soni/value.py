"""What a slot can hold: plain JSON, so that a conversation can be stored, read and moved by anyone."""

import re
from typing import Final, TypeAlias

from typing_extensions import TypeAliasType

Value = TypeAliasType("Value", "bool | int | float | str | list[Value] | dict[str, Value] | None")
"""A JSON value. Dates and times are ISO 8601 texts, a duration is seconds, money is ``{"amount": 50.0, "currency": "EUR"}``.

``None`` alone means *unset*; ``0``, ``false`` and ``""`` are values.
"""

Scalar: TypeAlias = bool | int | float | str

_NOT_STORABLE: Final = re.compile("[\\x00\\ud800-\\udfff]")


def storable(text: str) -> str:
    """The text without what no UTF-8 and no database can hold: lone surrogates and NUL become U+FFFD."""
    return _NOT_STORABLE.sub("\ufffd", text) if _NOT_STORABLE.search(text) else text
