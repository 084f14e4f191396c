"""Plays one conversation test, step by step, until it ends or something is not as it should be."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, Protocol

from soni.config.values import format_duration
from soni.dialogue.commands import Command
from soni.dialogue.state import Utterance
from soni.errors import SoniError
from soni.events import ActionRan, CommandDropped, Event, ValueRefused
from soni.runtime.messages import Message
from soni.testing.cassette import NotRecorded
from soni.testing.conversations import (
    ActionWasCalled,
    BotIsSilent,
    BotSays,
    Check,
    ConversationTest,
    FlowIs,
    PersonHandsBack,
    ServiceRestarts,
    SlotIsAwaited,
    SlotsAre,
    StackIs,
    StateIs,
    Step,
    TimePasses,
    UserSays,
)
from soni.testing.expectations import Called, Heard, Mismatch, compare, count
from soni.testing.recorder import Recorder
from soni.testing.speaking import Speaker
from soni.understanding.base import Briefing, Understander


class World(Protocol):
    """What a test is played in."""

    @property
    def speaker(self) -> Speaker:
        """Who talks to the assistant; another one after a restart."""
        ...

    @property
    def prompter(self) -> "Prompter":
        """Who understands."""
        ...

    @property
    def recorder(self) -> Recorder:
        """Who stands before the actions."""
        ...

    def wait(self, by: timedelta) -> None:
        """Let time pass."""
        ...

    async def restart(self) -> None:
        """Stop the service and start it again, on the same store."""
        ...

    def listen(self) -> list[Event]:
        """What the last turn has told, and forget it."""
        ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the user said, and what became of it."""

    line: int
    said: str
    understood: tuple[Command, ...] | None = None
    """``None`` where it was a command already, or the turn failed before it was understood."""
    dictated: bool = False
    """True where the test said so itself, and understanding was not asked."""
    refused: tuple[str, ...] = ()
    """What of it was not taken or did not work, in words."""
    calls: tuple[Called, ...] = ()
    """The actions it led to."""
    messages: tuple[Utterance, ...] = ()
    then: tuple[str, ...] = ()
    """What happened between it and the next message, in words."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The step at which a test failed."""

    line: int
    step: str
    """Its key: ``bot``, ``slots``, …"""
    expected: str
    got: str
    marks: tuple[str, str] = ("", "")
    """Beneath what was expected and what there is: ``^`` where they differ; empty where that would not help."""
    hint: str = ""
    """What may help to see why; empty where there is nothing to add."""
    cause: Exception | None = None
    """What was raised, where something was."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a test went."""

    test: ConversationTest
    exchanges: tuple[Exchange, ...]
    """The conversation up to the end, or to the failure."""
    failure: Failure | None
    seconds: float

    @property
    def passed(self) -> bool:
        return self.failure is None


class Prompter:
    """Understands for the assistant: what the test dictates, or else what the assistant's own understanding finds."""

    def __init__(self, understander: Understander | None) -> None:
        """``None`` where every message is dictated or a command already."""
        self._understander = understander
        self.dictated: tuple[Command, ...] | None = None
        """What the next message means; ``None`` leaves that to understanding."""
        self.understood: tuple[Command, ...] | None = None
        """What the last message meant."""
        self.unrecorded: NotRecorded | None = None
        """Why the last message was not understood, where a cassette should have told."""

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        """The commands for this message. Raises NLUError, NotRecorded."""
        if self.dictated is not None:
            return list(self.dictated)
        assert self._understander is not None
        try:
            commands = await self._understander.understand(said, briefing)
        except NotRecorded as error:
            self.unrecorded = error
            raise
        self.understood = tuple(commands)
        return commands


async def play(test: ConversationTest, world: World) -> Result:
    """Play a test in a conversation in which nothing has been said yet."""
    began = time.perf_counter()
    world.recorder.begin(test.actions)
    performance = _Performance(test, world)
    failure = await performance.run()
    return Result(test, tuple(performance.exchanges), failure, time.perf_counter() - began)


