"""From files to an assistant: several files are one, and every mistake is told at once."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from soni.config.loader import find_problems, find_problems_in_text, load_config, load_config_text
from soni.errors import ConfigurationError, SoniError

from .conftest import ASSISTANT, Find

TWENTY = """\
version: "1.0"
settings:
  persistance: {backend: memory}
  models: {nlu: {temperature: 3}}
  conversation: {session_timeout: 5, default_flow: transfr}
slots:
  amount: {type: flaot}
  who: {prompt: "Who, {nme}?", required: yes}
  who: {type: string}
  kind: {type: choice}
actions:
  pay: {inputs: [who, amount], effekt: write}
responses:
  done: 42
flows:
  transfer:
    trigger: {intents: ["send {amuont}"]}
    steps:
      - {step: ask, type: colect, slot: amount}
      - step: who
        type: collect
        solt: who
      - {step: check, type: branch, when: [{condition: "who >", then: end}]}
      - step: sure
        type: confirm
        message: {amount}
        on_deny: [{step: no, type: say, respnse: done}]
      - {step: send, type: action, call: pya, jump_to: bye}
      - {step: sure, type: noop}
      - {step: tell, type: say, message: "Sent ${SOME_CURRENCY}."}
"""


def test_twenty_mistakes_are_told_at_once(find: Find) -> None:
    """Each once, on its line, with its key and the nearest known name."""
    problems = find(TWENTY)

    assert [(problem.line, problem.code, problem.key, problem.suggestion) for problem in problems] == [
        (3, "unknown-key", "settings.persistance", "persistence"),
        (4, "invalid", "settings.models.nlu.temperature", None),
        (5, "invalid", "settings.conversation.session_timeout", None),
        (5, "unknown-flow", "settings.conversation.default_flow", "transfer"),
        (7, "wrong-value", "slots.amount.type", "float"),
        (8, "wrong-type", "slots.who.required", None),
        (8, "unknown-slot", "slots.who.prompt", None),
        (9, "duplicate-key", "slots.who", None),
        (10, "invalid", "slots.kind.choices", None),
        (12, "unknown-key", "actions.pay.effekt", "effect"),
        (14, "wrong-type", "responses.done", None),
        (17, "unknown-slot", "flows.transfer.trigger.intents[0]", "amount"),
        (19, "wrong-value", "flows.transfer.steps[0].type", "collect"),
        (22, "unknown-key", "flows.transfer.steps[1].solt", "slot"),
        (23, "invalid", "flows.transfer.steps[2].when[0].condition", None),
        (26, "invalid", "flows.transfer.steps[3].message", None),
        (27, "unknown-key", "flows.transfer.steps[3].on_deny[0].respnse", "response"),
        (28, "unknown-step", "flows.transfer.steps[4].jump_to", None),
        (28, "unknown-action", "flows.transfer.steps[4].call", "pay"),
        (29, "duplicate-step", "flows.transfer.steps[5].step", None),
        (30, "unknown-variable", "flows.transfer.steps[6].message", None),
    ]


def test_the_error_holds_every_problem_in_words() -> None:
    """One look at it is enough."""
    with pytest.raises(ConfigurationError) as refused:
        load_config_text(TWENTY, name="bank.yaml")

    lines = refused.value.message.splitlines()
    assert len(lines) == len(refused.value.problems) == 21
    assert lines[0].startswith("bank.yaml:3: settings.persistance: unknown key 'persistance'")


def test_warnings_and_notes_do_not_keep_an_assistant_from_loading() -> None:
    """They are told by validate, and no more."""
    text = (
        ASSISTANT + "  f: {steps: [{step: a, type: say, message: '{balance}'}, {step: b, type: link, target: other}]}\n"
    )

    config, problems = find_problems_in_text(text)

    assert load_config_text(text) == config
    assert [problem.severity for problem in problems] == ["note", "warning"]


def test_a_folder_is_one_assistant(write: Callable[..., Path]) -> None:
    """Files are read in name order; tests and hidden files are not; relative things are looked for in the folder."""
    folder = write(
        {
            "b.yaml": 'version: "1.0"\nsettings: {runtime: {turn_timeout: 5s}}\nflows: {b: {steps: [{step: x, type: noop}]}}',
            "a.yaml": "version: 1.0\nsettings: {runtime: {max_step_executions: 5}}\nflows: {a: {steps: [{step: x, type: call, flow: b}]}}",
            "a.conversation.yaml": "tests: []",
            ".hidden.yaml": "nonsense",
            "readme.txt": "nonsense",
        }
    )

    config = load_config(folder, {})

    assert list(config.flows) == ["a", "b"]
    assert config.settings.runtime.max_step_executions == 5
    assert config.settings.runtime.turn_timeout.total_seconds() == 5
    assert config.origin == str(folder.resolve())


def test_one_file_of_a_folder_can_be_an_assistant(write: Callable[..., Path]) -> None:
    """Its folder is where relative things are looked for."""
    folder = write({"a.yaml": 'version: "1.0"', "b.yaml": "nonsense"})

    assert load_config(str(folder / "a.yaml"), {}).origin == str(folder.resolve())


def test_a_name_in_two_files_is_an_error_that_names_both(write: Callable[..., Path], find_in: Find) -> None:
    """Neither silently wins."""
    folder = write(
        {
            "a.yaml": 'version: "1.0"\nslots:\n  x: {}\nsettings: {runtime: {turn_timeout: 5s}}',
            "b.yaml": 'version: "2.0"\nslots:\n  y: {}\n  x: {}\nsettings: {runtime: {turn_timeout: 6s}}',
        }
    )

    problems = find_in(folder)

    assert [(problem.code, problem.key, problem.line) for problem in problems] == [
        ("duplicate-key", "version", 1),
        ("duplicate-key", "slots.x", 4),
        ("duplicate-key", "settings.runtime.turn_timeout", 5),
    ]
    assert problems[1].message == f"'x' stands in two files: {folder / 'a.yaml'}:3 and {folder / 'b.yaml'}:4"


def test_every_file_that_cannot_be_read_is_said(write: Callable[..., Path], find_in: Find) -> None:
    """What the names refer to cannot be said then, and is not."""
    folder = write({"a.yaml": "a: b: c", "b.yaml": "- list", "c.yaml": 'version: "1.0"\nsettings: {x: 1}', "d.yml": ""})

    problems = find_in(folder)

    assert [(problem.file, problem.code, problem.severity) for problem in problems] == [
        (folder / "a.yaml", "syntax", "error"),
        (folder / "b.yaml", "wrong-type", "error"),
        (folder / "d.yml", "other-file", "note"),
    ]


def test_problems_of_several_files_name_their_files(write: Callable[..., Path], find_in: Find) -> None:
    """Line numbers are those of the file they stand in."""
    folder = write(
        {
            "a.yaml": 'version: "1.0"\nflows:\n  f: {steps: [{step: a, type: call, flow: gg}]}',
            "b.yaml": "flows:\n\n\n  g: {stps: [{step: a, type: noop}]}",
        }
    )

    problems = find_in(folder)

    assert [(problem.file, problem.line, problem.code) for problem in problems] == [
        (folder / "a.yaml", 3, "unknown-flow"),
        (folder / "b.yaml", 4, "unknown-key"),
    ]


def test_sections_that_do_not_fit_together_are_said(write: Callable[..., Path], find_in: Find) -> None:
    """A mapping in one file and a list in another cannot be joined."""
    folder = write({"a.yaml": 'version: "1.0"\nslots: {x: {}}', "b.yaml": "slots: [y]\nextra: 1", "c.yaml": "extra: 1"})

    assert [(problem.code, problem.key) for problem in find_in(folder)] == [
        ("duplicate-key", "slots"),
        ("duplicate-key", "extra"),
    ]


def test_joining_files_leaves_aliases_alone(write: Callable[..., Path]) -> None:
    """What one name gets from another file, its alias elsewhere does not."""
    folder = write(
        {
            "a.yaml": 'version: "1.0"\nsettings: {runtime: &r {max_step_executions: 5}}\nresponses: {x: {text: a, custom: *r}}',
            "b.yaml": "settings: {runtime: {turn_timeout: 9s}}",
        }
    )

    config = load_config(folder, {})

    assert config.responses["x"][0].custom == {"max_step_executions": 5}


def test_environment_of_the_process_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever starts the service sets it."""
    path = tmp_path / "soni.yaml"
    path.write_text('version: "1.0"\nresponses: {a: "${SONI_TEST_WORD}"}')
    monkeypatch.setenv("SONI_TEST_WORD", "hello")

    assert load_config(path).responses["a"][0].text.text == "hello"


SHIPPED = ("soni.yaml", "examples/banking", "benchmarks/transfer", "src/soni/compiler/patterns.yaml")


@pytest.mark.parametrize("path", SHIPPED)
def test_shipped_assistants_are_well(path: str) -> None:
    """Neither an error nor a warning."""
    config, problems = find_problems(Path(__file__).parents[3] / path, {})

    assert config is not None
    assert [str(problem) for problem in problems if problem.severity != "note"] == []


def test_importing_the_models_is_light() -> None:
    """Neither YAML nor the checks are needed to speak of an assistant, nor anything heavier."""
    lines = [
        "import sys",
        "import soni.config.models",
        "heavy = {'langgraph', 'fastapi', 'numpy', 'dspy', 'rapidfuzz', 're2', 'httpx'} & set(sys.modules)",
        "sys.exit(', '.join(sorted(heavy)) or 0)",
    ]

    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_error_is_one_of_sonis() -> None:
    """Whoever starts an assistant catches one root."""
    with pytest.raises(SoniError):
        load_config("/nowhere/soni.yaml")
