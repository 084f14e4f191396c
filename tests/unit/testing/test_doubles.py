"""The doubles that authors use in tests of their own."""

from datetime import UTC, datetime, timedelta

import pytest

import soni.testing
from soni import Message, NLUError, RuntimeLoop
from soni.config.loader import load_config_text
from soni.dialogue.commands import Affirm, Command, StartFlow
from soni.testing import FakeClock, ScriptedUnderstander
from soni.understanding.base import Briefing

BRIEFING = Briefing(now=datetime(2050, 1, 3, tzinfo=UTC))
GREETER = """
version: "1.0"
settings: {persistence: {backend: memory}, conversation: {session_timeout: 10m}}
slots: {name: {type: string, prompt: Your name?}}
flows:
  greet: {steps: [{step: ask, type: collect, slot: name}, {step: hi, type: say, message: "Hi {name}!"}]}
  pattern_session_start: {steps: [{step: hello, type: say, message: "{context.reason}"}]}
"""


async def test_a_script_by_text() -> None:
    """What is said is looked up; what the script does not have is not understood."""
    understander = ScriptedUnderstander({"yes": [Affirm()]})

    first, second = await understander.understand("yes", BRIEFING), await understander.understand("no", BRIEFING)

    assert (first, second) == ([Affirm()], [])
    assert (understander.heard, understander.briefings) == (["yes", "no"], [BRIEFING, BRIEFING])


async def test_a_script_in_order() -> None:
    """A list is read message by message; after its end nothing is understood."""
    understander = ScriptedUnderstander([[Affirm()], [], [StartFlow("pay")]])

    heard: list[list[Command]] = [await understander.understand("whatever", BRIEFING) for _ in range(4)]

    assert heard == [[Affirm()], [], [StartFlow("pay")], []]


async def test_understanding_can_fail() -> None:
    """An error in the place of commands is raised."""
    with pytest.raises(NLUError):
        await ScriptedUnderstander([NLUError()]).understand("hi", BRIEFING)


async def test_time_passes_when_it_is_told_to() -> None:
    """With a FakeClock a session can be over at once."""
    clock = FakeClock()
    understander = ScriptedUnderstander({"hi": [StartFlow("greet")]})
    async with RuntimeLoop(load_config_text(GREETER), understander=understander, clock=clock) as loop:
        first = await loop.process_message(Message("ana", "hi"))
        clock.advance(timedelta(minutes=11))
        second = await loop.process_message(Message("ana", "hi"))

    assert (first.text, second.text) == ("new\nYour name?", "timeout\nYour name?")


def test_what_there_is() -> None:
    """The package gives what it names, and says so where it does not have it."""
    assert all(getattr(soni.testing, name) for name in soni.testing.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'Mock'"):
        _ = soni.testing.Mock
