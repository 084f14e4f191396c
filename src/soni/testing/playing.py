"""Plays one conversation test, step by step, until it ends or something is not as it should be."""

import time
from dataclasses import dataclass

from soni.dialogue.commands import Command
from soni.dialogue.state import Utterance
from soni.errors import SoniError
from soni.runtime.messages import Message
from soni.testing.conversations import ActionWasCalled, BotIsSilent, BotSays, ConversationTest, Step, UserSays
from soni.testing.expectations import Heard, Mismatch, compare, count
from soni.testing.recorder import Recorder
from soni.testing.speaking import Speaker
from soni.understanding.base import Briefing, Understander


@dataclass(frozen=True, slots=True)
class Exchange:
    """What the user said, and what became of it."""

    line: int
    said: str
    understood: tuple[Command, ...] | None = None
    """``None`` where understanding was not asked."""
    messages: tuple[Utterance, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """The step at which a test failed."""

    line: int
    step: str
    """Its key: ``bot``, ``slots``, …"""
    expected: str
    got: str
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

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        """The commands for this message. Raises NLUError."""
        if self.dictated is not None:
            return list(self.dictated)
        assert self._understander is not None
        commands = await self._understander.understand(said, briefing)
        self.understood = tuple(commands)
        return commands


async def play(test: ConversationTest, speaker: Speaker, prompter: Prompter, recorder: Recorder) -> Result:
    """Play a test in a conversation in which nothing has been said yet."""
    began = time.perf_counter()
    recorder.begin(test.actions)
    performance = _Performance(test, speaker, prompter, recorder)
    failure = await performance.run()
    return Result(test, tuple(performance.exchanges), failure, time.perf_counter() - began)


class _Performance:
    """A test that is being played."""

    def __init__(self, test: ConversationTest, speaker: Speaker, prompter: Prompter, recorder: Recorder) -> None:
        self._test = test
        self._speaker = speaker
        self._prompter = prompter
        self._recorder = recorder
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
                mismatch = count(step, self._recorder.calls)
                return _failed(step.line, "action", mismatch) if mismatch else None
            case _:
                kind = type(step).__name__.removesuffix("Are").removesuffix("Is").lower()
                try:
                    mismatch = compare(step, await self._speaker.look(self._test.user))
                except SoniError as error:
                    return Failure(step.line, kind, "a conversation", _raised(error), error)
                return _failed(step.line, kind, mismatch) if mismatch else None

    async def _say(self, step: UserSays) -> Failure | None:
        self._prompter.dictated, self._prompter.understood = step.commands, None
        try:
            messages = await self._speaker.say(Message(self._test.user, step.text, language=self._test.language))
        except Exception as error:  # noqa: BLE001 - whatever a turn raises fails this test, and the others go on
            self.exchanges.append(Exchange(step.line, step.text, self._prompter.understood))
            return Failure(step.line, "user", "an answer", _raised(error), error)
        self.exchanges.append(Exchange(step.line, step.text, self._prompter.understood, messages))
        self._heard = Heard(messages)
        return None

    def _left_over(self) -> Failure | None:
        """The assistant must not have said more than the whole texts that the test told."""
        mismatch = self._heard.left_over()
        closed_by = self._heard.closed_by
        return _failed(closed_by.line, "bot", mismatch) if mismatch and closed_by else None


def _failed(line: int, step: str, mismatch: Mismatch) -> Failure:
    return Failure(line, step, mismatch.expected, mismatch.got)


def _raised(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
