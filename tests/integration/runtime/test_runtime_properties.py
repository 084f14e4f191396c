"""Whatever is said in whatever order: the dialogue stays well-formed, everybody is answered, no effect is repeated."""

import asyncio
import tempfile
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from soni import ActionContext, FlowError, Reply, RuntimeLoop, action
from soni.config.models import SoniConfig
from soni.config.settings import Persistence
from soni.events import Event

from .chat import Chat, Deaf, Watch, assistant, frames, saved

# Every kind of step, calls of both kinds, a loop, a decision, patterns that ask, and actions that fail.
EVERYTHING = """
    settings:
      flow_management: {max_stack_depth: 2}
      conversation: {max_turns_without_progress: 6, on_no_progress: fallback, fallback_flow: help, session_timeout: 1h}
    responses:
      ready: [{text: "Ready, {name|you}?", variations: ["{name|You}, ready?"]}]
    slots:
      name: {prompt: Name?, scope: conversation}
      amount: {type: integer, prompt: How much?, min: 1, max: 9}
      kind: {type: choice, choices: [a, b], prompt: Which kind?}
      note: {prompt: Note?, required: false, default: none}
      sure: {type: boolean, prompt: Sure?}
      total: {type: integer}
      receipt: {}
    actions:
      pay: {inputs: [amount], outputs: [receipt]}
      look: {inputs: [note?], outputs: [], effect: read}
    flows:
      send:
        trigger: {condition: name is not set or name != "eva"}
        steps:
          - {step: amount, type: collect, slot: amount, rejections: [{when: amount == 7, message: Not seven.}]}
          - step: kind
            type: collect
            slot: kind
            on_invalid: [{step: choose, type: say, message: A or b., jump_to: kind}]
            on_max_attempts: [{step: take_a, type: set, slots: {kind: a}}]
          - {step: way, type: branch, slot: kind, cases: {a: [{step: go, type: call, flow: details}], b: noted}}
          - {step: noted, type: collect, slot: note}
          - {step: ready, type: confirm, response: ready, on_change: amount}
          - {step: pay, type: action, call: pay}
          - {step: look, type: action, call: look, on_error: sorry}
          - {step: after, type: collect, slot: sure}
          - {step: done, type: say, message: "{amount} {kind} {receipt}", jump_to: end}
          - {step: sorry, type: say, message: sorry}
      details:
        startable: false
        steps:
          - {step: go, type: call, flow: person, inputs: {sure: true}, outputs: {note: note}}
          - {step: name, type: collect, slot: name}
      person:
        startable: false
        inputs: [sure]
        outputs: [note]
        steps: [{step: note, type: collect, slot: note, force: true}, {step: ok, type: confirm, on_deny: restart}]
      count:
        persist: [note]
        steps:
          - {step: zero, type: set, slots: {total: 0}}
          - step: loop
            type: while
            condition: total < 3
            do:
              - {step: amount, type: collect, slot: amount}
              - {step: add, type: set, slots: {total: "{{ total + amount }}"}}
              - {step: pay, type: action, call: pay}
          - {step: note, type: collect, slot: note}
          - {step: then, type: link, flow: help}
      help:
        interruptible: false
        steps: [{step: say, type: say, message: Help.}, {step: sure, type: collect, slot: sure}]
      pattern_correction:
        steps:
          - {step: sure, type: confirm, message: "Change {context.slot}?", when: 'context.slot == "kind"'}
          - {step: told, type: say, message: "Changed {context.slot}."}
      pattern_chitchat:
        steps: [{step: name, type: collect, slot: name, message: Who are you?}]
"""
GOOD = {"amount": "2", "kind": "a", "note": "hi", "name": "ana", "sure": "yes"}
FLOWS = st.sampled_from(["send", "count", "help", "details", "nonsense"])
VALUES = st.one_of(
    st.tuples(st.just("amount"), st.sampled_from(["1", "5", "7", "99", "x"])),
    st.tuples(st.just("kind"), st.sampled_from(["a", "b", "c"])),
    st.tuples(st.just("sure"), st.sampled_from(["yes", "no", "perhaps"])),
    st.tuples(st.sampled_from(["name", "note", "total", "nonsense"]), st.sampled_from(["ana", "eva", "{x}", "'a b'"])),
)
SET = st.builds(lambda name, pairs: " ".join([name, *("=".join(pair) for pair in pairs)]), st.sampled_from(
    ["/set_slot", "/correct_slot"]), st.lists(VALUES, min_size=1, max_size=3))  # fmt: skip
SLOT = st.sampled_from(["amount", "kind", "note", "name", "sure", "total", "nonsense"])
COMMAND = st.one_of(
    SET,
    SET,
    st.sampled_from(["/affirm", "/affirm", "/affirm", "/deny", "/skip_question"]),
    FLOWS.map("/start_flow {}".format),
    st.tuples(FLOWS, VALUES).map(lambda given: f"/start_flow {given[0]} {'='.join(given[1])}"),
    SLOT.map("/clear_slot {}".format),
    SLOT.map("/deny {}".format),
    SLOT.map("/ask_info {}".format),
    st.one_of(st.just("/cancel_flow"), FLOWS.map("/cancel_flow {}".format)),
    st.sampled_from(["/chitchat", "/out_of_scope", "/repeat", "/restart", "/ask_info"]),
    st.sampled_from(["/clarify send help", "/clarify send count amount=2", "/clarify help count kind=c total=9"]),
    st.sampled_from(["/human_handoff", "hello", "/nonsense", "{amount}"]),
)
MESSAGE = st.lists(COMMAND, min_size=1, max_size=3).map("\n".join)


