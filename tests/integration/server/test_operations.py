"""Health, readiness, start-up and versions."""

import asyncio
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import httpx
import pytest

from soni.errors import StoreUnavailable
from soni.server import health
from soni.server.api import create_app

from .doubles import EchoRuntime

SONI = version("soni")


@pytest.fixture
def never_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each probe looks for itself."""
    monkeypatch.setattr(health, "FRESH", 0.0)


async def test_health_says_that_the_process_is_alive(client: httpx.AsyncClient) -> None:
    """Liveness has the version, the time and how far the parts are."""
    response = await client.get("/health")

    body = response.json()
    assert response.status_code == 200
    assert abs(datetime.fromisoformat(body.pop("timestamp")) - datetime.now(UTC)) < timedelta(seconds=10)
    assert body == {
        "status": "healthy",
        "version": SONI,
        "components": {"runtime": "initialized", "checkpointer": "connected"},
    }


async def test_health_does_not_ask_the_store(client: httpx.AsyncClient, runtime: EchoRuntime) -> None:
    """A store that hangs does not make the process look dead."""
    runtime.store_hangs = True

    assert (await client.get("/health")).status_code == 200


async def test_ready_when_the_store_answers(client: httpx.AsyncClient) -> None:
    """A service with an assistant and a store is ready."""
    response = await client.get("/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.usefixtures("never_fresh")
async def test_not_ready_without_the_store(client: httpx.AsyncClient, runtime: EchoRuntime) -> None:
    """Readiness follows the store, says what is missing, and health repeats what was seen."""
    runtime.store_failure = StoreUnavailable()
    down = await client.get("/ready")
    health_while_down = (await client.get("/health")).json()
    runtime.store_failure = None
    up = await client.get("/ready")

    assert (down.status_code, down.json()["code"]) == (503, "not_ready")
    assert down.json()["details"] == {"missing": ["store"]}
    assert "retry-after" in down.headers
    assert health_while_down["components"]["checkpointer"] == "disconnected"
    assert up.status_code == 200


async def test_not_ready_while_the_store_hangs(
    client: httpx.AsyncClient, runtime: EchoRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that does not answer in time counts as one that is not there."""
    monkeypatch.setattr(health, "STORE_TIMEOUT", 0.01)
    runtime.store_hangs = True
    response = await client.get("/ready")

    assert (response.status_code, response.json()["details"]) == (503, {"missing": ["store"]})


@pytest.mark.usefixtures("never_fresh")
async def test_started_from_the_first_ready_on(client: httpx.AsyncClient, runtime: EchoRuntime) -> None:
    """Start-up waits for the first readiness and does not go back on it."""
    runtime.store_failure = StoreUnavailable()
    before = await client.get("/startup")
    runtime.store_failure = None
    first = await client.get("/startup")
    runtime.store_failure = StoreUnavailable()
    after = await client.get("/startup")

    assert (before.status_code, first.status_code, after.status_code) == (503, 200, 200)
    assert after.json() == {"status": "started"}


async def test_the_versions(client: httpx.AsyncClient) -> None:
    """The service, the assistant and the language each have their version."""
    body = (await client.get("/version")).json()

    assert body == {"service": SONI, "assistant": "0123456789ab", "language": "1.0"}


async def test_before_and_after_serving_nothing_is_begun() -> None:
    """Outside its lifespan the app is alive and not ready, and a message is refused with a time to try again."""
    runtime = EchoRuntime()
    app = create_app(runtime=runtime)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://soni") as client:
        for phase in ("starting", "draining"):
            chat = await client.post("/chat/ana", json={"message": "hello"})
            ready = await client.get("/ready")
            alive = await client.get("/health")

            assert (chat.status_code, chat.json()["code"]) == (503, "not_ready")
            assert "retry-after" in chat.headers
            assert (ready.status_code, ready.json()["error"]) == (503, f"The service is {phase}.")
            assert (alive.status_code, alive.json()["components"]["runtime"]) == (200, phase)
            async with app.router.lifespan_context(app):
                assert (await client.get("/ready")).status_code == 200

    assert runtime.heard == []


async def test_the_runtime_is_closed_with_the_service() -> None:
    """What the service opened it closes, once."""
    runtime = EchoRuntime()
    app = create_app(runtime=runtime)
    async with app.router.lifespan_context(app):
        assert (runtime.opened, runtime.closed) == (1, 0)

    assert (runtime.opened, runtime.closed) == (1, 1)


async def test_a_hundred_probes_are_one_look(
    client: httpx.AsyncClient, runtime: EchoRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who ask while one looks hear what it finds, and so does whoever asks soon after."""
    monkeypatch.setattr(health, "FRESH", 3600.0)
    answers = await asyncio.gather(*(client.get("/ready") for _ in range(100)))
    runtime.store_failure = StoreUnavailable()
    soon = await client.get("/ready")

    assert {answer.status_code for answer in (*answers, soon)} == {200}
    assert runtime.looks == 1


async def test_a_store_that_fails_is_not_asked_by_every_probe(
    client: httpx.AsyncClient, runtime: EchoRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is down is left alone, too."""
    monkeypatch.setattr(health, "FRESH", 3600.0)
    runtime.store_failure = StoreUnavailable()
    answers = await asyncio.gather(*(client.get("/ready") for _ in range(100)))

    assert {answer.status_code for answer in answers} == {503}
    assert runtime.looks == 1


async def test_draining_is_told_at_once(runtime: EchoRuntime, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found a moment ago does not hide that the service goes down."""
    monkeypatch.setattr(health, "FRESH", 3600.0)
    app = create_app(runtime=runtime)
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://soni") as client,
    ):
        before = await client.get("/ready")
        app.state.service.drain()
        after = await client.get("/ready")

    assert (before.status_code, after.status_code) == (200, 503)
    assert after.json()["error"] == "The service is draining."
