"""What holds for every test: no deadline for properties, no blocking call inside an event loop, real servers where asked for."""

import os
from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster
from hypothesis import HealthCheck, settings
from tests.servers import new_database, new_redis_database, postgres_server, redis_server

# Two cores are shared with whatever else runs: a slow example says nothing about the property.
settings.register_profile("soni", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("soni"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "soni"))


@pytest.fixture(scope="session", autouse=True)
def _no_blocking_calls() -> Iterator[None]:
    """A call that blocks the event loop fails, if code of ours made it, however far down; the command line may block."""
    guard = BlockBuster("soni", excluded_modules=["soni.testing", "soni.optimizing", "soni.cli"])
    for function in guard.functions.values():
        function.can_block_in("soni/actions/runner.py", "_invoke")  # what an author's action does is the author's
        function.can_block_in("coverage/collector.py", "lock_data")  # two threads that are measured at once
    guard.activate()
    yield
    guard.deactivate()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server, started once."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def database(postgres: str) -> Iterator[str]:
    """An empty database of a test's own."""
    with new_database(postgres) as dsn:
        yield dsn


@pytest.fixture(scope="session")
def redis() -> Iterator[str]:
    """A Redis server, started once."""
    with redis_server() as server:
        yield server


@pytest.fixture
def redis_database(redis: str) -> Iterator[str]:
    """An empty Redis database of a test's own."""
    with new_redis_database(redis) as url:
        yield url
