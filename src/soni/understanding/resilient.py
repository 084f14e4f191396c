"""Understanding that is always there: shortcuts first, then what is remembered, then the model with its limits, then the fallback."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from soni.config.settings import NLU
from soni.dialogue.commands import MAX_COMMANDS, Command
from soni.events import Listener, UnderstoodBy
from soni.templates import plain
from soni.understanding.base import Briefing, Understander, ignore
from soni.understanding.breaker import Breaker
from soni.understanding.cache import AnswerCache
from soni.understanding.model.failures import ModelFailed
from soni.understanding.model.prompt import Prompt
from soni.understanding.retrying import Patience, answered

log = logging.getLogger("soni.understanding")

_CONNECTIONS: Final = 100
"""To the model at once, as many as DSPy's client opens; who waits for one in vain is no failure of the model's."""

_QUEUEING: Final = 0.5
"""Of a message's time for the model, spent waiting for a connection."""

_LARGEST: Final = 4000
"""Characters of the values in an answer that is kept."""


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
        sensitive: frozenset[str] = frozenset(),
    ) -> None:
        """``name`` is the model's, for events; ``budget`` the seconds that all calls for one message have together.

        ``sensitive`` are the slots whose values are kept nowhere.
        """
        self.breaker = breaker
        self._model = model
        self._settings = settings
        self._name = name
        self._shortcut = shortcut
        self._fallback = fallback
        self._cache = cache
        self._budget = budget
        self._sensitive = sensitive
        self._lines = asyncio.Semaphore(_CONNECTIONS)
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
        if self._cache is not None and self._may_be_kept(said, commands, briefing):
            await self._cache.put(key, commands)
        return commands

    def _may_be_kept(self, said: str, commands: Sequence[Command], briefing: Briefing) -> bool:
        """Nothing sensitive lies in a cache, nor what is larger than anybody needs."""
        filled = [slots for command in commands if isinstance(slots := getattr(command, "slots", None), Mapping)]
        values = [item for slots in filled for item in slots.items()]
        if any(name in self._sensitive for name, _ in values) or any(secret in said for secret in briefing.secrets):
            return False
        return len(commands) <= MAX_COMMANDS and sum(len(plain(value)) for _, value in values) <= _LARGEST

    @property
    def trouble(self) -> str:
        """How the model failed last, while it is left alone, or has not answered since it was opened."""
        return self.breaker.last_failure if self.breaker.state != "closed" or not self._has_answered else ""

    @property
    def serves(self) -> bool:
        """With a fallback always."""
        return self._fallback is not None or not self.trouble

    @property
    def looks_again_after(self) -> float | None:
        """As long as the breaker leaves the model alone."""
        return self._settings.breaker.reset.total_seconds()

    async def probe(self, tell: Listener = ignore) -> None:
        """Ask the model something small, as a message would."""
        briefing = Briefing(now=datetime.now(UTC), tell=tell)
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
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._budget
        try:
            async with asyncio.timeout(self._budget * _QUEUEING):
                await self._lines.acquire()
        except TimeoutError:
            raise ModelFailed("busy", f"All {_CONNECTIONS} connections to the model {self._name} are in use.") from None
        try:
            commands = await answered(
                lambda: self._model.ask(prompt, briefing),
                Patience(ends - loop.time(), self._settings.retries),
                name=self._name,
                breaker=self.breaker,
                tell=briefing.tell,
            )
        finally:
            self._lines.release()
        self._has_answered = True
        return commands

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
        self.looks_again_after = None

    async def understand(self, said: str, briefing: Briefing) -> list[Command]:
        """What the fallback understands. Raises NLUError."""
        briefing.tell(UnderstoodBy("fallback", "refused"))
        return await self._fallback.understand(said, briefing)

    async def probe(self, tell: Listener = ignore) -> None:  # noqa: ARG002 - nothing happens
        """What is missing was known when it was opened."""
        log.error("%s The fallback answers.", self.trouble)

    async def aclose(self) -> None:
        """Nothing is open."""