class _Performance:
    """A test that is being played."""

    def __init__(self, test: ConversationTest, world: World) -> None:
        self._test = test
        self._world = world
        self._heard = Heard()
        self.exchanges: list[Exchange] = []

    async def run(self) -> Failure | None:
        for step in self._test.steps:
            if (failure := await self._take(step)) is not None:
                return failure
        return self._left_over()

    async def _take(self, step: Step) -> Failure | None:
        match step:
            case UserSays():
                return self._left_over() or await self._say(step)
            case BotSays() | BotIsSilent():
                heard = self._heard.hear(step)
                if isinstance(heard, Mismatch):
                    return _failed(step.line, "bot", heard)
                self._heard = heard
                return None
            case ActionWasCalled():
                mismatch = count(step, self._world.recorder.calls)
                return _failed(step.line, "action", mismatch) if mismatch else None
            case TimePasses():
                self._world.wait(step.by)
                self._note(f"{format_duration(step.by)} later")
                return None
            case ServiceRestarts():
                await self._world.restart()
                self._note("the service is restarted")
                return None
            case PersonHandsBack():
                return await self._hand_back(step)
            case _:
                kind = _KEYS[type(step)]
                try:
                    mismatch = compare(step, await self._world.speaker.look(self._test.user))
                except SoniError as error:
                    return Failure(step.line, kind, "a conversation", _raised(error), cause=error)
                return _failed(step.line, kind, mismatch) if mismatch else None

    async def _say(self, step: UserSays) -> Failure | None:
        world, prompter = self._world, self._world.prompter
        prompter.dictated, prompter.understood, prompter.unrecorded = step.commands, None, None
        world.listen()
        calls = len(world.recorder.calls)
        failure: Failure | None = None
        messages: tuple[Utterance, ...] = ()
        try:
            messages = await world.speaker.say(Message(self._test.user, step.text, language=self._test.language))
        except Exception as error:  # noqa: BLE001 - whatever a turn raises fails this test, and the others go on
            failure = Failure(step.line, "user", "an answer", _raised(error), cause=error)
        if (missing := prompter.unrecorded) is not None:  # whatever the turn or the service has made of it
            failure = Failure(step.line, "user", "a message that is recorded", missing.message, cause=missing)
        self.exchanges.append(
            Exchange(
                line=step.line,
                said=step.text,
                understood=prompter.understood if step.commands is None else step.commands,
                dictated=step.commands is not None,
                refused=tuple(words for event in world.listen() if (words := _refusal(event))),
                calls=tuple(world.recorder.calls[calls:]),
                messages=messages,
            )
        )
        self._heard = Heard(messages)
        return failure

    async def _hand_back(self, step: PersonHandsBack) -> Failure | None:
        try:
            await self._world.speaker.resume(self._test.user)
        except SoniError as error:
            return Failure(step.line, "resume", "a conversation", _raised(error), cause=error)
        self._note("a person hands the conversation back")
        return None

    def _note(self, words: str) -> None:
        """A test begins with what the user says, so there is something that this comes after."""
        last = self.exchanges[-1]
        self.exchanges[-1] = replace(last, then=(*last.then, words))

    def _left_over(self) -> Failure | None:
        """The assistant must not have said more than the whole texts that the test told."""
        mismatch = self._heard.left_over()
        closed_by = self._heard.closed_by
        return _failed(closed_by.line, "bot", mismatch) if mismatch and closed_by else None


_KEYS: Final[Mapping[type[Check], str]] = {
    SlotsAre: "slots",
    FlowIs: "flow",
    StackIs: "stack",
    StateIs: "state",
    SlotIsAwaited: "waiting_for",
}


def _refusal(event: Event) -> str | None:
    match event:
        case CommandDropped(command, reason, name):
            return f"{command} {name or ''}".rstrip() + f" was not taken: {reason}"
        case ValueRefused(slot, reason):
            return f"a value for {slot} was not taken: {reason}"
        case ActionRan(action=action, error=str(reason)):
            return f"the action {action} did not work: {reason}"
    return None


def _failed(line: int, step: str, mismatch: Mismatch) -> Failure:
    return Failure(line, step, mismatch.expected, mismatch.got, mismatch.marks, mismatch.hint)


def _raised(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
