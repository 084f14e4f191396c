"""Server-sent events as a client reads them, and the service that sends them in this process, over real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from starlette.types import Receive, Scope, Send

from soni.server.api import create_app
from soni.server.service import Runtime, Service

from .listening import Listening


@dataclass(frozen=True)
class Event:
    """One event; a comment has no name."""

    name: str
    data: Any = None


class Events:
    """The events of a stream, one after the other."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._events = self._read()

    async def _read(self) -> AsyncIterator[Event]:
        name = ""
        async for line in self.response.aiter_lines():
            field, _, value = line.partition(": ")
            match field:
                case "event":
                    name = value
                case "data":
                    yield Event(name, json.loads(value))
                case "" if line:
                    yield Event("")

    async def next(self, *, comments: bool = False) -> Event:
        """The next event, or comment where they are asked for. Raises StopAsyncIteration at the end."""
        while True:
            event = await anext(self._events)
            if event.name or comments:
                return event

    async def rest(self) -> list[Event]:
        """All that still comes, without comments."""
        return [event async for event in self._events if event.name]


@dataclass
class Client:
    """A client of a service, by message."""

    http: httpx.AsyncClient
    server: "Counting"

    @asynccontextmanager
    async def stream(self, text: str, message_id: str | None = None, user: str = "ana") -> AsyncIterator[Events]:
        """Say something; what comes is read as it comes."""
        body = {"message": text, "message_id": message_id}
        async with self.http.stream("POST", f"/chat/{user}/stream", json=body) as response:
            yield Events(response)

    async def all(
        self, text: str, message_id: str | None = None, user: str = "ana"
    ) -> tuple[httpx.Headers, list[Event]]:
        """Say something, and wait for all that comes."""
        async with self.stream(text, message_id, user) as events:
            return events.response.headers, await events.rest()

    async def chat(self, text: str, message_id: str | None = None, user: str = "ana") -> httpx.Response:
        """The same without a stream."""
        return await self.http.post(f"/chat/{user}", json={"message": text, "message_id": message_id})

    @property
    def service(self) -> Service:
        """The inside of the service."""
        service = self.server.app.state.service
        assert isinstance(service, Service)
        return service

    async def hung_up(self) -> None:
        """Wait until the service has done with one more request, answered or left by its client."""
        await self.server.requests_over.acquire()


class Counting(Listening):
    """Serves, and counts the requests that it has done with."""

    def __init__(self, runtime: Runtime) -> None:
        self.app = create_app(runtime=runtime)
        super().__init__(uvicorn.Config(self._serve_one, interface="asgi3", port=0, log_config=None))
        self.requests_over = asyncio.Semaphore(0)

    async def _serve_one(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http":
                self.requests_over.release()


@asynccontextmanager
async def listening(runtime: Runtime) -> AsyncIterator[Client]:
    """A real server in this process, and a client of it; at the end it has ended."""
    server = Counting(runtime)
    serving = asyncio.create_task(server.serve())
    await server.listens.wait()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=20) as client:
            async with asyncio.timeout(30):
                yield Client(client, server)
    finally:
        server.should_exit = True
        await asyncio.wait_for(serving, 20)
