"""The app around an echo, on a real socket of loopback, for a while."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn

from soni.server.api import create_app

from .doubles import EchoRuntime


@contextmanager
def client_of(runtime: EchoRuntime) -> Iterator[httpx.Client]:
    """A client of the app, which uvicorn serves in a thread."""
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
