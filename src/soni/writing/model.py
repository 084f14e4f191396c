"""Has a language model write: within its time, through a breaker, and each template only once for everybody."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from soni.events import Listener, ModelCalled
from soni.understanding.breaker import Breaker
from soni.understanding.model.connection import Model, Tokens, tokens_of
from soni.understanding.model.failures import ModelFailed
from soni.understanding.model.quoting import tidy
from soni.understanding.retrying import Patience, answered
from soni.writing.base import Assignment, Hear
from soni.writing.keeping import can_be_rephrased, keeps
from soni.writing.program import Writing
from soni.writing.unfolding import Unfolding

log = logging.getLogger("soni.writing")

_MOST_REFUSED: Final = 3
"""Answers that do not keep to their template, after which it stays as it is written."""

_LONGEST: Final = 10_000
"""Characters of a text that somebody is to read."""


class Pen:
    """A model that can be asked to write, and its breaker."""

    def __init__(self, model: Model, breaker: Breaker) -> None:
        self.model = model
        self.breaker = breaker
        self.writing = Writing(model.structured)

    async def ask(self, purpose: str, call: Callable[[], Awaitable[str]], patience: Patience, tell: Listener) -> str:
        """What it writes. Raises ModelFailed; whatever comes of each call is told as ``ModelCalled``."""
        return await answered(
            lambda: self._once(purpose, call, tell),
            patience,
            name=self.model.name,
            breaker=self.breaker,
            tell=tell,
        )

    async def _once(self, purpose: str, call: Callable[[], Awaitable[str]], tell: Listener) -> str:
        began, outcome, tokens = time.perf_counter(), "cancelled", Tokens()
        try:
            with self.model.calling(purpose) as usage:
                try:
                    text = await call()
                finally:
                    tokens = tokens_of(usage)
            outcome = "answered"
        except ModelFailed as error:
            outcome = error.reason
            raise
        except asyncio.CancelledError:
            raise
        except Exception as error:
            # Whatever a model makes DSPy do, the conversation goes on; the cause is kept for the log.
            outcome = "unexpected"
            raise ModelFailed("unexpected", f"The model {self.model.name} could not be asked.") from error
        finally:
            seconds = time.perf_counter() - began
            tell(ModelCalled(self.model.name, outcome, seconds, tokens.prompt, tokens.completion, purpose))
        return text


@dataclass
class _Found:
    """What has been found for a template."""

    words: str | None = None
    refused: int = 0

    def settle(self, words: str) -> str:
        """The words to use: those that another turn has found meanwhile, so that who hears a message twice hears the same."""
        self.words = self.words or words
        return self.words


class Wordings:
    """Other words by template and language, found once: the least recently used go first."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._found: OrderedDict[tuple[str, str], _Found] = OrderedDict()

    def of(self, template: str, language: str) -> _Found:
        """What has been found so far; the caller adds to it."""
        key = (template, language)
        found = self._found.setdefault(key, _Found())
        self._found.move_to_end(key)
        while len(self._found) > self._size:
            self._found.popitem(last=False)
        return found


class ModelWriter:
    """A ``Writer`` that asks language models."""

    def __init__(
        self, author: Pen | None, rephraser: Pen | None, *, tone: str, wordings: Wordings, patience: Patience
    ) -> None:
        """``author`` generates, where a flow asks for it; ``patience`` is for that."""
        self._author = author
        self._rephraser = rephraser
        self._tone = tone
        self._wordings = wordings
        self._patience = patience

    async def rephrase(self, template: str, language: str, *, within: float, tell: Listener) -> str | None:
        """A template in other words, once they are found always the same; ``None`` where there are none. Never fails."""
        pen = self._rephraser
        if pen is None or not can_be_rephrased(template):
            return None
        found = self._wordings.of(template, language)
        if found.words is not None or found.refused >= _MOST_REFUSED:
            return found.words
        try:
            words = await pen.ask(
                "rephrase", lambda: pen.writing.rephrase(template, self._tone, language), Patience(within), tell
            )
        except ModelFailed as error:
            self._complain(error)
            return None
        if not keeps(words, template):
            found.refused += 1
            log.info("The model's words do not keep to the template; it is said as it is written: %s", template)
            return None
        return found.settle(words)

    def _complain(self, error: ModelFailed) -> None:
        # While the model is left alone, it was said why once.
        level = logging.INFO if error.reason == "breaker_open" else logging.WARNING
        cause = error if error.reason == "unexpected" else None
        log.log(level, "%s The message is said as it is written.", error.message, exc_info=cause)

    async def generate(self, assignment: Assignment, *, within: float, tell: Listener, hear: Hear | None = None) -> str:
        """A text; ``hear`` is told of it while it is written, of each try anew. Raises ModelFailed."""
        pen = self._author
        assert pen is not None, "opened where a flow generates"
        patience = Patience(min(within, self._patience.seconds), self._patience.retries)
        return await pen.ask("generate", lambda: _written(pen, assignment, hear), patience, tell)

    async def aclose(self) -> None:
        """Close the connections to the models."""
        for pen in (self._author, self._rephraser):
            if pen is not None:
                await pen.model.aclose()


async def _written(pen: Pen, assignment: Assignment, hear: Hear | None) -> str:
    """One text that can be said and kept. Raises ModelFailed, and DSPy's errors."""
    heard = Unfolding(hear, _LONGEST).feed if hear is not None else None
    text = tidy(await pen.writing.generate(assignment, heard))
    if not text or len(text) > _LONGEST:
        raise ModelFailed("garbled", f"The model {pen.model.name} wrote nothing that can be said.")
    return text


class NoWriter:
    """A ``Writer`` for a model that could not even be opened."""

    def __init__(self, trouble: str) -> None:
        self._trouble = trouble

    async def rephrase(self, template: str, language: str, *, within: float, tell: Listener) -> str | None:
        """Nothing: everything is said as it is written."""

    async def generate(self, *_: object, **__: object) -> str:
        """Raises ModelFailed."""
        raise ModelFailed("refused", self._trouble)

    async def aclose(self) -> None:
        """Nothing is open."""
