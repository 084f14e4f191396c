"""``soni eval``, and what is made of a program that ``soni optimize`` has written."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from soni.cli import app
from soni.config.loader import load_config
from soni.errors import ConfigurationError, SoniError
from soni.testing import FakeModel, Fault
from soni.understanding.model.tuning import read_tuning

from .shop import Teachable

EMBEDDED = ("--understander", "embedded")


def evaluate(shop: Path, *options: str) -> tuple[int, str]:
    """The exit code and what is shown."""
    done = CliRunner().invoke(app, ["eval", "-c", str(shop), *options])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
    return done.exit_code, done.output


def test_the_model_is_scored(shop: Path, model: FakeModel, tmp_path: Path) -> None:
    """On lines and triggers, over HTTP, with what was taken for what; in words and as JSON."""
    code, shown = evaluate(shop, "--json", str(tmp_path / "scores.json"))

    told = json.loads((tmp_path / "scores.json").read_text())
    assert code == 0
    assert "Understanding by the model openai/gpt-4o-mini" in shown
    assert told["turns"] == 23
    assert 0 < told["exact"] < 23
    assert f"{told['exact']} of 23 turns exact" in shown
    assert {"expected": "start_flow buy_flowers", "got": "nothing"}.items() <= told["confused"][0].items()
    assert model.counts.requests > 10


def test_the_embedded_understanding_is_scored_on_conversations(shop: Path, model: FakeModel) -> None:
    """And it is said that it has learned the triggers, and which lines it was itself the judge of."""
    code, shown = evaluate(shop, *EMBEDDED)

    assert code == 0
    assert "14 of 14 turns exact (100 %)" in shown
    assert "Of 13 lines the meaning is what the embedded understanding itself found" in shown
    assert "Trigger examples are not scored" in shown
    assert model.counts.requests == 0


def test_triggers_can_be_scored_too(shop: Path) -> None:
    """Where it is asked for."""
    _, shown = evaluate(shop, *EMBEDDED, "--triggers")

    assert "of 23 turns exact" in shown


def test_a_threshold_is_held(shop: Path) -> None:
    """Exit code 1 below it."""
    below, shown = evaluate(shop, "--fail-under", "99.5")
    above, _ = evaluate(shop, *EMBEDDED, "--fail-under", "99.5")

    assert (below, above) == (1, 0)
    assert "Fewer than 99.5 % of the turns are exact." in shown


def test_a_model_that_fails_is_no_model_that_understands_nothing(shop: Path, model: FakeModel) -> None:
    """How many times, and why, is said."""
    model.faults = lambda body: Fault.UNAUTHORIZED

    _, shown = evaluate(shop)

    assert "could not be understood at all: the model failed" in shown
    assert "refused the call" in shown


def test_a_model_that_was_taught_is_scored_as_it_serves(shop: Path) -> None:
    """What was learned is loaded where the settings name it, and scores higher."""
    before = evaluate(shop, "--fail-under", "100")[0]
    CliRunner().invoke(app, ["optimize", "-c", str(shop), "--max-calls", "100"])
    shop.write_text(shop.read_text().replace("nlu: {", "nlu: {optimized: optimized.json, "))
    after = evaluate(shop, "--fail-under", "100")[0]

    assert (before, after) == (1, 0)


def test_a_program_belongs_to_its_assistant(shop: Path) -> None:
    """One whose wording has changed may use it; another assistant is told which flow it lacks."""
    CliRunner().invoke(app, ["optimize", "-c", str(shop), "--max-calls", "100"])
    written = shop.parent / "optimized.json"
    text = shop.read_text()
    shop.write_text(text.replace("Which flowers?", "Which flowers would you like?"))
    reworded = read_tuning(written, load_config(shop))
    shop.write_text(text.replace("track_order", "find_order"))

    assert reworded.demos
    with pytest.raises(ConfigurationError, match="made for another assistant: this one has no flow 'track_order'"):
        read_tuning(written, load_config(shop))


@pytest.mark.parametrize("command", [["eval", "--understander", "model"], ["optimize"]])
def test_without_a_model_there_is_none_to_work_with(shop: Path, command: list[str]) -> None:
    """It is said in words."""
    shop.write_text(shop.read_text().replace("provider: openai", "provider: embedded"))

    done = CliRunner().invoke(app, [*command, "-c", str(shop)])

    assert isinstance(done.exception, ConfigurationError)
    assert "models.nlu.provider is 'embedded'" in done.exception.message


def test_too_few_examples(shop: Path, model: FakeModel) -> None:
    """How many there are and how many are needed; nothing is left behind."""
    shop.write_text(shop.read_text().split("  track_order:")[0])
    (shop.parent / "shop.conversation.yaml").unlink()

    done = CliRunner().invoke(app, ["optimize", "-c", str(shop)])

    assert isinstance(done.exception, SoniError)
    assert done.exception.message.startswith("There are 5 examples to learn from, and 12 different ones are needed")
    assert [path.name for path in shop.parent.iterdir()] == ["soni.yaml"]
    assert model.counts.requests == 0


def test_a_missing_package(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """MIPROv2 needs one more, and it is said which."""
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.setattr("soni.optimizing.optimizers.find_spec", lambda name: None)

    done = CliRunner().invoke(app, ["optimize", "-c", str(shop), "--optimizer", "miprov2"])

    assert isinstance(done.exception, ConfigurationError)
    assert "install soni[optimize]" in done.exception.message


def test_the_command_line_stays_light(pupil: Teachable) -> None:
    """Nothing that learning needs is imported before it is asked for."""
    code = "import sys, soni.cli; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not {"dspy", "optuna", "gepa", "numpy", "langgraph"} & set(done.stdout.split())
