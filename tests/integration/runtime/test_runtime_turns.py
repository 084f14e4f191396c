"""A turn is all or nothing: what fails leaves nothing, and what has happened does not happen again."""

import asyncio
from pathlib import Path

import pytest

from soni import ActionError, FlowError, Message, NLUError, RuntimeLoop
from soni.dialogue.commands import Command
from soni.errors import TurnTimeout
from soni.events import ActionRan, Event, PhaseEnded, TurnEnded, TurnFailed, TurnStarted
from soni.understanding.base import Briefing

from .chat import Chat, Deaf, assistant, talking
from .shop import PAY, Shop

SORRY = "I'm sorry, something went wrong on my side, and nothing was changed. Please try again."


async def test_a_failed_action_leaves_the_dialogue_as_it_was() -> None:
    """The user gets an apology and the pending question, never the success message; the next message works."""
    shop = Shop()
    shop.failures = 1
    async with talking(
        PAY.replace("          - {step: pay, type: action, call: pay}\n", ""), shop.pay, shop.post
    ) as chat:
        await chat.say("/start_flow send")
        before = chat.dialogue
        answer = await chat.hear("/set_slot amount=5")
        after = chat.dialogue
        again = await chat.hear("/set_slot amount=5")

    assert answer == f"{SORRY}\nHow much?"
    assert [(f.flow, f.step, f.slots, f.waiting) for f in after.stack] == [
        (f.flow, f.step, f.slots, f.waiting) for f in before.stack
    ]
    assert again == "Sent 5, ."


async def test_what_is_done_stays_done_where_a_later_action_of_the_turn_fails() -> None:
    """The flow stands at the step that failed, says so, and tries it again with the next message; cancel still works."""
    shop = Shop()
    shop.failures = 2
    async with talking(PAY, shop.pay, shop.post) as chat:
        failed = await chat.hear("/start_flow send amount=5")
        again = await chat.hear("/set_slot amount=5")
        corrected = await chat.hear("/set_slot amount=6")

        assert "before everything was done" in failed
        assert "before everything was done" in again
        assert corrected == "It is too late to change that: it has been used already.\nSent 5, r1."
        assert shop.paid == [5]


@pytest.mark.parametrize(
    "text", ["go on", "/chitchat", "/repeat", "/ask_info", "/start_flow hello", "/set_slot amount=5"]
)
async def test_any_message_tries_the_failed_step_again(text: str) -> None:
    """Whatever is said at a step that failed: it is answered, and the flow goes on."""
    shop = Shop()
    shop.failures = 1
    async with talking(PAY, shop.pay, shop.post) as chat:
        answer = await chat.tell("/start_flow send amount=5", text)

        assert answer.endswith("Sent 5, r1.")
        assert shop.paid == [5]


async def test_words_about_nothing_only_try_a_failed_step_again() -> None:
    """ "Go on" is no wish that nobody can fulfil."""
    shop = Shop()
    shop.failures = 1
    async with talking(PAY, shop.pay, shop.post) as chat:
        assert await chat.tell("/start_flow send amount=5", "/out_of_scope") == "Sent 5, r1."


async def test_a_failed_step_may_be_left() -> None:
    """Cancel is heard before the step is tried again."""
    shop = Shop()
    shop.failures = 2
    async with talking(PAY, shop.pay, shop.post) as chat:
        answer = await chat.tell("/start_flow send amount=5", "/cancel_flow")

        assert answer == "Okay, I've stopped: send."
        assert shop.failures == 1


async def test_a_message_that_was_not_understood_does_not_try_a_failed_step_again() -> None:
    """Where understanding fails too, there is a word about it, and the flow stands where it stood."""
    shop = Shop()
    shop.failures = 2

    class Broken:
        async def understand(self, said: str, briefing: Briefing) -> list[Command]:
            raise NLUError

    async with RuntimeLoop(assistant(PAY, shop.pay, shop.post), understander=Broken()) as loop:
        chat = Chat(loop)
        answer = await chat.tell("/start_flow send amount=5", "go on")
        again = await chat.tell("/chitchat", "/chitchat")

    assert answer == "I'm sorry, I have trouble understanding you right now. Please try again."
    assert again == "I'm here to help.\nSent 5, r1."
    assert shop.paid == [5]


