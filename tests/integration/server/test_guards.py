"""Hosts, pages of other origins, headers that make answers safe, and bodies, in process."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import ValidationError

from soni.config.settings import Server
from soni.server.guards import Hosts

from .doubles import EchoRuntime, serving

JSON = {"content-type": "application/json"}
CHAT = "/chat/ana"


def with_server(**server: object) -> EchoRuntime:
    return EchoRuntime({"server": server})


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("api.example.com", True),
        ("API.Example.com:8443", True),
        ("api.example.com.", True),
        ("a.b.example.org", True),
        ("example.org", False),
        ("evilexample.org", False),
        ("api.example.com.evil.test", False),
        ("evil.test", False),
        ("[::1]:8000", True),
        ("[::2]", False),
        ("", False),
    ],
)
def test_the_names_of_a_service(host: str, served: bool) -> None:
    """A name is served exactly, or below a ``*.``; whatever the port, and however it is written."""
    hosts = Hosts.of(("api.example.com", "*.example.org", "::1"))

    assert hosts.serve({"headers": [(b"host", host.encode())]}) is served


async def test_a_name_that_is_not_served_is_refused() -> None:
    """Whoever calls by another name hears nothing of any conversation; probes come by the address."""
    runtime = with_server(allowed_hosts=["api.example.com"])
    async with serving(runtime) as client:
        good = await client.post(CHAT, json={"message": "hi"}, headers={"host": "api.example.com"})
        bad = await client.post(CHAT, json={"message": "hi"}, headers={"host": "10.0.0.7"})
        lost = await client.get("/nowhere", headers={"host": "10.0.0.7"})
        probes = [(await client.get(path, headers={"host": "10.0.0.7"})).status_code for path in ("/health", "/ready")]

    assert good.status_code == 200
    assert (bad.status_code, bad.json()["code"], bad.json()["reference"]) == (
        400,
        "invalid_host",
        bad.headers["x-request-id"],
    )
    assert lost.status_code == 400
    assert probes == [200, 200]
    assert len(runtime.heard) == 1


def test_two_names_or_none_are_no_name() -> None:
    """What a proxy in front has read as one name, and we as another, is nobody's name."""
    hosts = Hosts.of(("api.example.com",))

    assert not hosts.serve({"headers": []})
    assert not hosts.serve({"headers": [(b"host", b"api.example.com"), (b"host", b"evil.test")]})


async def test_pages_of_other_origins_may_not_call(client: httpx.AsyncClient) -> None:
    """Without ``cors_origins`` no answer lets a page read it."""
    asked = {"origin": "https://shop.example.com", "access-control-request-method": "POST"}
    preflight = await client.options(CHAT, headers=asked)
    answer = await client.post(CHAT, json={"message": "hi"}, headers={"origin": "https://shop.example.com"})

    assert preflight.status_code == 405
    assert [name for each in (preflight, answer) for name in each.headers if name.startswith("access-control")] == []


@pytest.fixture
async def shop() -> AsyncIterator[httpx.AsyncClient]:
    """A service that one page may call."""
    async with serving(with_server(cors_origins=["https://shop.example.com"])) as client:
        yield client


async def test_a_page_that_may_call(shop: httpx.AsyncClient) -> None:
    """Its browser hears what it may send, and lets it read the answer and these headers."""
    origin = {"origin": "https://shop.example.com"}
    headers = {
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,idempotency-key",
    }
    preflight = await shop.options(CHAT, headers={**origin, **headers})
    answer = await shop.post(CHAT, json={"message": "hi"}, headers=origin)

    assert (preflight.status_code, answer.status_code) == (200, 200)
    for each in (preflight, answer):
        assert each.headers["access-control-allow-origin"] == "https://shop.example.com"
        assert "access-control-allow-credentials" not in each.headers
        assert "x-request-id" in each.headers
    assert answer.headers["access-control-expose-headers"] == "X-Request-ID, Idempotency-Replayed, Retry-After"
    assert "Origin" in answer.headers["vary"]


async def test_errors_can_be_read_by_pages(shop: httpx.AsyncClient) -> None:
    """Also those that come before anything looks at the request, and those that nobody expected."""
    origin = {"origin": "https://shop.example.com"}
    errors = [
        await shop.post(CHAT, json={"message": ""}, headers=origin),
        await shop.get("/nowhere", headers=origin),
        await shop.post(CHAT, content=b"x" * 100_000, headers={**origin, **JSON}),
    ]

    assert [error.status_code for error in errors] == [422, 404, 413]
    assert {error.headers["access-control-allow-origin"] for error in errors} == {"https://shop.example.com"}


async def test_an_error_that_nobody_expected_can_be_read_by_pages() -> None:
    """A page must not take a fault of the service for a network that is down."""
    runtime = with_server(cors_origins=["*"])
    runtime.failure = RuntimeError("boom")
    async with serving(runtime) as client:
        error = await client.post(CHAT, json={"message": "hi"}, headers={"origin": "https://any.example.com"})

    assert (error.status_code, error.json()["code"]) == (500, "internal_error")
    assert error.headers["access-control-allow-origin"] == "*"


