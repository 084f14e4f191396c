"""Two ways to talk to an assistant that is tested: within the process, or over real HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, Self

import httpx
import uvicorn
from typing_extensions import override

from soni.aloud import Hearer
from soni.config.models import SoniConfig
from soni.dialogue.state import Button, Utterance
from soni.errors import ConversationUnknown, SoniError
from soni.events import Listener
from soni.runtime.loop import RuntimeLoop
from soni.runtime.messages import ConversationView, Load, Message, Reply
from soni.runtime.upkeep import Upkeep
from soni.server.api import create_app
from soni.understanding.base import Dependent

_PATIENCE: Final = 5.0
"""Seconds that an answer may take beyond the time a turn has: what HTTP needs, and never the reason of a failure."""


class Speaker(Protocol):
    """Somebody who talks to the assistant."""

    async def say(self, message: Message) -> tuple[Utterance, ...]:
        """The answer. Raises SoniError where there is none."""
        ...

    async def look(self, user_id: str) -> ConversationView:
        """How the conversation stands. Raises SoniError where it cannot be seen."""
        ...

    async def resume(self, user_id: str) -> None:
        """Take the conversation back from a person. Raises SoniError where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class InProcess:
    """Talks to the engine itself."""

    loop: RuntimeLoop

    async def say(self, message: Message) -> tuple[Utterance, ...]:
        return (await self.loop.process_message(message)).messages

    async def look(self, user_id: str) -> ConversationView:
        return await self.loop.get_state(user_id)

    async def resume(self, user_id: str) -> None:
        await self.loop.resume(user_id)


@asynccontextmanager
async def over_http(loop: RuntimeLoop) -> AsyncIterator[Speaker]:
    """Serves the open loop on a free port of this machine, and talks to it there."""
    runtime = _Overheard(loop)
    # TCP by name: asyncio turns Nagle's algorithm off only then, and with it on every answer takes 40 ms longer.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        host, port = listener.getsockname()
        server = _Server(
            uvicorn.Config(create_app(runtime=runtime), lifespan="on", ws="none", log_config=None, access_log=False)
        )
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await server.listening.wait()
        timeout = loop.config.settings.runtime.turn_timeout.total_seconds() + _PATIENCE
        try:
            # trust_env: a proxy has no business here.
            async with httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=timeout, trust_env=False) as client:
                yield OverHttp(client, runtime)
        finally:
            server.should_exit = True
            await serving


class _Server(uvicorn.Server):
    """A server within a program: Ctrl-C belongs to the program."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        """Or it never will, and has said why."""

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets=sockets)
        finally:
            self.listening.set()


class _Overheard:
    """The loop as the server has it: opened and closed by somebody else; what HTTP does not tell is kept for tests."""

    def __init__(self, loop: RuntimeLoop) -> None:
        self._loop = loop
        self.reply: Reply | None = None
        self.failure: Exception | None = None

    @property
    def config(self) -> SoniConfig:
        return self._loop.config

    @property
    def fingerprint(self) -> str:
        return self._loop.fingerprint

    @property
    def upkeep(self) -> Upkeep:
        return self._loop.upkeep

    @property
    def load(self) -> Load:
        return self._loop.load

    def listen(self, listener: Listener) -> None:
        self._loop.listen(listener)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        pass

    async def process_message(self, message: Message, hearer: Hearer | None = None) -> Reply:
        self.reply = self.failure = None
        try:
            self.reply = await self._loop.process_message(message, hearer)
        except Exception as error:
            self.failure = error  # for whoever asks what went wrong; it is raised all the same
            raise
        return self.reply

    async def get_state(self, user_id: str) -> ConversationView:
        return await self._loop.get_state(user_id)

    async def reset_state(self, user_id: str) -> None:
        await self._loop.reset_state(user_id)

    async def resume(self, user_id: str) -> None:
        await self._loop.resume(user_id)

    @property
    def dependence(self) -> Dependent | None:
        return self._loop.dependence

    async def check_store(self) -> None:
        await self._loop.check_store()


@dataclass(frozen=True, slots=True)
class OverHttp:
    """Sends messages as a channel does."""

    client: httpx.AsyncClient
    runtime: _Overheard

    async def say(self, message: Message) -> tuple[Utterance, ...]:
        asked = {"message": message.text} | ({"language": message.language} if message.language else {})
        answer = await self.client.post(f"/chat/{message.user_id}", json=asked)
        if answer.status_code != httpx.codes.OK:
            raise _refusal(answer, self.runtime.failure)
        assert self.runtime.reply is not None
        messages = [_utterance(body) for body in answer.json()["messages"]]
        return tuple(
            replace(message, response=known.response)
            for message, known in zip(messages, self.runtime.reply.messages, strict=True)
        )

    async def look(self, user_id: str) -> ConversationView:
        answer = await self.client.get(f"/conversations/{user_id}")
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise ConversationUnknown
        if answer.status_code != httpx.codes.OK:
            raise _refusal(answer, None)
        body = answer.json()
        return ConversationView(
            user_id=body["user_id"],
            turn=body["turn"],
            language=body["language"],
            state=body["conversation_state"],
            active_flow=body["active_flow"],
            expected_slot=body["expected_slot"],
            stack=tuple(body["stack"]),
            slots=body["slots"],
        )

    async def resume(self, user_id: str) -> None:
        answer = await self.client.post(f"/conversations/{user_id}/resume")
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise ConversationUnknown
        if answer.status_code != httpx.codes.NO_CONTENT:
            raise _refusal(answer, None)


def _utterance(body: Mapping[str, Any]) -> Utterance:
    buttons = tuple(Button(button["title"], button["payload"]) for button in body["buttons"])
    return Utterance(body["text"], buttons, image=body.get("image"), custom=body.get("custom"))


def _refusal(answer: httpx.Response, cause: Exception | None) -> SoniError:
    body = answer.json()
    words = f"Status {answer.status_code}, {body['type']}: {body['error']}"
    # The answer is for strangers and says little; whoever tests may know it all.
    return SoniError(words if cause is None else f"{words} ({type(cause).__name__}: {cause})")
