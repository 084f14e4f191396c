"""What generated pages are made of: Markdown tables, and models with the words beneath their fields."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from soni.config.schema import json_schema

SCHEMA: Final[dict[str, Any]] = dict(json_schema())
"""The JSON Schema of the language: the models' own names, types, defaults and words."""
DEFINITIONS: Final[Mapping[str, Any]] = SCHEMA["$defs"]

_NAMED_TYPES: Final = {
    "string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`", "null": "`null`",
}  # fmt: skip
_PATTERNS: Final = (
    ("ms|s|m|h|d", "duration"),
    ("KiB", "size"),
    ("second|minute", "rate"),
    ("rediss?", "`memory` or a `redis://` address"),
    ("https?", "address"),
    ("A-Za-z_", "name"),
)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; pipes within cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def code(text: object) -> str:
    """As code; with nothing in it, nothing."""
    return f"`{text}`" if text != "" else ""


def fields(model: str) -> Mapping[str, Mapping[str, Any]]:
    """The keys of a model of the language."""
    found: Mapping[str, Mapping[str, Any]] = DEFINITIONS[model]["properties"]
    return found


def required(model: str) -> frozenset[str]:
    """The keys that must be there."""
    return frozenset(DEFINITIONS[model].get("required", ()))


def described(model: str) -> str:
    """What the model says of itself."""
    return str(DEFINITIONS[model].get("description", ""))


def group_of(field: Mapping[str, Any]) -> str | None:
    """The model that a key holds, if it holds one (or nothing)."""
    options = [field, *field.get("anyOf", ())]
    names = [option["$ref"].rpartition("/")[2] for option in options if "$ref" in option]
    return next((name for name in names if "properties" in DEFINITIONS.get(name, {})), None)


def kind_of(field: Mapping[str, Any]) -> str:
    """What may stand there, in words."""
    kinds: list[str] = []
    for option in field.get("anyOf", [field]):
        if "$ref" in option:
            name = option["$ref"].rpartition("/")[2]
            if name != "Variable":
                kinds.append(_of_definition(name))
        elif (kind := _of_option(option)) not in kinds:
            kinds.append(kind)
    return " or ".join(dict.fromkeys(kind for kind in kinds if kind))


_MEANT: Final[Mapping[str, str]] = {
    "when": "[condition](#conditions)",
    "condition": "[condition](#conditions)",
    "evaluate": "[condition](#conditions)",
    "buttons": "list of [button](#button), or `{{ an expression }}` that gives one",
    "message": "[text](#texts)",
    "prompt": "[text](#texts)",
    "invalid_message": "[text](#texts)",
    "text": "[text](#texts)",
}
"""Keys whose type the schema cannot tell."""


def key_rows(model: str, but: Container[str] = ()) -> Iterator[tuple[str, str, str, str]]:
    """Key, type, default and meaning of every key of a model."""
    needed = required(model)
    for key, field in fields(model).items():
        if key in but:
            continue
        kind = _MEANT.get(key) or kind_of(field)
        if (model, key) == ("Branch", "when"):
            kind = f"list of [arm](#arm), or {kind}"
        default = "needed" if key in needed else default_of(field)
        if default == "`null`":
            kind, default = kind.removesuffix(" or `null`"), ""
        yield code(key), kind, default, str(field.get("description", ""))


def default_of(field: Mapping[str, Any]) -> str:
    """What it is when nobody says anything, as YAML would write it."""
    if "default" not in field:
        return ""
    return code(written(field["default"]))


def written(value: object) -> str:
    """A value as YAML would write it."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case list() | tuple():
            return f"[{', '.join(map(written, value))}]"
        case "":
            return '""'
        case _:
            return str(value)


def _of_definition(name: str) -> str:
    match name:
        case "Target":
            return "[target](#targets)"
        case "Step":
            return "step"
    definition = DEFINITIONS[name]
    return f"[{name.lower()}](#{name.lower()})" if "properties" in definition else kind_of(definition)


def _of_option(option: Mapping[str, Any]) -> str:
    if "enum" in option:
        return ", ".join(code(written(each)) for each in option["enum"])
    if "const" in option:
        return code(written(option["const"]))
    if "anyOf" in option:
        return kind_of(option)
    match option.get("type"):
        case "array":
            return f"list of {kind_of(option.get('items', {})) or 'values'}"
        case "object":
            inner = option.get("additionalProperties")
            return "mapping" + (f" to {kind_of(inner)}" if isinstance(inner, dict) and kind_of(inner) else "")
        case "string" if pattern := option.get("pattern"):
            return next((words for part, words in _PATTERNS if re.search(re.escape(part), pattern)), "text")
        case str() as kind:
            return _NAMED_TYPES.get(kind, kind) + _bounds(option)
        case _:
            return "any value"


def _bounds(option: Mapping[str, Any]) -> str:
    low, high = option.get("minimum"), option.get("maximum")
    if option.get("exclusiveMinimum") == 0:
        low = 1
    if low is None and high is None:
        return ""
    return (
        f" ({low}…{high})"
        if high is not None and low is not None
        else f" (from {low})"
        if high is None
        else f" (to {high})"
    )