class World:
    """What the actions of the conversation that is being tested did, and what they are to do."""

    keys: ClassVar[list[str]] = []
    failures: ClassVar[list[bool]] = []

    @staticmethod
    @action("pay")
    async def pay(amount: int, ctx: ActionContext) -> dict[str, str]:
        World.maybe_fail()
        World.keys.append(ctx.idempotency_key)
        return {"receipt": f"r{amount}"}

    @staticmethod
    @action("look")
    def look(note: str = "") -> None:
        World.maybe_fail()

    @classmethod
    def maybe_fail(cls) -> None:
        if cls.failures and cls.failures.pop():
            raise ValueError


@cache
def everything() -> SoniConfig:
    return assistant(EVERYTHING, World.pay, World.look, path=Path("soni.db"))


class Conversation(RuleBasedStateMachine):
    """One user says anything, and the service is stopped and started in between."""

    def __init__(self) -> None:
        super().__init__()
        World.keys.clear()
        World.failures.clear()
        self.runner = asyncio.Runner()
        self.service = AsyncExitStack()
        self.folder = tempfile.TemporaryDirectory()
        store = Persistence(backend="sqlite", path=Path(self.folder.name) / "soni.db")
        every = everything().settings.model_copy(update={"persistence": store})
        self.config = everything().model_copy(update={"settings": every})
        self.watch = Watch()
        self.reply: Reply | None = None
        self.runner.run(self._start())

    async def _start(self) -> None:
        self.events: list[Event] = []
        loop = RuntimeLoop(self.config, understander=Deaf(), clock=self.watch, listeners=[self.events.append])
        self.chat = Chat(await self.service.enter_async_context(loop), watch=self.watch)
        await self.chat.look()

    @rule(text=MESSAGE)
    def say(self, text: str) -> None:
        before = self.chat.dialogue
        try:
            reply = self.runner.run(self.chat.say(text))
        except FlowError:
            self.runner.run(self.chat.look())
            assert self.chat.dialogue == before, "a turn that fails leaves nothing"
            return

        self.reply = reply
        assert reply.turn == before.turn + 1
        assert (reply.text == "") == before.handed_off, "everybody is answered, unless a person talks"
        assert (reply.state == "handed_off") == self.chat.dialogue.handed_off
        stack = self.chat.dialogue.stack
        assert not stack or reply.state == "handed_off" or stack[-1].waiting, "a stack waits for the user"

    @rule(flow=st.sampled_from(["send", "send", "count"]), times=st.integers(0, 9))
    def go_on(self, flow: str, times: int) -> None:
        """Start a flow where none is open, and answer what is asked, so that flows come far."""
        for _ in range(times):
            slot = self.reply.expected_slot if self.reply else None
            text = "/affirm" if self.chat.dialogue.stack else f"/start_flow {flow}"
            self.say(f"/set_slot {slot}={GOOD[slot]}" if slot else text)

    @rule(data=st.data(), value=st.sampled_from(["3", "a", "b", "no", "other"]))
    def change(self, data: st.DataObject, value: str) -> None:
        """Change something that was answered, and say yes to it."""
        asked = sorted({slot for frame in frames(self.chat.dialogue) for slot in frame.asked})
        slot = data.draw(st.sampled_from(asked) if asked else SLOT)
        self.say(f"/set_slot {slot}={value}")
        self.say("/affirm")

    @rule(what=st.sampled_from(["failures", "failure", "pause", "silence", "stop", "hand back"]))
    def disturb(self, what: str) -> None:
        """Actions fail, time passes, the service is stopped and started, a person comes back."""
        match what:
            case "failures" | "failure":
                World.failures[:] = [True, what == "failures", True]
            case "pause" | "silence":
                self.watch.pass_by(timedelta(minutes=1 if what == "pause" else 61))
            case "stop":
                before = self.chat.dialogue
                self.runner.run(self.service.aclose())
                self.runner.run(self._start())
                assert self.chat.dialogue == before
            case _ if self.chat.dialogue.turn:
                self.runner.run(self.chat.loop.resume("ana"))
                # Nothing is said before the user says something: until then the stack may stand without waiting.
                self.chat.dialogue = self.runner.run(saved(self.chat.loop, "ana"))

    @invariant()
    def no_effect_is_repeated(self) -> None:
        assert len(set(World.keys)) == len(World.keys)

    def teardown(self) -> None:
        self.runner.run(self.service.aclose())
        self.runner.close()
        self.folder.cleanup()


TestConversation = Conversation.TestCase
TestConversation.settings = settings(max_examples=30, stateful_step_count=30)
