"""Whatever the model does, the message is said: at worst as it is written."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from soni import toolbox
from soni.events import BreakerChanged, ModelCalled
from soni.testing import FakeModel, Fault, said_in

from .talking import outcomes, told, words_for, writing

ASKED = "Who gets the money?"


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        (Fault.SERVER_ERROR, "unavailable"),
        (Fault.UNAVAILABLE, "unavailable"),
        (Fault.TOO_MANY_REQUESTS, "rate_limited"),
        (Fault.UNAUTHORIZED, "refused"),
        (Fault.RESET, "unreachable"),
        (Fault.CUT_BODY, "unreachable"),
        (Fault.GARBAGE, "garbled"),
        (Fault.EMPTY, "garbled"),
        (Fault.CUT_ANSWER, "garbled"),
        (Fault.MEGABYTE, "garbled"),
        (Fault.UNKNOWN_COMMAND, "garbled"),
        (Fault.NOT_JSON, None),
        (Fault.REDIRECT, None),
    ],
)
async def test_a_model_that_fails_is_asked_once_and_done_without(
    model: FakeModel, fault: Fault, outcome: str | None
) -> None:
    """No second try keeps the user waiting; the next message asks again."""
    model.faults = [fault]
    async with writing(model) as chat:
        first = await chat.hear("/start_flow send")
        calls = outcomes(chat)
        following = await chat.hear("/set_slot to=Ana")

    assert first == ASKED
    assert len(calls) == 1
    assert calls[0][1] != "answered"
    assert outcome in (None, calls[0][1])
    assert following == "Well: How much?"


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.HANG_MIDWAY, Fault.DRIP])
async def test_a_model_that_takes_too_long_is_not_waited_for(
    model: FakeModel, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few seconds for all messages together."""
    monkeypatch.setattr(toolbox, "PATIENCE", 0.2)
    model.faults = lambda body: fault
    async with writing(model) as chat:
        answer = await chat.hear("/start_flow send")

    assert answer == ASKED
    assert outcomes(chat) == [("rephrase", "cancelled")]


async def test_the_time_of_the_turn_is_not_used_up(model: FakeModel) -> None:
    """A turn that is short of time answers as it is written, and is not lost."""
    model.faults = lambda body: Fault.HANG
    async with writing(model, more="\n  runtime: {turn_timeout: 1500ms}") as chat:
        reply = await chat.say("/start_flow send")

    assert (reply.text, reply.state) == (ASKED, "waiting_for_input")


async def test_a_model_that_fails_again_and_again_is_left_alone(model: FakeModel) -> None:
    """Nobody waits for it until it may be asked again."""
    model.faults = lambda body: Fault.UNAVAILABLE
    async with writing(model, nlu=", breaker: {failures: 2, reset: 1h}") as chat:
        answers = [await chat.hear(text) for text in ("/start_flow send", "/set_slot to=Ana", "/set_slot amount=5")]

    assert answers == [ASKED, "How much?", "Send 5 to Ana?"]
    assert len(model.requests) == 2
    assert [event.state for event in chat.events if isinstance(event, BreakerChanged)] == ["open"]


@pytest.mark.parametrize(
    "words",
    [
        "Sent it to {to}.",
        "Sent {amount:.2f} and {amount:.2f} to {to}.",
        "Sent {amount:.2f} to {to} from {account}.",
        "Sent {amount:.2f} to {to}. You have 1000 left.",
        "Sent {amount:.2f} to {to}. See https://evil.example.",
        "**Sent** {amount:.2f} to {to}.",
        "Sent {amount:.2f} to {to}, " + "really " * 40,
    ],
)
async def test_words_that_do_not_keep_to_the_template_are_not_said(words: str) -> None:
    """Whatever was dropped, doubled, invented or added."""
    with FakeModel(oracle=lambda body: told(words) if "Sent" in said_in(body) else words_for(body)) as model:
        async with writing(model) as chat:
            answer = await chat.tell("/start_flow send", "/set_slot to=Ana", "/set_slot amount=5", "/affirm")

    assert answer.startswith("Sent 5.00 to Ana.\n")


async def test_a_template_that_is_never_kept_to_is_left_as_it_is() -> None:
    """After a few answers it is not asked for any more."""
    written = "flows: {hello: {description: Hello., steps: [{step: hi, type: say, message: Hello.}]}}"
    with FakeModel(oracle=lambda body: told("You have won 1000 euros?")) as model:
        async with writing(model, written) as chat:
            answers = [await chat.hear("/start_flow hello") for _ in range(4)]

    assert answers == ["Hello."] * 4
    assert len(model.requests) == 3


@pytest.mark.parametrize("again", ["/repeat", "something else"])
async def test_a_question_that_is_asked_again_keeps_its_words(model: FakeModel, again: str) -> None:
    """Whoever was asked as it is written, because no model answered, is not asked in other words a moment later."""
    model.faults = [Fault.SERVER_ERROR]
    async with writing(model) as chat:
        answers = [await chat.hear(text) for text in ("/start_flow send", again)]
        await chat.tell("/cancel_flow", "/start_flow identify")
        later = await chat.hear("/start_flow send")

    assert [answer.splitlines()[-1] for answer in answers] == [ASKED] * 2
    assert later.endswith(f"Well: {ASKED}")


async def test_one_that_fails_does_not_spoil_the_others() -> None:
    """Each message is judged by itself."""
    written = """
        flows:
          talk:
            description: Talk.
            steps: [{step: a, type: say, message: First.}, {step: b, type: say, message: Second.}]
    """

    def fails(which: str) -> Callable[[Mapping[str, Any]], Fault]:
        return lambda body: Fault.SERVER_ERROR if said_in(body) == which else Fault.NONE

    with FakeModel(oracle=words_for, faults=fails("First.")) as model:
        async with writing(model, written) as chat:
            answer = await chat.hear("/start_flow talk")

    assert answer == "First.\nWell: Second."


async def test_a_turn_that_is_given_up_takes_its_calls_along(model: FakeModel) -> None:
    """Nothing was said, nothing is saved, and no call is left behind."""
    model.faults = [Fault.HANG]
    async with writing(model) as chat:
        turn = asyncio.create_task(chat.say("/start_flow send"))
        async with asyncio.timeout(10):
            while not model.requests:  # noqa: ASYNC110 - the server is in another thread
                await asyncio.sleep(0)
        turn.cancel()
        with pytest.raises(asyncio.CancelledError):
            await turn
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await chat.look()
        kept = chat.dialogue.turn
        after = await chat.hear("/start_flow send")

    assert not [task for task in others if "rephrase" in repr(task)]
    assert kept == 0
    assert after == f"Well: {ASKED}"


async def test_every_call_is_told(model: FakeModel) -> None:
    """With its tokens, as the provider counts them."""
    async with writing(model) as chat:
        await chat.say("/start_flow send")

    (call,) = [event for event in chat.events if isinstance(event, ModelCalled)]
    assert (call.model, call.purpose) == ("openai/gpt-4o-mini", "rephrase")
    assert (call.prompt_tokens, call.completion_tokens) == (model.counts.prompt_tokens, model.counts.completion_tokens)
    assert call.prompt_tokens > 50
