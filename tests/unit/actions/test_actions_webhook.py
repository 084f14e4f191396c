"""Actions over HTTP, against a real server on this machine."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from soni.actions import Actions
from soni.actions.effects import Occasion
from soni.actions.webhook import MAX_ANSWER, WebhookError, Webhooks, is_safe
from soni.config.models import ActionSpec, Webhook
from soni.errors import ActionError

NOW = Occasion("ana", 1, "en", "visit")


class Bank(ThreadingHTTPServer):
    """Remembers what it was asked, and answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, object]] = []
        self.answers: list[tuple[int, bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Bank)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        parts = urlsplit(self.path)
        self.server.asked.append({
            "method": self.command,
            "path": parts.path,
            "query": parse_qs(parts.query),
            "body": json.loads(body) if body else None,
            "key": self.headers["idempotency-key"],
            "auth": self.headers["authorization"],
        })  # fmt: skip
        status, answer = self.server.answers.pop(0) if self.server.answers else (200, b'{"receipt": "r1"}')
        self.send_response(status)
        if status in (301, 302):
            self.send_header("location", f"{self.server.url}/elsewhere")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST  # noqa: N815 - the names are http.server's
    do_PUT = do_POST  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        pass


@pytest.fixture
def bank() -> Iterator[Bank]:
    with Bank() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def paying(url: str, **spec: object) -> Actions:
    """An assistant whose payment is a webhook."""
    http = {"url": url, "headers": {"Authorization": "Bearer token"}}
    return Actions(
        {"pay": ActionSpec.model_validate({"inputs": ["amount"], "outputs": ["receipt"], "http": http, **spec})}
    )


async def test_json_goes_out_and_json_comes_back(bank: Bank) -> None:
    """The inputs are the body, the answer the outputs; the key and the headers go along."""
    async with paying(f"{bank.url}/pay") as actions:
        ran = await actions.run("pay", {"amount": 5, "note": "ä"}, NOW)

    assert ran.outputs == {"receipt": "r1"}
    asked = bank.asked[0]
    assert (asked["method"], asked["path"], asked["body"]) == ("POST", "/pay", {"amount": 5, "note": "ä"})
    assert asked["auth"] == "Bearer token"
    assert len(str(asked["key"])) == 32


async def test_a_get_asks_in_its_query(bank: Bank) -> None:
    """Unset inputs are left out."""
    async with Webhooks() as webhooks:
        await webhooks.call(Webhook(method="GET", url=f"{bank.url}/rate"), {"from": "EUR", "to": None}, "k")

    assert (bank.asked[0]["method"], bank.asked[0]["query"], bank.asked[0]["body"]) == ("GET", {"from": ["EUR"]}, None)


async def test_an_empty_answer_is_no_result(bank: Bank) -> None:
    """204 is a success without outputs."""
    bank.answers.append((204, b""))
    async with paying(bank.url, effect="read") as actions:
        assert (await actions.run("pay", {}, NOW)).outputs == {}


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_service_that_is_busy_is_asked_again_with_the_same_key(bank: Bank, status: int) -> None:
    """Statuses that say *later* are worth a retry, and the service can tell that it is one."""
    bank.answers.append((status, b"later"))
    async with paying(bank.url, retry={"delay": "1ms"}) as actions:
        ran = await actions.run("pay", {"amount": 5}, NOW)

    assert (ran.outputs, ran.attempts) == ({"receipt": "r1"}, 2)
    assert bank.asked[0]["key"] == bank.asked[1]["key"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, b"{}"),
        (500, b"oops"),
        (302, b""),
        (200, b"no json"),
        (200, b"[1]"),
        (200, b'"' + b"x" * MAX_ANSWER + b'"'),
    ],
    ids=["refused", "broken", "redirect", "no json", "no mapping", "too long"],
)
async def test_any_other_answer_is_a_failure(bank: Bank, status: int, answer: bytes) -> None:
    """Nothing is followed, guessed or kept."""
    bank.answers.append((status, answer))
    async with paying(bank.url, retry={"delay": "1ms"}) as actions:
        with pytest.raises(ActionError):
            await actions.run("pay", {"amount": 5}, NOW)

    assert len(bank.asked) == 1


async def test_a_service_that_is_not_there_is_worth_a_retry() -> None:
    """A connection that fails is told as ConnectionError."""
    with Bank() as gone:
        url = gone.url
    async with Webhooks() as webhooks:
        with pytest.raises(ConnectionError):
            await webhooks.call(Webhook(url=url), {}, "k")


async def test_a_service_that_does_not_answer_runs_into_the_time_limit(bank: Bank) -> None:
    """The action's timeout holds for webhooks too."""
    bank.answers.extend([(503, b"")] * 10)
    async with paying(bank.url, timeout="1ms", retry={"max_attempts": 1}) as actions:
        with pytest.raises(ActionError):
            await actions.run("pay", {}, NOW)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://bank.test/pay", True),
        ("http://localhost:8080/pay", True),
        ("http://127.0.0.1/pay", True),
        ("http://[::1]/pay", True),
        ("http://bank.test/pay", False),
        ("http://127.0.0.1@bank.test/pay", False),
        ("http://localhost.bank.test/pay", False),
        ("ftp://localhost/pay", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_https_and_this_machine_are_safe(url: str, safe: bool) -> None:
    """Plain http leaves this machine nowhere."""
    assert is_safe(url) is safe


async def test_an_unsafe_address_is_not_called() -> None:
    """Also where the configuration was not checked."""
    async with Webhooks() as webhooks:
        with pytest.raises(WebhookError, match="only https"):
            await webhooks.call(Webhook(url="http://bank.test/pay"), {}, "k")


async def test_the_client_is_closed_and_opened_again(bank: Bank) -> None:
    """It is opened with the first call, closed at the end, and nothing leaks in between."""
    webhooks = Webhooks()
    for _ in range(2):
        async with webhooks:
            assert await webhooks.call(Webhook(url=bank.url), {}, "k") == {"receipt": "r1"}
    async with webhooks:
        pass
