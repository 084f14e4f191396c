"""The pytest plugin: collects ``*.conversation.yaml``. Every run of pytest imports it, so it brings nothing along."""

from pathlib import Path

import pytest

SUFFIX = ".conversation.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--soni-http``: say everything over real HTTP."""
    group = parser.getgroup("soni", "conversation tests of Soni")
    group.addoption(
        "--soni-http", action="store_true", help="Speak conversation tests over HTTP, and not within the process."
    )


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A file of conversation tests becomes a collector of them."""
    if not file_path.name.endswith(SUFFIX):
        return None
    from soni.testing.items import ConversationModule

    return ConversationModule.from_parent(parent, path=file_path)
