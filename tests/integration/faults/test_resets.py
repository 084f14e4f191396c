"""A reset that is cut off at any moment: what was said is found when its time has come, whatever the store."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from tests.integration.runtime.shop import Shop
from tests.stores import BACKENDS, empty_store, server_for

import soni.runtime.loop
from soni import RuntimeLoop
from soni.config.settings import Persistence
from soni.errors import StoreUnavailable
from soni.persistence.store import Store

from .failing import Fault, open_failing
from .talking import replica, say


@pytest.fixture(params=BACKENDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Persistence]:
    """Each store, empty. Not async: a server may have to be started first, and that blocks."""
    with empty_store(request.param, tmp_path, server_for(request.param, request)) as settings:
        yield settings


async def fails_at(loop: RuntimeLoop, fault: Fault, strike: int) -> bool:
    """Reset ana's conversation with a store that fails at this moment; false where there is no such moment."""
    fault.arm(strike, "fails")
    try:
        await loop.reset_state("ana")
    except StoreUnavailable:
        return True
    finally:
        fault.disarm()
    return False


async def test_a_reset_that_is_cut_off(empty: Persistence, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody tries it again: retention still finds all that is left, and leaves nothing."""
    fault = Fault()

    def opened(settings: Persistence, folder: Path, patience: timedelta) -> AbstractAsyncContextManager[Store]:
        return open_failing(settings, folder, patience, fault)

    monkeypatch.setattr(soni.runtime.loop, "open_store", opened)
    async with replica(empty, Shop()) as loop:
        for strike in count():
            await say(loop, "/start_flow send amount=5")
            struck = await fails_at(loop, fault, strike)
            expired = await loop.upkeep.expire(datetime.now(UTC) + timedelta(days=1))
            left = await loop._running.store.archive.exchanges("ana", None, 9)

            assert (expired, left) == (1, ()), fault.struck
            if not struck:
                break
    assert strike > 2
