"""A service that is given every canary, and what it leaves behind."""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
from tests.integration.server.processes import UVICORN, Service, run, served
from tests.receiving import Receiver, Seen, everything_in, receiving, reports_in, spans_in
from tests.servers import RedisServer, own_redis

from soni.testing import FakeModel

from .assistant import WAYS, write_assistant
from .planted import (
    COLLECTOR_KEY,
    COLLECTOR_SLIP,
    CREDENTIALS,
    DATABASE,
    MODEL_KEY,
    OPAQUE,
    QUIET,
    SENSITIVE,
    SENTRY_KEY,
    SERVICE_KEY,
    SPOKEN,
    STARTING,
    USERS,
    WEBHOOK_KEY,
    WEBHOOK_TOKEN,
    found,
)

CALLER: Final = "0af7651916cd43dd8448eb211c80319c"
"""The trace of a caller that is traced itself."""
TOLD: Final = frozenset({
    "POST /chat/{user_id}", "POST /chat/{user_id}/stream", "GET /conversations/{user_id}/export",
    "soni.turn", "soni.lock", "soni.load", "soni.understand", "soni.run", "soni.commit", "chat fake",
    "soni.action misbehave", "soni.action misbehave_in_a_thread", "soni.action call_out", "POST", "authors.own",
})  # fmt: skip
"""The names of spans that a collector is sent."""
REPORTED: Final = 3
"""Reports of what actions raise, at least; Sentry gets ten a second of all that is logged as an error."""


@dataclass
class Leavings:
    """What a service has left behind."""

    lines: str = ""
    file: str = ""
    metrics: str = ""
    errors: list[str] = field(default_factory=list)
    traces: str = ""
    """All that a collector was sent, spans and metrics, with its headers."""
    sentry: str = ""
    """All that Sentry was sent, with its headers."""
    spans: list[Seen] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    """The events among what Sentry was sent."""
    said: tuple[str, ...] = ()
    """The canaries that actions were given."""
    raised: str = ""
    """What actions have raised, in words that nobody else has got."""

    @property
    def everything(self) -> Mapping[str, str]:
        """Each by its name."""
        return {"stderr": self.lines, "file": self.file, **self.elsewhere}

    @property
    def elsewhere(self) -> Mapping[str, str]:
        """The same without the log."""
        errors = "\n".join(self.errors)
        return {"metrics": self.metrics, "errors": errors, "traces": self.traces, "sentry": self.sentry}

    @property
    def missing(self) -> list[str]:
        """What must be there, and is not: then it proves nothing that no canary is."""
        names = {span.name for span in self.spans}
        steps = [span for span in self.spans if any(name == "soni.step" for name, _ in span.events)]
        raised = {hit.partition(" in raised: ")[0] for hit in found(self.said, {"raised": self.raised})}
        return [
            *(f"span {name}" for name in sorted(TOLD - names)),
            *(["span with steps"] if len(steps) < len(self.said) else []),
            *([] if any(span.trace == CALLER for span in self.spans) else ["span below its caller"]),
            *([] if "soni.turn.duration" in self.traces else ["metric of turns"]),
            *([] if len(self.reports_of_canaries) >= REPORTED else ["report of what an action has raised"]),
            *(f"exception with {each!r}" for each in self.said if repr(each) not in raised),
        ]

    @property
    def reports_of_canaries(self) -> list[dict[str, Any]]:
        """Those whose exception has come out of the function that has a canary among its variables, and in its words."""
        return [each for each in self.reports if "raise_somehow" in _functions(each)]

    def hear(self, collector: Receiver, sentry: Receiver) -> None:
        """Take what these two have received; but the headers in which they are shown the keys that they have given out."""
        self.traces, self.spans = everything_in(collector, but="x-collector"), spans_in(collector)
        self.sentry, self.reports = everything_in(sentry, but="x-sentry-auth"), reports_in(sentry)


def _functions(report: Mapping[str, Any]) -> set[str]:
    """The functions that an exception has gone through, causes included."""
    raised = report.get("exception", {}).get("values", [])
    return {frame["function"] for each in raised for frame in each["stacktrace"]["frames"]}


