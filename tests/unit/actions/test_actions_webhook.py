"""Actions over HTTP, against a real server on this machine."""

import asyncio
import gzip
import json
import ssl
import threading
import traceback
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from soni.actions import Actions, runner
from soni.actions.effects import Occasion
from soni.actions.reach import Reach
from soni.actions.webhook import MAX_ANSWER, WebhookError, Webhooks
from soni.config.models import ActionSpec, Webhook
from soni.errors import ActionError

NOW = Occasion("ana", 1, "en", "visit")


class Bank(ThreadingHTTPServer):
    """Remembers what it was asked, and answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, object]] = []
        self.answers: list[tuple[int, bytes]] = []
        self.headers: dict[str, str] = {}
        self.endless = False
        self.silent: threading.Event | None = None
        """Nothing is answered before it is set."""

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
            "cookie": self.headers["cookie"],
            "encoding": self.headers["accept-encoding"],
        })  # fmt: skip
        status, answer = self.server.answers.pop(0) if self.server.answers else (200, b'{"receipt": "r1"}')
        if self.server.silent is not None:
            self.server.silent.wait(30)
        self.send_response(status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        if self.server.endless:
            self.end_headers()
            with suppress(ConnectionError):
                while True:
                    self.wfile.write(b" " * 65536)
        if status in (301, 302):
            self.send_header("location", f"{self.server.url}/elsewhere")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_PUT = do_POST  # noqa: N815 - the names are http.server's

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
    ("url", "called"),
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
        ("https://169.254.169.254/latest", False),
        ("https://10.0.0.7/pay", False),
        ("https://[fd00::1]/pay", False),
        ("https://[::ffff:169.254.169.254]/", False),
        ("https://[64:ff9b::a9fe:a9fe]/", False),
        ("https://[2002:a9fe:a9fe::]/", False),
        ("https://[fec0::1]/", False),
        ("https://[::10.0.0.1]/", False),
        ("https://[64:ff9b:1::a00:1]/", False),
        ("https://100.64.0.1/", False),
        ("https://224.0.0.1/", False),
        ("https://0.0.0.0/", False),
        ("https://8.8.8.8/", True),
        ("http://bank.internal/pay", True),
        ("http://a.b.mesh.internal/pay", True),
        ("http://mesh.internal/pay", False),
        ("http://10.1.2.3:8080/pay", True),
    ],
)
def test_what_may_be_called(url: str, called: bool) -> None:
    """Plain http leaves this machine nowhere, and nothing private is called, unless an operator names the host."""
    reach = Reach(("bank.internal", "*.mesh.internal", "10.1.2.3"))

    assert (reach.problem(url) is None) is called


async def test_an_unsafe_address_is_not_called() -> None:
    """Also where the configuration was not checked."""
    async with Webhooks() as webhooks:
        with pytest.raises(WebhookError, match="only https"):
            await webhooks.call(Webhook(url="http://bank.test/pay"), {}, "k")


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "2852039166"])
async def test_a_name_that_leads_to_a_private_address_is_not_called(bank: Bank, host: str) -> None:
    """What counts is the address that a name comes to when it is called."""
    url = f"https://{host}:{bank.server_port}/secret-path"
    async with Webhooks() as webhooks:
        with pytest.raises(WebhookError, match="private address") as caught:
            await webhooks.call(Webhook(url=url), {}, "k")

    assert host not in str(caught.value)
    assert bank.asked == []


async def test_a_host_that_is_named_may_be_private(bank: Bank) -> None:
    """An operator's word opens it, plain http and all."""
    async with Webhooks(Reach(("2130706433",))) as webhooks:
        assert await webhooks.call(Webhook(url=f"http://2130706433:{bank.server_port}/"), {}, "k") == {"receipt": "r1"}


async def test_an_answer_is_not_read_further_than_it_may_be_long(bank: Bank) -> None:
    """A service that never ends its answer is hung up on, long before the time is up."""
    bank.endless = True
    async with Webhooks() as webhooks:
        with pytest.raises(WebhookError, match=f"more than {MAX_ANSWER} bytes"):
            await webhooks.call(Webhook(url=bank.url), {}, "k")


async def test_a_packed_answer_is_not_unpacked(bank: Bank) -> None:
    """A kilobyte may be a gigabyte; it was asked for as it is."""
    bank.headers["content-encoding"] = "gzip"
    bank.answers.append((200, gzip.compress(b" " * 10_000_000 + b"{}")))
    async with Webhooks() as webhooks:
        with pytest.raises(WebhookError, match="compressed"):
            await webhooks.call(Webhook(url=bank.url), {}, "k")

    assert bank.asked[0]["encoding"] == "identity"


async def test_cookies_are_not_kept(bank: Bank) -> None:
    """What a service notes about one user is not told when another one asks."""
    bank.headers["set-cookie"] = "who=ana"
    async with Webhooks() as webhooks:
        for _ in range(2):
            await webhooks.call(Webhook(url=bank.url), {}, "k")

    assert [asked["cookie"] for asked in bank.asked] == [None, None]


async def test_a_name_and_password_within_the_url(bank: Bank) -> None:
    """They are sent as HTTP has it."""
    url = f"http://ana:secret@127.0.0.1:{bank.server_port}/pay"
    async with Webhooks() as webhooks:
        await webhooks.call(Webhook(url=url), {}, "k")

    assert bank.asked[0]["auth"] == "Basic YW5hOnNlY3JldA=="


@pytest.mark.parametrize("status", [400, 302, 503])
async def test_errors_tell_no_secrets(bank: Bank, status: int) -> None:
    """Neither what is logged of them nor any cause has a header or the URL in it."""
    bank.answers.append((status, b"{}"))
    async with paying(f"{bank.url}/hook/path-secret?key=query-secret") as actions:
        with pytest.raises(ActionError) as caught:
            await actions.run("pay", {"amount": 5}, NOW)

    told = "".join(traceback.format_exception(caught.value))
    assert [secret for secret in ("Bearer token", "path-secret", "query-secret") if secret in told] == []


async def test_a_webhook_has_a_time_limit_of_its_own(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """An action without a timeout does not wait for ever."""
    monkeypatch.setattr(runner, "WEBHOOK_TIMEOUT", timedelta(milliseconds=20))
    bank.silent = threading.Event()
    try:
        async with paying(bank.url) as actions:
            with pytest.raises(ActionError) as caught:
                await actions.run("pay", {"amount": 5}, NOW)
    finally:
        bank.silent.set()

    assert caught.value.reason == "timeout"


async def test_certificates_are_read_beside_the_event_loop(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, by a thread, for all the calls that come first: nobody else's turn waits for the disk."""
    read_by: list[threading.Thread] = []
    create = httpx.create_ssl_context

    def noting() -> ssl.SSLContext:
        read_by.append(threading.current_thread())
        return create()

    monkeypatch.setattr(httpx, "create_ssl_context", noting)
    async with Webhooks() as webhooks:
        answers = await asyncio.gather(*(webhooks.call(Webhook(url=bank.url), {}, f"k{n}") for n in range(5)))

    assert answers == [{"receipt": "r1"}] * 5
    assert len(read_by) == 1
    assert read_by[0] is not threading.current_thread()


async def test_the_client_is_closed_and_opened_again(bank: Bank) -> None:
    """It is opened with the first call, closed at the end, and nothing leaks in between."""
    webhooks = Webhooks()
    for _ in range(2):
        async with webhooks:
            assert await webhooks.call(Webhook(url=bank.url), {}, "k") == {"receipt": "r1"}
    async with webhooks:
        pass
