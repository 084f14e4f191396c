"""The optimizing that the how-to shows is so, on the assistant that ``soni init`` makes; its other blocks run in tests/docs."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from soni.cli import app
from soni.testing import FakeModel

ROOT = Path(__file__).parents[3]
HOW_TO = (ROOT / "docs" / "how-to" / "optimize.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", HOW_TO, re.DOTALL | re.MULTILINE)
SETTINGS, _, OPTIMIZED = (text for language, text in BLOCKS if language == "yaml")
(LEARNER,) = (text for language, text in BLOCKS if language == "python")
_, OPTIMIZE = (text for language, text in BLOCKS if language == "text")


@pytest.fixture
def coffee(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The assistant of the how-to, and we are in its folder."""
    for name in ("OPENAI_API_KEY", "SONI_OPTIMIZED_DU_PATH", "SONI_CONFIG_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(app, ["init", "coffee"])
    monkeypatch.chdir(tmp_path / "coffee")
    return tmp_path / "coffee" / "soni.yaml"


def understand_by(coffee: Path, model: FakeModel) -> None:
    """The settings of the how-to, with the port that was free."""
    head = SETTINGS.removeprefix("# soni.yaml\n")
    told = head.replace("http://127.0.0.1:8900/v1", model.api_base)
    before = coffee.read_text()
    assert told != head
    coffee.write_text(before.replace("settings:\n  modules: [actions]\n", told))
    assert coffee.read_text() != before


def shown(*command: str) -> str:
    """What a command shows."""
    done = CliRunner().invoke(app, list(command))
    assert done.exit_code == 0, done.output
    return "\n".join(line.rstrip() for line in done.output.splitlines()) + "\n"


def test_a_model_that_learns_is_optimized(coffee: Path) -> None:
    """As it is shown; the settings that name the file load it."""

    def run(prompt: str) -> None:
        understand_by(coffee, page["model"])
        assert shown("optimize", "--max-calls", "60") == OPTIMIZE
        coffee.write_text(coffee.read_text().replace('/v1"}}', '/v1", optimized: optimized.json}}'))
        assert "optimized: optimized.json" in OPTIMIZED
        scored = shown("eval")
        assert "14 of 15 turns exact" in scored
        assert "On those that were held back, 75% of the turns were exact." in scored
        ran.append(prompt)

    ran: list[str] = []
    page: dict[str, Any] = {"input": run}
    exec(LEARNER.replace("port=8900", "port=0"), page)  # our own page

    assert len(ran) == 1
