"""The shape of an assistant: Pydantic reads it, and what it finds is put into an author's words.

What is wrong is taken out and the rest read again, so that names can be checked in the parts that are well.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from soni.config.models import SoniConfig
from soni.config.problems import MORE, MOST, Damage, Finding, Route, nearest
from soni.config.steps import STEP_KINDS, StepBase, Target
from soni.config.values import kind, quotes_for
from soni.value import Scalar

_ROUNDS: Final = 10
"""How often the rest is read again; each round takes out at least one thing."""
_TAGS: Final = {f"({name})": model for name, model in STEP_KINDS.items()}
_Location: TypeAlias = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """What could be read of an assistant."""

    config: SoniConfig | None
    """All of it, or the parts that are well; None where that cannot be said."""
    findings: tuple[Finding, ...] = ()
    damage: Damage = field(default_factory=Damage)
    """Where something had to be taken out; conclusions from what is not there would be wrong around it."""


def read_shape(data: dict[str, object]) -> Shape:
    """Read plain data. What is wrong is taken out of ``data`` itself."""
    findings: list[Finding] = []
    damage = Damage()
    if "origin" in data:  # known to the model, because the loader sets it; not to authors
        findings.append(_unknown_key(("origin",), ("origin",)))
        del data["origin"]
    for _ in range(_ROUNDS):
        try:
            return Shape(SoniConfig.model_validate(data), tuple(findings), damage)
        except ValidationError as error:
            every = error.errors(include_url=False)
        errors = [detail for detail in every if not _is_echo(detail)] or every
        told = [_finding(detail) for detail in errors[:MOST] if not damage.touches(_route(detail["loc"]))]
        findings += _without_echoes(told)
        if len(errors) > MOST:
            findings.append(MORE)
            break
        for detail in sorted(errors, key=lambda detail: len(detail["loc"]), reverse=True):
            damage.add(_take_out(data, detail))
        data.setdefault("version", "1.0")
    return Shape(None, tuple(findings), damage)


def _is_echo(detail: ErrorDetails) -> bool:
    """Pydantic counts only what it could read: a list whose only item is wrong is not also empty."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _without_echoes(findings: list[Finding]) -> list[Finding]:
    """A misspelled key is one mistake, not also a missing key."""
    misspelled = {(*finding.route[:-1], finding.suggestion) for finding in findings if finding.code == "unknown-key"}
    return [f for f in findings if not (f.code == "missing-key" and f.route in misspelled)]


# --- where ---------------------------------------------------------------------------------------------------------


def _route(location: _Location) -> Route:
    """A location without the tags that tell the kinds of a union apart."""
    return tuple(part for part in location if part != "[key]" and not _is_tag(part))


def _is_tag(part: int | str) -> bool:
    return isinstance(part, str) and part.startswith("(") and part.endswith(")")


def _known_keys(location: _Location) -> tuple[str, ...]:
    """The keys that may stand where the last part of a location stands."""
    model: type[BaseModel] | None = SoniConfig
    containers = 0
    for part in location[:-1]:
        if _is_tag(part):
            model = _TAGS.get(str(part), model)
        elif containers:
            containers -= 1
        elif model is not None:
            fields = {info.alias or name: info for name, info in model.model_fields.items()}
            model, containers = _inside(fields[str(part)].annotation) if part in fields else (None, 0)
    return tuple(info.alias or name for name, info in model.model_fields.items() if not info.exclude) if model else ()


def _inside(annotation: object) -> tuple[type[BaseModel] | None, int]:
    """The model within an annotation, and in how many lists and mappings it is."""
    if annotation is Target:
        return StepBase, 1
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, 0
    for part in get_args(annotation):
        model, containers = _inside(part)
        if model is not None:
            return model, containers + (get_origin(annotation) in (tuple, Mapping))
    return None, 0


def _take_out(data: object, detail: ErrorDetails) -> Route:
    """Take out what is wrong, as little as keeps routes as they are, and say which route it was."""
    route = _route(detail["loc"])
    if detail["type"] == "missing":
        route = route[:-1]
    chain, way = [data], list[Scalar]()
    for part in route:
        parent = chain[-1]
        if (child := _child(parent, part)) is not _NOTHING:
            chain.append(child)
            way.append(part)
        elif not isinstance(parent, dict | list):
            break  # a short form
        elif not isinstance(part, int):
            return route  # it went with something else; of a number, one thing stands where a list of them may
    for depth in range(len(way), 0, -1):
        parent, part = chain[depth - 1], way[depth - 1]
        if isinstance(parent, dict):
            parent.pop(part)
            return tuple(way[:depth])
        if isinstance(parent, list) and isinstance(part, int) and _holds_steps(tuple(way[: depth - 1])):
            parent[part] = _stand_in(chain[depth], tuple(way[:depth]))
            return tuple(way[:depth])
    return ()


_NOTHING: Final = object()


def _child(parent: object, part: Scalar) -> object:
    if isinstance(parent, dict):
        return parent.get(part, _NOTHING)
    if isinstance(parent, list) and isinstance(part, int) and part < len(parent):
        return parent[part]
    return _NOTHING


