"""The fake model's server: uvicorn in a thread, stopped at once and with whatever is under way."""

import asyncio
import socket
import threading

import uvicorn
from starlette.applications import Starlette
from starlette.types import Scope
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class StoppableServer(uvicorn.Server):
    """A server in a thread of its own, which stops at once: answers under way are broken off."""

    def __init__(self, app: Starlette) -> None:
        quiet = uvicorn.Config(
            app,
            http="httptools",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
        )
        super().__init__(quiet)
        self.listening = threading.Event()
        """Or it never will."""
        self._leaving = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def leave(self) -> None:
        """Stop; from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._leaving.set)

    def transport(self, scope: Scope) -> asyncio.Transport:
        """The connection that a request came by."""
        client = tuple(scope["client"])
        protocols = (each for each in self.server_state.connections if isinstance(each, HttpToolsProtocol))
        return next(each.transport for each in protocols if each.client == client)

    @override
    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            await super().serve(sockets)
        finally:
            self.listening.set()

    @override
    async def main_loop(self) -> None:
        self.listening.set()
        await self._leaving.wait()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        # A connection may have been accepted and not be known yet: once round for it to be made, once for it to be closed.
        await asyncio.sleep(0)
        while self.server_state.connections or self.server_state.tasks:
            for connection in list(self.server_state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)
