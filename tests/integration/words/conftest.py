"""A model that writes; started outside of the event loop, where it may wait."""

from collections.abc import Iterator

import pytest

from soni.testing import FakeModel

from .talking import words_for


@pytest.fixture
def model() -> Iterator[FakeModel]:
    """Puts "Well: " before what it is to say in other words, and writes the same poem about everything."""
    with FakeModel(oracle=words_for) as running:
        yield running
