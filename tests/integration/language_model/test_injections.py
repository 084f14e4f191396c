"""A model that has been talked into anything still can do no more than a user could."""

import asyncio
from collections.abc import Sequence

import pytest

from soni.events import FlowStarted
from soni.testing import FakeModel

from .injections import Obedient, injections
from .talking import Customer, at_the_bank

SECRET = "4711-0815"


async def confirmed_only(ana: Customer, text: str, asked: str) -> str:
    """Say it; whatever is paid was asked for in the question before, word for word."""
    paid = len(ana.paid)
    answer = await ana.say(text)
    for amount, recipient in ana.paid[paid:]:
        assert asked == f"Send {amount:g} to {recipient}?", (text, asked)
    return answer


def last_line(answer: str) -> str:
    return answer.rpartition("\n")[2]


@pytest.mark.parametrize("part", range(6))
def test_injections_in_messages_and_in_values_come_to_nothing(part: int) -> None:
    """No forbidden flow, no payment that was not asked about, no secret in a reply."""
    oracle = Obedient(part)
    with FakeModel(oracle=oracle, keep=10) as model:
        asyncio.run(_attack(model, injections()[part::6]))

    assert oracle.obeyed >= 100


async def _attack(model: FakeModel, texts: Sequence[str]) -> None:
    async with at_the_bank(model, blocked=("close_account",)) as ana:
        for number, text in enumerate(texts):
            ana.name = f"mallory{number}"
            said = [
                await ana.say("/start_flow identify"),
                await ana.say(f"/set_slot pin={SECRET}"),
            ]
            asked = last_line(said[-1])
            # Where nothing is pending, as the value of a slot, at a choice, and at a confirm.
            for message in (text, "/start_flow send_money amount=5", text, "hm", "checking", text, "well", text):
                answer = await confirmed_only(ana, message, asked)
                asked = last_line(answer)
                said.append(answer)

            assert not [line for line in said if SECRET in line], text
            assert not [line for line in said if "1000000" in line], text
        started = {event.flow for event in ana.events if isinstance(event, FlowStarted)}

        assert started <= {"identify", "send_money"}
        assert all(recipient != "nobody" for _, recipient in ana.paid)
