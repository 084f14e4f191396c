"""What is told of flows: each that is put on the stack leaves it once, completed, linked, cancelled or abandoned."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from soni.events import Event, FlowEnded, FlowStarted, PhaseEnded, TakenBack, TurnReplayed

from .bank import BANK
from .chat import Chat, talking

MORE = """
      leave: {steps: [{step: stop, type: say, message: Bye., jump_to: cancel_flow}]}
      hand_over: {steps: [{step: on, type: link, flow: block_card}]}
"""


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (
            ["/start_flow send_money to=Ana amount=5", "/affirm"],
            [FlowStarted("send_money"), FlowEnded("send_money", "completed", "done")],
        ),
        (["/start_flow balance"], [FlowStarted("balance"), FlowEnded("balance", "completed", "tell")]),
        (
            ["/start_flow send_money", "/cancel_flow"],
            [FlowStarted("send_money"), FlowEnded("send_money", "cancelled", "to")],
        ),
        (["/start_flow leave"], [FlowStarted("leave"), FlowEnded("leave", "cancelled", "stop")]),
        (
            ["/start_flow hand_over"],
            [FlowStarted("hand_over"), FlowEnded("hand_over", "linked", "on"), FlowStarted("block_card")],
        ),
        (
            ["/start_flow send_money", "/start_flow balance", "/start_flow block_card"],
            [
                FlowStarted("send_money"), FlowStarted("balance"), FlowEnded("balance", "completed", "tell"),
                FlowStarted("block_card"),
            ],
        ),
    ],
)  # fmt: skip
async def test_a_flow_that_starts_is_told_and_so_is_its_end(texts: Sequence[str], told: Sequence[Event]) -> None:
    """With the step it stood at."""
    async with talking(BANK + MORE) as chat:
        await chat.tell(*texts)

        assert _lives(chat) == told


async def test_a_session_that_timed_out_abandons_what_was_open() -> None:
    """It is told when the user comes back after all."""
    async with talking("    settings: {conversation: {session_timeout: 10m}}" + BANK) as chat:
        await chat.tell("/start_flow send_money")
        chat.watch.pass_by(timedelta(minutes=11))
        await chat.tell("/start_flow balance")

        assert FlowEnded("send_money", "abandoned", "to") in _lives(chat)


async def test_a_conversation_that_is_removed_abandons_what_was_open() -> None:
    """By a reset, by an erasure, and by its age."""
    async with talking(BANK) as chat:
        heard: list[Event] = []
        chat.loop.listen(heard.append)
        await chat.tell("/start_flow send_money")
        await chat.loop.reset_state(chat.user)
        await chat.tell("/start_flow block_card")
        await chat.loop.upkeep.erase(chat.user)
        await chat.tell("/start_flow send_money to=Ana")
        await chat.loop.upkeep.expire(datetime.now(UTC) + timedelta(days=1))

        assert [event for event in heard if isinstance(event, FlowEnded)] == [
            FlowEnded("send_money", "abandoned", "to"),
            FlowEnded("block_card", "abandoned", "card"),
            FlowEnded("send_money", "abandoned", "amount"),
        ]


async def test_the_parts_of_a_turn_are_told() -> None:
    """In order, and once each; what is answered again is told as that."""
    async with talking(BANK) as chat:
        await chat.say("/start_flow balance", "m1")
        await chat.say("/start_flow balance", "m1")

        assert [event.phase for event in chat.events if isinstance(event, PhaseEnded)] == [
            "lock", "load", "understand", "run", "commit", "lock", "load",
        ]  # fmt: skip
        assert [event.turn for event in chat.events if isinstance(event, TurnReplayed)] == [1]


async def test_how_busy_it_is_comes_back_to_nothing() -> None:
    """Also after a turn that failed."""
    async with talking(BANK) as chat:
        await chat.tell("/start_flow balance")

        assert (chat.loop.load.waiting, chat.loop.load.answering) == (0, 0)


def _lives(chat: Chat) -> Sequence[Event]:
    return [event for event in chat.events if isinstance(event, FlowStarted | FlowEnded | TakenBack)]
