"""Servers in this process, on real sockets of loopback."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from typing_extensions import override

from soni.server.api import create_app

from .doubles import EchoRuntime


class Listening(uvicorn.Server):
    """Tells when it listens, and where."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()

    @property
    def port(self) -> int:
        """Where it listens, on loopback."""
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port


@contextmanager
def client_of(runtime: EchoRuntime) -> Iterator[httpx.Client]:
    """A client of the app around an echo, which uvicorn serves in a thread, for a while."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(runtime=runtime), log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with httpx.Client(base_url="http://{}:{}".format(*listener.getsockname()), timeout=30) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join()
