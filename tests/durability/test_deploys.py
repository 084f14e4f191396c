"""A deploy under load."""

from functools import partial
from pathlib import Path
from typing import Final

from tests.proving import Proof

from .bank import new_bank
from .deploys import restart_again_and_again

STOPS: Final = Proof("SIGTERM under load", "stops", short=2, long=50)


def test_sigterm(tmp_path: Path, database: str) -> None:
    """No caller behind the proxy sees a failed request, and every process ends well, in time."""
    bank = new_bank(tmp_path, database)

    STOPS.hold_story(partial(restart_again_and_again, bank))
