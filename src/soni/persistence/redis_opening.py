"""Opens a Redis database, says in words what is wrong with it, and warns where it could lose what it has acknowledged."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from soni.config.settings import Persistence
from soni.errors import ConfigurationError, StoreUnavailable
from soni.persistence.addresses import refuse_unreadable_redis

try:
    # Under its own name: others take it from here, so that it is told in one place where it is missing.
    from redis.asyncio import BlockingConnectionPool
    from redis.asyncio import Redis as Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import ExponentialBackoff
    from redis.exceptions import AuthenticationError, NoPermissionError, ReadOnlyError, RedisError, ResponseError
except ModuleNotFoundError as error:  # whoever imports this has asked for Redis: it is told what is missing
    raise ConfigurationError(
        "The backend redis needs the extra of that name: uv add (or pip install) 'soni[redis]'; in a clone, uv sync --extra redis."
    ) from error

log = logging.getLogger("soni.persistence")

LIMIT: Final = 5.0
"""Seconds that one call may take, with all its tries, before the store counts as down."""
_TRIES_AGAIN: Final = 3
"""How often a call is tried again whose connection broke. What Soni asks of Redis can be asked twice."""
_OLDEST: Final = 7
"""The least version of Redis; the tests run on it."""
_VERSION: Final = 1
"""Of what Soni stores in Redis."""
_VERSION_KEY: Final = "soni:version"
_RIGHTS: Final = "~soni:* +@read +@write +@scripting +@connection +info +config|get"
"""What a user of Redis has to be allowed, as ``ACL SETUSER`` takes it."""

# Written also where it is there: a user who may not write is found when the service starts.
_SET_UP: Final = f"""
local version = tonumber(redis.call('get', KEYS[1]) or {_VERSION})
if version <= {_VERSION} then redis.call('set', KEYS[1], {_VERSION}) end
return version
"""


@asynccontextmanager
async def open_redis(settings: Persistence, *, only_read: bool = False) -> AsyncIterator[Redis]:
    """A client of the database the settings name. Its connections are closed again at the end.

    With ``only_read`` nothing is written, and there has to be something to read. Raises ConfigurationError where the
    database cannot be used.
    """
    redis = await asyncio.to_thread(_client, settings)  # TLS reads files
    try:
        with usable():
            async with asyncio.timeout(LIMIT):
                await (_look_at(redis) if only_read else _prepare(redis))
        yield redis
    finally:
        await redis.aclose()


def _client(settings: Persistence) -> Redis:
    assert settings.connection_string is not None, "checked when the settings were read"
    refuse_unreadable_redis(settings.connection_string)
    try:
        pool = BlockingConnectionPool.from_url(
            settings.connection_string,
            max_connections=settings.pool.max_size,
            timeout=LIMIT,
            socket_timeout=LIMIT,
            socket_connect_timeout=LIMIT,
            driver_info=None,  # to name itself to the server, the library would read files for each connection
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.02), _TRIES_AGAIN),
            retry_on_error=[ReadOnlyError],  # after a failover the name leads to another server: connect anew
        )
    except (ValueError, TypeError):
        # Neither with its words nor its cause: what cannot be read may be a piece of the password.
        raise ConfigurationError(
            "settings.persistence.connection_string is no address of a Redis:"
            " redis://user:password@host:6379/0 is expected (rediss:// for TLS, unix:// for a socket)."
        ) from None
    return Redis.from_pool(pool)


async def _prepare(redis: Redis) -> None:
    """Refuse what cannot be used, and warn of what is dangerous."""
    facts = await _facts(redis)
    if (problem := unfit(facts)) is not None:
        raise ConfigurationError(f"{problem} (settings.persistence.connection_string).")
    _refuse_newer(int(await redis.register_script(_SET_UP)(keys=[_VERSION_KEY])))
    for risk in risks(facts):
        log.warning(risk)


async def _look_at(redis: Redis) -> None:
    """Refuse what does not come from Soni, or from a newer one."""
    version = await redis.get(_VERSION_KEY)
    if version is None:
        raise ConfigurationError(
            "This Redis database holds no conversations of Soni's (settings.persistence.connection_string)."
        )
    _refuse_newer(int(version))


def _refuse_newer(version: int) -> None:
    if version > _VERSION:
        raise ConfigurationError(
            f"A newer Soni has made this database: its version is {version}, and this Soni knows {_VERSION}."
            " Run the newer one."
        )


async def _facts(redis: Redis) -> Mapping[str, str]:
    """What the server tells of itself, as far as it may be asked: fields of ``INFO``, and settings."""
    facts: dict[str, str] = {}
    try:
        facts |= {name: str(value) for name, value in (await redis.info()).items()}
    except NoPermissionError:
        log.warning("Redis does not let this user run INFO: whether it keeps what it acknowledges is not known.")
    try:
        settings = await redis.config_get("append*", "maxmemory-policy")
        facts |= {str(name): str(value) for name, value in settings.items()}
    except ResponseError:  # where Redis is a service, CONFIG is often not there; INFO knows most of it
        return facts
    return facts


def unfit(facts: Mapping[str, str]) -> str | None:
    """Why this server cannot be used, in words; ``None`` where it can."""
    version = facts.get("redis_version", str(_OLDEST))
    if int(version.partition(".")[0]) < _OLDEST:
        return f"Redis {_OLDEST} or later is needed; this one is {version}"
    if facts.get("role") == "slave" and facts.get("slave_read_only", "1") == "1":
        return "This Redis is a replica that can only be read: name its primary"
    if facts.get("cluster_enabled", "0") == "1":
        return "This Redis is a cluster; a single primary is needed, with replicas or without"
    return None


def risks(facts: Mapping[str, str]) -> Iterator[str]:
    """What could lose acknowledged turns on this server, in words."""
    # What INFO says of it is not so while the server reads its file.
    told = {"0": "no", "1": "yes"}.get(facts.get("aof_enabled", "")) if facts.get("loading") != "1" else None
    if facts.get("appendonly", told or "yes") != "yes":
        yield "Redis runs with 'appendonly no': what it acknowledges is lost when it ends. Set 'appendonly yes'."
    elif "aof_enabled" in facts and "appendfsync" not in facts:
        yield "Redis does not tell its appendfsync: only with 'always' is all that it acknowledges on disk."
    elif (when := facts.get("appendfsync", "always")) != "always":
        yield f"Redis runs with 'appendfsync {when}': a loss of power may take the last turns. Set 'appendfsync always'."
    if (policy := facts.get("maxmemory-policy", facts.get("maxmemory_policy", "noeviction"))) != "noeviction":
        yield f"Redis runs with 'maxmemory-policy {policy}': it drops conversations when it is full. Set 'noeviction'."


@contextmanager
def usable() -> Iterator[None]:
    """What goes wrong while the database is opened becomes a ConfigurationError that says what to do."""
    try:
        yield
    except AuthenticationError as error:
        raise _refused("Redis does not accept the user or the password", _words(error)) from error
    except NoPermissionError as error:
        raise _refused(
            f"The Redis user may not do what Soni needs (ACL SETUSER name {_RIGHTS})", _words(error)
        ) from error
    except TimeoutError as error:
        raise _refused("Redis cannot be reached", f"no answer within {LIMIT:g} s") from error
    except ResponseError as error:
        raise _refused("Redis cannot be used", _words(error)) from error
    except (RedisError, OSError) as error:
        raise _refused("Redis cannot be reached", _words(error)) from error


def _refused(what: str, why: str) -> ConfigurationError:
    return ConfigurationError(f"{what}: {why} (settings.persistence.connection_string).")


@asynccontextmanager
async def answering() -> AsyncIterator[None]:
    """What goes wrong between here and the server, and what takes too long, becomes StoreUnavailable.

    So do a server that is full, one that cannot write, and one that is only a replica; always with its words.
    """
    try:
        async with asyncio.timeout(LIMIT):
            yield
    except TimeoutError as error:
        raise StoreUnavailable(f"The conversation store does not answer: no answer within {LIMIT:g} s.") from error
    except (RedisError, OSError) as error:
        raise StoreUnavailable(f"The conversation store does not answer: {_words(error)}.") from error


def _words(error: Exception) -> str:
    """What the library or the server says, on one line and without a full stop."""
    return " ".join(str(error).split()).rstrip(".")
