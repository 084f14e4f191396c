"""What the how-to shows is so: its examples load, and run against the fake model."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.integration.runtime.chat import assistant, talking

from soni.testing import FakeModel

from .talking import told

PAGE: Final = (Path(__file__).parents[3] / "docs" / "how-to" / "rephrase.md").read_text(encoding="utf-8")
BLOCKS: Final[list[str]] = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
SETTINGS, TERMS, SCRIPT, CARD = BLOCKS


def served_by(model: FakeModel) -> str:
    """The how-to's settings, with this model."""
    return SETTINGS.replace("provider: openai,", f'provider: openai, api_base: "{model.api_base}",')


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[FakeModel]:
    """The how-to's script."""
    script = tmp_path / "words.yaml"
    script.write_text(SCRIPT, encoding="utf-8")
    with FakeModel(script) as model:
        yield model


async def test_the_assistant_says_goodbye_in_the_words_of_the_script(scripted: FakeModel) -> None:
    """And everything else as it is written."""
    async with talking(assistant(served_by(scripted) + TERMS)) as chat:
        answer = await chat.hear("/start_flow accept")

    assert answer == "By saying yes you accept the terms of 2024.\nThis is final.\nTake care, ana!"
    assert len(scripted.requests) == 1


async def test_the_card_is_written_and_shown() -> None:
    """The text stands in the question."""
    settings = "enabled: true", "enabled: false"
    with FakeModel(oracle=lambda body: told("Happy birthday!")) as model:
        async with talking(assistant(served_by(model).replace(*settings) + CARD)) as chat:
            answer = await chat.tell("/start_flow send_card", "/set_slot occasion=birthday", "/set_slot friend=Ana")

    assert answer == "Send this? Happy birthday!"
