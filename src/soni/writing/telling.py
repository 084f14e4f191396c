"""What a writer is told of values: JSON, normalised and bounded, so that nothing in a value can pass for an instruction."""

import json
from collections.abc import Iterable, Mapping
from typing import Final

from soni.masking import masked
from soni.understanding.model.quoting import tidy
from soni.value import Value

MAX_TEXT: Final = 2000
"""Characters of a text."""

MAX_ITEMS: Final = 50
"""Of a list or an object."""

MAX_DATA: Final = 12_000
"""Characters of all values together; a writer reads no books."""


def data_of(values: Mapping[str, Value]) -> str:
    """Values as JSON. What does not fit in any more is left out, the last ones first."""
    told: dict[str, Value] = {}
    size = 2
    for name, value in values.items():
        size += len(json.dumps({name: value}, ensure_ascii=False))
        if size > MAX_DATA:
            break
        told[name] = value
    return json.dumps(told, ensure_ascii=False)


def tidied(value: Value, secrets: Iterable[str] = (), depth: int = 4) -> Value:
    """A value without secrets, without characters that nobody sees, and of a size that a model reads."""
    match value:
        case str():
            return tidy(masked(value, secrets)[:MAX_TEXT])
        case list():
            return [tidied(item, secrets, depth - 1) for item in value[:MAX_ITEMS]] if depth else []
        case dict():
            items = list(value.items())[:MAX_ITEMS] if depth else []
            return {tidy(masked(name, secrets)): tidied(item, secrets, depth - 1) for name, item in items}
        case bool() | None:
            return value
        case _:
            # A number that is a secret, or holds one: a PIN in digits.
            return value if (shown := masked(str(value), secrets)) == str(value) else shown