def service_leavings(folder: Path, style: str, level: str, every: int = 1) -> Leavings:
    """Everything that a service leaves behind that is given every canary, on Redis, with a model that fails.

    ``every`` plants only one in so many of those that users say.
    """
    left = Leavings()
    with ExitStack() as stack:
        redis = stack.enter_context(own_redis("--requirepass", DATABASE))
        model = stack.enter_context(
            FakeModel(faults=("unavailable", "unauthorized", "not_json", "prose") * 200, key=MODEL_KEY)
        )
        collector, sentry = stack.enter_context(receiving()), stack.enter_context(receiving())
        persistence = (
            f'{{backend: redis, connection_string: "redis://:{quote(DATABASE, safe="")}@127.0.0.1:{redis.port}/0"}}'
        )
        nlu = (
            f"{{provider: openai, model: fake, api_base: {model.api_base}, api_key_env: CANARY_MODEL, timeout: 5s,"
            " retries: 0, breaker: {failures: 5000}}"
        )
        write_assistant(folder, style, level, persistence, nlu)
        environ = {
            "CANARY_WEBHOOK": WEBHOOK_TOKEN,
            "CANARY_HEADER": WEBHOOK_KEY,
            "CANARY_MODEL": MODEL_KEY,
            "SONI_API_KEYS": SERVICE_KEY,
            **_told_to(collector, sentry),
        }
        service = stack.enter_context(served(folder, UVICORN, 600, **environ))
        lines = stack.enter_context(_drained(service))
        _talk(service.client, left, every)
        left.metrics = service.client.get("/metrics").text
        _break(service.client, redis, left)
        left.metrics += service.client.get("/metrics").text
        assert service.stop() == 0
    left.hear(collector, sentry)
    left.lines = "".join([*service.told, *lines])
    left.file = (folder / "soni.log").read_text()
    left.raised = (folder / "raised.txt").read_text()
    return left


def start_leavings(folder: Path) -> Leavings:
    """What services leave behind that cannot start, each with a password in its connection string."""
    left = Leavings()
    with receiving() as collector, receiving() as sentry:
        environ = {"CANARY_WEBHOOK": WEBHOOK_TOKEN, "CANARY_HEADER": WEBHOOK_KEY, **_told_to(collector, sentry)}
        for password, address in zip(
            STARTING, ("postgresql://soni:%s@127.0.0.1:9/soni", "redis://:%s@127.0.0.1:9/0"), strict=True
        ):
            backend = address.partition(":")[0]
            place = f'{{backend: {backend}, connection_string: "{address % password}"}}'
            write_assistant(folder, "console", "DEBUG", place, "{provider: embedded}")
            left.lines += run(folder, UVICORN, **environ).stderr
    left.hear(collector, sentry)
    return left


def _told_to(collector: Receiver, sentry: Receiver) -> dict[str, str]:
    """The environment that names these two; each knows the service by a key, and one header is written with a slip."""
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-collector={COLLECTOR_KEY},x-team:{COLLECTOR_SLIP}",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment=canaries",
        "SENTRY_DSN": sentry.url.replace("://", f"://{SENTRY_KEY}@") + "/1",
    }


