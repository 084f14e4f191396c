"""The answer of a language model as text: how it is to be written, and how it is read, to the letter."""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from soni.understanding.model.wishes import WISHES, Unreadable, Wish

_FENCED: Final = re.compile(r"```(?:json)?\s*(\{.*\})\s*```", re.DOTALL)


def write_answer(wishes: Sequence[Wish]) -> str:
    """An answer as a model is to write it."""
    return json.dumps({"commands": WISHES.dump_python(list(wishes), mode="json")}, ensure_ascii=False)


def read_answer(text: str) -> list[Wish | Unreadable]:
    """The wishes of an answer: a JSON object, alone, fenced, or with words around it. Raises ValueError otherwise.

    It is read to the letter: what breaks off is no answer. An item that is no wish is kept as unreadable.
    """
    answer = _json_object(text)
    items = answer.get("commands")
    if not isinstance(items, list):
        raise ValueError("The answer has no list of commands.")
    return [_wish(item) for item in items]


def response_format() -> dict[str, Any]:
    """The closed JSON schema of an answer, in DSPy's form: everything is required, as structured outputs want it."""
    schema = WISHES.json_schema()
    definitions = schema.pop("$defs", {})
    for definition in definitions.values():
        definition["required"] = list(definition["properties"])
        definition["additionalProperties"] = False
        for written in definition["properties"].values():
            written.pop("default", None)
    whole = {
        "type": "object",
        "properties": {"commands": schema},
        "required": ["commands"],
        "additionalProperties": False,
        "$defs": definitions,
    }
    return {"type": "json_schema", "name": "commands", "schema": whole, "strict": True}


def _json_object(text: str) -> dict[str, Any]:
    fenced = _FENCED.search(text)
    for candidate in (text, fenced[1] if fenced else "", text[text.find("{") : text.rfind("}") + 1]):
        try:
            found = json.loads(candidate, object_pairs_hook=_once, parse_constant=_refuse)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    raise ValueError("The answer is not a JSON object.")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, in which nothing is said twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("A key stands twice.")
    return found


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON.")


def _wish(item: object) -> Wish | Unreadable:
    try:
        return Wish.model_validate(item)
    except ValidationError:
        return Unreadable()
