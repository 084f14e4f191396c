"""The conversation tests of the assistants in this repository, spoken over HTTP to the embedded understanding."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from soni.testing import ConversationFile, ConversationTest, Stage, read_conversations
from soni.testing.conversations import SUFFIX
from soni.testing.finding import find_files
from soni.testing.transcript import transcript

ROOT = Path(__file__).parents[2]
PLACES = [*ROOT.glob(f"*{SUFFIX}"), ROOT / "examples", ROOT / "benchmarks", ROOT / "tests" / "conversations"]
FILES = [read_conversations(path) for path in find_files(PLACES)]
SPOKEN = [file for file in FILES if ROOT / "tests" not in file.path.parents]
"""Without those in this folder, which pytest collects by itself."""

StageOf = Callable[[ConversationFile], Stage]


@pytest.fixture(scope="module")
def stage_of() -> Iterator[StageOf]:
    """A file's assistant, served until another file's is asked for."""
    with ExitStack() as opened:
        stages: dict[Path, Stage] = {}

        def stage_of(file: ConversationFile) -> Stage:
            if file.path not in stages:
                opened.close()
                stages.clear()
                stages[file.path] = opened.enter_context(Stage(file, http=True))
            return stages[file.path]

        yield stage_of


@pytest.mark.parametrize(
    ("file", "test"),
    [
        pytest.param(file, test, id=f"{file.path.relative_to(ROOT)}: {test.name}")
        for file in SPOKEN
        for test in file.tests
    ],
)
def test_the_conversation_goes_as_told(stage_of: StageOf, file: ConversationFile, test: ConversationTest) -> None:
    """The assistant answers as its conversation test tells."""
    result = stage_of(file).play(test)

    if not result.passed:
        pytest.fail(transcript(result, file.path), pytrace=False)


def test_every_assistant_has_conversation_tests() -> None:
    """Whoever adds an assistant to this repository tells how it talks."""
    places = ("soni.yaml", "examples/*/soni.yaml", "benchmarks/*/soni.yaml", "tests/conversations/**/soni.yaml")
    assistants = {assistant for place in places for assistant in ROOT.glob(place)}

    assert {file.assistant for file in FILES if file.tests} == assistants
