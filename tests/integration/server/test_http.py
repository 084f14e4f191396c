"""The server over real sockets: what only shows there."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx
import pytest
import uvicorn
from pydantic import TypeAdapter

from soni.server.api import create_app
from soni.server.errors import ErrorBody

from .doubles import EchoRuntime

MEGABYTE: Final = 1024 * 1024


@pytest.fixture
def address(runtime: EchoRuntime) -> Iterator[tuple[str, int]]:
    with listening(runtime) as address:
        yield address


@contextmanager
def listening(runtime: EchoRuntime) -> Iterator[tuple[str, int]]:
    """uvicorn in a thread; the socket listens before it starts, so that nobody has to wait for it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(create_app(runtime=runtime), log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join()


def test_a_conversation_over_http(address: tuple[str, int], runtime: EchoRuntime) -> None:
    """Many messages over one connection are answered, each with its own id."""
    with httpx.Client(base_url="http://{}:{}".format(*address)) as client:
        responses = [client.post("/chat/ana", json={"message": f"message {number}"}) for number in range(20)]

    assert [response.json()["turn"] for response in responses] == list(range(1, 21))
    assert len({response.headers["x-request-id"] for response in responses}) == 20


def test_a_body_without_end_is_cut_off(address: tuple[str, int], runtime: EchoRuntime) -> None:
    """A chunked body of any length is refused at the limit, and the service goes on."""

    def endless() -> Iterator[bytes]:
        yield b'{"message": "'
        for _ in range(60):
            yield b"a" * MEGABYTE

    with httpx.Client(base_url="http://{}:{}".format(*address), timeout=60) as client:
        refused = client.post("/chat/ana", content=endless(), headers={"content-type": "application/json"})
        after = client.post("/chat/ana", json={"message": "hello"})

    assert (refused.status_code, refused.json()["code"]) == (413, "payload_too_large")
    assert after.status_code == 200
    assert len(runtime.heard) == 1


def test_a_caller_who_hangs_up_hurts_nobody(address: tuple[str, int], runtime: EchoRuntime) -> None:
    """Half a request and a closed connection leave the service as it was."""
    with socket.create_connection(address) as connection:
        connection.sendall(
            b"POST /chat/ana HTTP/1.1\r\nHost: soni\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
        )
    with httpx.Client(base_url="http://{}:{}".format(*address)) as client:
        after = client.post("/chat/ana", json={"message": "hello"})

    assert after.status_code == 200
    assert [message.text for message in runtime.heard] == ["hello"]


def test_a_head_with_a_path_that_is_no_text(address: tuple[str, int]) -> None:
    """Bytes in a path that are no UTF-8 are a wrong user id like any other."""
    with socket.create_connection(address) as connection:
        connection.sendall(b"GET /conversations/%ff%fe HTTP/1.1\r\nHost: soni\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(4096), b""))

    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 422 ")
    assert TypeAdapter(ErrorBody).validate_json(body)["code"] == "invalid_request"


def test_who_asks_for_a_websocket_is_told_that_there_is_none(address: tuple[str, int]) -> None:
    """In the shape of every error, with the id of the request."""
    shown = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    with httpx.Client(base_url="http://{}:{}".format(*address)) as client:
        refused = client.get("/chat/ana", headers={**shown, "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="})

    error = TypeAdapter(ErrorBody).validate_json(refused.content, strict=True)
    assert (refused.status_code, error["code"]) == (404, "not_found")
    assert error["reference"] == refused.headers["x-request-id"]


def test_the_runtime_is_closed_when_the_server_stops(runtime: EchoRuntime) -> None:
    """Stopping the server closes what it opened."""
    with listening(runtime) as address, httpx.Client(base_url="http://{}:{}".format(*address)) as client:
        assert client.get("/ready").status_code == 200

    assert (runtime.opened, runtime.closed) == (1, 1)
