"""The JSON Schema says what the loader says, as far as a schema can."""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from soni.config.loader import find_problems_in_text
from soni.config.schema import json_schema
from soni.config.source import compose
from soni.config.steps import STEP_KINDS
from soni.config.values import case_key

from .conftest import ASSISTANT

SCHEMA = json_schema()
SHIPPED = (
    "soni.yaml",
    "examples/banking/soni.yaml",
    "benchmarks/transfer/soni.yaml",
    "src/soni/compiler/patterns.yaml",
)


def parts(schema: object) -> Iterator[dict[str, object]]:
    """Every schema within a schema."""
    if isinstance(schema, dict):
        yield schema
        for inner in schema.values():
            yield from parts(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from parts(inner)


def properties() -> dict[str, dict[str, dict[str, object]]]:
    """The keys of every model, each with its schema."""
    definitions = SCHEMA["$defs"]
    assert isinstance(definitions, dict)
    models = {
        name: model["properties"]
        for name, model in definitions.items()
        if isinstance(model, dict) and "properties" in model
    }
    return TypeAdapter(dict[str, dict[str, dict[str, object]]]).validate_python(models)


def test_it_is_json_of_a_known_draft() -> None:
    """Editors know what they read."""
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["title"] == "Soni assistant"


def test_every_reference_leads_somewhere() -> None:
    """Nothing is left out."""
    definitions = SCHEMA["$defs"]
    assert isinstance(definitions, dict)

    known = {f"#/$defs/{name}" for name in definitions}

    assert {part["$ref"] for part in parts(SCHEMA) if isinstance(part.get("$ref"), str)} <= known


def test_every_key_is_described() -> None:
    """An editor shows what a key is for."""
    missing = [
        (name, key)
        for name, model in properties().items()
        for key, field in model.items()
        if not field.get("description")
    ]

    assert missing == []
    assert len(properties()) > 30


def test_steps_are_told_apart_by_their_type() -> None:
    """Every kind of step is there."""
    kinds = {kind: properties()[model.__name__]["type"].get("const") for kind, model in STEP_KINDS.items()}

    assert kinds == {kind: kind for kind in STEP_KINDS}


def test_what_only_the_loader_sets_is_not_shown() -> None:
    """No author writes an origin."""
    sections = SCHEMA["properties"]

    assert isinstance(sections, dict)
    assert list(sections) == ["version", "settings", "responses", "slots", "actions", "flows"]


def accepts(data: object) -> bool:
    """Whether the schema accepts data; skipped where no validator is installed."""
    pytest.importorskip("jsonschema")
    validator = import_module("jsonschema").Draft202012Validator
    validator.check_schema(SCHEMA)
    return bool(validator(SCHEMA).is_valid(data))


def in_json(text: str) -> object:
    """YAML as an editor sees it: every key is a text."""

    def keyed(value: object) -> object:
        if isinstance(value, dict):
            return {case_key(key): keyed(inner) for key, inner in value.items()}
        return [keyed(item) for item in value] if isinstance(value, list) else value

    return keyed(compose(text.replace("${", "$${"), None, {}, []).plain())


@pytest.mark.parametrize("path", SHIPPED)
def test_shipped_assistants_fit(path: str) -> None:
    """The schema knows every form they use."""
    assert accepts(in_json((Path(__file__).parents[3] / path).read_text()))


@pytest.mark.parametrize(
    "addition",
    [
        "settings: {runtime: {turn_timeout: 5s, max_step_executions: '${N:-5}'}}",
        "settings: {logging: {level: '${L:-INFO}'}, server: {max_body_size: 64KiB, inspector: auto}}",
        "settings: {persistence: {retention: {conversation_ttl: null}}}",
        "settings: {server: {rate_limit: {per_user: 60/minute}}}",
        "  g: {steps: [{step: a, type: branch, slot: vip, cases: {true: end, false: [{step: b, type: noop}]}}]}",
        "  g: {steps: [{step: a, type: branch, when: [{condition: vip, then: end}, {else: end}]}]}",
        "  g: {steps: [{step: a, type: say, message: x, when: true, buttons: '{{ [1] }}'}]}",
        "  g: {steps: [{step: a, type: set, slots: {who: null, amount: '{{ 1 + 1 }}'}}]}",
    ],
)
def test_what_the_loader_accepts_fits(addition: str) -> None:
    """Short forms and variables too."""
    text = ASSISTANT + addition

    assert find_problems_in_text(text)[0] is not None
    assert accepts(in_json(text))


@pytest.mark.parametrize(
    "addition",
    [
        "settings: {runtime: {turn_timeout: 5}}",
        "settings: {persistance: {}}",
        "settings: {models: {nlu: {temperature: 3}}}",
        "settings: {models: {nlu: {retries: 11}}}",
        "settings: {logging: {level: info}}",
        "origin: /tmp",
        "  g: {steps: []}",
        "  g: {steps: [{step: a, type: sayy}]}",
        "  g: {steps: [{step: a, type: say, mesage: x}]}",
        "  g: {steps: [{step: a, type: collect, slot: who, on_invalid: [b]}]}",
    ],
)
def test_what_no_loader_accepts_does_not_fit(addition: str) -> None:
    """Mistakes of shape are underlined while typing."""
    text = ASSISTANT + addition

    assert find_problems_in_text(text)[0] is None
    assert not accepts(in_json(text))
