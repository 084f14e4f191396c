"""Who understands in the tests of a file: the assistant's own understanding, a cassette, or a model that fills it."""

import asyncio
import os
import shlex
from collections.abc import Callable
from contextlib import AsyncExitStack, chdir
from pathlib import Path
from typing import Literal, TypeAlias

from soni.config.models import SoniConfig
from soni.dialogue.commands import Command
from soni.testing.cassette import Cassette, Recording, Replaying, cassette_path, fingerprint
from soni.testing.conversations import ConversationFile
from soni.understanding.base import Briefing, Dependent, Understander

Ask: TypeAlias = Literal["never", "missing", "always"]
"""When a language model is asked: never (the cassette tells), for what is not in the cassette, or for everything."""

Opening: TypeAlias = Callable[[SoniConfig], Understander]
"""What opens the understander that an assistant's settings name."""


class LateUnderstander:
    """An understander that is opened when it is needed: a cassette that knows everything needs no key to a model."""

    def __init__(self, opening: Opening, config: SoniConfig) -> None:
        self._opening = opening
        self._config = config
        self._folder = Path.cwd()
        self._understander: Understander | None = None

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        """What the understander says. Raises NLUError, and ConfigurationError where it cannot be opened."""
        if self._understander is None:
            self._understander = await asyncio.to_thread(self._open)
        return await self._understander.understand(said, briefing)

    async def aclose(self) -> None:
        """Close it, where it was opened."""
        if isinstance(self._understander, Dependent):
            await self._understander.aclose()

    def _open(self) -> Understander:
        with chdir(self._folder):  # a test that runs is elsewhere; what the settings name is here
            return self._opening(self._config)


def open_cassette(file: ConversationFile) -> Cassette:
    """The cassette of a conversation file, empty where there is none yet. Raises ConfigurationError."""
    sensitive = [name for name, slot in file.config.slots.items() if slot.sensitive]
    return Cassette.read(cassette_path(file.path.absolute()), fingerprint(file.config), sensitive)


async def who_understands(
    file: ConversationFile, opened: AsyncExitStack, opening: Opening, ask: Ask, cassette: Cassette | None
) -> Understander:
    """The understander for the tests of a file, until ``opened`` is closed. Raises ConfigurationError."""
    if cassette is not None and ask == "never":
        return Replaying(cassette, recording_command(file.path))
    if cassette is not None:
        late = LateUnderstander(opening, _alone(file.config))
        opened.push_async_callback(late.aclose)
        return Recording(late, cassette)
    understander = await asyncio.to_thread(opening, _alone(file.config) if file.asks_model else file.config)
    if isinstance(understander, Dependent):
        opened.push_async_callback(understander.aclose)
    return understander


def recording_command(path: Path) -> str:
    """What records what is missing for this conversation file, as it is typed where we are."""
    near = os.path.relpath(path) if path.absolute().is_relative_to(Path.cwd()) else str(path)
    return f"soni test {shlex.quote(near)} --record"


def _alone(config: SoniConfig) -> SoniConfig:
    """The assistant with its model, nobody to fall back on, and no answers from before: it is the model that is asked."""
    settings = config.settings
    cache = settings.models.nlu.cache.model_copy(update={"size": 0})
    nlu = settings.models.nlu.model_copy(update={"fallback": None, "cache": cache})
    models = settings.models.model_copy(update={"nlu": nlu})
    return config.model_copy(update={"settings": settings.model_copy(update={"models": models})})
