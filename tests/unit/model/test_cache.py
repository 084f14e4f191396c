"""What a model has answered is kept for a while, and no more of it than was asked for."""

import asyncio

import pytest

from soni.config.settings import Cache
from soni.dialogue.commands import Affirm, Command, SetSlot, StartFlow
from soni.errors import ConfigurationError
from soni.understanding.cache import MemoryCache, RedisCache, open_cache


class Watch:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_an_answer_is_kept_for_its_time() -> None:
    """And not a moment longer."""
    watch = Watch()
    cache = MemoryCache(10, 300.0, watch)
    await cache.put("a", [Affirm()])
    watch.now = 299.9
    before = await cache.get("a")
    watch.now = 300.0

    assert before == [Affirm()]
    assert await cache.get("a") is None
    assert await cache.get("b") is None


async def test_the_answer_that_was_used_longest_ago_goes_first() -> None:
    """However many questions there are, so many answers are kept."""
    cache = MemoryCache(2, 300.0, Watch())
    for key in ("a", "b"):
        await cache.put(key, [])
    await cache.get("a")

    await cache.put("c", [Affirm()])

    assert await cache.get("a") == []
    assert await cache.get("b") is None
    assert await cache.get("c") == [Affirm()]


async def test_who_takes_an_answer_changes_no_other() -> None:
    """Each gets a list of its own."""
    cache = MemoryCache(2, 300.0, Watch())
    await cache.put("a", [Affirm()])

    first = await cache.get("a")
    assert first is not None
    first.clear()

    assert await cache.get("a") == [Affirm()]


@pytest.mark.parametrize("settings", [{"size": 0}, {"ttl": "0s"}])
def test_no_cache_is_asked_for_with_nothing(settings: dict[str, object]) -> None:
    """A size or a time of nothing keeps nothing."""
    assert open_cache(Cache.model_validate(settings)) is None


async def test_processes_share_a_redis(redis_database: str) -> None:
    """What one has asked, the other knows."""
    settings = Cache.model_validate({"storage": redis_database})
    one, other = [await asyncio.to_thread(open_cache, settings) for _ in range(2)]
    assert isinstance(one, RedisCache)
    assert isinstance(other, RedisCache)
    answer: list[Command] = [StartFlow("send", {"amount": "50"}), SetSlot({"to": "Ana"})]
    try:
        await one.put("key", answer)

        assert await other.get("key") == answer
        assert await other.get("another") is None
    finally:
        await one.aclose()
        await other.aclose()


async def test_a_redis_that_is_down_costs_a_call_and_no_message(caplog: pytest.LogCaptureFixture) -> None:
    """The cache says nothing, and the log says why."""
    cache = await asyncio.to_thread(open_cache, Cache.model_validate({"storage": "redis://127.0.0.1:9"}))
    assert cache is not None

    await cache.put("key", [Affirm()])

    assert await cache.get("key") is None
    assert "does not answer" in caplog.text
    await cache.aclose()


def test_an_address_that_is_none_is_said() -> None:
    """In words for who wrote it."""
    with pytest.raises(ConfigurationError, match="no address of a Redis"):
        open_cache(Cache.model_validate({"storage": "redis://127.0.0.1:port"}))
