"""What the log says of a turn: whose it is, on every line, and one line about it; never what was said."""

import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.runtime.chat import assistant

from soni import ActionContext, action
from soni.config.settings import Logging
from soni.observability.identity import conversation_key
from soni.observability.logging import logging_as
from soni.runtime.loop import RuntimeLoop
from soni.server.api import create_app

from . import processes

ASSISTANT = """
slots:
  city: {prompt: Which city?}
  pin: {prompt: Which pin?, sensitive: true}
actions:
  look_up: {inputs: [city, pin], effect: read}
  look_up_slowly: {inputs: [city, pin], effect: read}
flows:
  travel:
    steps:
      - {step: where, type: collect, slot: city}
      - {step: who, type: collect, slot: pin}
      - {step: look, type: action, call: look_up}
      - {step: again, type: action, call: look_up_slowly}
      - {step: done, type: say, message: Have a good time.}
"""


@action("look_up")
async def look_up(city: str, pin: str, ctx: ActionContext) -> None:
    ctx.log.info("looking %s up with %s", city, pin)


@action("look_up_slowly")
def look_up_slowly(city: str, pin: str, ctx: ActionContext) -> None:
    logging.getLogger("a.library").warning("%s takes long", city, extra={"pin": pin, "tries": 2})


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(runtime=RuntimeLoop(assistant(ASSISTANT, look_up, look_up_slowly)))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://soni") as client,
    ):
        yield client


@pytest.mark.parametrize(("level", "city"), [("INFO", "…"), ("DEBUG", "Ouagadougou")])
async def test_every_line_of_a_turn_says_whose_it_is(
    client: httpx.AsyncClient, capsys: pytest.CaptureFixture[str], level: Any, city: str
) -> None:
    """Those of actions too, in their threads too; values are told at DEBUG only, sensitive ones not even there."""
    with logging_as(Logging(level=level, format="json")):
        for text in ("/start_flow travel", "Ouagadougou", "90214457"):
            (await client.post("/chat/ana", json={"message": text})).raise_for_status()
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    third = [line for line in told if line.get("turn") == 3]

    assert [line["event"] for line in third] == [
        f"looking {city} up with …", f"{city} takes long", "turn.answered", "request.served",
    ]  # fmt: skip
    assert {line["conversation"] for line in third} == {conversation_key("ana")}
    assert len({line["request_id"] for line in third}) == 1
    assert (third[1]["pin"], third[1]["tries"]) == ("…", 2)
    assert third[2] | {"source": "embedded", "commands": "set_slot", "state": "idle", "messages": 1} == third[2]
    assert {"ms", "lock_ms", "load_ms", "understand_ms", "run_ms", "commit_ms"} <= third[2].keys()
    assert "90214457" not in json.dumps(told)


async def test_the_metrics_have_the_turn(client: httpx.AsyncClient) -> None:
    """Scraped over HTTP, with the requests by their route."""
    await client.post("/chat/ana", json={"message": "/start_flow travel"})
    await client.get("/nowhere/ana")
    response = await client.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain; version=")
    for line in (
        'soni_turns_total{outcome="answered"} 1.0',
        'soni_flows_started_total{flow="travel"} 1.0',
        'soni_http_requests_total{method="POST",route="/chat/{user_id}",status="200"} 1.0',
        'soni_http_requests_total{method="GET",route="other",status="404"} 1.0',
        "soni_turns_in_flight 0.0",
    ):
        assert line in response.text
    assert "ana" not in response.text.replace("abandoned", "").replace("standing", "")


def test_workers_count_together(tmp_path: Path, redis_database: str) -> None:
    """Whichever of two workers is asked, it has what both have answered; soni serve sees to it."""
    store = f"redis, connection_string: '{redis_database}'"
    (tmp_path / "soni.yaml").write_text(processes.ASSISTANT.replace("backend: %s", f"backend: {store}"))
    with processes.served(tmp_path, (*processes.SONI, "serve", "--workers", "2", "--port", "0"), 300) as service:
        try:
            assert service.process.stderr is not None
            started = (line for line in service.process.stderr if "startup complete" in line)
            assert all(next(started) for _ in range(2))
            for number in range(12):
                # A connection of its own each, so that both workers get some.
                with httpx.Client(base_url=service.client.base_url, timeout=60) as client:
                    client.post(f"/chat/user-{number}", json={"message": "hello"}).raise_for_status()
            for _ in range(4):
                with httpx.Client(base_url=service.client.base_url, timeout=60) as client:
                    assert 'soni_turns_total{outcome="answered"} 12.0' in client.get("/metrics").text
        finally:
            # Not killed, as at the end: the workers would outlive it.
            code = service.stop()
        assert code == 0
