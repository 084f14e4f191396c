"""The assistant of a file of tests, set up to be talked to; time and the service are in the hands of the test."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from soni.actions.registry import load_registry
from soni.actions.webhook import Webhooks
from soni.config.models import SoniConfig
from soni.events import Event, Listener
from soni.runtime.loop import RuntimeLoop
from soni.testing.asking import Ask, Opening, who_understands
from soni.testing.cassette import Cassette
from soni.testing.conversations import ConversationFile, ConversationTest
from soni.testing.doubles import FakeClock
from soni.testing.playing import Overhear, Prompter, Result, play
from soni.testing.recorder import Recorder
from soni.testing.speaking import InProcess, Speaker, over_http
from soni.toolbox import Clock


class Scene:
    """Where tests are played, one after the other: a ``World`` for each of them."""

    def __init__(self, prompter: Prompter, recorder: Recorder, *, http: bool, listeners: Sequence[Listener]) -> None:
        """Nothing is open yet: use ``open_scene``."""
        self.prompter = prompter
        self.recorder = recorder
        self.speaker: Speaker
        self._http = http
        self._listeners = tuple(listeners)
        self._events: list[Event] = []
        self._clock: Clock = _now
        self._config = recorder.config
        self._loop: RuntimeLoop
        self._service = AsyncExitStack()

    async def play(self, test: ConversationTest) -> Result:
        """Play a test in a conversation of its own."""
        moved = test.now is not None or test.moves_time
        self._clock = FakeClock(test.now or _now()) if moved else _now
        if not test.needs_store:
            await self._loop.reset_state(test.user)
            return await play(test, self)
        service, loop, speaker = self._service, self._loop, self.speaker
        # A service that restarts has only what it has saved: so it has a file, and not its memory.
        with TemporaryDirectory(prefix="soni-test-", ignore_cleanup_errors=True) as folder:
            self._service = AsyncExitStack()
            try:
                await self.serve(_kept(self.recorder.config, "sqlite", Path(folder) / "soni.db"))
                return await play(test, self)
            finally:
                await self._service.aclose()
                self._service, self._loop, self.speaker = service, loop, speaker

    async def serve(self, config: SoniConfig) -> None:
        """Start the service with this configuration."""
        loop = RuntimeLoop(
            config,
            understander=self.prompter,
            registry=self.recorder.registry,
            clock=lambda: self._clock(),
            listeners=(self._events.append, *self._listeners),
        )
        async with AsyncExitStack() as service:
            await service.enter_async_context(loop)
            self.speaker = await service.enter_async_context(over_http(loop)) if self._http else InProcess(loop)
            self._config, self._loop, self._service = config, loop, service.pop_all()

    async def close(self) -> None:
        """Stop the service."""
        await self._service.aclose()

    def wait(self, by: timedelta) -> None:
        """Let time pass."""
        assert isinstance(self._clock, FakeClock), "a test that moves time has a clock that it can move"
        self._clock.advance(by)

    async def restart(self) -> None:
        """Stop the service and start it again, on the same store."""
        await self.close()
        await self.serve(self._config)

    def listen(self) -> list[Event]:
        """What turns have told since somebody listened last."""
        told = list(self._events)
        self._events.clear()
        return told


async def open_scene(
    file: ConversationFile,
    opened: AsyncExitStack,
    *,
    http: bool,
    listeners: Sequence[Listener],
    opening: Opening,
    ask: Ask = "never",
    cassette: Cassette | None = None,
    overhear: Overhear | None = None,
) -> Scene:
    """The assistant of this file, set up until ``opened`` is closed. Raises ConfigurationError.

    ``cassette`` is ``None`` where understanding itself is asked for everything.
    """
    registry = await asyncio.to_thread(load_registry, file.config)
    recorder = Recorder(file.config, registry, await opened.enter_async_context(Webhooks()))
    needed = any(test.needs_understanding for test in file.tests)
    understander = await who_understands(file, opened, opening, ask, cassette) if needed else None
    prompter = Prompter(understander, overhear)
    scene = Scene(prompter, recorder, http=http, listeners=listeners)
    opened.push_async_callback(scene.close)
    await scene.serve(_kept(recorder.config, "memory", None))
    return scene


def _kept(config: SoniConfig, backend: str, path: Path | None) -> SoniConfig:
    """The assistant with its conversations somewhere else, and what it says as it is written: that is what tests compare."""
    settings = config.settings
    persistence = settings.persistence.model_copy(update={"backend": backend} | ({"path": path} if path else {}))
    rephraser = settings.models.rephraser.model_copy(update={"enabled": False})
    models = settings.models.model_copy(update={"rephraser": rephraser})
    update = {"persistence": persistence, "models": models}
    return config.model_copy(update={"settings": settings.model_copy(update=update)})


def _now() -> datetime:
    return datetime.now().astimezone()
