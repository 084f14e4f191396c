"""What a conversation leaves for the person who takes it over, and what is repeated for those who missed it."""

import pytest

from soni.config.loader import load_config_text
from soni.errors import ConfigurationError
from soni.events import HandedOff
from soni.runtime.messages import Message

from .chat import talking

HANDOFF = """
    slots:
      topic: {prompt: About what?}
      pin: {prompt: Pin?, sensitive: true}
      note: {prompt: Note?}
    flows:
      complain:
        steps:
          - {step: topic, type: collect, slot: topic}
          - {step: pin, type: collect, slot: pin}
          - {step: over, type: handoff, queue: complaints, message: A colleague takes over., context: [topic, pin, note]}
"""


async def test_the_reply_says_which_people_and_what_they_need_to_know() -> None:
    """The queue and the filled slots stand in the reply; what is sensitive or unset does not."""
    async with talking(HANDOFF) as chat:
        reply = await chat.say("/start_flow complain topic=fees pin=1234")

    assert reply.state == "handed_off"
    assert [(m.text, m.custom) for m in reply.messages] == [
        ("A colleague takes over.", {"handoff": {"queue": "complaints", "context": {"topic": "fees"}}})
    ]
    assert chat.happened(HandedOff) == [HandedOff("complaints")]


async def test_a_plain_handoff_has_only_its_words() -> None:
    """Nothing to hand over, nothing in the reply."""
    async with talking(HANDOFF) as chat:
        reply = await chat.say("/human_handoff")

    assert [message.custom for message in reply.messages] == [None]


def test_a_handoff_names_slots_that_exist() -> None:
    """A misspelt one is found when the assistant loads."""
    written = "flows: {f: {description: x, steps: [{step: over, type: handoff, context: [topik]}]}}\nslots: {topic: {}}"

    with pytest.raises(ConfigurationError, match=r"topik.*topic"):
        load_config_text(f'version: "1.0"\n{written}')


async def test_buttons_are_repeated_too() -> None:
    """Who did not see the message did not see its buttons."""
    written = """
        flows:
          f:
            steps:
              - {step: which, type: say, message: Which one?, buttons: [{title: One, payload: /start_flow f}]}
    """
    async with talking(written) as chat:
        await chat.say("/start_flow f")
        again = await chat.loop.process_message(Message("ana", "/repeat"))

    assert [(m.text, [b.title for b in m.buttons]) for m in again.messages] == [("Which one?", ["One"])]


async def test_the_question_that_was_open_is_answered_when_the_person_is_gone() -> None:
    """It does not have to be asked again first."""
    async with talking(HANDOFF) as chat:
        await chat.tell("/start_flow complain", "/human_handoff", "anybody there?")
        await chat.loop.resume("ana")

        assert await chat.hear("/set_slot topic=fees") == "Pin?"
        assert (await chat.slots())["topic"] == "fees"
