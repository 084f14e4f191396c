"""Connections that give nothing, over raw sockets against uvicorn as it is started: they are closed, and others are not hurt."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from .processes import ASSISTANT, SONI, UVICORN, Service, served

LIMITS = "server: {header_timeout: 300ms, body_timeout: 300ms, max_connections: 20}"
HEAD = b"POST /chat/ana HTTP/1.1\r\nHost: soni\r\nContent-Type: application/json\r\n"
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module", params=["uvicorn", "soni serve", "uvicorn with h11"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """However it is started."""
    folder = tmp_path_factory.mktemp("served")
    (folder / "soni.yaml").write_text((ASSISTANT % "memory").replace("settings:\n", f"settings:\n  {LIMITS}\n"))
    command = {
        "uvicorn": UVICORN,
        "soni serve": (*SONI, "serve", "--port", "0"),
        "uvicorn with h11": (*UVICORN, "--http", "h11"),
    }[request.param]
    with served(folder, command) as service:
        yield service


def connect(service: Service) -> socket.socket:
    address = urlsplit(str(service.client.base_url))
    assert address.hostname is not None
    assert address.port is not None
    return socket.create_connection((address.hostname, address.port), timeout=30)


def everything(connection: socket.socket) -> bytes:
    """What comes until the service closes the connection."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def answer_to(service: Service, *pieces: bytes) -> bytes:
    """What comes back when this is sent on a connection of its own."""
    with connect(service) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return everything(connection)


def answered(connection: socket.socket) -> bytes:
    """One answer with a body, which is JSON, on a connection that stays."""
    answer = b""
    while not answer.endswith(b"}"):
        answer += connection.recv(65536)
    return answer


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\nX-Slow: "], ids=["silent", "half"])
def test_a_head_that_does_not_come(service: Service, sent: bytes) -> None:
    """The connection is closed without a word: there is no request to answer."""
    assert answer_to(service, sent) == b""


def test_a_second_head_that_does_not_come(service: Service) -> None:
    """A connection that was of use is held to it as well."""
    with connect(service) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: soni\r\n\r\n")
        first = answered(connection)
        connection.sendall(b"GET /health HTT")
        rest = everything(connection)

    assert first.startswith(b"HTTP/1.1 200 OK")
    assert rest == b""


@pytest.mark.parametrize(
    ("begun", "piece"),
    [
        (b"GET /health HTTP/1.1\r\n", b"X-Much: " + 1000 * b"a" + b"\r\n"),
        (b"GET /health HTTP/1.1\r\nX-Much: ", 1000 * b"a"),
        (b"GET /", 1000 * b"a"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Much: " + 1000 * b"a" + b"\r\n"),
    ],
    ids=["headers", "header", "path", "trailers"],
)
def test_a_head_without_end(service: Service, begun: bytes, piece: bytes) -> None:
    """The connection ends long before what is sent could fill the memory."""
    with connect(service) as connection:
        connection.sendall(begun)
        sent = 0
        with suppress(BrokenPipeError, ConnectionResetError):
            while sent < 60 * MEGABYTE:
                connection.sendall(piece)
                sent += len(piece)

    assert sent < 60 * MEGABYTE


def test_a_body_in_many_small_chunks(service: Service) -> None:
    """What stands around them is no head: it is answered."""
    body = b'{"message": "%s"}' % (15_000 * b" " + b"hello")
    head = HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"1\r\n%c\r\n" % each for each in body)
    answer = answer_to(service, head, chunks, b"0\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200 ")


