"""How often: a moving window per user and per client, in this process or in a Redis that several share."""

import asyncio
import ipaddress
import logging
import math
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, Final, Protocol

import limits.errors
from limits import RateLimitItem, parse

from soni.config.settings import RateLimit
from soni.errors import ConfigurationError, Problem, RateLimited

log = logging.getLogger("soni.access")

_MOST: Final = 1_000_000
"""Requests that are remembered in this process, of all together: about 40 MiB."""
_NAME: Final = 25
"""As many requests take the memory of a name."""
_PAUSE: Final = 5.0
"""Seconds for which a Redis that failed is not asked."""
_LIMIT: Final = 0.5
"""Seconds in which Redis has to answer: whoever waits here has a message to send."""
_SETTING: Final = "settings.server.rate_limit.storage"


class Window(Protocol):
    """Counts requests by name, in windows that move along with time."""

    async def take(self, limit: RateLimitItem, *name: str) -> float:
        """Count one more: 0 where it is within the limit, else the seconds until one is, and it does not count."""
        ...


class LocalWindow:
    """Counts in this process.

    The library's own storage in memory looks through every name it knows after each request, each in a thread.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = _MOST) -> None:
        self._clock = clock
        self._most = most
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        """The longest silent first."""
        self._count = 0

    async def take(self, limit: RateLimitItem, *name: str) -> float:
        """See ``Window``."""
        now, period, key = self._clock(), limit.get_expiry(), limit.key_for(*name)
        times = self._times.get(key)
        if times is None:
            times = self._times[key] = deque()
            self._count += _NAME
        self._times.move_to_end(key)
        while times and now - times[0] >= period:
            times.popleft()
            self._count -= 1
        if len(times) >= limit.amount:
            return times[0] + period - now
        times.append(now)
        self._count += 1
        while self._count > self._most:
            # Who was silent the longest is forgotten, and may begin anew.
            self._count -= _NAME + len(self._times.popitem(last=False)[1])
        return 0.0


class SharedWindow:
    """Counts in a Redis, together with other processes; and alone while it does not answer.

    Then the limits are those of each process, so that a loss of Redis neither closes the service nor opens it to a flood.
    What must hold whoever is down (who may, and how much at once) does not hang on it.
    """

    def __init__(self, strategy: Any, failures: tuple[type[Exception], ...]) -> None:
        self._strategy = strategy
        self._failures = failures
        self._alone = LocalWindow()
        self._down_until = -math.inf

    async def take(self, limit: RateLimitItem, *name: str) -> float:
        """See ``Window``."""
        if time.monotonic() < self._down_until:
            return await self._alone.take(limit, *name)
        try:
            async with asyncio.timeout(_LIMIT):
                if await self._strategy.hit(limit, *name):
                    wait = 0.0
                else:
                    wait = max(0.001, (await self._strategy.get_window_stats(limit, *name)).reset_time - time.time())
        except self._failures as error:
            if self._down_until == -math.inf:
                log.warning("rates.alone", extra={"why": type(error).__name__})
            self._down_until = time.monotonic() + _PAUSE
            return await self._alone.take(limit, *name)
        if self._down_until != -math.inf:
            log.info("rates.together")
            self._down_until = -math.inf
        return wait


class Rates:
    """The limits of a service."""

    def __init__(self, settings: RateLimit, window: Window) -> None:
        self._window = window
        self._user = parse(settings.per_user) if settings.per_user is not None else None
        self._client = parse(settings.per_client) if settings.per_client is not None else None
        self._words = {"user": settings.per_user or "", "client": settings.per_client or ""}

    async def count(self, client: str, user_id: str | None) -> None:
        """One more request of this client, about this user. Raises RateLimited.

        The user first: what one user does too often does not use up what their client may do for all the others.
        """
        if self._user is not None and user_id is not None:
            self._refuse("user", await self._window.take(self._user, "user", user_id))
        if self._client is not None:
            self._refuse("client", await self._window.take(self._client, "client", client))

    async def count_refused(self, address: str) -> None:
        """One more request from this address that did not show who it is. Raises RateLimited."""
        if self._client is not None:
            self._refuse("client", await self._window.take(self._client, "refused", address))

    def _refuse(self, per: str, wait: float) -> None:
        if wait > 0:
            raise RateLimited(math.ceil(wait), self._words[per], per)


@asynccontextmanager
async def open_rates(settings: RateLimit) -> AsyncIterator[Rates]:
    """The limits of the settings. Raises ConfigurationError where Redis is asked for and its extra is missing."""
    if settings.storage == "memory":
        yield Rates(settings, LocalWindow())
        return
    strategy = await asyncio.to_thread(_strategy, settings.storage)
    failures = strategy.storage.base_exceptions
    try:
        yield Rates(settings, SharedWindow(strategy, (*failures, OSError, TimeoutError)))
    finally:
        await strategy.storage.bridge.get_connection().aclose()


def _strategy(url: str) -> Any:
    """The library's window in Redis. In a thread: it reads its scripts, and TLS reads certificates."""
    try:
        import redis  # noqa: F401 - the library would ask for another one
    except ModuleNotFoundError as error:
        words = "Redis needs the extra of that name: uv add (or pip install) 'soni[redis]'; in a clone, uv sync --extra redis."
        raise ConfigurationError(problems=[Problem(words, key=_SETTING)]) from error
    from limits.aio.storage import RedisStorage
    from limits.aio.strategies import MovingWindowRateLimiter

    options: dict[str, Any] = {
        "socket_timeout": _LIMIT,
        "socket_connect_timeout": _LIMIT,
        "driver_info": None,  # to name itself to the server, the client would read files for each connection
    }
    try:
        storage = RedisStorage(f"async+{url}", implementation="redispy", key_prefix="soni:limits", **options)
    except (limits.errors.ConfigurationError, ValueError, TypeError):
        # Neither with its words nor its cause: what cannot be read may be a piece of the password.
        words = "This is no address of a Redis: redis://user:password@host:6379/0 is expected (rediss:// for TLS)."
        raise ConfigurationError(problems=[Problem(words, key=_SETTING)]) from None
    return MovingWindowRateLimiter(storage)


@lru_cache(4096)
def address_of(host: str | None) -> str:
    """What a caller who shows nothing is counted by: the address; of IPv6 the network, of which one caller has a whole one."""
    if host is None:
        return "local"
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host
