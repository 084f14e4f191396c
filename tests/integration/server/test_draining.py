"""How the service goes down: it says so first, finishes what it has begun, and ends well."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from soni.server import draining
from soni.server.api import create_app
from soni.server.draining import uvicorn_here

from .doubles import EchoRuntime, serving
from .listening import Listening


@asynccontextmanager
async def listening(
    runtime: EchoRuntime, grace: int | None = None
) -> AsyncIterator[tuple[Listening, httpx.AsyncClient, Callable[[], Awaitable[None]]]]:
    """A real server in this process, a client of it, and what waits for its end, which comes with a signal."""
    app = create_app(runtime=runtime)
    server = Listening(uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=grace))
    serving_task = asyncio.create_task(server.serve())
    await server.listens.wait()

    async def ended() -> None:
        await asyncio.wait_for(serving_task, 10)

    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as client:
        yield server, client, ended


async def test_sigterm_finishes_what_has_begun() -> None:
    """After SIGTERM the service is not ready, begins nothing new, answers the turn under way, and ends as if it were done."""
    runtime = EchoRuntime()
    runtime.hold = asyncio.Event()
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    async with listening(runtime) as (_, client, ended):
        turn = asyncio.create_task(client.post("/chat/ana", json={"message": "hello"}))
        await runtime.turn_began.wait()
        kept = await client.get("/ready")
        signal.raise_signal(signal.SIGTERM)
        ready = await client.get("/ready")
        refused = await client.post("/chat/eva", json={"message": "hello"})
        health = await client.get("/health")
        runtime.hold.set()
        answered = await turn
        await ended()

    assert (kept.status_code, kept.headers.get("connection")) == (200, None)
    assert (ready.status_code, ready.json()["error"]) == (503, "The service is draining.")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert health.json()["components"] == {"runtime": "draining", "checkpointer": "connected"}
    assert (answered.status_code, answered.json()["turn"]) == (200, 1)
    assert {each.headers["connection"] for each in (ready, refused, health, answered)} == {"close"}
    assert [message.user_id for message in runtime.heard] == ["ana"]
    assert runtime.closed == 1
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


async def test_a_turn_that_does_not_end_is_cut_off(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The time limit of a turn and a margin bound how long the service waits; then it is closed nevertheless."""
    monkeypatch.setattr(draining, "MARGIN", 0.1)
    runtime = EchoRuntime({"runtime": {"turn_timeout": "600ms"}})
    runtime.hold = asyncio.Event()
    async with listening(runtime) as (_, client, ended):
        turn = asyncio.create_task(client.post("/chat/ana", json={"message": "hello"}))
        await runtime.turn_began.wait()
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)  # asking twice changes nothing
        await ended()
        await asyncio.wait([turn])

    assert "drain.cut_off" in [record.message for record in caplog.records]
    assert runtime.heard == []
    assert runtime.closed == 1


@pytest.mark.parametrize("grace", [None, 1])
async def test_half_a_request_holds_nobody_up(monkeypatch: pytest.MonkeyPatch, grace: int | None) -> None:
    """A caller that never finishes sending is left behind, as soon as uvicorn was told, or after the margin."""
    monkeypatch.setattr(draining, "MARGIN", 0.1)
    runtime = EchoRuntime()
    async with listening(runtime, grace) as (server, _, ended):
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        head = b"POST /chat/ana HTTP/1.1\r\nhost: soni\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n"
        writer.write(head + b'{"mess')
        await writer.drain()
        signal.raise_signal(signal.SIGTERM)
        await ended()
        writer.close()

    assert runtime.heard == []
    assert runtime.closed == 1


@pytest.fixture
def interrupts() -> Iterator[list[int]]:
    """The SIGINTs that reach whoever started the server."""
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    yield heard
    signal.signal(signal.SIGINT, before)


async def test_a_second_interrupt_is_uvicorns(interrupts: list[int]) -> None:
    """Whoever presses Ctrl+C twice does not want to wait; uvicorn ends, and passes the signal on."""
    runtime = EchoRuntime()
    async with listening(runtime) as (server, _, ended):
        signal.raise_signal(signal.SIGINT)
        after_one = server.should_exit
        signal.raise_signal(signal.SIGINT)
        after_two = server.should_exit
        await ended()

    assert (after_one, after_two) == (False, True)
    assert interrupts == [signal.SIGINT]
    assert runtime.closed == 1


async def test_where_somebody_else_serves_signals_are_theirs() -> None:
    """Without uvicorn the app leaves signals alone."""
    before = signal.getsignal(signal.SIGTERM)
    async with serving(EchoRuntime()):
        assert signal.getsignal(signal.SIGTERM) is before

    assert uvicorn_here() is None
