"""Many users at once, many messages of one, messages sent twice; and conversations that are looked at and reset."""

import asyncio
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableConfig

from soni import FlowError, Message, RuntimeLoop, StateError
from soni.errors import ConversationUnknown, MessageIdReused, TooManyRequests
from soni.persistence.locks import LocalLocks

from .chat import Chat, Deaf, assistant, saved, talking
from .shop import PAY, Shop

ECHO = """
    slots: {word: {prompt: A word?}, count: {type: integer}}
    flows:
      echo:
        steps:
          - {step: zero, type: set, slots: {count: 0}}
          - step: loop
            type: while
            condition: count < 100
            do:
              - {step: ask, type: collect, slot: word}
              - {step: add, type: set, slots: {count: "{{ count + 1 }}"}}
              - {step: said, type: say, message: "{count} {word} {user_id}"}
"""


async def test_thirty_two_users_at_once_hear_only_their_own_words() -> None:
    """Conversations never see each other."""

    async def converse(chat: Chat) -> list[str]:
        await chat.say("/start_flow echo")
        return [(await chat.hear(f"/set_slot word={chat.user}-{n}")).splitlines()[0] for n in range(5)]

    async with talking(ECHO) as chat:
        users = [Chat(chat.loop, f"user{n}") for n in range(32)]
        answers = await asyncio.gather(*(converse(user) for user in users))

    for user, heard in zip(users, answers, strict=True):
        assert heard == [f"{n + 1} {user.user}-{n} {user.user}" for n in range(5)]


async def test_messages_of_one_user_at_once_are_answered_in_order() -> None:
    """Ten at a time, one after the other, each on the state the one before left."""
    config = assistant(ECHO)
    async with RuntimeLoop(config, understander=Deaf(), locks=LocalLocks(max_waiting=9)) as loop:
        await loop.process_message(Message("ana", "/start_flow echo"))
        replies = await asyncio.gather(
            *(loop.process_message(Message("ana", f"/set_slot word=w{n}")) for n in range(1, 11))
        )

    assert [reply.turn for reply in replies] == list(range(2, 12))
    assert [reply.text.splitlines()[0] for reply in replies] == [f"{n} w{n} ana" for n in range(1, 11)]


async def test_more_messages_than_may_wait_are_refused() -> None:
    """The queue of a conversation is bounded; those who wait are answered all the same."""
    shop = Shop()
    shop.pay_gate.clear()
    config = assistant(PAY, shop.pay, shop.post)
    async with RuntimeLoop(config, understander=Deaf()) as loop:
        turns = [
            asyncio.create_task(loop.process_message(Message("ana", "/start_flow send amount=1"))) for _ in range(9)
        ]
        for _ in range(5):
            await asyncio.sleep(0)
        with pytest.raises(TooManyRequests):
            await loop.process_message(Message("ana", "hello"))
        shop.pay_gate.set()
        replies = await asyncio.gather(*turns)

    assert [reply.turn for reply in replies] == list(range(1, 10))


async def test_a_message_that_is_sent_again_is_answered_from_the_first_time() -> None:
    """The same id gives the same reply and runs nothing, also while the first is still being answered."""
    shop = Shop()
    shop.pay_gate.clear()
    async with talking(PAY, shop.pay, shop.post) as chat:
        message = Message("ana", "/start_flow send amount=5", "m1")
        turns = [asyncio.create_task(chat.loop.process_message(message)) for _ in range(5)]
        for _ in range(5):
            await asyncio.sleep(0)
        shop.pay_gate.set()
        first, *others = await asyncio.gather(*turns)
        await chat.say("/start_flow hello", "m2")
        late = await chat.loop.process_message(message)

        assert shop.paid == [5]
        assert not first.replayed
        assert all(reply.replayed and reply.messages == first.messages for reply in (*others, late))
        assert (late.turn, late.state, late.active_flow, late.expected_slot) == (1, "idle", None, None)
        assert chat.dialogue.turn == 2


async def test_a_message_id_with_another_text_is_refused() -> None:
    """An id names one message."""
    async with talking(PAY, Shop().pay, Shop().post) as chat:
        await chat.say("/start_flow hello", "m1")
        with pytest.raises(MessageIdReused):
            await chat.say("/start_flow send", "m1")
        await chat.look()

        assert chat.dialogue.turn == 1


async def test_only_the_latest_message_ids_are_remembered() -> None:
    """Twenty are enough for a client that retries, and bounded."""
    async with talking(PAY, Shop().pay, Shop().post) as chat:
        for number in range(25):
            await chat.say("/start_flow hello", f"m{number}")

        assert [known.message_id for known in chat.dialogue.last_turns] == [f"m{n}" for n in range(5, 25)]


