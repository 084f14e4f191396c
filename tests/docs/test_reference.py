"""The reference is complete, and what is generated of it is what the code says now."""

import re
from collections.abc import Iterator

import pytest
from tests.docs.reference.command_line import commands_of_soni
from tests.docs.reference.pages import placed, up_to_date
from tests.docs.reference.parts import PARTS, PAYLOADS
from tests.docs.reference.tables import fields, group_of
from tests.docs.running.blocks import ROOT

from soni.config.models import PATTERNS
from soni.config.steps import STEP_KINDS
from soni.dialogue.commands import COMMANDS
from soni.server.api import create_app
from soni.server.errors import VERDICTS, ClientGone, code_of
from soni.understanding.model.connection import KEYS

REFERENCE = ROOT / "docs" / "reference"


def page(name: str) -> str:
    """A page of the reference."""
    return (REFERENCE / f"{name}.md").read_text("utf-8")


def test_generated_parts_are_up_to_date() -> None:
    """Otherwise: scripts/reference."""
    old = [str(path.relative_to(ROOT)) for path, text in up_to_date().items() if path.read_text("utf-8") != text]

    assert old == [], "run scripts/reference"


def test_every_generated_part_has_its_place() -> None:
    """Each is on one page; that of the metrics, on whichever page tells about them."""
    assert sorted(placed()) == sorted(PARTS)


def settings(model: str = "Settings", path: str = "settings") -> Iterator[tuple[str, str]]:
    """The group and the key of every setting."""
    for key, field in fields(model).items():
        yield path, key
        if (inner := group_of(field)) is not None:
            yield from settings(inner, f"{path}.{key}")


@pytest.mark.parametrize(("group", "key"), list(settings()))
def test_every_setting_is_told(group: str, key: str) -> None:
    """Under the heading of its group."""
    section = re.search(rf"^### {re.escape(group)}\n(.*?)(?=^### |\Z)", page("settings"), re.DOTALL | re.MULTILINE)

    assert section is not None
    assert re.search(rf"^\| [`\[]{key}[`\]]", section[1], re.MULTILINE)


def test_every_environment_variable_is_told() -> None:
    """All that the code names, and those with the keys of models."""
    named = {name for names in KEYS.values() for name in names}
    for path in (ROOT / "src").rglob("*.py"):
        if "testing" not in path.parts:
            named |= set(re.findall(r"\"((?:SONI|WEB)_[A-Z][A-Z_]+)\"", path.read_text("utf-8")))

    assert sorted(name for name in named if f"`{name}`" not in page("settings")) == []


def test_every_command_of_a_dialogue_is_told() -> None:
    """With a payload."""
    assert set(PAYLOADS) == set(COMMANDS)
    assert [name for name in COMMANDS if f"| `{name}` |" not in page("commands")] == []


@pytest.mark.parametrize("kind", STEP_KINDS)
def test_every_kind_of_step_is_told_with_its_keys(kind: str) -> None:
    """Those that all steps have are told once."""
    section = re.search(rf"^### {kind}\n(.*?)(?=^##|\Z)", page("language"), re.DOTALL | re.MULTILINE)
    assert section is not None

    own = [key for key in fields(STEP_KINDS[kind].__name__) if key not in ("step", "type", "jump_to", "description")]
    assert [key for key in own if f"`{key}`" not in section[1] and key != "when"] == []


def test_every_endpoint_and_status_is_told() -> None:
    """As OpenAPI has them."""
    text = page("http")
    missing = [
        f"{method.upper()} {path}"
        for path, methods in create_app().openapi()["paths"].items()
        for method in methods
        if f"`{method.upper()} {path}`" not in text
    ]

    assert missing == []


@pytest.mark.parametrize("name", ["http", "errors"])
def test_every_error_is_told(name: str) -> None:
    """With its status and code, by hand and by the code."""
    text = page(name)
    wanted = [f"| {each.status} | `{code_of(kind)}` |" for kind, each in VERDICTS.items() if kind is not ClientGone]

    assert [line for line in wanted if line not in text] == []


def test_every_command_of_the_command_line_is_told() -> None:
    """With all its options."""
    text = page("cli")
    sections = dict(re.findall(r"^### soni ([\w -]+)\n(.*?)(?=^### |\Z)", text, re.DOTALL | re.MULTILINE))

    assert set(sections) == set(commands_of_soni())
    for name, command in commands_of_soni().items():
        names = [option for param in command.params if param.name != "help" for option in param.opts]
        assert [option for option in names if option.startswith("-") and f"`{option}`" not in sections[name]] == []


def test_every_pattern_is_told() -> None:
    """Each has a section, and the language names them all by it."""
    assert [name for name in PATTERNS if f"### {name}\n" not in page("patterns")] == []