def test_another_protocol_is_not_spoken(service: Service) -> None:
    """Who asks for a WebSocket is answered as if they had not, and passes what everyone passes."""
    answer = answer_to(
        service,
        b"GET /conversations/nobody HTTP/1.1\r\nHost: soni\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    )

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b'"code":"conversation_unknown"' in answer


def test_a_body_that_does_not_come(service: Service) -> None:
    """It is told 408, and the connection is closed."""
    answer = answer_to(service, HEAD + b'Content-Length: 90\r\n\r\n{"message": "')

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"body_too_slow"' in answer
    assert b"\r\nconnection: close\r\n" in answer.lower()


@pytest.mark.parametrize("how", [b"Content-Length: 62914560\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n"])
def test_a_body_that_is_far_too_large(service: Service, how: bytes) -> None:
    """A client that sends sixty megabytes, and reads when it is done, reads why that was too much."""
    chunk = b"a" * MEGABYTE if b"Length" in how else b"100000\r\n" + b"a" * MEGABYTE + b"\r\n"
    with connect(service) as connection:
        connection.sendall(HEAD + how)
        try:
            for _ in range(60):
                connection.sendall(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            answer = connection.recv(65536)
        except ConnectionResetError:  # the service was quicker than we
            answer = b""

    assert answer[:13] in (b"HTTP/1.1 413 ", b"")
    assert service.client.get("/health").status_code == 200


def test_a_body_that_is_a_little_too_large_is_answered(service: Service) -> None:
    """What still comes is read, up to a point: the answer arrives whole."""
    answer = answer_to(service, HEAD + b"Content-Length: 500000\r\n\r\n", *[b"a" * 100_000] * 5)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"limit":65536' in answer


def test_a_client_that_asks_first_sends_nothing(service: Service) -> None:
    """Whoever expects to be told to go on is told no instead, and nothing is waited for."""
    answer = answer_to(service, HEAD + b"Expect: 100-continue\r\nContent-Length: 62914560\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_that_nobody_wanted_leaves_the_connection_in_use(service: Service) -> None:
    """A small one is skipped, and the next request is answered on the same connection."""
    with connect(service) as connection:
        connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: soni\r\nContent-Length: 5\r\n\r\n")
        first = connection.recv(65536)
        connection.sendall(b"helloGET /health HTTP/1.1\r\nHost: soni\r\nConnection: close\r\n\r\n")
        second = everything(connection)

    assert first.startswith(b"HTTP/1.1 404 ")
    assert b"HTTP/1.1 200 OK" in second


def test_such_a_connection_is_as_good_as_any(service: Service) -> None:
    """Once the rest is there, no head is overdue: it is kept like one whose body was read, for longer than a head may take."""
    with connect(service) as connection:
        connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: soni\r\nContent-Length: 5\r\n\r\n")
        first = answered(connection)
        connection.sendall(b"he")
        connection.sendall(b"llo")
        connection.settimeout(1)
        with pytest.raises(TimeoutError):  # it is still open, and silent
            connection.recv(65536)
        connection.settimeout(30)
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: soni\r\nConnection: close\r\n\r\n")
        second = everything(connection)

    assert first.startswith(b"HTTP/1.1 404 ")
    assert second.startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("sent", [b"hel", b"helloGET /hea"], ids=["half of the rest", "half of the next head"])
def test_what_is_still_to_come_is_waited_for_as_a_head_is(service: Service, sent: bytes) -> None:
    """The rest of a body that nobody wanted, and the head behind it, come in time or not at all."""
    with connect(service) as connection:
        connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: soni\r\nContent-Length: 5\r\n\r\n")
        first = answered(connection)
        connection.settimeout(2)
        connection.sendall(sent)
        rest = everything(connection)

    assert first.startswith(b"HTTP/1.1 404 ")
    assert rest == b""


@pytest.mark.parametrize("protocol", ["httptools", "h11"])
def test_an_idle_connection_is_not_kept_for_ever(tmp_path: Path, protocol: str) -> None:
    """Nor where its last body was skipped: as long as uvicorn was told to keep it."""
    (tmp_path / "soni.yaml").write_text(ASSISTANT % "memory")
    command = (*UVICORN, "--http", protocol, "--timeout-keep-alive", "1")
    with served(tmp_path, command) as service, connect(service) as connection:
        connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: soni\r\nContent-Length: 5\r\n\r\n")
        answered(connection)
        connection.sendall(b"hello")
        connection.settimeout(8)  # less than a head may take
        rest = everything(connection)

    assert rest == b""


def test_hundreds_of_connections_keep_nobody_out(service: Service) -> None:
    """One more than may be open closes the one that has been idle for longest, and whoever really asks is answered."""
    with ExitStack() as opened:
        slow = [opened.enter_context(connect(service)) for _ in range(200)]
        for connection in slow[-10:]:
            connection.sendall(b"GET /health HTTP/1.1\r\nX-Slow: ")
        answers = [
            service.client.post("/chat/bob", json={"message": "hello"}, headers={"connection": "close"}).status_code
            for _ in range(20)
        ]
        ends = [everything(connection) for connection in slow]

    assert answers == [200] * 20
    assert ends == [b""] * 200
