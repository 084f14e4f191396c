"""``soni validate``: what is told of the ways through flows, and its three formats."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from soni.cli import app
from soni.cli.sarif import as_sarif
from soni.compiler.verify.rules import RULES
from soni.errors import Problem

LINES = """\
version: "1.0"
slots:
  name: {prompt: What is your name?}
flows:
  greet:
    description: Say hello.
    steps:
      - {step: ask, type: collect, slot: name}
      - {step: hello, type: say, message: "Hello {name}!", jump_to: end}
      - {step: never, type: say, message: Never.}
"""
ENDLESS = LINES.replace("jump_to: end", "jump_to: hello")
STUCK = LINES.replace(
    "{step: never, type: say, message: Never.}",
    "{step: again, type: while, condition: name == 'Ana', do: [{step: never, type: noop}]}",
).replace(", jump_to: end", "")


def test_a_warning_keeps_nothing_from_loading(folder: Path) -> None:
    """It is told with file and line, and the exit code is 0."""
    (folder / "soni.yaml").write_text(LINES)
    result = CliRunner().invoke(app, ["validate"])

    told, summary = result.stdout.splitlines()
    assert result.exit_code == 0
    assert told.startswith("soni.yaml:10: warning: flows.greet.steps[2].step: no way leads to the step 'never'")
    assert summary == "soni.yaml is valid: 1 flow, 1 slot, 0 actions (1 warning)."


@pytest.mark.parametrize(("text", "line"), [(ENDLESS, 9), (STUCK, 10)])
def test_an_error_fails(folder: Path, text: str, line: int) -> None:
    """A way without an end is an error, and the exit code is 1."""
    (folder / "soni.yaml").write_text(text)
    result = CliRunner().invoke(app, ["validate"])

    assert result.exit_code == 1
    assert f"soni.yaml:{line}: error: flows.greet.steps" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("soni.yaml is not valid: 1 error")


def test_what_is_not_sound_is_not_walked_through(folder: Path) -> None:
    """Where the YAML has errors, they come first and alone."""
    (folder / "soni.yaml").write_text(LINES.replace("flows:", "flow:"))
    result = CliRunner().invoke(app, ["validate", "--format", "json"])

    told = json.loads(result.stdout)
    assert result.exit_code == 1
    assert {problem["code"] for problem in told["problems"]} == {"unknown-key"}


def test_a_missing_function_and_the_ways_are_told_together(folder: Path) -> None:
    """What Python lacks does not hide what the flows lack."""
    (folder / "soni.yaml").write_text(LINES + "actions: {pay: {}}\n")
    result = CliRunner().invoke(app, ["validate", "--format", "json"])

    problems = json.loads(result.stdout)["problems"]
    assert {(problem["code"], problem["line"]) for problem in problems} == {("function", 11), ("unreachable-step", 10)}


def test_earlier_names_and_several_files_have_their_places(folder: Path) -> None:
    """A folder is walked through as a whole, each finding in its own file."""
    (folder / "bot").mkdir()
    (folder / "bot" / "a.yaml").write_text(LINES)
    (folder / "bot" / "b.yaml").write_text(
        'version: "1.0"\nflows:\n  other:\n    description: d\n    steps:\n'
        "      - {step: go, type: link, target: greet}\n      - {step: dead, type: noop}\n"
    )
    result = CliRunner().invoke(app, ["validate", "bot", "--format", "json"])

    problems = json.loads(result.stdout)["problems"]
    assert {(problem["code"], problem["file"], problem["line"]) for problem in problems} == {
        ("earlier-name", "bot/b.yaml", 6),
        ("unreachable-step", "bot/a.yaml", 10),
        ("unreachable-step", "bot/b.yaml", 7),
    }


def test_sarif_is_what_the_standard_requires(folder: Path) -> None:
    """One run, a rule with words for every code, and results with rule, level, message, relative file and line."""
    (folder / "my bot").mkdir()
    (folder / "my bot" / "soni.yaml").write_text(ENDLESS)
    result = CliRunner().invoke(app, ["validate", str(folder / "my bot" / "soni.yaml"), "--format", "sarif"])

    log = json.loads(result.stdout)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert result.exit_code == 1
    assert (log["version"], log["$schema"].rsplit("/", 1)[-1]) == ("2.1.0", "sarif-schema-2.1.0.json")
    assert run["tool"]["driver"]["name"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in rules)
    assert {told["ruleId"] for told in run["results"]} == {"endless", "unreachable-step"}
    for told in run["results"]:
        assert set(told) == {"ruleId", "ruleIndex", "level", "message", "locations"}
        assert rules[told["ruleIndex"]]["id"] == told["ruleId"]
        assert told["level"] in ("error", "warning", "note")
        assert told["message"]["text"]
        (location,) = told["locations"]
        assert location["physicalLocation"]["artifactLocation"] == {"uri": "my%20bot/soni.yaml"}
        assert location["physicalLocation"]["region"]["startLine"] in (9, 10)
        assert location["logicalLocations"][0]["fullyQualifiedName"].startswith("flows.greet.steps")


def test_sarif_of_nothing_has_a_run_without_results(folder: Path) -> None:
    """So that a code host takes back what it has told before."""
    (folder / "soni.yaml").write_text(LINES.replace(", jump_to: end", ""))
    result = CliRunner().invoke(app, ["validate", "-f", "sarif"])

    assert result.exit_code == 0
    assert json.loads(result.stdout)["runs"][0]["results"] == []


def test_a_problem_without_a_place_is_told_of_what_was_validated(folder: Path) -> None:
    """Code hosts want a file with everything."""
    log = as_sarif([Problem("there are 3 more problems", severity="note", code="more")], folder / "soni.yaml")

    assert '"locations": [{"physicalLocation": {"artifactLocation": {"uri": "soni.yaml"}}}]' in json.dumps(log)


def test_validating_does_without_langgraph() -> None:
    """Walking through flows needs none of what runs them, so that the command stays quick."""
    code = (
        "import sys; from soni.compiler.assistant import verify_assistant; import soni.cli.sarif;"
        " print([m for m in ('langgraph', 'langchain_core', 'fastapi', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_present_names_are_written_before_the_flows_are_walked_through(folder: Path) -> None:
    """With ``--rewrite``, what is told afterwards is of the file as it is then; a file that cannot be read is told."""
    (folder / "soni.yaml").write_text(LINES.replace("type: say, message: Never.", "type: link, target: greet"))
    rewritten = CliRunner().invoke(app, ["validate", "--rewrite", "--format", "json"])
    (folder / "latin.yaml").write_bytes('version: "1.0"  # ñ'.encode("latin-1"))
    broken = [CliRunner().invoke(app, ["validate", "--rewrite", name]) for name in ("nowhere.yaml", "latin.yaml")]

    assert rewritten.exit_code == 0
    assert "soni.yaml: rewritten" in rewritten.stderr
    assert [problem["code"] for problem in json.loads(rewritten.stdout)["problems"]] == ["unreachable-step"]
    assert "flow: greet" in (folder / "soni.yaml").read_text()
    assert [(told.exit_code, "cannot be loaded: 1 error." in told.stdout) for told in broken] == [(1, True)] * 2
