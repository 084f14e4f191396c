"""The conversation tests of the assistants in this repository, spoken over HTTP to the embedded understanding."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from soni.testing import ConversationFile, ConversationTest, Stage, read_conversations
from soni.testing.conversations import SUFFIX
from soni.testing.finding import find_files
from soni.testing.transcript import transcript

ROOT = Path(__file__).parents[2]
PLACES = [*ROOT.glob(f"*{SUFFIX}"), ROOT / "examples", ROOT / "benchmarks"]
FILES = [read_conversations(path) for path in find_files(PLACES)]


@pytest.fixture(scope="module")
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The assistant of a file, served until its last test is over."""
    file = request.param
    assert isinstance(file, ConversationFile)
    with Stage(file, http=True) as stage:
        yield stage


@pytest.mark.parametrize(
    ("stage", "test"),
    [
        pytest.param(file, test, id=f"{file.path.relative_to(ROOT)}: {test.name}")
        for file in FILES
        for test in file.tests
    ],
    indirect=["stage"],
)
def test_the_conversation_goes_as_told(stage: Stage, test: ConversationTest) -> None:
    """The assistant answers as its conversation test tells."""
    result = stage.play(test)

    assert result.passed, transcript(result, stage.file.path)
