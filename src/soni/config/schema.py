"""The JSON Schema of the assistant language, so that editors complete and check while an author types.

It says what the models say, in their own words, and accepts besides what the loader accepts: ``${NAME}`` for any
number, word or truth value. Which names belong together (a step that is jumped to, a slot that is asked) no schema can
say; ``soni validate`` does.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter

from soni.config import models, settings, steps
from soni.config.models import SoniConfig
from soni.config.values import format_duration
from soni.value import Value

_HEAD: Final[Mapping[str, Value]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Soni assistant",
}
_VARIABLE: Final[Mapping[str, Value]] = {
    "type": "string",
    "pattern": r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}",
    "description": "An environment variable: ${NAME} or ${NAME:-default}.",
}
_ISO_DURATION: Final = re.compile(r"P([0-9]+D)?(T.+)?")
_ANY_VARIABLE: Final[Mapping[str, Value]] = {"$ref": "#/$defs/Variable"}
_TARGET: Final = "A step id, end, cancel_flow, restart, or steps of its own."
_TYPED: Final = ("enum", "pattern")
"""What makes a schema of texts too narrow for a reference to the environment."""


def json_schema() -> dict[str, Value]:
    """The schema of an assistant's YAML, in draft 2020-12. Numbers and truth values as keys count as texts there."""
    schema: dict[str, Value] = SoniConfig.model_json_schema()
    definitions = _mapping(schema.pop("$defs"))
    words = dict(_words())
    for name, definition in {**definitions, "SoniConfig": schema}.items():
        _finish(_mapping(definition), words.get(name, {}))
    _mapping(definitions["Target"])["description"] = _TARGET
    definitions["Variable"] = dict(_VARIABLE)
    return {**_HEAD, **{key: value for key, value in schema.items() if key != "title"}, "$defs": definitions}


def _words() -> Iterator[tuple[str, dict[str, str]]]:
    """Of every model, what stands beneath its fields, its parents' fields included."""
    known: dict[str, dict[str, str]] = {}
    for module in (settings, steps, models):
        for node in ast.parse(inspect.getsource(module)).body:
            if isinstance(node, ast.ClassDef):
                inherited = [known[base.id] for base in node.bases if isinstance(base, ast.Name) and base.id in known]
                known[node.name] = {key: text for words in inherited for key, text in words.items()} | _beneath(node)
                yield node.name, known[node.name]


def _beneath(model: ast.ClassDef) -> dict[str, str]:
    """A field, and the text on the line below it."""
    words: dict[str, str] = {}
    for field, text in zip(model.body, model.body[1:], strict=False):
        match field, text:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str() as said)),
            ):
                words[name] = " ".join(said.replace("``", "").split())
            case _:
                pass
    return words


def _finish(model: dict[str, Value], words: Mapping[str, str]) -> None:
    """The properties of a model, described, and open to the environment."""
    if isinstance(description := model.get("description"), str):
        model["description"] = " ".join(description.replace("``", "").split())
    for name, written in _mapping(model.get("properties", {})).items():
        field = _mapping(written)
        _bounds(field)
        match field.get("default"):
            case dict():
                del field["default"]  # said by the fields inside
            case str() as default if _ISO_DURATION.fullmatch(default):
                field["default"] = format_duration(TypeAdapter(timedelta).validate_python(default))
            case _:
                pass
        if "const" in field:
            field["description"] = model["description"]
        elif name not in ("type", "version"):
            _open(field)
        if (said := words.get("otherwise" if name == "else" else name)) is not None:
            field["description"] = said


def _bounds(field: dict[str, Value]) -> None:
    """Pydantic's own words for limits on what a validator reads first, in JSON Schema's."""
    for ours, theirs in (("ge", "minimum"), ("le", "maximum")):
        if ours in field:
            field[theirs] = field.pop(ours)


def _open(field: dict[str, Value]) -> None:
    """Accept a reference to the environment where anything but a plain text is expected."""
    items = field.get("items")
    if isinstance(items, dict):
        _open(items)
    options = field.get("anyOf")
    if isinstance(options, list):
        if any(isinstance(option, dict) and _is_narrow(option) for option in options):
            options.append(dict(_ANY_VARIABLE))
    elif _is_narrow(field):
        narrow = {key: field.pop(key) for key in list(field) if key not in ("title", "default", "description")}
        field["anyOf"] = [narrow, dict(_ANY_VARIABLE)]


def _is_narrow(option: dict[str, Value]) -> bool:
    if option.get("type") in ("integer", "number", "boolean"):
        return True
    return any(key in option for key in _TYPED)


def _mapping(value: Value) -> dict[str, Value]:
    assert isinstance(value, dict)
    return value
