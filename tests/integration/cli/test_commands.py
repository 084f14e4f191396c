"""The commands that need no service: version, schema, validate, init."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from soni.cli import app, main
from soni.config.loader import load_config

SONI = version("soni")

GOOD = """
version: "1.0"
slots:
  name: {type: string, prompt: What is your name?}
flows:
  greet:
    trigger: {intents: [hello]}
    steps:
      - {step: ask, type: collect, slot: name}
      - {step: done, type: say, message: "Hello {name}!"}
"""


def test_the_version() -> None:
    """It names Soni's version."""
    result = CliRunner().invoke(app, ["version"])

    assert (result.exit_code, result.stdout.split()[:2]) == (0, ["soni", SONI])


def test_the_version_is_quick() -> None:
    """Small commands do not wait for the libraries of the large ones."""
    code = "import sys, soni.cli; print([m for m in ('fastapi', 'langgraph', 'numpy', 'yaml') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_the_schema_is_json() -> None:
    """Editors get a JSON Schema of what may be written."""
    result = CliRunner().invoke(app, ["schema"])

    schema = json.loads(result.stdout)
    assert result.exit_code == 0
    assert {"version", "settings", "slots", "flows"} <= set(schema["properties"])


def test_a_good_assistant_is_valid(folder: Path) -> None:
    """What is there is counted."""
    (folder / "soni.yaml").write_text(GOOD)
    result = CliRunner().invoke(app, ["validate"])

    assert (result.exit_code, result.stdout) == (0, "soni.yaml is valid: 1 flow, 1 slot, 0 actions.\n")


def test_every_problem_is_told(folder: Path) -> None:
    """All problems come at once, with file and line, and the exit code says that there are some."""
    (folder / "bad.yaml").write_text(GOOD.replace("slot: name", "slot: nam").replace("type: say", "type: sya"))
    result = CliRunner().invoke(app, ["validate", "bad.yaml"])

    assert result.exit_code == 1
    assert "bad.yaml:10: error: " in result.stdout
    assert result.stdout.splitlines()[-1].startswith("bad.yaml cannot be loaded: ")


def test_settings_that_do_nothing_are_noted(folder: Path) -> None:
    """A setting for later is not silently ignored, and keeps nothing from working."""
    (folder / "soni.yaml").write_text(GOOD + "settings: {server: {inspector: true}}\n")
    result = CliRunner().invoke(app, ["validate"])

    assert result.exit_code == 0
    assert "soni.yaml:11: note: settings.server.inspector" in result.stdout


def test_a_missing_action_is_a_problem(folder: Path) -> None:
    """What is written in Python is checked as well."""
    (folder / "soni.yaml").write_text(GOOD + "actions: {pay: {}}\n")
    result = CliRunner().invoke(app, ["validate"])

    assert result.exit_code == 1
    assert "soni.yaml:11: error: actions.pay" in result.stdout


def test_a_missing_module_is_a_problem(folder: Path) -> None:
    """What may be in the missing module is not called missing as well."""
    (folder / "soni.yaml").write_text(GOOD + "actions: {pay: {}}\nsettings: {modules: [nowhere_to_be_found]}\n")
    result = CliRunner().invoke(app, ["validate"])

    assert result.exit_code == 1
    assert "soni.yaml:12: error: settings.modules: There is no module 'nowhere_to_be_found'" in result.stdout
    assert result.stdout.count("error:") == 1


def test_problems_for_programs(folder: Path) -> None:
    """The same as JSON."""
    (folder / "soni.yaml").write_text(GOOD.replace("slot: name", "slot: nam"))
    result = CliRunner().invoke(app, ["validate", "--format", "json"])

    told = json.loads(result.stdout)
    assert (result.exit_code, told["valid"]) == (1, False)
    assert {"severity", "code", "message", "key", "file", "line", "suggestion"} == set(told["problems"][0])
    assert ("soni.yaml", 9) in {(problem["file"], problem["line"]) for problem in told["problems"]}


def test_init_writes_an_assistant_that_loads(folder: Path) -> None:
    """What it writes is valid and says its own name; then it says what to do next."""
    result = CliRunner().invoke(app, ["init", "cafe"])
    valid = CliRunner().invoke(app, ["validate", "cafe/soni.yaml"])

    assert result.exit_code == 0
    assert [line.strip() for line in result.stdout.splitlines()[2:7]] == [
        "cd cafe", "soni validate", "soni chat", "soni test", "soni serve",
    ]  # fmt: skip
    assert "'uv run' before it" in result.stdout
    assert {path.name for path in (folder / "cafe").iterdir()} == {
        "soni.yaml", "actions.py", "coffee.conversation.yaml", "README.md", ".gitignore",
    }  # fmt: skip
    assert set(load_config(folder / "cafe").flows) == {"order_coffee", "opening_hours"}
    assert (folder / "cafe" / "README.md").read_text().startswith("# cafe\n")
    assert valid.exit_code == 0, valid.stdout


def test_what_init_writes_passes_its_own_test(folder: Path) -> None:
    """The assistant that one begins with goes as its conversations say."""
    CliRunner().invoke(app, ["init", "cafe"])
    result = CliRunner().invoke(app, ["test", "cafe"])

    assert result.exit_code == 0, result.output
    assert "2 passed" in result.stdout


def test_init_takes_an_empty_folder(folder: Path) -> None:
    """A folder that was made beforehand will do."""
    (folder / "cafe").mkdir()

    assert CliRunner().invoke(app, ["init", "cafe"]).exit_code == 0


@pytest.mark.parametrize("name", ["full", "file", "bad\nname"])
def test_init_overwrites_nothing(folder: Path, name: str) -> None:
    """Where there is something already, or no folder can be, nothing is written."""
    (folder / "full").mkdir()
    (folder / "full" / "precious.txt").write_text("mine")
    (folder / "file").write_text("mine")
    result = CliRunner().invoke(app, ["init", name])

    assert result.exit_code == 2
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) == ["file", "full", "full/precious.txt"]


def test_init_says_why_it_cannot_write(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that cannot be made is told in words."""
    (folder / "file").write_text("mine")
    monkeypatch.setattr(sys, "argv", ["soni", "init", "file/cafe"])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 1
    assert capsys.readouterr().err == "file/cafe cannot be written: Not a directory.\n"


def test_a_configuration_error_ends_with_78(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What keeps the assistant from loading is told in words, by every command."""
    monkeypatch.setattr(sys, "argv", ["soni", "chat"])
    with pytest.raises(SystemExit) as ended:
        main()

    told = capsys.readouterr().err
    assert ended.value.code == 78
    assert told.startswith("soni.yaml")
    assert "Traceback" not in told
