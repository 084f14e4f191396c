"""Equal messages at once, and messages that come while another is being answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from soni import Message, RuntimeLoop
from soni.errors import ActionError, ConversationBusy, MessageIdReused, TurnError
from soni.events import Event, TurnEnded, TurnFailed, TurnReplayed
from soni.persistence.dialogues import Dialogues
from soni.persistence.locks import LocalLocks
from soni.runtime.messages import Reply
from soni.runtime.replaying import UnderWay

from .chat import Deaf, assistant
from .shop import PAY, Shop

PAYING = Message("ana", "/start_flow send amount=5", "m1")


@asynccontextmanager
async def shop_that_waits(settings: str = "") -> AsyncIterator[tuple[RuntimeLoop, Shop, asyncio.Task[Reply]]]:
    """A shop in whose first turn a payment is under way, until its gate opens."""
    shop = Shop()
    shop.post_gate.clear()
    config = assistant(f"{settings}\n{PAY}", shop.pay, shop.post)
    async with RuntimeLoop(config, understander=Deaf()) as loop:
        first = asyncio.create_task(loop.process_message(PAYING))
        await shop.posting.wait()
        yield loop, shop, first


async def test_twenty_equal_messages_at_once_are_one() -> None:
    """One turn, twenty equal replies; none of them is too many, for none of them waits in the queue."""
    async with shop_that_waits() as (loop, shop, first):
        events: list[Event] = []
        loop.listen(events.append)
        others = [asyncio.create_task(loop.process_message(PAYING)) for _ in range(19)]
        await asyncio.sleep(0)
        shop.post_gate.set()
        replies = await asyncio.gather(first, *others)

    assert shop.paid == [5]
    assert {reply.text for reply in replies} == {"Sent 5, r1."}
    assert {reply.turn for reply in replies} == {1}
    assert [reply.replayed for reply in replies] == [False] + [True] * 19
    assert len([event for event in events if isinstance(event, TurnReplayed) and event.turn == 1]) == 19


async def test_whoever_gives_up_leaves_the_others_their_answer() -> None:
    """The caller of the first one goes away in mid-turn: the next one takes its place, and nothing is paid again."""
    async with shop_that_waits() as (loop, shop, first):
        events: list[Event] = []
        loop.listen(events.append)
        others = [asyncio.create_task(loop.process_message(PAYING)) for _ in range(3)]
        await asyncio.sleep(0)
        first.cancel()
        shop.post_gate.set()
        replies = await asyncio.gather(*others)

    assert first.cancelled()
    assert shop.paid == [5]
    assert {(reply.turn, reply.text) for reply in replies} == {(1, "Sent 5, r1.")}
    assert [event.error for event in events if isinstance(event, TurnFailed)] == ["CancelledError"]


class Gates:
    """Locks, with which something can happen while a conversation is given back."""

    def __init__(self) -> None:
        self.leaving, self.left = asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def hold(self, conversation: str, *, wait: bool = True) -> AsyncIterator[None]:
        yield
        self.leaving.set()
        await self.left.wait()


async def test_what_is_saved_is_told_as_answered_whoever_gives_up() -> None:
    """The caller goes away while the conversation is given back, of a turn that is saved and of a reply to a repeat."""
    shop, gates, events = Shop(), Gates(), list[Event]()
    config = assistant(PAY, shop.pay, shop.post)
    async with RuntimeLoop(config, understander=Deaf(), locks=gates, listeners=[events.append]) as loop:
        for _ in range(2):
            gates.leaving.clear()
            turn = asyncio.create_task(loop.process_message(PAYING))
            await gates.leaving.wait()
            turn.cancel()
            await asyncio.wait([turn])
            assert turn.cancelled()
        saved = await loop.get_state("ana")

    ends = [event for event in events if isinstance(event, TurnEnded | TurnReplayed | TurnFailed)]
    assert [type(event) for event in ends] == [TurnEnded, TurnReplayed]
    assert (saved.turn, shop.paid) == (1, [5])


async def test_a_turn_is_answered_whose_caller_gives_up_while_it_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has begun to be saved is saved, and told so."""
    saving, go_on, events = asyncio.Event(), asyncio.Event(), list[Event]()
    commit = Dialogues.commit

    async def slowly(self: Dialogues, *arguments: Any) -> None:
        saving.set()
        await go_on.wait()
        await commit(self, *arguments)

    monkeypatch.setattr(Dialogues, "commit", slowly)
    async with shop_that_waits() as (loop, shop, first):
        loop.listen(events.append)
        shop.post_gate.set()
        await saving.wait()
        first.cancel()
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.wait([first])
        saved = await loop.get_state("ana")

    assert first.cancelled()
    assert (saved.turn, shop.paid) == (1, [5])
    assert [type(event) for event in events if isinstance(event, TurnEnded | TurnFailed)] == [TurnEnded]


async def test_an_equal_id_with_another_text_is_refused_at_once() -> None:
    """An id names one message, also while that one is being answered."""
    async with shop_that_waits() as (loop, shop, first):
        with pytest.raises(MessageIdReused):
            await loop.process_message(Message("ana", "/start_flow send amount=6", "m1"))
        other = await loop.process_message(Message("eva", "/start_flow hello", "m1"))
        shop.post_gate.set()
        await first

    assert other.turn == 1


async def test_what_goes_wrong_with_the_first_goes_wrong_with_all() -> None:
    """They are one message: they share its error, and the next one is tried anew."""
    under_way, gate, tried, shared = UnderWay(), asyncio.Event(), list[int](), list[Reply]()
    message = Message("ana", "hello", "m1")

    async def fail() -> Reply:
        tried.append(1)
        await gate.wait()
        raise ActionError("It broke.")

    turns = [asyncio.create_task(under_way.answer(message, fail, shared.append)) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    outcomes = await asyncio.gather(*turns, return_exceptions=True)
    with pytest.raises(TurnError):
        await under_way.answer(message, fail, shared.append)

    assert [str(outcome) for outcome in outcomes] == ["It broke."] * 3
    assert len(tried) == 2
    assert not shared


async def test_a_message_beside_another_can_be_refused() -> None:
    """With ``reject``, a conversation takes one message at a time; other conversations, and equal messages, go on."""
    reject = """
    settings: {conversation: {on_concurrent_message: reject}}
    """
    async with shop_that_waits(reject) as (loop, shop, first):
        with pytest.raises(ConversationBusy):
            await loop.process_message(Message("ana", "/start_flow hello"))
        same = asyncio.create_task(loop.process_message(PAYING))
        await loop.process_message(Message("eva", "/start_flow hello"))
        shop.post_gate.set()
        replies = await asyncio.gather(first, same)
        after = await loop.process_message(Message("ana", "/start_flow hello"))

    assert [reply.turn for reply in replies] == [1, 1]
    assert after.turn == 2


async def test_nobody_waits_for_ever() -> None:
    """A message that has waited as long as a turn may take is told that the conversation is busy; its place is free."""
    locks = LocalLocks(max_waiting=1, patience=timedelta(milliseconds=1))
    async with locks.hold("ana"):
        for _ in range(3):
            with pytest.raises(ConversationBusy):
                async with locks.hold("ana"):
                    pass
    async with locks.hold("ana"):
        pass