async def test_a_page_that_may_not_call(shop: httpx.AsyncClient) -> None:
    """It is told so in the shape of all errors, and its browser lets it read nothing."""
    origin = {"origin": "https://evil.test"}
    preflight = await shop.options(CHAT, headers={**origin, "access-control-request-method": "POST"})
    answer = await shop.post(CHAT, json={"message": "hi"}, headers=origin)

    assert (preflight.status_code, preflight.json()["code"]) == (400, "origin_refused")
    assert [each.headers.get("access-control-allow-origin") for each in (preflight, answer)] == [None, None]


@pytest.mark.parametrize("path", ["/health", "/version", "/openapi.json", "/nowhere", "/conversations/nobody"])
async def test_every_answer_is_safe(client: httpx.AsyncClient, path: str) -> None:
    """Nobody keeps it, shows it as a page, or guesses what it is; each of these is said once."""
    headers = (await client.get(path)).headers

    assert headers.get_list("cache-control") == ["no-store"]
    assert headers.get_list("content-security-policy") == ["default-src 'none'; frame-ancestors 'none'"]
    assert headers.get_list("referrer-policy") == ["no-referrer"]
    assert headers.get_list("x-content-type-options") == ["nosniff"]
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize(("scheme", "said"), [("https", "max-age=86400"), ("http", None)])
async def test_https_is_insisted_on_where_it_is_asked_for(scheme: str, said: str | None) -> None:
    """Over http it would mean nothing."""
    async with serving(with_server(hsts="1d")) as client:
        answer = await client.get(f"{scheme}://soni/health")

    assert answer.headers.get("strict-transport-security") == said


@pytest.mark.parametrize(
    ("method", "path"), [("POST", CHAT), ("GET", "/health"), ("DELETE", "/conversations/ana"), ("PUT", "/x")]
)
async def test_a_body_that_is_announced_as_too_large_is_not_read(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    """Bytes are counted, whatever the path; and the connection is closed."""
    body = "é" * 40_000  # 80,000 bytes
    answer = await client.request(method, path, content=body.encode(), headers=JSON)

    assert (answer.status_code, answer.json()["details"]) == (413, {"limit": 65536})
    assert answer.headers["connection"] == "close"


async def test_a_body_that_does_not_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for no longer than may be."""

    async def never() -> AsyncIterator[bytes]:
        yield b'{"message":'
        await asyncio.Event().wait()

    runtime = with_server(body_timeout="20ms")
    async with serving(runtime) as client:
        answer = await client.post(CHAT, content=never(), headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (408, "body_too_slow")
    assert answer.headers["connection"] == "close"
    assert runtime.heard == []


async def test_a_turn_is_not_limited_by_the_time_for_its_body() -> None:
    """What takes long after the body is there is the turn's own affair."""
    runtime = with_server(body_timeout="1ms")
    runtime.hold = asyncio.Event()
    async with serving(runtime) as client:
        asking = asyncio.create_task(client.post(CHAT, json={"message": "hi"}))
        await runtime.turn_began.wait()
        await asyncio.wait([asking], timeout=0.02)
        runtime.hold.set()
        answer = await asking

    assert answer.status_code == 200


async def test_as_many_turns_as_may_be_and_no_more() -> None:
    """One more is refused at once, and says when to come back; the others are answered."""
    runtime = with_server(max_concurrent_turns=1)
    runtime.hold = asyncio.Event()
    async with serving(runtime) as client:
        first = asyncio.create_task(client.post(CHAT, json={"message": "hi"}))
        await runtime.turn_began.wait()
        refused = await client.post("/chat/bob", json={"message": "hi"})
        runtime.hold.set()
        answered = await first
        after = await client.post("/chat/bob", json={"message": "hi"})

    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (
        429,
        "too_many_requests",
        "1",
    )
    assert (answered.status_code, after.status_code) == (200, 200)


@pytest.mark.parametrize(
    "server",
    [
        {"allowed_hosts": ["*", "example.com"]},
        {"allowed_hosts": []},
        {"allowed_hosts": ["api.*.com"]},
        {"allowed_hosts": ["https://example.com"]},
        {"allowed_hosts": ["example.com:8000"]},
        {"cors_origins": ["shop.example.com"]},
        {"cors_origins": ["https://shop.example.com/"]},
        {"cors_origins": ["https://*.example.com"]},
        {"cors_origins": ["*", "https://shop.example.com"]},
    ],
)
def test_names_that_could_never_match_are_refused(server: dict[str, object]) -> None:
    """A slip in a name would open or close the service without a word."""
    with pytest.raises(ValidationError):
        Server.model_validate(server)


def test_all_is_off_for_local_work() -> None:
    """One setting, and a service that was made for production can be called from this machine."""
    closed = {
        "auth": {"mode": "jwt"},
        "jwt": {"jwks_url": "https://issuer.example.com/keys", "audience": "soni"},
        "rate_limit": {"per_user": "60/minute"},
        "allowed_hosts": ["api.example.com"],
        "metrics_auth": True,
        "cors_origins": ["https://shop.example.com"],
    }
    server = Server.model_validate({**closed, "local": True})

    assert (server.auth.mode, server.rate_limit, server.allowed_hosts, server.metrics_auth) == (
        "none",
        None,
        ("*",),
        False,
    )
    assert server.cors_origins == ("https://shop.example.com",)
    assert not server.auth.allow_insecure
    assert Server.model_validate(closed).auth.mode == "jwt"
