"""A store of each kind, empty."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from soni.config.settings import Persistence
from soni.persistence.store import Store, open_store

PATIENCE = timedelta(seconds=5)
"""How long a store waits for another replica."""


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def persistence(request: pytest.FixtureRequest, tmp_path: Path) -> Persistence:
    """The settings of each store. Not async: a server may have to be started first, and that blocks."""
    dsn = request.getfixturevalue("database") if request.param == "postgresql" else None
    return Persistence(backend=request.param, path=tmp_path / "soni.db", connection_string=dsn)


@pytest.fixture
async def store(persistence: Persistence, tmp_path: Path) -> AsyncIterator[Store]:
    """Each store, open and empty."""
    async with open_store(persistence, tmp_path, PATIENCE) as opened:
        yield opened
