"""What pytest collects: a file of conversation tests, and each of its tests."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from soni.errors import ConfigurationError
from soni.events import Listener
from soni.testing.conversations import ConversationTest
from soni.testing.coverage import Tallies
from soni.testing.playing import Result
from soni.testing.plugin import TALLIES
from soni.testing.reading import read_conversations
from soni.testing.stage import Stage
from soni.testing.transcript import transcript


class ConversationFailed(Exception):
    """A conversation went another way than its test tells."""

    def __init__(self, result: Result, path: Path) -> None:
        super().__init__(transcript(result, path))
        assert result.failure is not None
        self.__cause__ = result.failure.cause


class ConversationModule(pytest.File):
    """A file; its assistant is set up before its first test, and goes after its last."""

    @override
    def collect(self) -> Iterator["ConversationItem"]:
        try:
            self.conversations = read_conversations(self.path)
        except ConfigurationError as error:
            raise self.CollectError(error.message) from None
        for test in self.conversations.tests:
            yield ConversationItem.from_parent(self, name=test.name, test=test)

    @override
    def setup(self) -> None:
        self._exit = ExitStack()
        http = bool(self.config.getoption("--soni-http"))
        listeners: tuple[Listener, ...] = ()
        if self.config.getoption("--soni-coverage") or self.config.getoption("--soni-fail-under") is not None:
            listeners = (self.config.stash.setdefault(TALLIES, Tallies()).of(self.conversations),)
        self.stage = self._exit.enter_context(Stage(self.conversations, http=http, listeners=listeners))

    @override
    def teardown(self) -> None:
        self._exit.close()


class ConversationItem(pytest.Item):
    """A test."""

    def __init__(self, *, test: ConversationTest, **of_pytest: Any) -> None:
        super().__init__(**of_pytest)
        self.conversation = test

    @override
    def runtest(self) -> None:
        module = self.parent
        assert isinstance(module, ConversationModule)
        result = module.stage.play(self.conversation)
        if not result.passed:
            raise ConversationFailed(result, self.path)

    @override
    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The transcript, or an author's mistakes, without a traceback through the machinery."""
        if isinstance(excinfo.value, ConversationFailed | ConfigurationError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    @override
    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.conversation.line - 1, self.name
