"""What the how-to shows as output is so, with the assistant of the benchmark; its other blocks run in tests/docs."""

import re
import shutil
from pathlib import Path

import pytest

from soni.testing import Stage, read_conversations
from soni.testing.coverage import Tallies
from soni.testing.coverage_report import coverage_lines
from soni.testing.transcript import transcript

ROOT = Path(__file__).parents[3]
HOW_TO = (ROOT / "docs" / "how-to" / "test-conversations.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", HOW_TO, re.DOTALL | re.MULTILINE)
EXAMPLE = next(text for language, text in BLOCKS if language == "yaml")
TRANSCRIPT = next(text for language, text in BLOCKS if not language and "step failed" in text)
COVERAGE = next(text for language, text in BLOCKS if not language and text.startswith("Coverage of"))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The assistant, its actions and the test of the example, where we are."""
    for name in ("soni.yaml", "transfer_actions.py"):
        shutil.copy(ROOT / "benchmarks" / "transfer" / name, tmp_path)
    (tmp_path / "transfer.conversation.yaml").write_text(EXAMPLE)
    monkeypatch.chdir(tmp_path)


def test_the_failure_is_shown_as_it_is() -> None:
    """Another last step gives the transcript that is shown."""
    path = Path("transfer.conversation.yaml")
    path.write_text(EXAMPLE.replace("Sent 60 to Ana.", "All done."))

    file = read_conversations(path)
    with Stage(file) as stage:
        result = stage.play(file.tests[0])

    assert transcript(result, path) + "\n" == TRANSCRIPT


def test_the_coverage_is_shown_as_it_is() -> None:
    """The table of the first example, up to the patterns."""
    file, tallies = read_conversations("transfer.conversation.yaml"), Tallies()
    with Stage(file, listeners=[tallies.of(file)]) as stage:
        stage.play(file.tests[0])

    assert "\n".join(coverage_lines(tallies.coverage())) + "\n" == COVERAGE
