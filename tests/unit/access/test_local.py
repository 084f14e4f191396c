"""Which addresses are this machine's alone."""

import socket

import pytest
import uvicorn

from soni.access.local import is_loopback, listens_beyond, reached_here


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("10.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("localhost.example", False),
        ("soni.lan", False),
    ],
)
def test_loopback(host: str, local: bool) -> None:
    """A name may be anybody's, and every address is more than this machine."""
    assert is_loopback(host) == local
    assert (listens_beyond(uvicorn.Config("app", host=host)) is None) == local


@pytest.mark.parametrize(
    ("server", "here"),
    [
        (("127.0.0.1", 8000), True),
        (("/run/soni.sock", None), True),
        (("", None), True),
        (("testserver", 80), True),
        (("10.1.2.3", 8000), False),
        (("10.1.2.3", None), False),
        (("soni.example", None), False),
        (("soni.example", 443), False),
        (("::", 443), False),
        (("", 80), False),
        (None, False),
    ],
)
def test_where_a_request_came_to(server: tuple[str, int | None] | None, here: bool) -> None:
    """Sockets of this machine are here, and callers in this process; what is not known is not."""
    assert reached_here(server) == here


def test_a_socket_that_is_handed_over() -> None:
    """A Unix socket is this machine's, whatever host is named; a descriptor is looked at."""
    assert listens_beyond(uvicorn.Config("app", host="0.0.0.0", uds="/run/soni.sock")) is None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert listens_beyond(uvicorn.Config("app", host="0.0.0.0", fd=listener.fileno())) is None
        assert listener.getsockname()[0] == "127.0.0.1"
    with socket.socket() as unbound:
        assert listens_beyond(uvicorn.Config("app", fd=unbound.fileno())) == "0.0.0.0"
