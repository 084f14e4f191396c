"""A model to talk to; started outside of the event loop, where it may wait."""

from collections.abc import Iterator

import pytest

from soni.testing.fake_answers import Answer
from soni.testing.fake_model import FakeModel

from .talking import SEND


@pytest.fixture
def model() -> Iterator[FakeModel]:
    """Answers what the tests say; everything else with no commands."""
    script: dict[str, Answer] = {
        "please send 50 to Ana": SEND,
        "no idea": [],
        "hi": ["chitchat"],
    }
    with FakeModel(script) as running:
        yield running
