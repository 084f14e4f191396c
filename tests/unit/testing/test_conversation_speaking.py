"""The assistant under test is the real service, and what is said to it is told in words."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from soni import RuntimeLoop, SoniError
from soni.actions.registry import Registry
from soni.actions.webhook import Webhooks
from soni.config.loader import load_config_text
from soni.dialogue.commands import (
    Affirm,
    CancelFlow,
    Clarify,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    SetSlot,
    StartFlow,
)
from soni.dialogue.state import Utterance
from soni.errors import ConversationUnknown
from soni.events import Event
from soni.runtime.messages import ConversationView, Message
from soni.testing import ScriptedUnderstander
from soni.testing.conversations import ConversationTest, FlowIs, PersonHandsBack, Step, UserSays
from soni.testing.expectations import Called
from soni.testing.playing import Exchange, Prompter, Result, play
from soni.testing.recorder import Recorder
from soni.testing.speaking import OverHttp, over_http
from soni.testing.transcript import spell, transcript

GREETER = load_config_text("""
version: "1.0"
settings: {persistence: {backend: memory}}
flows:
  greet: {steps: [{step: hi, type: say, message: Hi!, image: "https://example.com/hi.png", custom: {mood: good}}]}
""")


async def test_the_whole_service_is_there() -> None:
    """Over HTTP everything the service has can be asked, and is answered by the loop under test."""
    loop = RuntimeLoop(GREETER, understander=ScriptedUnderstander())
    async with loop, over_http(loop) as speaker:
        assert isinstance(speaker, OverHttp)
        said = await speaker.say(Message("ana", "/start_flow greet", language="en"))
        ready = await speaker.client.get("/ready")
        version = await speaker.client.get("/version")
        await speaker.resume("ana")
        reset = await speaker.client.delete("/conversations/ana")
        with pytest.raises(ConversationUnknown):
            await speaker.look("ana")
        with pytest.raises(ConversationUnknown):
            await speaker.resume("ana")
        with pytest.raises(SoniError, match="Status 422"):
            await speaker.look("a b")
        with pytest.raises(SoniError, match="Status 422"):
            await speaker.resume("a b")

    assert said == (Utterance("Hi!", image="https://example.com/hi.png", custom={"mood": "good"}),)
    codes = [answer.status_code for answer in (ready, version, reset)]
    assert codes == [httpx.codes.OK, httpx.codes.OK, httpx.codes.NO_CONTENT]
    assert version.json()["assistant"] == GREETER.fingerprint


class Amnesiac:
    """A world in which nobody knows anything of any conversation."""

    def __init__(self) -> None:
        self.prompter = Prompter(None)
        self.recorder = Recorder(GREETER, Registry(), Webhooks())

    @property
    def speaker(self) -> "Amnesiac":
        return self

    async def say(self, message: Message) -> tuple[Utterance, ...]:
        return ()

    async def look(self, user_id: str) -> ConversationView:
        raise ConversationUnknown

    async def resume(self, user_id: str) -> None:
        raise ConversationUnknown

    def wait(self, by: timedelta) -> None:
        pass

    async def restart(self) -> None:
        pass

    def listen(self) -> list[Event]:
        return []


@pytest.mark.parametrize(("step", "key"), [(FlowIs(3, None), "flow"), (PersonHandsBack(3), "resume")])
async def test_a_conversation_that_nobody_knows(step: Step, key: str) -> None:
    """Where nobody can say how a conversation stands, or take it back, the step that asks for it fails."""
    test = ConversationTest("a", 1, (UserSays(2, "hi"), step), user="ana")

    result = await play(test, Amnesiac())

    assert result.failure is not None
    assert (result.failure.line, result.failure.step, result.failure.expected) == (3, key, "a conversation")
    assert result.failure.got.startswith("ConversationUnknown: ")


def test_a_conversation_in_words() -> None:
    """Beneath what was said stands what was understood or dictated, what it led to, and what happened afterwards."""
    test = ConversationTest("a walk", 7, (), user="ana")
    exchanges = (
        Exchange(
            8,
            "one\ntwo",
            (StartFlow("pay", {"amount": 5, "to": "Ana Ruiz"}), Affirm()),
            refused=("affirm was not taken: nothing_pending",),
            calls=(Called("look_up", {"to": "Ana Ruiz"}), Called("count", {})),
            messages=(Utterance("Sure?\nYes?"),),
            then=("2h later", "the service is restarted"),
        ),
        Exchange(9, "what?", ()),
        Exchange(10, "sure", (Affirm(),), dictated=True),
        Exchange(11, "/affirm", None, messages=(Utterance(""),)),
    )

    assert transcript(Result(test, exchanges, None, 0.1), Path("x.yaml")) == (
        "x.yaml:7: a walk\n\n"
        "    user  one\n"
        "          two\n"
        "          → start_flow pay amount=5 to='Ana Ruiz', affirm\n"
        "          ✗ affirm was not taken: nothing_pending\n"
        "     ran  look_up to='Ana Ruiz'\n"
        "     ran  count\n"
        "     bot  Sure?\n"
        "          Yes?\n"
        "          (2h later)\n"
        "          (the service is restarted)\n"
        "    user  what?\n"
        "          → not understood\n"
        "    user  sure\n"
        "          → affirm (dictated)\n"
        "    user  /affirm\n"
        "     bot  "
    )


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (StartFlow("pay"), "start_flow pay"),
        (SetSlot({"vip": True, "items": [1, "b"]}), "set_slot vip=true items='[1, \"b\"]'"),
        (CorrectSlot({"amount": 1.5}), "correct_slot amount=1.5"),
        (ClearSlot(("a", "b")), "clear_slot a b"),
        (Clarify(("pay", "look")), "clarify pay look"),
        (Clarify(("pay", "look"), {"amount": 5}), "clarify pay look amount=5"),
        (CancelFlow(), "cancel_flow"),
        (CancelFlow("pay"), "cancel_flow pay"),
        (Deny("amount"), "deny amount"),
    ],
)
def test_a_command_in_words(command: Command, words: str) -> None:
    """As its payload is written, without the slash."""
    assert spell(command) == words
