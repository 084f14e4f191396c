"""Windows that move along with time, and what is counted in them."""

import pytest
from limits import parse

from soni.access.rates import LocalWindow, Rates, address_of
from soni.config.settings import RateLimit
from soni.errors import RateLimited


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_window_moves_along() -> None:
    """So many in any minute: the oldest leaves, and then one more may come, exactly after the time that was told."""
    clock = Clock()
    window, limit = LocalWindow(clock), parse("2/minute")
    first = await window.take(limit, "ana")
    clock.now += 20
    second = await window.take(limit, "ana")
    clock.now += 10

    refused = await window.take(limit, "ana")
    clock.now += refused - 0.001
    too_soon = await window.take(limit, "ana")
    clock.now += 0.001
    again = await window.take(limit, "ana")
    next_one = await window.take(limit, "ana")

    assert (first, second, refused) == (0, 0, 30)
    assert too_soon == pytest.approx(0.001)
    assert again == 0
    assert next_one == pytest.approx(20)


async def test_what_is_refused_does_not_count() -> None:
    """Whoever keeps trying is let in as soon as whoever waits."""
    clock = Clock()
    window, limit = LocalWindow(clock), parse("1/minute")
    await window.take(limit, "ana")
    for _ in range(59):
        clock.now += 1
        assert await window.take(limit, "ana") > 0
    clock.now += 1

    assert await window.take(limit, "ana") == 0


async def test_memory_is_bounded() -> None:
    """Where more is to be remembered than there may be, who was silent the longest is forgotten first."""
    window, limit = LocalWindow(Clock(), most=4 * 26), parse("1/day")
    for name in ("a", "b", "c", "d"):
        await window.take(limit, name)
    await window.take(limit, "a")
    await window.take(limit, "e")

    assert await window.take(limit, "a") > 0
    assert await window.take(limit, "b") == 0


async def test_names_count_as_memory() -> None:
    """Each brings more along than one request: many who come once are forgotten sooner than a few who come often."""
    window, limit = LocalWindow(Clock(), most=1000), parse("1/day")
    for name in range(1000):
        await window.take(limit, str(name))

    assert await window.take(limit, "0") == 0
    assert await window.take(limit, "999") > 0


async def test_a_user_does_not_use_up_what_is_the_clients() -> None:
    """The user is counted first: what they are refused does not count for their client."""
    rates = Rates(RateLimit(per_user="1/minute", per_client="3/minute"), LocalWindow(Clock()))
    await rates.count("key:shop", "ana")
    for _ in range(5):
        with pytest.raises(RateLimited) as refused:
            await rates.count("key:shop", "ana")
        assert (refused.value.per, refused.value.limit, refused.value.retry_after) == ("user", "1/minute", 60)

    await rates.count("key:shop", "bob")
    await rates.count("key:shop", None)
    with pytest.raises(RateLimited) as refused:
        await rates.count("key:shop", "carl")
    assert (refused.value.per, refused.value.limit) == ("client", "3/minute")
    await rates.count("key:other", "dora")


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.7"),
        (None, "local"),
        ("proxy", "proxy"),
    ],
)
def test_what_an_address_is_counted_as(host: str | None, counted: str) -> None:
    """Of IPv6, one caller has a whole network."""
    assert address_of(host) == counted
