"""An empty store of each kind, on a real server: for what must hold on all of them alike."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest
from tests.servers import new_database, new_redis_database, postgres_server, redis_server

from soni.config.settings import Persistence

BACKENDS: Final = ("memory", "sqlite", "postgresql", "redis")
_SERVERS: Final = {"postgresql": "postgres", "redis": "redis"}
"""Backend → the fixture that starts its server once for all tests."""


def server_for(backend: str, request: pytest.FixtureRequest) -> str | None:
    """The server that all tests share; ``None`` where the backend needs none."""
    fixture = _SERVERS.get(backend)
    return request.getfixturevalue(fixture) if fixture is not None else None


@contextmanager
def empty_store(backend: str, folder: Path, server: str | None = None) -> Iterator[Persistence]:
    """The settings of an empty store; a file is in the folder, and a database on that server, or on one of its own."""
    with ExitStack() as stack:
        place = None
        match backend:
            case "postgresql":
                place = stack.enter_context(new_database(server or stack.enter_context(postgres_server())))
            case "redis":
                place = stack.enter_context(new_redis_database(server or stack.enter_context(redis_server())))
            case _:
                pass
        yield Persistence.model_validate({"backend": backend, "path": folder / "soni.db", "connection_string": place})
