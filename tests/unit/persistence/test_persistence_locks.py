"""One turn at a time per conversation, in order of arrival, and no more waiting than there may be."""

import asyncio

import pytest

from soni.errors import TooManyRequests
from soni.persistence.locks import LocalLocks


async def test_a_conversation_is_held_by_one_at_a_time_in_order_of_arrival() -> None:
    """First come, first served; never two at once."""
    locks, order, inside = LocalLocks(), list[int](), 0

    async def turn(number: int) -> None:
        nonlocal inside
        async with locks.hold("ana"):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            order.append(number)
            inside -= 1

    await asyncio.gather(*(turn(number) for number in range(9)))

    assert order == list(range(9))


async def test_conversations_do_not_wait_for_each_other() -> None:
    """Another user's turn goes on while this one is held."""
    locks = LocalLocks()
    async with locks.hold("ana"), asyncio.timeout(1), locks.hold("eva"):
        pass


async def test_one_more_than_may_wait_is_refused_at_once() -> None:
    """The holder, those who wait, and nobody else; afterwards there is room again."""
    locks, gate = LocalLocks(max_waiting=2), asyncio.Event()

    async def turn() -> None:
        async with locks.hold("ana"):
            await gate.wait()

    turns = [asyncio.create_task(turn()) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequests):
        async with locks.hold("ana"):
            pass
    gate.set()
    await asyncio.gather(*turns)
    async with locks.hold("ana"):
        pass


async def test_whoever_gives_up_waiting_leaves_the_queue() -> None:
    """A cancelled wait takes no place, and an exception inside lets go."""
    locks = LocalLocks(max_waiting=1)
    async with locks.hold("ana"):
        waiting = asyncio.create_task(locks.hold("ana").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        again = asyncio.create_task(locks.hold("ana").__aenter__())
        await asyncio.sleep(0)
        assert not again.done()
        again.cancel()
        await asyncio.wait([again])
    with pytest.raises(KeyError):
        async with locks.hold("ana"):
            raise KeyError
    async with asyncio.timeout(1), locks.hold("ana"):
        pass


async def test_conversations_that_nobody_talks_to_cost_nothing() -> None:
    """No lock is kept for those who have gone."""
    locks = LocalLocks()
    for number in range(100):
        async with locks.hold(f"user{number}"):
            pass

    assert (locks._locks, locks._users) == ({}, {})
