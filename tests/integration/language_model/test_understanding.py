"""A message goes to the model, comes back as commands, and the flows decide."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from soni.testing.fake_answers import Answer
from soni.testing.fake_model import FakeModel

from .talking import at_the_bank


def situation(request: Mapping[str, Any]) -> str:
    """What the model was told besides its instructions."""
    return str(request["messages"][-1]["content"])


async def test_a_message_costs_one_call_and_the_flow_goes_on(model: FakeModel) -> None:
    """What the model says is filled in, and the flow asks for the rest."""
    async with at_the_bank(model) as ana:
        answer = await ana.say("please send 50 to Ana")

        assert answer == "From which account?"
        assert ana.sources() == [("model", "")]
        assert [(call.outcome, call.purpose) for call in ana.calls()] == [("answered", "understand")]
        assert len(model.requests) == 1
        (call,) = ana.calls()
        assert call.prompt_tokens == model.counts.prompt_tokens > 100
        assert call.completion_tokens == model.counts.completion_tokens > 10


async def test_what_can_mean_nothing_else_costs_no_call(model: FakeModel) -> None:
    """A choice's value, a yes to a confirm."""
    async with at_the_bank(model) as ana:
        await ana.say("please send 50 to Ana")
        asked = await ana.say("savings")
        done = await ana.say("yes")

        assert asked == "Send 50 to Ana?"
        assert done.startswith("Sent 50 to Ana.")
        assert ana.paid == [(50.0, "Ana")]
        assert ana.sources() == [("model", ""), ("shortcut", ""), ("shortcut", "")]
        assert len(model.requests) == 1


async def test_what_fits_a_sensitive_slot_stays_here(model: FakeModel) -> None:
    """And is in no later prompt."""
    async with at_the_bank(model) as ana:
        await ana.say("/start_flow identify")
        await ana.say("4711")
        await ana.say("hi")

        assert ana.sources() == [("shortcut", ""), ("model", "")]
        assert "4711" not in json.dumps(model.requests)
        assert "Your PIN?" in situation(model.requests[0])


async def test_any_text_stays_here_where_it_may_be_the_secret(model: FakeModel) -> None:
    """A sensitive slot that takes any text is answered without the model, and so is all else that is said to it."""
    async with at_the_bank(model) as ana:
        await ana.say("/start_flow reset_password")
        answer = await ana.say("hunter2 and more")

        assert answer.startswith("It is changed.")
        assert model.requests == []


async def test_nothing_sensitive_lies_in_the_cache(model: FakeModel) -> None:
    """An answer with a value for a sensitive slot is asked for again."""
    model.answer({"it is me, 4711": [{"start_flow": {"flow": "identify", "slots": {"pin": "4711"}}}]})
    async with at_the_bank(model, cache=10) as ana:
        for name in ("ana", "bob"):
            ana.name = name
            assert (await ana.say("it is me, 4711")).startswith("Thank you.")

        assert [source for source, _ in ana.sources()] == ["model", "model"]


async def test_the_schema_of_an_answer_goes_with_the_call(model: FakeModel) -> None:
    """Where the model can hold to one."""
    async with at_the_bank(model) as ana:
        await ana.say("hi")

        (request,) = model.requests
        assert request["response_format"]["json_schema"]["strict"] is True
        assert request["temperature"] == 0
        assert request["messages"][0]["role"] == "system"
        assert "send_money" in situation(request)


async def test_a_model_nobody_knows_is_asked_without_a_schema(model: FakeModel) -> None:
    """The form of the answer is said in words then."""
    async with at_the_bank(model, provider="lmstudio", model="my-own") as ana:
        answer = await ana.say("please send 50 to Ana")

        (request,) = model.requests
        assert answer == "From which account?"
        assert "response_format" not in request
        assert request["model"] == "my-own"
        assert "Answer with JSON alone" in request["messages"][0]["content"]


async def test_the_same_question_is_asked_once(model: FakeModel) -> None:
    """The cache knows what the model would see, and nothing less."""
    async with at_the_bank(model, cache=10) as ana:
        await ana.say("hi")
        await ana.loop.reset_state("ana")
        await ana.say("hi")
        await ana.say("/start_flow send_money")
        await ana.say("hi")

        assert [source for source, _ in ana.sources()] == ["model", "cache", "model"]
        assert len(model.requests) == 2


@pytest.mark.parametrize(
    ("answer", "dropped"),
    [
        ([{"start_flow": "nowhere"}], ("start_flow", "unknown_flow")),
        ([{"set_slot": {"balance": 1000000}}], ("set_slot", "system_slot")),
        ([{"set_slot": {"nothing": 1}}], ("set_slot", "unknown_slot")),
        (["affirm"], ("affirm", "nothing_to_answer")),
        ('{"commands": [{"command": "wire_money"}]}', ("unreadable", "unknown_command")),
    ],
)
async def test_commands_are_checked_and_not_trusted(model: FakeModel, answer: Answer, dropped: tuple[str, str]) -> None:
    """What does not exist or may not be done now is dropped, with an event, and does nothing."""
    model.answer({"do it": answer})
    async with at_the_bank(model) as ana:
        await ana.say("do it")

        assert dropped in ana.dropped()
        assert ana.paid == []
        assert await ana.stack() == []
