"""What is remembered of a conversation, what understanding is told of it, and what neither ever holds."""

from datetime import timedelta

import pytest

from soni import RuntimeLoop
from soni.dialogue.commands import Command
from soni.understanding.base import Briefing

from .chat import Chat, assistant, talking
from .shop import PAY, Shop


async def test_the_language_of_a_message_is_kept_where_it_is_spoken() -> None:
    """A supported language changes the conversation's; another is ignored."""
    async with talking(
        "    settings: {i18n: {default_language: es, supported_languages: [es, en]}}" + PAY, Shop().pay, Shop().post
    ) as chat:
        seen = []
        for language in (None, "en", "de", None):
            await chat.say("/start_flow hello", language=language)
            seen.append(chat.dialogue.language)

    assert seen == ["es", "en", "en", "en"]


async def test_what_is_said_into_a_sensitive_slot_is_not_remembered() -> None:
    """Neither as an answer, nor as a command, whether it fitted or not."""
    written = """
        slots: {pin: {type: integer, prompt: Your PIN?, sensitive: true}, name: {prompt: Name?}}
        flows: {f: {steps: [{step: pin, type: collect, slot: pin}, {step: name, type: collect, slot: name}]}}
    """
    async with talking(written) as chat:
        await chat.tell("/start_flow f", "12 34", "/set_slot pin=1234", "/correct_slot pin=9876", "/set_slot name=Ana")
        lines = [line.text for line in chat.dialogue.history if line.role == "user"]

    assert lines == ["/start_flow f", "…", "…", "…", "/set_slot name=Ana"]


@pytest.mark.parametrize(("most", "kept"), [(3, 3), (0, 0), (50, 8)])
async def test_the_history_is_bounded(most: int, kept: int) -> None:
    """As many lines as the settings say, the latest ones."""
    async with talking(
        f"    settings: {{conversation: {{max_history: {most}}}}}" + PAY, Shop().pay, Shop().post
    ) as chat:
        for _ in range(4):
            await chat.say("/start_flow hello")

        assert len(chat.dialogue.history) == kept


async def test_understanding_is_told_where_the_conversation_stands() -> None:
    """The briefing holds the question, what was asked, what may be started, and no secret."""
    briefings: list[Briefing] = []

    class Listening:
        async def understand(self, said: str, briefing: Briefing) -> list[Command]:
            briefings.append(briefing)
            return []

    written = """
        slots: {pin: {prompt: PIN?, sensitive: true}, x: {prompt: X?}, y: {prompt: Y?}}
        flows:
          f:
            steps:
              - {step: go, type: call, flow: sub}
              - {step: x, type: collect, slot: x}
              - {step: y, type: collect, slot: y, buttons: [{title: One, payload: /set_slot y=1}]}
          sub: {startable: false, steps: [{step: pin, type: collect, slot: pin}]}
          busy: {interruptible: false, steps: [{step: c, type: confirm}]}
    """
    async with RuntimeLoop(assistant(written), understander=Listening()) as loop:
        chat = Chat(loop)
        await chat.tell("first", "/start_flow f pin=1 x=2", "second", "/start_flow busy", "third")
    first, second, third = briefings

    assert (first.active_flow, first.expected, first.slots, first.asked) == (None, None, {}, ())
    assert first.flows == {"f", "busy"}
    assert second.expected is not None
    assert (second.active_flow, second.expected.flow, second.expected.slot, second.expected.prompt) == (
        "f",
        "f",
        "y",
        "Y?",
    )
    assert second.expected.buttons == {"One": "/set_slot y=1"}
    assert (second.slots, second.asked) == ({"pin": None, "x": "2"}, ("pin", "x"))
    assert [(line.role, line.text) for line in second.history][:3] == [
        ("user", "first"), ("assistant", "I'm sorry, I didn't understand that."), ("user", "…"),
    ]  # fmt: skip
    assert third.flows == {"busy"} | {"f"}
    assert third.expected is not None
    assert third.expected.slot is None


async def test_the_clock_is_asked_once_a_turn() -> None:
    """Relative dates and the session count from the moment of the message."""
    written = """
        slots: {day: {type: date, prompt: When?}}
        flows: {f: {steps: [{step: ask, type: collect, slot: day}, {step: s, type: say, message: "{day}"}]}}
    """
    async with talking(written) as chat:
        first = await chat.hear("/start_flow f day=tomorrow")
        chat.watch.pass_by(timedelta(days=1))
        second = await chat.hear("/start_flow f day=tomorrow")

        assert (first, second) == ("2030-01-08", "2030-01-09")
        assert chat.dialogue.updated == chat.watch.now.timestamp()
