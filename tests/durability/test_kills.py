"""A service that is killed at any moment loses nothing it has answered, and repeats nothing it has done."""

from functools import partial
from pathlib import Path
from typing import Final

from tests.proving import Proof

from .bank import new_bank
from .kills import kill_again_and_again
from .tables import Tables

SQLITE: Final = Proof("kill -9, sqlite", "kills", short=3, long=200)
POSTGRESQL: Final = Proof("kill -9, postgresql", "kills", short=3, long=200)


def test_kills_sqlite(tmp_path: Path) -> None:
    """On SQLite, whatever the moment."""
    bank = new_bank(tmp_path)

    SQLITE.hold_story(partial(kill_again_and_again, bank, Tables(tmp_path / "soni.db")))


def test_kills_postgresql(tmp_path: Path, database: str) -> None:
    """On PostgreSQL, whatever the moment."""
    bank = new_bank(tmp_path, database)

    POSTGRESQL.hold_story(partial(kill_again_and_again, bank, Tables(database)))
