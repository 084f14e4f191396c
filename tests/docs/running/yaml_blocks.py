"""YAML on a page: a whole assistant, a part of one, steps, conversation tests, or the answers of the fake model."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import yaml
from tests.docs.running.blocks import ROOT, Block
from tests.docs.running.shell import Shell

from soni.actions.runner import as_value
from soni.config.loader import find_problems_in_text
from soni.config.models import SoniConfig
from soni.config.source import compose
from soni.errors import ConfigurationError
from soni.testing import Stage, read_conversations
from soni.testing.fake_answers import read_script
from soni.testing.transcript import transcript
from soni.understanding.base import Understander
from soni.understanding.providers import open_understander
from soni.value import Value

SECTIONS: Final = frozenset({"version", "settings", "responses", "slots", "actions", "flows"})
OF_TESTS: Final = frozenset({"tests", "assistant", "env", "now"})
OF_SCRIPTS: Final = frozenset({"answers", "default"})
BARE: Final[Mapping[str, Value]] = {
    "version": "1.0",
    "flows": {"nothing": {"description": "Nothing.", "steps": [{"step": "nothing", "type": "noop"}]}},
}


class AnyVariable(dict[str, str]):
    """An environment in which every variable is set, to something that may be an address."""

    def __contains__(self, _: object) -> bool:
        return True

    def get(self, _: str, __: object = None) -> str:
        return "http://127.0.0.1:9/shown"


def write_file(block: Block, shell: Shell) -> None:
    """Only write the file that this block is: the tests in it are another page's."""
    data = plain(block.text) if block.language == "yaml" else None
    if isinstance(data, dict) and data.keys() <= SECTIONS:
        _check_part(data, block, shell)
    elif block.file is not None:
        shell.write(block.file, block.text)


def check_yaml(block: Block, shell: Shell) -> None:
    """What the block says is right: it loads, or its tests pass. Raises AssertionError, in words, where not.

    A block that is a file is written too; where it is a part of the assistant that is there, into that.
    """
    data = plain(block.text)
    keys = frozenset(data) if isinstance(data, dict) else frozenset()
    if "within" in block.markers:
        _check_part(_within(block.markers["within"], data), block, shell)
    elif keys and keys <= SECTIONS:
        _check_part(data, block, shell)
    elif keys and keys <= OF_TESTS:
        _check_tests(block, shell, block.text)
    elif keys and keys <= OF_SCRIPTS:
        shell.write(block.file or "shown.script.yaml", block.text)
        read_script(shell.cwd / (block.file or "shown.script.yaml"))
    elif isinstance(data, list) and data and all(isinstance(item, dict) and "step" in item for item in data):
        _check_part(_within("flows.shown", {"description": "Shown.", "steps": data}), block, shell)
    elif isinstance(data, list) and data and all(isinstance(item, dict) and len(item) <= 2 for item in data):
        steps = yaml.safe_dump([{"name": "as it is shown", "steps": data}], allow_unicode=True)
        _check_tests(block, shell, f"tests:\n{steps}")
    else:
        raise AssertionError(
            f"{block.place}: this YAML is neither an assistant nor a part of one, neither steps nor tests nor a script of "
            "the fake model. Say where it stands (<!-- within: slots.amount -->), or <!-- not run: why -->."
        )


def plain(text: str) -> Value:
    """YAML as Soni reads it, with ``${NAME}`` as it is written."""
    return as_value(compose(text.replace("${", "$${"), None, {}, []).plain())


def merged(under: Value, over: Value) -> Value:
    """One over the other: mappings are joined, everything else is replaced."""
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{key: merged(under.get(key), value) for key, value in over.items()}}
    return over


def _within(path: str, data: Value) -> Value:
    for key in reversed(path.split(".")):
        data = {key: data}
    return data


def _check_part(data: Value, block: Block, shell: Shell) -> None:
    """A part is checked as what it is a part of: the base it names, else the assistant of the page, else next to nothing."""
    whole = isinstance(data, dict) and "version" in data
    written = block.file is not None and "within" not in block.markers
    there = shell.cwd / (block.file or "soni.yaml")
    if whole:
        text = block.text
    else:
        base: Value = dict(BARE)
        if "base" in block.markers:
            path = ROOT / block.markers["base"]
            base = plain((path / "soni.yaml" if path.is_dir() else path).read_text("utf-8"))
        elif there.exists():
            base = plain(there.read_text("utf-8"))
        text = yaml.safe_dump(merged(base, data), sort_keys=False, allow_unicode=True, width=1000)
    _, problems = find_problems_in_text(text, AnyVariable())
    wrong = [problem for problem in problems if problem.severity == "error"]
    assert not wrong, f"{block.place}: this does not load:\n" + "\n".join(map(str, wrong))
    if written:
        assert block.file is not None
        shell.write(block.file, text)


def _check_tests(block: Block, shell: Shell, text: str) -> None:
    """Conversation tests are played with the assistant of the page, and pass."""
    name = block.file or "shown.conversation.yaml"
    shell.write(name, text)
    told = list(_failures(shell.cwd / name))
    if block.file is None:
        (shell.cwd / name).unlink()
    assert not told, f"{block.place}: these tests do not pass:\n" + "\n\n".join(told)


def _failures(path: Path) -> Iterator[str]:
    try:
        file = read_conversations(path)
    except ConfigurationError as error:
        yield error.message
        return
    with Stage(file, opening=_opened) as stage:
        for test in file.tests:
            result = stage.play(test)
            if not result.passed:
                yield transcript(result, path)


_LEARNED: Final[dict[tuple[str, str], Understander]] = {}
"""The embedded understanding of each assistant on the pages so far: it keeps nothing of what it hears, and takes a second to learn."""


def _opened(config: SoniConfig) -> Understander:
    if config.settings.models.nlu.provider != "embedded":
        return open_understander(config)
    key = (config.fingerprint, config.settings.model_dump_json())
    if key not in _LEARNED:
        _LEARNED[key] = open_understander(config)
    return _LEARNED[key]
