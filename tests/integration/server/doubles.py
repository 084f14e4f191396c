"""A runtime without an assistant, for what the server does by itself; and a client of the app around it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

import httpx

from soni.aloud import Hearer
from soni.config.models import SoniConfig
from soni.dialogue.state import Button, Line, Utterance
from soni.errors import ConversationUnknown
from soni.events import Listener
from soni.persistence.archive import Exchange
from soni.runtime.messages import ConversationView, Load, Message, Reply
from soni.server.api import create_app
from soni.understanding.base import Dependent
from soni.value import Value


@dataclass
class EchoUpkeep:
    """Keeps what an ``EchoRuntime`` heard."""

    heard: list[Message]
    erased: list[str] = field(default_factory=list)

    async def transcript(self, user_id: str, before: str | None, limit: int) -> Sequence[Exchange]:
        told = [
            Exchange(str(UUID(int=number << 80)), number, (Line("user", message.text),))
            for number, message in enumerate(self._said(user_id), 1)
        ]
        return [each for each in told if before is None or each.id < before][-limit:]

    async def export(self, user_id: str) -> Mapping[str, Value]:
        said: list[Value] = [message.text for message in self._said(user_id)]
        return {
            "user_id": user_id,
            "exported_at": "2030-01-07T09:00:00+00:00",
            "conversation": {"turn": len(said)},
            "transcript": [],
            "effects": {},
        }

    async def erase(self, user_id: str) -> None:
        self.erased.append(user_id)

    def _said(self, user_id: str) -> list[Message]:
        said = [message for message in self.heard if message.user_id == user_id]
        if not said:
            raise ConversationUnknown
        return said


class EchoRuntime:
    """Says back what it hears, or raises what it is told to; the same shape as RuntimeLoop."""

    def __init__(self, settings: dict[str, object] | None = None) -> None:
        self.config = SoniConfig.model_validate({"version": "1.0", "settings": settings or {}})
        self.fingerprint = "0123456789ab"
        self.heard: list[Message] = []
        self.resumed: list[str] = []
        self.failure: Exception | None = None
        self.start_failure: Exception | None = None
        self.stop_failure: Exception | None = None
        self.store_failure: Exception | None = None
        self.store_hangs = False
        self.looks = 0
        """How often the store was asked."""
        self.utterances: tuple[Utterance, ...] | None = None
        self.hold: asyncio.Event | None = None
        """A turn waits for it."""
        self.turn_began = asyncio.Event()
        self.upkeep = EchoUpkeep(self.heard)
        self.load = Load()
        self.opened = 0
        self.closed = 0

    def listen(self, listener: Listener) -> None:
        pass

    async def __aenter__(self) -> Self:
        if self.start_failure is not None:
            raise self.start_failure
        self.opened += 1
        return self

    async def __aexit__(self, *raised: object) -> None:
        self.closed += 1
        if self.stop_failure is not None:
            raise self.stop_failure

    async def process_message(self, message: Message, hearer: Hearer | None = None) -> Reply:
        self.turn_began.set()
        if self.hold is not None:
            await self.hold.wait()
        if self.failure is not None:
            raise self.failure
        replayed = message.message_id is not None and any(m.message_id == message.message_id for m in self.heard)
        self.heard.append(message)
        messages = self.utterances or (Utterance(message.text, (Button("Yes", "/affirm"),)), Utterance("And now?"))
        if hearer is not None:
            for utterance in messages:
                hearer.said(utterance)
        return Reply(
            user_id=message.user_id,
            message_id=message.message_id,
            turn=len(self.heard),
            messages=messages,
            state="waiting_for_input",
            active_flow="echo",
            expected_slot="text",
            replayed=replayed,
        )

    async def get_state(self, user_id: str) -> ConversationView:
        turns = [message for message in self.heard if message.user_id == user_id]
        if not turns:
            raise ConversationUnknown
        return ConversationView(
            user_id=user_id,
            turn=len(turns),
            language="en",
            state="idle",
            active_flow=None,
            expected_slot=None,
            stack=({"flow": "echo", "step": "ask", "waiting": True},),
            slots={"amount": 0, "note": "", "pin": "***"},
        )

    async def reset_state(self, user_id: str) -> None:
        self.heard[:] = [message for message in self.heard if message.user_id != user_id]

    async def resume(self, user_id: str) -> None:
        await self.get_state(user_id)
        self.resumed.append(user_id)

    @property
    def dependence(self) -> Dependent | None:
        return None

    async def check_store(self) -> None:
        self.looks += 1
        if self.store_hangs:
            await asyncio.Event().wait()
        if self.store_failure is not None:
            raise self.store_failure


@asynccontextmanager
async def serving(runtime: EchoRuntime) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app around this runtime, in process, while the app serves."""
    app = create_app(runtime=runtime)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://soni") as client,
    ):
        yield client
