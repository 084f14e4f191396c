"""Understanding that is always there: shortcuts first, then what is remembered, then the model with its limits, then the fallback."""

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt

from soni.config.settings import NLU
from soni.dialogue.commands import Command
from soni.events import BreakerChanged, UnderstoodBy
from soni.understanding.base import Briefing, Understander
from soni.understanding.breaker import Breaker
from soni.understanding.cache import AnswerCache
from soni.understanding.model.failures import ModelFailed
from soni.understanding.model.prompt import Prompt

log = logging.getLogger("soni.understanding")

_FIRST_WAIT: Final = 0.25
"""Seconds before the second try, on the average; doubled before each further one."""

_MOST_ANSWERS: Final = 2
"""Answers that a message may cost, one that cannot be read among them."""


class Asking(Protocol):
    """A model that can be asked, and its questions told apart."""

    def prompt(self, said: str, briefing: Briefing) -> Prompt:
        """What it is told."""
        ...

    def key(self, prompt: Prompt) -> str:
        """The same for the same question only."""
        ...

    async def ask(self, prompt: Prompt, briefing: Briefing) -> list[Command]:
        """One call. Raises ModelFailed."""
        ...

    async def aclose(self) -> None:
        """Close its connections."""
        ...


Shortcut = Callable[[str, Briefing], list[Command] | None]
"""The commands of a message that can mean nothing else; ``None`` for any other."""


class ResilientUnderstander:
    """An ``Understander`` that answers within its time, whatever the model does."""

    def __init__(
        self,
        model: Asking,
        settings: NLU,
        *,
        name: str,
        breaker: Breaker,
        shortcut: Shortcut,
        fallback: Understander | None,
        cache: AnswerCache | None,
        budget: float,
    ) -> None:
        """``name`` is the model's, for events; ``budget`` the seconds that all calls for one message have together."""
        self.breaker = breaker
        self._model = model
        self._settings = settings
        self._name = name
        self._shortcut = shortcut
        self._fallback = fallback
        self._cache = cache
        self._budget = budget
        self._has_answered = False

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        """What the user wants. Raises ModelFailed where the model failed and there is no fallback."""
        if (plain := self._shortcut(said, briefing)) is not None:
            briefing.tell(UnderstoodBy("shortcut"))
            return plain
        prompt = self._model.prompt(said, briefing)
        key = self._model.key(prompt) if self._cache is not None else ""
        if self._cache is not None and (known := await self._cache.get(key)) is not None:
            briefing.tell(UnderstoodBy("cache"))
            return known
        try:
            commands = await self._ask(prompt, briefing)
        except ModelFailed as error:
            return await self._fall_back(said, briefing, error)
        briefing.tell(UnderstoodBy("model"))
        if self._cache is not None:
            await self._cache.put(key, commands)
        return commands

    @property
    def trouble(self) -> str:
        """How the model failed last, while it is left alone, or has not answered since it was opened."""
        return self.breaker.last_failure if self.breaker.state != "closed" or not self._has_answered else ""

    @property
    def serves(self) -> bool:
        """With a fallback always."""
        return self._fallback is not None or not self.trouble

    async def probe(self) -> None:
        """Ask the model something small, as a message would."""
        briefing = Briefing(now=datetime.now(UTC))
        try:
            await self._ask(self._model.prompt("Hello", briefing), briefing)
        except ModelFailed as error:
            log.error(
                "%s %s", error.message, "The fallback answers." if self._fallback else "No message is understood."
            )

    async def aclose(self) -> None:
        """Close the connections to the model and the cache."""
        await self._model.aclose()
        if self._cache is not None:
            await self._cache.aclose()

    async def _ask(self, prompt: Prompt, briefing: Briefing) -> list[Command]:
        """The model's answer, through the breaker. Raises ModelFailed."""
        if not self.breaker.allows():
            raise ModelFailed("breaker_open", f"The model {self._name} is left alone: {self.breaker.last_failure}")
        before = self.breaker.state
        if before == "half_open":
            briefing.tell(BreakerChanged(self._name, before))
        try:
            with self.breaker.attempt() as attempt:
                try:
                    async with asyncio.timeout(self._budget):
                        commands = await self._with_retries(prompt, briefing)
                except TimeoutError:
                    words = f"The model {self._name} did not answer within {self._budget:g} s."
                    attempt.failed = words
                    raise ModelFailed("timeout", words) from None
                except ModelFailed as error:
                    # A message that is too long for it says nothing about the model.
                    attempt.failed = error.message if error.reason != "too_long" else None
                    raise
                attempt.succeeded = self._has_answered = True
                return commands
        finally:
            if (after := self.breaker.state) != before:
                briefing.tell(BreakerChanged(self._name, after))

    async def _with_retries(self, prompt: Prompt, briefing: Briefing) -> list[Command]:
        loop = asyncio.get_running_loop()
        ends, answers = loop.time() + self._budget, 0

        def is_worth_it(error: BaseException) -> bool:
            nonlocal answers
            if not isinstance(error, ModelFailed) or not error.worth_retrying:
                return False
            answers += error.reason == "garbled"
            # To wait longer than there is time would only be a later failure.
            return answers < _MOST_ANSWERS and loop.time() + (error.retry_after or 0) < ends

        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._settings.retries + 1),
            wait=_wait,
            retry=retry_if_exception(is_worth_it),
            reraise=True,
        )
        return await retrying(self._model.ask, prompt, briefing)

    async def _fall_back(self, said: str, briefing: Briefing, error: ModelFailed) -> list[Command]:
        if self._fallback is None:
            raise error
        log.warning("%s The fallback answers.", error.message)
        # Below what is written in production: providers repeat in their errors what they were sent.
        log.debug("how the model failed", exc_info=error)
        briefing.tell(UnderstoodBy("fallback", error.reason))
        return await self._fallback.understand(said, briefing)


class FallbackOnly:
    """An ``Understander`` for a model that could not even be opened."""

    def __init__(self, fallback: Understander, trouble: str) -> None:
        self._fallback = fallback
        self.trouble = trouble
        self.serves = True

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        """What the fallback understands. Raises NLUError."""
        briefing.tell(UnderstoodBy("fallback", "refused"))
        return await self._fallback.understand(said, briefing)

    async def probe(self) -> None:
        """What is missing was known when it was opened."""
        log.error("%s The fallback answers.", self.trouble)

    async def aclose(self) -> None:
        """Nothing is open."""


def _wait(state: RetryCallState) -> float:
    """What the provider asks for, or twice as long as the time before; with jitter, so that replicas do not come together."""
    error = state.outcome.exception() if state.outcome is not None else None
    asked = error.retry_after if isinstance(error, ModelFailed) else None
    jitter = random.uniform(0.5, 1.5)  # noqa: S311 - spreads calls, hides nothing
    return asked + jitter * 0.1 if asked is not None else _FIRST_WAIT * 2.0 ** (state.attempt_number - 1) * jitter
