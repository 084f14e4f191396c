"""Several replicas on one database: every message is answered once, in its place, whoever gets it."""

import asyncio
import time
from collections.abc import Sequence
from random import Random
from typing import Final

from tests.durability.bank import Bank
from tests.durability.talking import Answer, Clients, clients

POSTS: Final = 20
"""Messages of one conversation at once."""
CONVERSATIONS_AT_ONCE: Final = 10
"""Of which all messages are under way; more would only wait in the client."""


async def many_posts(bank: Bank, addresses: Sequence[str], conversations: int, random: Random) -> str:
    """Post twenty messages at once to each of so many conversations; replies are numbered 1 to 20. Figures in words."""
    began = time.perf_counter()
    async with clients(addresses, random) as callers:
        users = [f"{random.getrandbits(32):08x}" for _ in range(conversations)]
        room = asyncio.Semaphore(CONVERSATIONS_AT_ONCE)
        answered = await asyncio.gather(*(_posts(callers, user, room) for user in users))
    seconds = time.perf_counter() - began

    for user, answers in zip(users, answered, strict=True):
        in_order = sorted(answers, key=lambda answer: answer.turn)
        assert [answer.turn for answer in in_order] == list(range(1, POSTS + 1)), f"{user}: {in_order}"
        for number, answer in enumerate(in_order, 1):
            assert answer.text.startswith(f"{number} paid, {number} in all, receipt ")
    keys = [call.key for call in bank.calls() if call.user in set(users)]
    assert len(keys) == len(set(keys)) == conversations * POSTS
    assert callers.met.keys() <= {"200", "409", "429"}, callers.met
    assert not callers.without_retry_after
    again = callers.met["409"] + callers.met["429"]
    return f"{conversations * POSTS:,} answered, {conversations * POSTS / seconds:.0f} a second, {again:,} told to wait"


async def _posts(callers: Clients, user: str, room: asyncio.Semaphore) -> list[Answer]:
    async with room:
        texts = [callers.say(user, "/start_flow pay amount=1", f"{user}-{number}") for number in range(POSTS)]
        return await asyncio.gather(*texts)


async def equal_posts(bank: Bank, addresses: Sequence[str], conversations: int, random: Random) -> str:
    """Post the same message twenty times at once, so many times over: one execution, twenty equal replies."""
    async with clients(addresses, random) as callers:
        for _ in range(conversations):
            user = f"{random.getrandbits(32):08x}"
            places = [addresses[number % len(addresses)] for number in range(POSTS)]
            answers = await asyncio.gather(
                *(callers.try_to_say(place, user, "/start_flow pay amount=7", "the-same") for place in places)
            )

            assert callers.met.keys() == {"200"}, callers.met
            assert len({(answer.turn, answer.text) for answer in answers if answer}) == 1
            assert sum(answer.replayed for answer in answers if answer) == POSTS - 1
            assert [call.amount for call in bank.calls() if call.user == user] == [7]
    return f"{conversations * POSTS:,} equal answers"
