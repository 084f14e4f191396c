"""A store of each kind, empty."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from soni.config.settings import Persistence
from soni.persistence.store import Store, open_store

PATIENCE = timedelta(seconds=5)
"""How long a store waits for another replica."""


BACKENDS: Final = ("memory", "sqlite", "postgresql", "redis")
SERVERS: Final[Mapping[str, str]] = {"postgresql": "database", "redis": "redis_database"}
"""Backend → the fixture that gives it an empty database."""


@pytest.fixture(params=BACKENDS)
def persistence(request: pytest.FixtureRequest, tmp_path: Path) -> Persistence:
    """The settings of each store. Not async: a server may have to be started first, and that blocks."""
    place = request.getfixturevalue(SERVERS[request.param]) if request.param in SERVERS else None
    return Persistence(backend=request.param, path=tmp_path / "soni.db", connection_string=place)


@pytest.fixture
async def store(persistence: Persistence, tmp_path: Path) -> AsyncIterator[Store]:
    """Each store, open and empty."""
    async with open_store(persistence, tmp_path, PATIENCE) as opened:
        yield opened
