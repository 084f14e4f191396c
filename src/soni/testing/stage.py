"""A stage for the tests of one file: the assistant is set up once, and each test has a conversation of its own."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, chdir, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Self

from soni.actions.registry import load_registry
from soni.actions.webhook import Webhooks
from soni.config.models import SoniConfig
from soni.runtime.loop import RuntimeLoop
from soni.testing.conversations import ConversationFile, ConversationTest
from soni.testing.doubles import FakeClock
from soni.testing.playing import Prompter, Result, play
from soni.testing.recorder import Recorder
from soni.testing.speaking import InProcess, Speaker, over_http
from soni.toolbox import Clock
from soni.understanding.providers import open_understander


class Stage:
    """Plays the tests of a file, one after the other. Use it as a context manager; one at a time in a process.

    The conversations are kept in memory, whatever the assistant's settings say. While a test runs, the working
    directory is a fresh one, so that what its actions write to a relative path is gone afterwards; the environment
    has what the file's ``env`` says.
    """

    def __init__(self, file: ConversationFile, *, http: bool = False) -> None:
        """With ``http``, the assistant is served on a free port and everything is said over HTTP."""
        self.file = file
        self._http = http
        self._clock: Clock = _now
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        """Load the assistant's functions, compile it, open it. Raises ConfigurationError; nothing stays open then."""
        with ExitStack() as stack:
            stack.enter_context(_environment(self.file.env))
            stack.enter_context(_modules_of(self.file.config))
            self._runner = stack.enter_context(asyncio.Runner())
            opened = AsyncExitStack()
            stack.callback(lambda: self._runner.run(opened.aclose()))
            self._runner.run(self._set_up(opened))
            self._exit = stack.pop_all()
        return self

    def __exit__(self, *raised: object) -> None:
        self._exit.close()

    def play(self, test: ConversationTest) -> Result:
        """Play one of the file's tests."""
        with TemporaryDirectory(prefix="soni-test-", ignore_cleanup_errors=True) as folder, chdir(folder):
            self._clock = FakeClock(test.now) if test.now is not None else _now
            return self._runner.run(self._play(test))

    async def _set_up(self, opened: AsyncExitStack) -> None:
        config = _in_memory(self.file.config)
        registry = await asyncio.to_thread(load_registry, config)
        self._recorder = Recorder(config, registry, await opened.enter_async_context(Webhooks()))
        needed = any(test.needs_understanding for test in self.file.tests)
        self._prompter = Prompter(await asyncio.to_thread(open_understander, config) if needed else None)
        self._loop = RuntimeLoop(
            self._recorder.config,
            understander=self._prompter,
            registry=self._recorder.registry,
            clock=lambda: self._clock(),
        )
        await opened.enter_async_context(self._loop)
        self._speaker: Speaker = InProcess(self._loop)
        if self._http:
            self._speaker = await opened.enter_async_context(over_http(self._loop))

    async def _play(self, test: ConversationTest) -> Result:
        await self._loop.reset_state(test.user)
        return await play(test, self._speaker, self._prompter, self._recorder)


def _now() -> datetime:
    return datetime.now().astimezone()


def _in_memory(config: SoniConfig) -> SoniConfig:
    settings = config.settings
    persistence = settings.persistence.model_copy(update={"backend": "memory"})
    return config.model_copy(update={"settings": settings.model_copy(update={"persistence": persistence})})


@contextmanager
def _environment(env: Mapping[str, str | None]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in env}
    _set(env)
    try:
        yield
    finally:
        _set(before)


def _set(env: Mapping[str, str | None]) -> None:
    for name, value in env.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def _modules_of(config: SoniConfig) -> Iterator[None]:
    """Python finds this assistant's modules, and not those of the same name of the assistant tested before it."""
    folder = Path(config.origin or ".").resolve()
    for top in {name.partition(".")[0] for name in config.settings.modules}:
        beside = (folder / top).is_dir() or (folder / f"{top}.py").is_file()
        if beside and (loaded := sys.modules.get(top)) is not None and not _is_in(loaded, folder):
            for name in [name for name in sys.modules if name == top or name.startswith(f"{top}.")]:
                del sys.modules[name]
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def _is_in(module: ModuleType, folder: Path) -> bool:
    places = [module.__file__] if module.__file__ else list(getattr(module, "__path__", ()))
    return any(Path(place).resolve().is_relative_to(folder) for place in places)
