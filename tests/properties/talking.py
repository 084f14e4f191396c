"""One user's conversation with one assistant: it can be stopped, lost, deployed anew and told again, and is watched all the while."""

import json
import re
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from hypothesis import currently_in_test_context, note
from langchain_core.runnables import RunnableConfig
from tests.integration.runtime.hearing import Hearing

from soni import Message, Reply, RuntimeLoop, SoniError
from soni.compiler.assistant import shipped_patterns
from soni.config.models import SoniConfig
from soni.config.settings import Persistence
from soni.config.steps import Action, While
from soni.dialogue.commands import MAX_COMMANDS, AskInfo, ChitChat, Command, OutOfScope
from soni.dialogue.payloads import parse_payload
from soni.dialogue.state import Dialogue
from soni.events import Event, PatternRan, StepRan

from .generating import callees, guards, readers
from .keeping import check_form, check_reply
from .world import Scripted, World

USER: Final = "ana"
MARK: Final = re.compile(r"q\d+q")
"""A value that is said once, and known by its looks wherever it comes up."""
_TOLD: Final = re.compile(r"(\w+)=(q\d+q)")
"""A slot, and the mark it was told."""
_SHIPPED: Final = shipped_patterns()
"""Read here, for to read a file blocks the loop."""
_WORDS: Final[dict[type[Command], str]] = {
    ChitChat: "pattern_chitchat",
    AskInfo: "pattern_ask_info",
    OutOfScope: "pattern_cannot_handle",
}
_SPOKEN: Final = re.compile(r"\[([a-z]+)\.\w+\](.*)")


