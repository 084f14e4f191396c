"""One turn at a time per conversation across replicas: keys of Redis that expire unless their holder renews them."""

import asyncio
import logging
import random
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from soni.errors import ConversationBusy, StoreUnavailable
from soni.persistence.locks import LocalLocks, Locks
from soni.persistence.redis_opening import Redis, answering
from soni.persistence.redis_scripts import LOCK, RENEW, UNLOCK

log = logging.getLogger("soni.locks")

LEASE: Final = timedelta(seconds=5)
"""How long a lock outlives a holder that was killed; renewed three times in this time."""
_FIRST_PAUSE: Final = 0.002
"""Seconds before a lock that is taken is tried again; doubled each time."""
_LONGEST_PAUSE: Final = 0.05
"""Seconds; it is also how late at most a waiting replica sees that the lock is free."""


class RedisLocks:
    """Locks for several processes.

    Within this process messages queue in order of arrival first, so that one of them at a time asks the server. A lock that
    expired under its holder, because the process or Redis stood still, is free for others: the fence guards what is saved.
    """

    def __init__(
        self, redis: Redis, *, patience: timedelta, local: Locks | None = None, lease: timedelta = LEASE
    ) -> None:
        """``patience`` is how long a message waits for those before it, here and elsewhere, until it is told to try later."""
        self._patience = patience.total_seconds()
        self._local = local or LocalLocks(patience=patience)
        self._lease = lease
        self._replica = f"{secrets.token_hex(16)}:"
        self._lock = redis.register_script(LOCK)
        self._renew = redis.register_script(RENEW)
        self._unlock = redis.register_script(UNLOCK)

    @asynccontextmanager
    async def hold(self, conversation: str, *, wait: bool = True) -> AsyncIterator[None]:
        """As ``Locks.hold``. Raises StoreUnavailable too."""
        key, turn = f"soni:lock:{conversation}", secrets.token_hex(8)
        deadline = time.monotonic() + (self._patience if wait else 0.0)
        async with self._local.hold(conversation, wait=wait):
            try:
                await self._take(key, turn, deadline)
            except asyncio.CancelledError:
                # It may have been taken, and nobody will know.
                await asyncio.shield(self._give_back(key, turn))
                raise
            renewing = asyncio.create_task(self._keep(key, turn))
            try:
                yield
            finally:
                renewing.cancel()
                await asyncio.shield(self._give_back(key, turn))

    async def _take(self, key: str, turn: str, deadline: float) -> None:
        """Try until it is ours."""
        pause = _FIRST_PAUSE
        while not await self._try(key, turn):
            if time.monotonic() + pause > deadline:
                raise ConversationBusy
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - only so that replicas do not try in step
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _try(self, key: str, turn: str) -> bool:
        async with answering():
            return bool(await self._lock(keys=[key], args=[self._replica, turn, self._milliseconds]))

    async def _keep(self, key: str, turn: str) -> None:
        """Renew the lock until this is cancelled, or until it is no longer ours."""
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            try:
                async with answering():
                    ours = await self._renew(keys=[key], args=[self._replica, turn, self._milliseconds])
            except StoreUnavailable as error:
                log.warning("a lock could not be renewed; another try follows: %s", error)
                continue
            if not ours:
                log.warning("a lock expired under a turn; if another replica goes on meanwhile, this turn is not saved")
                return

    async def _give_back(self, key: str, turn: str) -> None:
        try:
            async with answering():
                await self._unlock(keys=[key], args=[self._replica, turn])
        except StoreUnavailable as error:
            log.warning("a lock could not be given back; it expires by itself: %s", error)

    @property
    def _milliseconds(self) -> int:
        return self._lease // timedelta(milliseconds=1)