def _stand_in(written: object, route: Route) -> dict[str, object]:
    """A step that does nothing, with the id of the one that cannot be read, if that is one."""
    name = written.get("step") if isinstance(written, dict) else None
    if isinstance(name, str) and _ID.fullmatch(name):
        return {"step": name, "type": "noop"}
    return {"step": f"_{_NO_ID.sub('_', '_'.join(map(str, route)))[-100:]}", "type": "noop"}


_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,127}")
_NO_ID: Final = re.compile(r"[^A-Za-z0-9]")
_STEP_LISTS: Final = frozenset({"steps", "do", "then", "else"})


def _holds_steps(route: Route) -> bool:
    last = route[-1] if route else ""
    return last in _STEP_LISTS or str(last).startswith("on_") or "cases" in route[-2:-1]


# --- in words ------------------------------------------------------------------------------------------------------

_EXPECTED: Final[Mapping[str, str]] = {
    "string_type": "a text", "bool_type": "true or false", "int_type": "a whole number", "float_type": "a number",
    "tuple_type": "a list", "dict_type": "a mapping of names", "mapping_type": "a mapping of names",
    "model_type": "a mapping of keys", "path_type": "the name of a file",
}  # fmt: skip
_PATTERNS: Final[Mapping[str, str]] = {
    "step": "a step's id has letters, digits, '_', '.' and '-' only, and begins with a letter",
    "url": "an address that begins with https:// or http:// is expected",
    "per_user": "a rate such as 60/minute is expected",
    "per_client": "a rate such as 600/minute is expected",
    "storage": "'memory' or an address that begins with redis:// is expected",
    "api_keys_env": "the name of an environment variable is expected",
    "jwks_url": "an address that begins with https:// is expected, or one of this machine that begins with http://",
}


def _finding(detail: ErrorDetails) -> Finding:
    """One error in an author's words."""
    route, written, context = _route(detail["loc"]), detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            return _unknown_key(detail["loc"], route)
        case "missing":
            return Finding(route, f"{str(route[-1])!r} is missing", code="missing-key")
        case "misfit":
            return Finding((*route, context["key"]), detail["msg"], nearest(context["written"], context["known"]))
        case "value_error":
            return Finding(route, str(context["error"]))
        case "literal_error":
            return _not_one_of(route, written, context["expected"])
        case "union_tag_invalid" | "union_tag_not_found":
            return _no_step(route, written)
        case "string_pattern_mismatch":
            return Finding(route, f"{_PATTERNS[str(route[-1])]}, not {written!r}")
        case "greater_than_equal":
            return Finding(route, f"at least {context['ge']} is expected, not {written}")
        case "less_than_equal":
            return Finding(route, f"at most {context['le']:g} is expected, not {written}")
        case "too_short" | "string_too_short":
            return Finding(route, "nothing stands here; at least one is needed")
        case "string_too_long":
            return Finding(route, f"at most {context['max_length']} characters are expected")
        case wrong if wrong in _EXPECTED:
            return Finding(route, _wrong_type(_EXPECTED[wrong], written, detail["loc"]), code="wrong-type")
        case _:
            return Finding(route, detail["msg"])


def _unknown_key(location: _Location, route: Route) -> Finding:
    known = _known_keys(location)
    suggestion = nearest(route[-1], known)
    message = f"unknown key {str(route[-1])!r}"
    if suggestion is None and known:
        message += f"; known here: {', '.join(known)}"
    return Finding(route, message, suggestion, code="unknown-key")


def _not_one_of(route: Route, written: object, expected: str) -> Finding:
    known = [word.strip("'") for word in re.split(r", | or ", expected)]
    listed = known[0] if len(known) == 1 else f"one of {', '.join(known)}"
    return Finding(route, f"{listed} is expected, not {kind(written)}", nearest(written, known), code="wrong-value")


def _no_step(route: Route, written: object) -> Finding:
    """What stands where a step should is none, or of no known kind."""
    kinds = ", ".join(STEP_KINDS)
    if not isinstance(written, dict):
        message = f"a step is expected, with the keys 'step' and 'type', not {kind(written)}"
        return Finding(route, message, code="wrong-type")
    if "type" not in written:
        suspect = next((key for key in written if nearest(key, ("type",))), None)
        if suspect is not None:
            return Finding((*route, suspect), f"unknown key {str(suspect)!r}", "type", code="unknown-key")
        return Finding((*route, "type"), f"'type' is missing; one of {kinds}", code="missing-key")
    message = f"there is no step of type {written['type']!r}; one of {kinds}"
    return Finding((*route, "type"), message, nearest(written["type"], STEP_KINDS), code="wrong-value")


def _wrong_type(expected: str, written: object, location: _Location) -> str:
    if location[-1] == "[key]":
        return f'a name is expected, not {kind(written)}; in quotes it is one: "{written}"'
    if location[-1] == "(id)":
        return f"a step id, or a list of steps, is expected, not {kind(written)}"
    message = f"{expected} is expected, not {kind(written)}"
    if expected == "a text":
        return message + quotes_for(written)
    if expected == "a list" and isinstance(written, str):
        return f"{message}; a list of one is written [{written}]"
    if expected == "true or false" and isinstance(written, str) and written.lower() in ("yes", "no", "on", "off"):
        return f"{message}: YAML knows true and false only"
    return message
