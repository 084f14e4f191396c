"""Many resets at once, in every store: all are done, and nobody else notices."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from tests.stores import BACKENDS, empty_store, server_for

from soni import Message, RuntimeLoop
from soni.config.settings import Persistence
from soni.errors import ConversationUnknown

from .chat import assistant, talking
from .shop import PAY, Shop

CROWD = 100
"""Conversations that are reset at once."""


@pytest.fixture(params=BACKENDS)
def persistence(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Persistence]:
    """The settings of an empty store of each kind."""
    with empty_store(request.param, tmp_path, server_for(request.param, request)) as settings:
        yield settings


@pytest.fixture
async def loop(persistence: Persistence) -> AsyncIterator[RuntimeLoop]:
    """A shop in that store."""
    shop = Shop()
    config = assistant(PAY, shop.pay, shop.post)
    settings = config.settings.model_copy(update={"persistence": persistence})
    async with talking(config.model_copy(update={"settings": settings})) as chat:
        yield chat.loop


async def say(loop: RuntimeLoop, user: str, text: str) -> str:
    """Send a message, and give the answer."""
    return (await loop.process_message(Message(user, text))).text


async def open_conversations(loop: RuntimeLoop, name: str, number: int) -> list[str]:
    """So many users who have been asked for an amount."""
    users = [f"{name}-{each}" for each in range(number)]
    await asyncio.gather(*(say(loop, user, "/start_flow send") for user in users))
    return users


async def test_a_hundred_resets_at_once_are_all_done(loop: RuntimeLoop) -> None:
    """Nothing is left of those conversations but the mark that tells the next ones from them; the others go on."""
    leaving = await open_conversations(loop, "leaving", CROWD)
    staying = await open_conversations(loop, "staying", 5)

    await asyncio.gather(*(loop.reset_state(user) for user in leaving))

    for user in leaving:
        with pytest.raises(ConversationUnknown):
            await loop.get_state(user)
    assert {(await loop.get_state(user)).active_flow for user in staying} == {"send"}
    assert await say(loop, leaving[0], "/start_flow send") == await say(loop, "new", "/start_flow send")


async def test_resets_of_one_conversation_wait_for_each_other_and_for_messages(loop: RuntimeLoop) -> None:
    """Whatever comes first, the conversation ends up as the last in line leaves it."""
    [user] = await open_conversations(loop, "ana", 1)

    async with asyncio.TaskGroup() as line:
        line.create_task(loop.reset_state(user))
        begun = line.create_task(say(loop, user, "/start_flow send"))
        line.create_task(loop.reset_state(user))
        answered = line.create_task(say(loop, user, "/set_slot amount=5"))
        line.create_task(loop.reset_state(user))
        line.create_task(loop.reset_state(user))

    assert begun.result() == await say(loop, "new", "/start_flow send")
    assert answered.result() == "I'm sorry, I didn't understand that.", (
        "the amount is of a flow that has been forgotten"
    )
    with pytest.raises(ConversationUnknown):
        await loop.get_state(user)


async def test_a_reset_of_nobody_leaves_nothing_behind(loop: RuntimeLoop) -> None:
    """Who has never said anything is as unknown afterwards as before."""
    await asyncio.gather(*(loop.reset_state(f"nobody-{number}") for number in range(CROWD)))

    for number in range(0, CROWD, 25):
        with pytest.raises(ConversationUnknown):
            await loop.upkeep.export(f"nobody-{number}")
