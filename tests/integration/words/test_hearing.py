"""What is heard of a model's words while they come."""

import asyncio
import json

import pytest
from tests.integration.runtime.hearing import Hearing

from soni import action
from soni.runtime.messages import Message
from soni.testing import FakeModel, Fault

from .talking import POEM, all_words, outcomes, told, writing

OFF = "{enabled: false}"
POEMS = """
    slots:
      topic: {prompt: About what?}
      pin: {sensitive: true, prompt: PIN?}
      card: {}
    flows:
      poem:
        steps:
          - {step: wait, type: say, message: Let me think.}
          - {step: write, type: generate, instruction: "A poem."}
          - {step: bye, type: say, message: There you are.}
      careful:
        on_error: sorry
        steps:
          - {step: write, type: generate, instruction: "A poem.", jump_to: end}
          - {step: sorry, type: say, message: No poem today.}
      keep:
        steps:
          - {step: write, type: generate, instruction: "A card.", store_as: card}
          - {step: show, type: say, message: "It says: {card}"}
"""


async def test_a_text_is_heard_while_it_is_written(model: FakeModel) -> None:
    """What was said before it comes first, and the whole text as a message behind it; asked for as a stream, it costs the same."""
    hearing = Hearing()
    async with writing(model, POEMS, rephraser=OFF) as chat:
        reply = await chat.loop.process_message(Message("ana", "/start_flow poem"), hearing)

    pieces = hearing.told[2:-2]
    assert hearing.told[:2] == ["begun", "Let me think."]
    assert hearing.told[-2:] == [POEM, "There you are."]
    assert len(pieces) > 1
    assert "".join(pieces) == f"|{POEM}"
    assert tuple(hearing.messages) == reply.messages
    assert model.requests[-1]["stream"] is True
    assert outcomes(chat) == [("generate", "answered")]


async def test_who_does_not_listen_asks_for_no_stream(model: FakeModel) -> None:
    """As before."""
    async with writing(model, POEMS, rephraser=OFF) as chat:
        await chat.hear("/start_flow poem")

    assert not model.requests[-1].get("stream")


async def test_a_text_that_is_kept_is_not_heard(model: FakeModel) -> None:
    """It is said where the flow says it."""
    hearing = Hearing()
    async with writing(model, POEMS, rephraser=OFF) as chat:
        await chat.loop.process_message(Message("ana", "/start_flow keep"), hearing)

    assert hearing.told == ["begun", f"It says: {POEM}"]


@pytest.mark.parametrize("fault", [Fault.CUT_ANSWER, Fault.CUT_BODY])
async def test_a_text_that_breaks_off_begins_anew(model: FakeModel, fault: Fault) -> None:
    """The next try begins a text; what is said in the end is whole."""
    model.faults = [fault]
    hearing = Hearing()
    async with writing(model, POEMS, rephraser=OFF, retries=1) as chat:
        await chat.loop.process_message(Message("ana", "/start_flow poem"), hearing)

    heard = "".join(hearing.told[2:-2])
    assert heard.endswith(f"|{POEM}")
    assert hearing.told[-2:] == [POEM, "There you are."]


async def test_a_text_that_never_comes_is_the_flows_to_handle(model: FakeModel) -> None:
    """Pieces of it were heard; what follows them is a message that takes their place."""
    model.faults = lambda body: Fault.CUT_ANSWER
    hearing = Hearing()
    async with writing(model, POEMS, rephraser=OFF) as chat:
        reply = await chat.loop.process_message(Message("ana", "/start_flow careful"), hearing)

    assert [message.text for message in hearing.messages] == ["No poem today."]
    assert tuple(hearing.messages) == reply.messages


async def test_a_message_is_heard_in_the_words_it_keeps(model: FakeModel) -> None:
    """Put in other words before the action it precedes; the reply, the transcript and a repetition have the same."""
    gate, hearing = asyncio.Event(), Hearing()

    @action("pay")
    async def pay() -> None:
        await gate.wait()

    written = """
        actions: {pay: {}}
        flows:
          send:
            steps:
              - {step: moment, type: say, message: One moment.}
              - {step: pay, type: action, call: pay}
              - {step: done, type: say, message: Done.}
    """
    async with writing(model, written, pay) as chat:
        turn = asyncio.create_task(chat.loop.process_message(Message("ana", "/start_flow send"), hearing))
        await hearing.heard.wait()
        first = hearing.told[1:]
        gate.set()
        reply = await turn
        again = await chat.hear("/repeat")

    assert first == ["Well: One moment."]
    assert hearing.told[1:] == ["Well: One moment.", "Well: Done."]
    assert tuple(hearing.messages) == reply.messages
    assert again == reply.text


async def test_a_secret_is_in_no_piece(model: FakeModel) -> None:
    """What the model is not told it cannot write, however it is asked to."""
    model.answer([])
    written = """
        slots: {pin: {sensitive: true, prompt: PIN?}, copy: {}}
        flows:
          f:
            steps:
              - {step: pin, type: collect, slot: pin}
              - {step: set, type: set, slots: {copy: "{{ pin }}"}}
              - {step: write, type: generate, instruction: "About {copy}.", context: [copy]}
    """
    hearing = Hearing()
    async with writing(model, written, rephraser=OFF) as chat:
        await chat.loop.process_message(Message("ana", '/start_flow f pin="4711"'), hearing)

    assert "".join(hearing.told[1:]) == f"|{POEM}{POEM}"
    assert "4711" not in all_words(model.requests) + json.dumps(hearing.told)


async def test_a_long_text_in_any_language_comes_whole() -> None:
    """Escapes, emojis and line breaks that are cut anywhere."""
    text = "\n".join(['Dear "Ana" \\ ', "¡Olé! 日本語 👩\u200d👩\u200d👧 𝄞"] * 40)
    hearing = Hearing()
    with FakeModel(oracle=lambda body: json.dumps({"text": text})) as model:
        async with writing(model, POEMS, rephraser=OFF) as chat:
            reply = await chat.loop.process_message(Message("ana", "/start_flow poem"), hearing)

    assert "".join(hearing.told[2:-2]) == f"|{reply.messages[1].text}"
    assert told(text).count("\\u") > 40
