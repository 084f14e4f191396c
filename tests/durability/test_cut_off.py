"""A caller that goes away in the middle of a turn neither loses nor doubles it."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import TextIOWrapper
from pathlib import Path
from random import Random
from typing import Final

import pytest

from .bank import Bank, new_bank
from .replicas import Replica, replicas
from .talking import Answer, Clients, clients

PAID: Final = Answer(1, "1 paid, 7 in all, receipt 0", replayed=True)


async def test_asked_again_while_it_runs(tmp_path: Path) -> None:
    """The retry joins the turn that is under way, and gets its reply."""
    async with served(new_bank(tmp_path), 1) as (bank, [replica], callers):
        action = await cut_off(bank, callers, replica)
        answer = await ask_again(callers, replica, action)

        assert answer == PAID
        await happened_once(bank, callers, replica)


async def test_asked_again_afterwards(tmp_path: Path) -> None:
    """The turn of a caller that has gone is finished and saved; the retry is answered from it."""
    async with served(new_bank(tmp_path), 1) as (bank, [replica], callers):
        action = await cut_off(bank, callers, replica)
        action.close()
        view = {"turn": 0}
        while view["turn"] == 0:
            response = await callers.http.get(f"{replica.address}/conversations/ana")
            view = response.json() if response.status_code == 200 else view
        answer = await pay(callers, replica)

        assert answer == PAID
        await happened_once(bank, callers, replica)


@pytest.fixture
def shared(tmp_path: Path, database: str) -> Bank:
    return new_bank(tmp_path, database)


async def test_asked_again_elsewhere(shared: Bank) -> None:
    """A retry that another replica gets waits for the turn, and is answered from it."""
    async with served(shared, 2) as (bank, [first, second], callers):
        action = await cut_off(bank, callers, first)
        answer = await ask_again(callers, second, action)

        assert answer == PAID
        await happened_once(bank, callers, second)


TWICE: Final = """\
  twice:
    description: Pay an amount two times.
    steps:
      - {step: ask, type: collect, slot: amount}
      - {step: send, type: action, call: pay}
      - {step: send_again, type: action, call: pay}
      - {step: tell, type: say, message: "twice {amount}"}
"""


async def test_another_payment_before_it_comes_again_on_sqlite(tmp_path: Path) -> None:
    """A process is killed between two payments of a turn; others are made and saved before the message comes again."""
    await killed_between_two_payments(new_bank(tmp_path))


async def test_another_payment_before_it_comes_again_on_postgresql(shared: Bank) -> None:
    """The same there."""
    await killed_between_two_payments(shared)


async def killed_between_two_payments(bank: Bank) -> None:
    """The first is found, the second is called again with its key, and neither is taken for the other ones."""
    with (bank.folder / "soni.yaml").open("a") as assistant:
        assistant.write(TWICE)
    async with served(bank, 1) as (_, [replica], callers):
        post = asyncio.create_task(callers.try_to_say(replica.address, "ana", "/start_flow twice amount=7", "a-1"))
        (await asyncio.to_thread((bank.folder / "gate").open, "w")).close()
        for _ in range(600):  # until the second one is called, which waits at the gate
            if len(bank.calls()) == 2:
                break
            await asyncio.sleep(0.05)
        await replica.kill()
        assert await post is None
        replica.environment = bank.environment
        await replica.start()
        for number in (2, 3):
            between = await callers.say("ana", "/start_flow pay amount=7", f"a-{number}")
            assert between.turn == number - 1
        again = await callers.say("ana", "/start_flow twice amount=7", "a-1")

    assert (again.turn, again.text) == (3, "twice 7")
    found, called, second, third, repeated = (call.key for call in bank.calls())
    assert repeated == called
    assert len({found, called, second, third}) == 4


@asynccontextmanager
async def served(bank: Bank, count: int) -> AsyncIterator[tuple[Bank, list[Replica], Clients]]:
    """Replicas whose action waits, once it has written its call, until somebody opens its gate."""
    os.mkfifo(bank.folder / "gate")
    async with (
        replicas(bank.folder, count, **bank.environment, BANK_GATE="gate") as made,
        clients([each.address for each in made], Random(1)) as callers,
    ):
        yield bank, made, callers


async def cut_off(bank: Bank, callers: Clients, replica: Replica) -> TextIOWrapper:
    """Begin to pay, and go away while the action runs; the action goes on when what is returned is closed."""
    post = asyncio.create_task(pay(callers, replica))
    gate = await asyncio.to_thread((bank.folder / "gate").open, "w")  # until the action is there
    post.cancel()
    await asyncio.wait([post])
    return gate


async def ask_again(callers: Clients, replica: Replica, action: TextIOWrapper) -> Answer | None:
    """Send the message again, and let the action go on only after the retry has been waiting for a while."""
    retry = asyncio.create_task(pay(callers, replica))
    answered, _ = await asyncio.wait([retry], timeout=0.2)
    assert not answered
    action.close()
    return await retry


async def pay(callers: Clients, replica: Replica) -> Answer | None:
    return await callers.try_to_say(replica.address, "ana", "/start_flow pay amount=7", "a-1")


async def happened_once(bank: Bank, callers: Clients, replica: Replica) -> None:
    assert [call.amount for call in bank.calls()] == [7]
    following = await callers.say("ana", "/start_flow pay", "a-2")
    assert (following.turn, following.text) == (2, "How much?")
