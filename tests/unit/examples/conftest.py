"""The example assistants' modules, reachable as the loader makes them: with the assistant's folder on the path."""

import logging
import sys
from pathlib import Path
from typing import Final

import pytest

from soni import ActionContext

_ROOT: Final = Path(__file__).resolve().parents[3]

for _folder in (_ROOT, _ROOT / "examples" / "banking"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))


@pytest.fixture
def somebody() -> ActionContext:
    """What an action knows of Ana's first request; ``dataclasses.replace`` makes others of it."""
    return ActionContext(
        user_id="ana", idempotency_key="request-1", turn=1, language="en", log=logging.getLogger("test")
    )
