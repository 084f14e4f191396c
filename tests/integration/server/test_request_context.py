"""The id of a request, and its line in the log."""

import logging

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from soni.observability.logging import request_id
from soni.server.middleware import RequestContext, new_request_id
from soni.server.service import Service

from .doubles import EchoRuntime


async def test_every_answer_has_a_request_id(client: httpx.AsyncClient) -> None:
    """Replies and errors carry an id, a new one each."""
    paths = ["/health", "/health", "/nowhere", "/conversations/nobody"]
    ids = [(await client.get(path)).headers["x-request-id"] for path in paths]

    assert len(set(ids)) == len(ids)
    assert all(len(reference) == 26 for reference in ids)


@pytest.mark.parametrize("given", ["abc", "A-1_2.z", "x" * 64])
async def test_a_callers_own_id_is_kept(client: httpx.AsyncClient, given: str) -> None:
    """A sane id that comes with the request goes back with the answer."""
    response = await client.get("/nowhere", headers={"X-Request-ID": given})

    assert response.headers["x-request-id"] == given
    assert response.json()["reference"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a;b", "é", '{"a"'])
async def test_an_id_that_could_do_harm_is_replaced(client: httpx.AsyncClient, given: str) -> None:
    """What does not belong into a log line is not taken over."""
    response = await client.get("/health", headers=[(b"X-Request-ID", given.encode())])

    assert response.headers["x-request-id"] != given
    assert len(response.headers["x-request-id"]) == 26


def test_request_ids_sort_by_time() -> None:
    """Ids are 26 characters without the letters that are easily confused, and grow with time."""
    ids = [new_request_id() for _ in range(1000)]

    assert len(set(ids)) == 1000
    assert [reference[:10] for reference in ids] == sorted(reference[:10] for reference in ids)
    assert set("".join(ids)) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


async def test_one_line_for_each_request(client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    """The log says method, route, status and time, and nothing of who said what."""
    caplog.set_level(logging.INFO, "soni.access")
    await client.post("/chat/ana-secret", json={"message": "my pin is 1234"})
    await client.get("/nowhere/ana-secret")

    lines = [record for record in caplog.records if record.name == "soni.access"]
    fields = [{key: vars(line)[key] for key in ("message", "method", "route", "status")} for line in lines]
    assert fields == [
        {"message": "request.served", "method": "POST", "route": "/chat/{user_id}", "status": 200},
        {"message": "request.served", "method": "GET", "route": None, "status": 404},
    ]
    assert all(vars(line)["ms"] >= 0 for line in lines)
    assert not any("ana-secret" in str(vars(record)) or "1234" in str(vars(record)) for record in caplog.records)


async def test_probes_that_find_all_well_are_no_lines(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """They come every few seconds for ever. Whoever debugs sees them, and what is not well is told."""
    caplog.set_level(logging.DEBUG, "soni.access")
    for path in ("/health", "/ready", "/startup", "/metrics"):
        await client.get(path)
    await client.post("/health")

    levels = [record.levelname for record in caplog.records if record.name == "soni.access"]
    assert levels == ["DEBUG"] * 4 + ["INFO"]


async def test_the_request_id_is_known_while_the_request_is_answered(
    client: httpx.AsyncClient,
    runtime: EchoRuntime,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every line that is logged meanwhile can say to which request it belongs; afterwards there is none."""
    seen: list[str | None] = []

    def note(_: logging.LogRecord) -> bool:
        seen.append(request_id.get())
        return True

    monkeypatch.setattr(caplog.handler, "filters", [note])
    caplog.set_level(logging.INFO, "soni")
    runtime.failure = RuntimeError("boom")
    await client.post("/chat/ana", json={"message": "hello"}, headers={"X-Request-ID": "abc"})

    assert seen == ["abc", "abc"]
    assert request_id.get() is None


async def test_half_an_answer_is_not_mended(caplog: pytest.LogCaptureFixture) -> None:
    """When something breaks after the answer has begun, the server is told, so that it closes the connection."""

    async def breaks(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("boom")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError

    scope = {"type": "http", "method": "GET", "headers": []}
    with pytest.raises(RuntimeError, match="boom"):
        await RequestContext(breaks, Service())(scope, receive, send)

    assert [message["type"] for message in sent] == ["http.response.start"]


async def test_a_caller_who_goes_away_is_noted(
    runtime: EchoRuntime, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """A request that never becomes whole reaches nobody, and is not an alarm."""
    caplog.set_level(logging.INFO)
    messages: list[Message] = [
        {"type": "http.request", "body": b'{"mess', "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    async def send(message: Message) -> None:
        pass

    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/chat/ana",
        "raw_path": b"/chat/ana",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/json")],
        "server": ("127.0.0.1", 80),
    }
    await transport.app(scope, receive, send)

    assert runtime.heard == []
    assert [(vars(record).get("status"), record.levelname) for record in caplog.records] == [(499, "INFO")]