def _talk(client: httpx.Client, left: Leavings, every: int) -> None:
    """Every canary by every way that a caller has."""

    def keep(response: httpx.Response) -> None:
        if response.status_code >= 400:
            left.errors.append(response.text)

    def say(user: str, *texts: str) -> None:
        for text in texts:
            baggage = {"baggage": f"said={quote(text, safe='')}"}
            keep(client.post(f"/chat/{user}", json={"message": text}, headers=baggage))

    left.said = (*SPOKEN, *SENSITIVE, *CREDENTIALS)[::every]
    for at, canary in enumerate(left.said):
        way, user = WAYS[at % len(WAYS)], f"user-{at}"
        say(user, f"/set_slot how={way}", f"/start_flow tell how={way}", canary)
        say(f"{user}-t", f"/start_flow tell_a_thread how={WAYS[(at + 3) % len(WAYS)]}", canary)
        say(f"{user}-b", f"keep a secret, it is {canary}", way, canary, f"/set_slot secret={_quoted(canary)}")
        say(f"{user}-w", f"/start_flow tell how={way}", f"/set_slot secret={_quoted(canary)}")
        for text in (f"/start_flow tell how={way}", canary):
            told = client.post(f"/chat/{user}-s/stream", json={"message": text}).text
            left.errors += re.findall(r"event: error\ndata: (.*)", told)
        if at % 4 == 0:
            # Told once more in a way that needs no understanding: the webhook must be called.
            say(f"{user}-p", "/start_flow pay how=plain", canary, f"/set_slot secret={_quoted(canary)}", "/affirm")
            say(f"{user}-p", "never mind")
        if canary not in (*SENSITIVE, *OPAQUE):
            _misuse(client, canary, keep)
    for at, user in enumerate(USERS):
        say(user, "/start_flow tell how=plain", SENSITIVE[at], "hello there")
        for way in ("", "/messages", "/export"):
            client.get(f"/conversations/{user}{way}").raise_for_status()
        keep(client.post(f"/conversations/{user}/resume"))
        keep(client.delete(f"/conversations/{user}"))
        keep(client.get(f"/conversations/{user}"))
    city, name, said, amount, late = QUIET
    for at, way in enumerate(WAYS):
        say(f"quiet-{at}", f"/start_flow travel how={way}", said, city, amount, late)
        say(f"quiet-{at}", f"/start_flow travel city={name} how={way}", amount)


def _misuse(client: httpx.Client, canary: str, keep: Callable[[httpx.Response], None]) -> None:
    """Where no canary belongs: as keys, ids, paths, headers, and in bodies that cannot be read."""
    in_header = canary.encode("ascii", "ignore").decode()
    in_path = quote(canary, safe="")
    traced = {"traceparent": f"00-{CALLER}-b7ad6b7169203331-01", "tracestate": f"vendor={in_header}"}
    for response in (
        client.post("/chat/u", json={canary: 1, "message": "hello"}),
        client.post("/chat/u", json={"message": [canary]}),
        client.post("/chat/u", json={"message": "hello", "language": canary}),
        client.post("/chat/u", json={"message": "hello", "metadata": canary}),
        client.post(
            "/chat/u", content=f'{{"message": "{canary}'.encode(), headers={"content-type": "application/json"}
        ),
        client.post("/chat/u", content=canary.encode(), headers={"content-type": "text/plain"}),
        client.post(f"/chat/!{in_path}", json={"message": "hello"}),
        client.get(f"/{in_path}"),
        client.get(f"/conversations/u/messages?before={in_path}"),
        client.get("/conversations/nobody", headers={"X-Request-ID": in_header.replace(" ", "")[:64]}),
        client.get(
            "/conversations/nobody", headers={"Authorization": f"Bearer {in_header}", "Cookie": f"s={in_header}"}
        ),
        client.post("/chat/u", json={"message": "hello"}, headers={"Idempotency-Key": f"a {in_header}"}),
        client.post("/chat/u", json={"message": "hello"}, headers=traced),
        client.get("/conversations/nobody", headers={"traceparent": in_header, "baggage": f"{in_path}={in_path}"}),
        client.request("PATCH", "/health"),
    ):
        keep(response)


def _break(client: httpx.Client, redis: RedisServer, left: Leavings) -> None:
    """The store goes down in the midst of it."""
    client.post("/chat/late", json={"message": "/start_flow tell how=plain"})
    redis.stop()
    for canary in SENSITIVE[:2]:
        left.errors.append(client.post("/chat/late", json={"message": canary}).text)
    left.errors.append(client.get("/ready").text)
    for path in ("", "/messages", "/export"):
        left.errors.append(client.get(f"/conversations/{USERS[0]}{path}").text)
    left.errors.append(client.delete(f"/conversations/{USERS[0]}?erase=true").text)
    redis.start()


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@contextmanager
def _drained(service: Service) -> Iterator[list[str]]:
    """Read what it writes while it runs: a pipe that nobody reads fills up, and then nothing more is written."""
    lines: list[str] = []
    stream = service.process.stderr
    assert stream is not None

    def read() -> None:
        lines.extend(stream)

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    yield lines
    reading.join(10)
