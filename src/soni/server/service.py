"""What the endpoints of one service share: the assistant once it runs, the limits, and how far the service is."""

import asyncio
import math
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, Self

from starlette.requests import Request

from soni.aloud import Hearer
from soni.config.models import SoniConfig
from soni.config.settings import Settings
from soni.errors import TooManyRequests
from soni.events import Listener
from soni.persistence.archive import Exchange
from soni.runtime.messages import ConversationView, Load, Message, Reply
from soni.server.errors import NotReady
from soni.server.gate import Gate
from soni.understanding.base import Dependent
from soni.value import Value

if TYPE_CHECKING:
    from soni.observability.metrics import Metrics

Phase = Literal["starting", "serving", "draining"]


class Upkeep(Protocol):
    """What the server needs to hand out and to erase what is kept."""

    async def transcript(self, user_id: str, before: str | None, limit: int) -> Sequence[Exchange]:
        """Turns before the one with this id, the earliest first. Raises ConversationUnknown."""
        ...

    async def export(self, user_id: str) -> Mapping[str, Value]:
        """Everything about this user. Raises ConversationUnknown."""
        ...

    async def erase(self, user_id: str) -> None:
        """Remove everything about this user."""
        ...


class Runtime(Protocol):
    """What the server needs of an assistant; ``RuntimeLoop`` has it."""

    @property
    def config(self) -> SoniConfig:
        """The assistant as written."""
        ...

    @property
    def fingerprint(self) -> str:
        """The version of the assistant."""
        ...

    @property
    def load(self) -> Load:
        """How busy it is."""
        ...

    def listen(self, listener: Listener) -> None:
        """Let this one hear the events of every turn."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *raised: object) -> None: ...

    async def process_message(self, message: Message, hearer: Hearer | None = None) -> Reply:
        """One turn; ``hearer`` hears what is said while it runs.

        Raises TurnError, ConversationBusy, TooManyRequests or StoreUnavailable.
        """
        ...

    async def get_state(self, user_id: str) -> ConversationView:
        """Raises ConversationUnknown."""
        ...

    async def reset_state(self, user_id: str) -> None:
        """Forget the conversation."""
        ...

    async def resume(self, user_id: str) -> None:
        """Take the conversation back from a person. Raises ConversationUnknown."""
        ...

    @property
    def upkeep(self) -> Upkeep:
        """The transcript, export and end of conversations."""
        ...

    @property
    def dependence(self) -> Dependent | None:
        """What understanding needs outside of this process; ``None`` where it needs nothing."""
        ...

    async def check_store(self) -> None:
        """Raises StoreUnavailable when the store does not answer."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may ask for."""

    body: int = 64 * 1024
    """Bytes."""
    body_seconds: float = 10.0
    """For the body to arrive."""
    message: int = 4000
    """Characters."""
    turns: int = 256
    """At once, of all conversations together."""

    @classmethod
    def of(cls, settings: Settings) -> "Limits":
        """The limits an assistant's settings name."""
        server = settings.server
        seconds = server.body_timeout.total_seconds()
        return cls(server.max_body_size, seconds, settings.security.max_message_length, server.max_concurrent_turns)


@dataclass(slots=True)
class Sight:
    """The last look at the store."""

    looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One at a time."""
    until: float = -math.inf
    """The monotonic time when it is out of date."""


@dataclass(slots=True)
class Service:
    """One service, from its start to its end. The lifespan moves it on; the endpoints read it."""

    phase: Phase = "starting"
    limits: Limits = field(default_factory=Limits)
    settings: Settings | None = None
    """The assistant's, once it is there."""
    store_answers: bool = False
    """What the last look at the store found."""
    was_ready: bool = False
    sight: Sight = field(default_factory=Sight)
    metrics: "Metrics | None" = None
    """While it serves."""
    _runtime: Runtime | None = None
    _gate: Gate | None = None
    _turns: int = 0
    _emptied: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the last turn ends while the service is draining."""
    _alone: set[asyncio.Task[Reply]] = field(default_factory=set)
    """Those that nobody but the service waits for."""

    def serve(self, runtime: Runtime, gate: Gate) -> None:
        """From now on, requests that pass this gate are answered with this assistant."""
        self._gate = gate
        self.settings = runtime.config.settings
        self.limits = Limits.of(self.settings)
        self._runtime = runtime
        self._emptied = asyncio.Event()
        self.sight = Sight()
        self.store_answers = True
        self.phase = "serving"

    @property
    def insistence(self) -> tuple[bytes, bytes] | None:
        """The header by which browsers are told to call by https only."""
        age = self.settings.server.hsts if self.settings is not None else None
        return None if age is None else (b"strict-transport-security", b"max-age=%d" % age.total_seconds())

    def drain(self) -> None:
        """From now on, nothing new is begun. It may be called from a signal handler."""
        self.phase = "draining"

    async def empty(self, within: float) -> bool:
        """Wait until the turns under way have ended, at most so many seconds; whether they have."""
        try:
            async with asyncio.timeout(within):
                while self._turns:
                    await self._emptied.wait()
        except TimeoutError:
            return False
        return True

    def go_alone(self, turn: Coroutine[None, None, Reply]) -> asyncio.Task[Reply]:
        """Run this turn to its end, whether its caller stays or goes away."""
        task = asyncio.create_task(turn)
        self._alone.add(task)
        task.add_done_callback(self._alone.discard)
        return task

    async def abandon(self) -> None:
        """Break off the turns that still go alone, and wait until they have given back what they hold."""
        if tasks := list(self._alone):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def close(self) -> None:
        """From now on there is no assistant."""
        self.drain()
        self._runtime = None
        self._gate = None
        self.store_answers = False

    @property
    def gate(self) -> Gate:
        """Who may come in. Raises NotReady before that is known, and when the service is closed."""
        if self._gate is None:
            raise NotReady(f"The service is {self.phase}.", {"missing": ["assistant"]})
        return self._gate

    @property
    def mode(self) -> Literal["none", "api_key", "jwt"]:
        """How callers show who they are; ``none`` while that is not known."""
        return self._gate.mode if self._gate is not None else "none"

    @property
    def runtime(self) -> Runtime:
        """The assistant. Raises NotReady before it is there, and once the service is going down."""
        if self._runtime is None or self.phase != "serving":
            raise NotReady(f"The service is {self.phase}.", {"missing": ["assistant"]})
        return self._runtime

    @property
    def turns(self) -> int:
        """How many are under way, those that wait for their conversation among them."""
        return self._turns

    @property
    def load(self) -> Load:
        """How busy the assistant is."""
        return self._runtime.load if self._runtime is not None else Load()

    @contextmanager
    def turn(self) -> Iterator[Runtime]:
        """The assistant, for one turn. Raises NotReady, and TooManyRequests while as many are in work as may be.

        Nobody waits here: where a process has more to do than it can, a line would only make every answer late, and
        the caller does not know. A refusal with a time to come back is soon told, and costs next to nothing.
        """
        runtime = self.runtime
        if self._turns >= self.limits.turns:
            raise TooManyRequests
        self._turns += 1
        try:
            yield runtime
        finally:
            self._turns -= 1
            if not self._turns and self.phase == "draining":
                self._emptied.set()


def service_of(request: Request) -> Service:
    """The service this request came to."""
    service = request.app.state.service
    assert isinstance(service, Service)
    return service
