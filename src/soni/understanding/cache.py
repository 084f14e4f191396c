"""What a model has answered before: bounded, for a while, in this process or shared through Redis."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

from soni.config.settings import Cache as CacheSettings
from soni.dialogue.commands import Command
from soni.errors import ConfigurationError
from soni.understanding.model.wishes import WISHES, to_commands, to_wishes

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger("soni.understanding")

_PATIENCE: Final = 0.25
"""Seconds that a shared cache has for an answer: it is there to save time."""

_CONNECTIONS: Final = 10
"""At most; a message that finds none free does without."""

_PREFIX: Final = "soni:understood:"


class AnswerCache(Protocol):
    """Answers by the key of their question."""

    async def get(self, key: str) -> list[Command] | None:
        """What was answered; ``None`` where it is not known, or the cache does not answer."""
        ...

    async def put(self, key: str, commands: Sequence[Command]) -> None:
        """Keep an answer. Never fails."""
        ...

    async def aclose(self) -> None:
        """Close what it has opened."""
        ...


class MemoryCache:
    """In this process: the least recently used answer goes first."""

    def __init__(self, size: int, ttl: float, clock: Callable[[], float] = time.monotonic) -> None:
        """``ttl`` in the seconds of ``clock``."""
        self._size = size
        self._ttl = ttl
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, tuple[Command, ...]]] = OrderedDict()

    async def get(self, key: str) -> list[Command] | None:
        """What was answered, not longer ago than the ttl."""
        found = self._kept.get(key)
        if found is None:
            return None
        if self._clock() - found[0] >= self._ttl:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return list(found[1])

    async def put(self, key: str, commands: Sequence[Command]) -> None:
        """Keep an answer, and let the oldest go."""
        self._kept[key] = (self._clock(), tuple(commands))
        self._kept.move_to_end(key)
        while len(self._kept) > self._size:
            self._kept.popitem(last=False)

    async def aclose(self) -> None:
        """Nothing is open."""


class RedisCache:
    """Shared by the processes of a service. Redis bounds it: every key has a ttl, and its own ``maxmemory`` holds the rest.

    A Redis that is down costs a call of the model, and no message.
    """

    def __init__(self, redis: "Redis", ttl: float) -> None:
        self._redis = redis
        self._ttl = max(1, round(ttl * 1000))

    async def get(self, key: str) -> list[Command] | None:
        """What was answered by any of the processes."""
        from redis.exceptions import RedisError

        try:
            async with asyncio.timeout(_PATIENCE):
                found = await self._redis.get(_PREFIX + key)
            return to_commands(WISHES.validate_json(found)) if found is not None else None
        except (RedisError, OSError, ValueError) as error:
            log.warning("the shared cache of understanding does not answer: %s", type(error).__name__)
            return None

    async def put(self, key: str, commands: Sequence[Command]) -> None:
        """Keep an answer for all processes."""
        from redis.exceptions import RedisError

        try:
            async with asyncio.timeout(_PATIENCE):
                await self._redis.set(_PREFIX + key, WISHES.dump_json(to_wishes(commands)), px=self._ttl)
        except (RedisError, OSError) as error:
            log.warning("the shared cache of understanding takes nothing: %s", type(error).__name__)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def open_cache(settings: CacheSettings) -> AnswerCache | None:
    """The cache the settings name; ``None`` for none. Raises ConfigurationError where Redis cannot be spoken to at all."""
    ttl = settings.ttl.total_seconds()
    if not settings.size or not ttl:
        return None
    if settings.storage == "memory":
        return MemoryCache(settings.size, ttl)
    try:
        from redis.asyncio import BlockingConnectionPool, Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ImportError:
        raise ConfigurationError(
            "models.nlu.cache.storage needs the package 'redis': install soni[redis], or use memory."
        ) from None
    try:
        pool = BlockingConnectionPool.from_url(
            settings.storage,
            max_connections=_CONNECTIONS,
            timeout=_PATIENCE,
            socket_timeout=_PATIENCE,
            socket_connect_timeout=_PATIENCE,
            retry=Retry(NoBackoff(), 0),
            driver_info=None,  # to name itself to the server, the library would read files for each connection
        )
    except (ValueError, TypeError):
        # Neither with its words nor its cause: what cannot be read may be a piece of the password.
        raise ConfigurationError(
            "models.nlu.cache.storage is no address of a Redis: redis://user:password@host:6379/0 is expected."
        ) from None
    return RedisCache(Redis.from_pool(pool), ttl)
