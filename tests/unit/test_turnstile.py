"""How many turns work at once, and what those do not hold who wait for somebody else."""

import asyncio

import pytest

from soni.errors import TooManyRequests
from soni.turnstile import Turnstile, elsewhere


async def has_a_place(turnstile: Turnstile) -> bool:
    """Whether somebody else is let in."""
    try:
        async with turnstile.passed():
            return True
    except TooManyRequests:
        return False


async def test_so_many_work_at_once_in_order_of_arrival() -> None:
    """Nobody overtakes, and a place that is given back goes to whoever waits longest."""
    turnstile, order, most, at_work = Turnstile(2, 10), [], 0, 0

    async def work(number: int) -> None:
        nonlocal most, at_work
        async with turnstile.passed():
            order.append(number)
            at_work += 1
            most = max(most, at_work)
            await asyncio.sleep(0)
            at_work -= 1

    await asyncio.gather(*(work(number) for number in range(20)))

    assert order == list(range(20))
    assert most == 2


async def test_who_waits_elsewhere_leaves_its_place() -> None:
    """A turn that waits for a model lets others work, and goes on at once when it is answered."""
    turnstile, model, went_on = Turnstile(1, 10), asyncio.Event(), asyncio.Event()
    happened = []

    async def asks_a_model() -> None:
        async with turnstile.passed():
            happened.append("a model is asked")
            with elsewhere():
                await model.wait()
            happened.append("it has answered")
            went_on.set()

    asking = asyncio.create_task(asks_a_model())
    await asyncio.sleep(0)
    async with turnstile.passed():
        happened.append("another works")
        model.set()
        await went_on.wait()
        happened.append("the other is done")
    await asking

    assert happened == ["a model is asked", "another works", "it has answered", "the other is done"]


async def test_waiting_for_several_things_leaves_one_place() -> None:
    """What a turn asks for side by side is one absence."""
    turnstile, answer = Turnstile(1, 0.01), asyncio.Event()

    async def ask() -> None:
        with elsewhere():
            await answer.wait()

    async def asks_twice() -> None:
        async with turnstile.passed():
            await asyncio.gather(ask(), ask())

    asking = asyncio.create_task(asks_twice())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    async with turnstile.passed():
        one_more = await has_a_place(turnstile)
    answer.set()
    await asking

    assert not one_more
    assert await has_a_place(turnstile)


async def test_who_waits_too_long_is_told_to_come_again() -> None:
    """And the place it waited for is not lost."""
    turnstile = Turnstile(1, 0.01)
    async with turnstile.passed():
        with pytest.raises(TooManyRequests):
            async with turnstile.passed():
                pass

    assert await has_a_place(turnstile)


async def test_a_place_is_not_lost_with_who_gives_up() -> None:
    """Also where it gives up in the very moment in which it is let in."""
    turnstile = Turnstile(1, 10)

    async def work() -> None:
        async with turnstile.passed():
            pass

    async with turnstile.passed():
        waiting = asyncio.create_task(work())
        next_one = asyncio.create_task(work())
        await asyncio.sleep(0)
    waiting.cancel()

    await next_one
    assert waiting.cancelled()
    assert await has_a_place(turnstile)


async def test_elsewhere_is_nothing_to_who_has_no_place() -> None:
    """A model that is asked outside of a turn needs none, and gives none away."""
    turnstile = Turnstile(1, 0.01)
    with elsewhere():
        async with turnstile.passed():
            meanwhile = await has_a_place(turnstile)

    assert not meanwhile
    assert await has_a_place(turnstile)