async def test_an_apology_that_asks_is_answered_before_the_failed_step_is_tried_again() -> None:
    """An author's pattern may ask what to do; the flow goes on when it has ended."""
    shop = Shop()
    shop.failures = 1
    written = (
        PAY
        + """
      pattern_internal_error: {steps: [{step: sure, type: confirm, message: "Again ({context.too_late|no})?"}]}
    """
    )
    async with talking(written, shop.pay, shop.post) as chat:
        asked = await chat.hear("/start_flow send amount=5")
        answer = await chat.hear("/affirm")

    assert asked == "Again (yes)?"
    assert answer == "Sent 5, r1."


@pytest.mark.parametrize("text", ["/start_flow send amount=5", "/set_slot amount=5"])
async def test_an_effect_is_not_repeated_when_its_turn_failed_and_is_tried_again(text: str) -> None:
    """The payment was recorded before the next action failed: trying again goes on behind it."""
    shop = Shop()
    shop.failures = 2
    async with talking(PAY, shop.pay, shop.post) as chat:
        if text.startswith("/set"):
            await chat.say("/start_flow send")
        answers = [await chat.hear(text) for _ in range(3)]

        assert answers[-1] == "Sent 5, r1."
        assert shop.paid == [5]
        assert [e.attempts for e in chat.events if isinstance(e, ActionRan) and e.action == "pay"] == [1]


async def test_another_payment_is_another_effect() -> None:
    """Once a turn is saved, the same flow with the same values acts again, under another key."""
    shop = Shop()
    async with talking(PAY, shop.pay, shop.post) as chat:
        answers = [await chat.hear("/start_flow send amount=5") for _ in range(2)]

    assert answers == ["Sent 5, r1.", "Sent 5, r2."]
    assert len(set(shop.keys)) == 2


async def test_an_effect_is_found_after_the_process_has_died(tmp_path: Path) -> None:
    """A turn that was cut off after its effect comes to the same key, in another process too."""
    shop = Shop()
    shop.post_gate.clear()
    config = assistant(PAY, shop.pay, shop.post, path=tmp_path / "soni.db")
    async with talking(config) as chat:
        await chat.say("/start_flow send")
        turn = asyncio.create_task(chat.say("/set_slot amount=5"))
        await shop.posting.wait()
        turn.cancel()
        await asyncio.wait([turn])
    shop.post_gate.set()
    async with talking(config) as chat:
        answer = await chat.hear("/set_slot amount=5")

    assert answer == "Sent 5, r1."
    assert shop.paid == [5]


async def test_a_looping_flow_is_stopped_and_leaves_nothing() -> None:
    """It ends at max_step_executions, and the next message works."""
    written = """
        flows:
          spin: {steps: [{step: a, type: say, message: round, when: 1 == 1, jump_to: a}]}
          hop: {steps: [{step: a, type: link, flow: hop_back, when: 1 == 1}]}
          hop_back: {steps: [{step: a, type: link, flow: hop, when: 1 == 1}]}
          hello: {steps: [{step: hi, type: say, message: Hello.}]}
    """
    async with talking(written) as chat:
        for flow in ("spin", "hop"):
            with pytest.raises(FlowError, match="more than 100 steps"):
                await chat.say(f"/start_flow {flow}")
        answer = await chat.hear("/start_flow hello")

        assert answer == "Hello."
        assert chat.dialogue.turn == 1


