"""A stage for the tests of one file: the assistant is set up once, and each test has a conversation of its own."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Self

from soni.config.models import SoniConfig
from soni.events import Listener
from soni.testing.asking import Ask, Opening, open_cassette
from soni.testing.cassette import Cassette
from soni.testing.conversations import ConversationFile, ConversationTest
from soni.testing.playing import Result
from soni.testing.scene import open_scene
from soni.understanding.providers import open_understander


class Stage:
    """Plays the tests of a file, one after the other. Use it as a context manager; one at a time in a process.

    The conversations are kept in memory, whatever the assistant's settings say, or in a temporary file where a test
    restarts the service. While a test runs, the working directory is a fresh one, so that what its actions write to a
    relative path is gone afterwards; the environment has what the file's ``env`` says.
    """

    def __init__(
        self,
        file: ConversationFile,
        *,
        http: bool = False,
        listeners: Sequence[Listener] = (),
        ask: Ask = "never",
        opening: Opening = open_understander,
    ) -> None:
        """With ``http``, the assistant is served on a free port and everything is said over HTTP.

        ``listeners`` hear the events of every turn when it is over. ``ask`` says when a language model is asked, where
        the assistant's settings name one; ``opening`` opens what they name.
        """
        self.file = file
        self.cassette: Cassette | None = None
        """What is recorded, while the stage is open; ``None`` where no model understands, or it is always asked."""
        self._ask = ask
        self._opening = opening
        self._http = http
        self._listeners = tuple(listeners)
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        """Load the assistant's functions, compile it, open it. Raises ConfigurationError; nothing stays open then."""
        with ExitStack() as stack:
            stack.enter_context(_environment(self.file.env))
            stack.enter_context(_modules_of(self.file.config))
            self._runner = stack.enter_context(asyncio.Runner())
            opened = AsyncExitStack()
            stack.callback(lambda: self._runner.run(opened.aclose()))
            self.cassette = open_cassette(self.file) if self.file.asks_model and self._ask != "always" else None
            self._scene = self._runner.run(
                open_scene(
                    self.file,
                    opened,
                    http=self._http,
                    listeners=self._listeners,
                    opening=self._opening,
                    ask=self._ask,
                    cassette=self.cassette,
                )
            )
            self._exit = stack.pop_all()
        return self

    def __exit__(self, *raised: object) -> None:
        self._exit.close()

    def play(self, test: ConversationTest) -> Result:
        """Play one of the file's tests. Raises SoniError where what was recorded cannot be written."""
        try:
            with TemporaryDirectory(prefix="soni-test-", ignore_cleanup_errors=True) as folder, chdir(folder):
                return self._runner.run(self._scene.play(test))
        finally:
            if self.cassette is not None and self._ask == "missing":
                self.cassette.save()  # after every test: what a model was paid for is not lost with the next one


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
