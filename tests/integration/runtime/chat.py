"""A conversation with a small assistant: payloads in, replies out, and the saved dialogue to look at after each turn."""

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from sys import modules
from textwrap import dedent
from types import ModuleType
from typing import Final, TypeVar

from langchain_core.runnables import RunnableConfig

from soni.config.loader import load_config_text
from soni.config.models import SoniConfig
from soni.config.settings import Persistence
from soni.dialogue.commands import Command
from soni.dialogue.state import Dialogue, Frame
from soni.events import Event
from soni.runtime.loop import RuntimeLoop
from soni.runtime.messages import Message, Reply
from soni.understanding.base import Briefing
from soni.value import Value

E = TypeVar("E", bound=Event)
MONDAY: Final = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
_NUMBERS: Final = count(1)


class Deaf:
    """Understands nothing: what these tests say are payloads."""

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        return []


@dataclass
class Watch:
    """A clock that a test sets."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, time: timedelta) -> None:
        self.now += time


@dataclass
class Chat:
    """One user's conversation. After every turn the saved dialogue is read, and what must always hold is checked."""

    loop: RuntimeLoop
    user: str = "ana"
    events: list[Event] = field(default_factory=list)
    watch: Watch = field(default_factory=Watch)
    dialogue: Dialogue = field(default_factory=Dialogue)

    async def say(self, text: str, message_id: str | None = None, language: str | None = None) -> Reply:
        """Send a message; several commands are several lines."""
        reply = await self.loop.process_message(Message(self.user, text, message_id, language))
        await self.look()
        return reply

    async def hear(self, text: str) -> str:
        """Send a message, and give the texts of the answer."""
        return (await self.say(text)).text

    async def tell(self, *texts: str) -> str:
        """Send messages one after the other, and give the texts of the last answer."""
        answers = [await self.hear(text) for text in texts]
        return answers[-1]

    async def look(self) -> None:
        """Read the dialogue as it is saved."""
        self.dialogue = await saved(self.loop, self.user)
        check_invariants(self.dialogue)

    @property
    def stack(self) -> list[str]:
        """The flows on the stack, the bottom one first."""
        return [frame.flow for frame in self.dialogue.stack]

    @property
    def top(self) -> Frame:
        assert self.dialogue.top is not None
        return self.dialogue.top

    async def slots(self) -> dict[str, Value]:
        """What can be read now."""
        return dict((await self.loop.get_state(self.user)).slots)

    def happened(self, kind: type[E]) -> list[E]:
        """The events of one kind, of all turns so far."""
        return [event for event in self.events if isinstance(event, kind)]


@asynccontextmanager
async def talking(
    written: str | SoniConfig, *functions: Callable[..., object], path: Path | None = None, user: str = "ana"
) -> AsyncIterator[Chat]:
    """Open an assistant, in memory or in a SQLite file, and talk to it."""
    config = written if isinstance(written, SoniConfig) else assistant(written, *functions, path=path)
    events: list[Event] = []
    watch = Watch()
    async with RuntimeLoop(config, understander=Deaf(), clock=watch, listeners=[events.append]) as loop:
        yield Chat(loop, user, events, watch)


def assistant(written: str, *functions: Callable[..., object], path: Path | None = None) -> SoniConfig:
    """An assistant from YAML (without its version) and marked functions."""
    config = load_config_text(f'version: "1.0"\n{dedent(written)}')
    store = Persistence(backend="memory") if path is None else Persistence(backend="sqlite", path=path)
    update: dict[str, object] = {"persistence": store}
    if functions:
        update["modules"] = (_module(functions),)
    return config.model_copy(update={"settings": config.settings.model_copy(update=update)})


def _module(functions: Sequence[Callable[..., object]]) -> str:
    module = ModuleType(f"actions_of_a_test_{next(_NUMBERS)}")
    for number, function in enumerate(functions):
        setattr(module, f"function_{number}", function)
    modules[module.__name__] = module
    return module.__name__


async def saved(loop: RuntimeLoop, user: str) -> Dialogue:
    """The dialogue in the newest checkpoint; an empty one where there is none."""
    found = await loop.saver.aget_tuple(RunnableConfig(configurable={"thread_id": user, "checkpoint_ns": ""}))
    return Dialogue.from_json(found.checkpoint["channel_values"]["dialogue"]) if found else Dialogue()


def check_invariants(dialogue: Dialogue) -> None:
    """What holds of every saved dialogue, whatever was said."""
    assert Dialogue.from_json(json.loads(json.dumps(dialogue.to_json(), allow_nan=False))) == dialogue
    assert not any(frame.waiting for frame in dialogue.stack[:-1]), "only the top frame waits"
    # A flow that was answered and then interrupted, in one message, reads its answer when it resumes.
    assert dialogue.top is None or dialogue.top.answer is None or dialogue.handed_off, "every answer is read"
    ids = [frame.id for frame in frames(dialogue)]
    assert len(set(ids)) == len(ids), "every frame has an id of its own"
    assert max(ids, default=0) <= dialogue.frames
    assert dialogue.handed_off or all(frame.effect is not None for frame in dialogue.due), "what was due has been said"
    assert sum(utterance.question for utterance in dialogue.said) <= 1, "one question at a time"
    assert not any(utterance.question for utterance in dialogue.said[:-1]), "the question comes last"


def frames(dialogue: Dialogue) -> Iterator[Frame]:
    """Every frame, those of finished calls too."""

    def within(frame: Frame) -> Iterator[Frame]:
        yield frame
        for called in frame.calls.values():
            yield from within(called)

    for frame in dialogue.stack:
        yield from within(frame)