async def test_a_turn_has_a_time_limit_and_leaves_nothing() -> None:
    """Whatever takes too long is given up; the dialogue is as it was, and the next message works."""
    shop = Shop()
    shop.pay_gate.clear()
    written = "    settings: {runtime: {turn_timeout: 50ms}}" + PAY
    async with talking(written, shop.pay, shop.post) as chat:
        await chat.say("/start_flow send")
        with pytest.raises(TurnTimeout):
            await chat.say("/set_slot amount=5")
        shop.pay_gate.set()
        answer = await chat.hear("/set_slot amount=5")

        assert answer == "Sent 5, r1."
        assert [event.error for event in chat.events if isinstance(event, TurnFailed)] == ["TurnTimeout"]


async def test_a_timeout_that_is_not_the_turns_passes_through() -> None:
    """An understanding that raises TimeoutError by itself is not told as the turn's limit."""

    class Slow:
        async def understand(self, said: str, briefing: Briefing) -> list[Command]:
            raise TimeoutError

    events: list[Event] = []
    async with RuntimeLoop(
        assistant(PAY, Shop().pay, Shop().post), understander=Slow(), listeners=[events.append]
    ) as loop:
        with pytest.raises(TimeoutError) as caught:
            await loop.process_message(Message("ana", "hello"))

    assert not isinstance(caught.value, TurnTimeout)
    assert isinstance(events[-1], TurnFailed)


async def test_an_error_of_our_own_is_told_to_the_listeners_too() -> None:
    """Whatever a turn fails with, its end is an event."""

    class Buggy:
        async def understand(self, said: str, briefing: Briefing) -> list[Command]:
            raise KeyError(said)

    events: list[Event] = []
    async with RuntimeLoop(
        assistant(PAY, Shop().pay, Shop().post), understander=Buggy(), listeners=[events.append]
    ) as loop:
        with pytest.raises(KeyError):
            await loop.process_message(Message("ana", "hello"))

    assert [type(event) for event in events if not isinstance(event, PhaseEnded)] == [TurnStarted, TurnFailed]
    assert [(each.phase, each.error) for each in events if isinstance(each, PhaseEnded)] == [
        ("lock", ""), ("load", ""), ("understand", "KeyError"),
    ]  # fmt: skip


async def test_a_listener_that_fails_does_not_cost_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    """The turn is saved; who only watches cannot undo it."""
    heard: list[Event] = []

    def broken(event: Event) -> None:
        raise RuntimeError

    async with RuntimeLoop(
        assistant(PAY, Shop().pay, Shop().post), understander=Deaf(), listeners=[broken, heard.append]
    ) as loop:
        reply = await loop.process_message(Message("ana", "/start_flow hello"))

    assert reply.text == "Hello."
    assert isinstance(heard[-1], TurnEnded)
    assert "a listener failed" in caplog.text


async def test_a_fallback_flow_that_fails_is_apologised_for() -> None:
    """Giving up on a stuck conversation must not get it more stuck."""
    shop = Shop()
    limits = "max_turns_without_progress: 2, on_no_progress: fallback, fallback_flow: bad"
    written = (
        f"    settings: {{conversation: {{{limits}}}}}"
        + PAY
        + """
      bad: {steps: [{step: set, type: set, slots: {amount: 1}}, {step: post, type: action, call: post}]}
    """
    )
    shop.failures = 1
    async with talking(written, shop.pay, shop.post) as chat:
        await chat.tell("/start_flow send", "/chitchat")
        answers = [await chat.hear("/chitchat") for _ in range(2)]

    assert answers == [f"{SORRY}\nHow much?", "I'm here to help.\nHow much?"]


async def test_an_apology_that_fails_fails_the_turn() -> None:
    """Where even the pattern's own action fails, the caller is told."""
    shop = Shop()
    shop.failures = 2
    written = (
        PAY
        + """
      pattern_internal_error:
        steps: [{step: post, type: action, call: post, inputs: {amount: 1}}]
    """
    )
    async with talking(written, shop.pay, shop.post) as chat:
        with pytest.raises(ActionError):
            await chat.say("/start_flow send amount=5")