@dataclass
class Talk:
    """A conversation, what happened in it, and what must hold of it."""

    config: SoniConfig
    path: Path
    world: World = field(default_factory=World)
    now: datetime = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
    dialogue: Dialogue = field(default_factory=Dialogue)
    reply: Reply | None = None
    entered: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Flow and step → how often it ran."""
    owners: dict[str, frozenset[str]] = field(default_factory=dict)
    """Mark → the flows that may see it."""

    def __post_init__(self) -> None:
        self.understander = Scripted()
        self.service = AsyncExitStack()
        self.numbers = count(1)
        self.patterns = set[str]()
        """Those that ran in this turn."""
        self._survey()

    async def start(self, config: SoniConfig | None = None) -> None:
        """Start the service, or stop and start it; with another assistant, that is a deploy."""
        await self.service.aclose()
        self.config = config or self.config
        self._survey()
        store = Persistence(backend="sqlite", path=self.path)
        settings = self.config.settings.model_copy(update={"persistence": store})
        self.loop = RuntimeLoop(
            self.config.model_copy(update={"settings": settings}),
            understander=self.understander,
            registry=self.world.registry(self.config),
            clock=lambda: self.now,
            listeners=[self._listen],
        )
        self.service = AsyncExitStack()
        await self.service.enter_async_context(self.loop)

    def _survey(self) -> None:
        flows = {**_SHIPPED, **self.config.flows}
        self.steps = {name: frozenset(step.step for step in flow.walk()) for name, flow in flows.items()}
        self.guards, self.readers = guards(self.config), readers(self.config)
        self.isolated = not any(flow.persist for flow in self.config.flows.values())

    def _listen(self, event: Event) -> None:
        if isinstance(event, PatternRan):
            self.patterns.add(event.pattern)
        if isinstance(event, StepRan):
            self.entered[event.flow, event.step] += 1

    async def stop(self) -> None:
        await self.service.aclose()

    async def say(self, written: str, failing: frozenset[str] = frozenset(), lost: bool = False) -> Reply | str:
        """Say something, and check the answer; an error is told by its name. ``lost``: what was answered first got lost."""
        before, number = self.dialogue, next(self.numbers)
        text = self._marked(written)
        _note(f"{text!r}, failing: {sorted(failing)}{', lost' if lost else ''}")
        message = Message(USER, text, f"message-{number}")
        self.world.failing, self.understander.briefings[:] = failing, []
        first = await self._lose(message) if lost else None
        self.world.called.clear()
        self.patterns.clear()
        self.reply = None
        hearing = Hearing()
        try:
            reply = await self.loop.process_message(message, hearing)
        except SoniError as error:
            await self.look()
            assert self.dialogue == before, "a turn that fails leaves nothing"
            failure = type(error).__name__
            assert first in (None, failure), "tried again, it fails again"
            return failure
        await self.look()
        now = replace(self.dialogue, last_turns=before.last_turns, id=before.id)
        assert first is None or first == (reply, now), "tried again, it is the same"
        check_form(self.dialogue, self.config, self.steps)
        check_reply(before, reply, self.dialogue, self.config)
        self._check_heard(hearing, reply)
        self._check_words(before, text)
        self._check_effects(before, text)
        self._check_secrets(reply)
        await self._check_state()
        called = len(self.world.called)
        again = await self.loop.process_message(message)
        assert replace(again, replayed=False) == reply, "the same message gets the same answer"
        assert len(self.world.called) == called, "and has no effect"
        self.reply = reply
        _note(f"    {reply.text!r}")
        return reply

    async def _lose(self, message: Message) -> tuple[Reply, Dialogue] | str:
        """Answer on the dialogue as JSON gives it back, and save nothing: as if the store had failed in the end."""
        before = self.dialogue
        kept = (
            Dialogue.from_json(json.loads(json.dumps(before.to_json())))
            if before.turn
            else await self.loop.new_dialogue(message)
        )
        try:
            draft, reply = await self.loop.run_turn(message, kept, [])
        except SoniError as error:
            return type(error).__name__
        return reply, replace(draft, last_turns=before.last_turns, id=before.id)

    async def look(self) -> None:
        """Read the dialogue as it is saved."""
        found = await self.loop.saver.aget_tuple(RunnableConfig(configurable={"thread_id": USER, "checkpoint_ns": ""}))
        self.dialogue = Dialogue.from_json(found.checkpoint["channel_values"]["dialogue"]) if found else Dialogue()

    async def come_back(self) -> None:
        """A person hands the conversation back."""
        if self.dialogue.turn:
            await self.loop.resume(USER)
            await self.look()

    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def _marked(self, written: str) -> str:
        """The text with a mark of its own for every ``@``, and who may see it noted where that is certain."""
        text = re.sub("@", lambda _: f"q{next(self.numbers)}q", written)
        words = text.removeprefix("words ").split() or [""]
        base = self.dialogue.base.flow if self.dialogue.base else None
        flow = words[1] if words[0] == "/start_flow" else base
        alone = "\n" not in text and words[0] in ("/start_flow", "/set_slot", "/correct_slot")
        if self.isolated and alone and self.dialogue.clarifying is None and "c1" not in text:
            told = callees(self.config, flow) if flow is not None and flow in self.config.flows else set[str]()
            for slot, mark in _TOLD.findall(text):
                self.owners[mark] = frozenset().union(*(self.readers.get((each, slot), ()) for each in told))
        return text

    def _check_heard(self, hearing: Hearing, reply: Reply) -> None:
        """Who listens hears the answer, each message once and in order; more only where some of it was taken back."""
        taken_back = len(hearing.messages) - len(reply.messages)
        assert tuple(hearing.messages[taken_back:]) == reply.messages
        assert not taken_back or "pattern_internal_error" in self.patterns

    def _check_words(self, before: Dialogue, text: str) -> None:
        """Whatever else was said with it: who asks for words gets them, unless a person or an error comes between."""
        commands = parse_payload(text.removeprefix("words ")) or []
        if before.handed_off or self.dialogue.handed_off or "pattern_internal_error" in self.patterns:
            return
        for command in commands if len(commands) <= MAX_COMMANDS else ():
            pattern = _WORDS.get(type(command))
            assert pattern is None or pattern in self.patterns, f"{pattern} has got lost"

    def _check_effects(self, before: Dialogue, text: str) -> None:
        """No guarded effect without its yes, and none more often than its flow, or its loop, was entered."""
        for (flow, step), confirm in self.guards.items():
            if f"write_{flow}_{step}" in self.world.called:
                top = before.top
                asked = top is not None and top.waiting and (top.flow, top.step) == (flow, confirm)
                stood = any((frame.flow, frame.step) == (flow, step) for frame in before.stack)
                # Said beside a new wish, a yes waits until that one is over.
                heard = any((f.flow, f.step, f.answer) == (flow, confirm, "yes") for f in before.stack)
                assert stood or heard or (asked and "/affirm" in text), f"{flow}.{step} ran without a yes"
        for name, number in Counter(self.world.done.values()).items():
            if (place := self._entrance(name)) is not None:
                assert number <= self.entered[place], (
                    f"{name} ran {number} times, and was come to {self.entered[place]} times"
                )

    def _entrance(self, name: str) -> tuple[str, str] | None:
        """The step that runs once where this action may run once."""
        for flow, each in self.config.flows.items():
            for step in each.walk():
                if isinstance(step, While) and any(isinstance(s, Action) and s.call == name for s in step.do):
                    return flow, step.do[0].step
        flow = name.split("_")[1]
        return (flow, "open") if flow in self.config.flows else None

    def _check_secrets(self, reply: Reply) -> None:
        """What a flow says holds nothing that was told to another one."""
        for utterance in reply.messages:
            for flow, text in _SPOKEN.findall(utterance.text):
                self._check_seen(flow, text)
        for briefing in self.understander.briefings:
            self._check_seen(briefing.active_flow, str(dict(briefing.slots)))

    async def _check_state(self) -> None:
        state = await self.loop.get_state(USER)
        assert len(state.stack) == len(self.dialogue.stack)
        self._check_seen(state.active_flow, str(dict(state.slots)))

    def _check_seen(self, flow: str | None, text: str) -> None:
        for mark in MARK.findall(text):
            allowed = self.owners.get(mark)
            assert allowed is None or flow in allowed or (flow or "").startswith("pattern_"), (
                f"{flow} sees {mark} of {allowed}"
            )


def _note(text: str) -> None:
    """Tell what was said, where hypothesis has found something."""
    if currently_in_test_context():
        note(text)