async def test_a_first_message_that_is_sent_again_finds_its_effects() -> None:
    """A conversation whose first turn failed has no state yet; it still has its name, which leads to the recorded effect."""
    shop = Shop()
    looping = PAY.replace(
        "{step: post, type: action, call: post}",
        "{step: spin, type: branch, when: [{condition: 'amount > 0', then: spin}]}",
    )
    async with talking(looping, shop.pay, shop.post) as chat:
        for _ in range(2):
            with pytest.raises(FlowError):
                await chat.say("/start_flow send amount=5", "m1")
        with pytest.raises(FlowError):
            await chat.say("/start_flow send amount=5")
        assert shop.paid == [5]
        await chat.loop.reset_state("ana")
        with pytest.raises(FlowError):
            await chat.say("/start_flow send amount=5", "m1")

    assert shop.paid == [5, 5]
    assert len(set(shop.keys)) == 2


async def test_a_conversation_can_be_looked_at_and_reset() -> None:
    """The view shows where it stands; after a reset nobody of that name has talked."""
    written = PAY.replace("receipt: {}", "receipt: {}, pin: {sensitive: true, default: '1234', filled_by: system}")
    async with talking(written, Shop().pay, Shop().post) as chat:
        await chat.say("/start_flow send")
        view = await chat.loop.get_state("ana")
        await chat.loop.reset_state("ana")
        await chat.loop.reset_state("nobody")
        with pytest.raises(ConversationUnknown):
            await chat.loop.get_state("ana")
        reply = await chat.say("/start_flow hello")

    assert (view.user_id, view.turn, view.language, view.state) == ("ana", 1, "en", "waiting_for_input")
    assert (view.active_flow, view.expected_slot) == ("send", "amount")
    assert view.stack == ({"flow": "send", "step": "amount", "waiting": True},)
    assert view.slots == {"pin": "•••"}
    assert reply.turn == 1


async def test_resuming_needs_a_conversation_and_does_nothing_to_one_that_was_not_handed_over() -> None:
    """Back from a person is said of a conversation that exists."""
    async with talking(PAY, Shop().pay, Shop().post) as chat:
        with pytest.raises(ConversationUnknown):
            await chat.loop.resume("ana")
        await chat.say("/start_flow send")
        before = chat.dialogue
        await chat.loop.resume("ana")

        assert await saved(chat.loop, "ana") == before


async def test_an_assistant_in_a_file_understands_words(tmp_path: Path) -> None:
    """From a path to an answer, with the understanding that is built in, and the time of day."""
    (tmp_path / "soni.yaml").write_text(
        """
        version: "1.0"
        settings: {persistence: {backend: memory}}
        slots: {to: {type: string, prompt: To whom?}}
        flows:
          send_money:
            description: Send money.
            trigger: {intents: [send money, I want to send some money, transfer money please]}
            steps: [{step: ask, type: collect, slot: to}, {step: done, type: say, message: "Sent to {to}."}]
          balance:
            description: The balance.
            trigger: {intents: [what is my balance, how much money is there]}
            steps: [{step: tell, type: say, message: You have 7.}]
        """
    )
    async with await asyncio.to_thread(RuntimeLoop.from_path, tmp_path / "soni.yaml") as loop:
        answers = [(await loop.process_message(Message("ana", text))).text for text in ("I want to send money", "Ana")]

    assert answers == ["To whom?", "Sent to Ana."]
    assert loop.fingerprint == loop.config.fingerprint


async def test_a_loop_that_is_not_open_says_so() -> None:
    """It is used in ``async with``; afterwards it is closed, and can be opened again."""
    loop = RuntimeLoop(assistant(PAY, Shop().pay, Shop().post), understander=Deaf())
    with pytest.raises(RuntimeError, match="not open"):
        await loop.process_message(Message("ana", "hello"))
    for _ in range(2):
        async with loop:
            await loop.check_store()
            assert (await loop.process_message(Message("ana", "/start_flow hello"))).text == "Hello."
    with pytest.raises(RuntimeError, match="not open"):
        await loop.get_state("ana")


async def test_state_of_another_version_is_a_state_error() -> None:
    """What cannot be read is refused and left alone."""
    async with talking(PAY, Shop().pay, Shop().post) as chat:
        await chat.say("/start_flow hello")
        stored = await chat.loop.saver.aget_tuple(
            RunnableConfig(configurable={"thread_id": "ana", "checkpoint_ns": ""})
        )
        assert stored is not None
        stored.checkpoint["channel_values"]["dialogue"]["version"] = 99
        stored.checkpoint["id"] = "2" + stored.checkpoint["id"][1:]
        stored.checkpoint["channel_versions"]["dialogue"] = "9"
        await chat.loop.saver.aput(stored.config, stored.checkpoint, stored.metadata, {"dialogue": "9"})
        with pytest.raises(StateError, match="state version 99"):
            await chat.say("hello")
