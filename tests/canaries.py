"""Planted secrets, and a real service that is given each of them wherever it could come from, while much goes wrong.

Whoever writes something about the work (logs, metrics, errors, traces) is searched for them afterwards. ``scripts/canaries``
runs it in every form and prints what was found.
"""

import json
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

import httpx
from tests.integration.server.processes import UVICORN, Service, run, served
from tests.servers import RedisServer, own_redis

from soni.testing import FakeModel

# -- what is planted --------------------------------------------------------------------------------------------------

SPOKEN: Final = (
    # Said to the assistant, into sensitive slots or out of the blue; everyone knows what they are by their looks.
    "4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005", "6011111111111117", "3530111333300000",
    "4012888888881881", "5105 1051 0510 5100", "2223003122003222",
    "ES91 2100 0418 4502 0005 1332", "DE89370400440532013000", "GB29NWBK60161331926819",
    "zoe.quark@example.org", "amalia+bank@correo.example.es", "j_doe99@mail.example.com", "ops@intern.example.net",
    "x.y-z@sub.domain.example", "mayor@town.example",
    "+34 612 984 377", "+44 20 7946 0958", "+1 (202) 555-0143", "+49-151-23456789",
)  # fmt: skip
SENSITIVE: Final = (
    # Values of sensitive slots that look like nothing at all.
    "marzipan-otter", "Querétaro 1987", "blue \"velvet\" door", "tango'd giraffe", "pin 90214457", "ÑANDÚ de plata",
    "kestrel/heron&wren=1", "swordfish forever", "73119046", "lavender\\smoke",
)  # fmt: skip
CREDENTIALS: Final = (
    # What programs know each other by, in headers, bodies and the words of exceptions.
    "sk-proj-A1b2C3d4E5f6G7h8I9j0KlMn", "sk_live_51HxQw8aZbYcXdWeVfUgTh", "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "AKIAIOSFODNN7EXAMPLE", "AIzaSyA-9tSrke72PouQMnMX-a7eZSW0jkFMBWY", "xoxb-17653672481-19874698323-pdFZKVeTuE8s",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N", "glpat-x7Yz-2kLmNoPqRsTuVw",
    "Zm9vYmFyYmF6cXV4Y29ycmVjdA", "b3BlbnNlc2FtZTEyMzQ1Njc4OTA",
)  # fmt: skip
OPAQUE: Final = CREDENTIALS[-2:]
"""They look like nothing at all: where a caller makes an id of one, nobody can know."""
DATABASE: Final = "n0t-F0r%20Logs-db"
WEBHOOK_TOKEN: Final = "wh-bearer-77aa21c09d"
WEBHOOK_KEY: Final = "plainwebhookheadersecret"
MODEL_KEY: Final = "modelkey00just00letters"
SERVICE_KEY: Final = "hashedservicekeyabcdef0123"
USERS: Final = ("wilhelmina.pryce@example.org", "34612000111-wilma", "quinoa-42")
STARTING: Final = ("p4ssw0rd-at-the-start", "second-Start-Pw")

CANARIES: Final = (
    *SPOKEN, *SENSITIVE, *CREDENTIALS,
    DATABASE, WEBHOOK_TOKEN, WEBHOOK_KEY, MODEL_KEY, SERVICE_KEY, *USERS, *STARTING[:1],
)  # fmt: skip
"""No level of any log may have them, nor metrics, nor the bodies of errors."""

QUIET: Final = ("Ouagadougou", "Wolfeschlegelstein", "perspicacious pelican", "8213.75", "the zeppelin is late")
"""What is said and known without being sensitive: not to be had above DEBUG."""


@dataclass
class Leavings:
    """What a service has left behind."""

    lines: str = ""
    file: str = ""
    metrics: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def everything(self) -> Mapping[str, str]:
        """Each by its name."""
        return {"stderr": self.lines, "file": self.file, "metrics": self.metrics, "errors": "\n".join(self.errors)}


def found(canaries: Sequence[str], texts: Mapping[str, str]) -> list[str]:
    """Which canaries are in which text, however they are spelled: ``card in stderr: …the line…``."""
    hits = []
    for where, text in texts.items():
        compact = re.sub(r"(?<=\d)[ \-](?=\d)", "", text)
        for canary in canaries:
            spelled = {canary, repr(canary)[1:-1], quote(canary), quote(canary, safe=""), canary.replace(" ", "+")}
            spelled |= {json.dumps(canary)[1:-1], canary.encode("unicode_escape").decode(), canary.replace('"', '\\"')}
            if digits := re.sub(r"[ \-]", "", canary) if re.fullmatch(r"[\d \-]+", canary) else "":
                spelled.add(digits)
            for spelling in spelled:
                if (at := text.find(spelling)) >= 0 or (at := compact.find(spelling)) >= 0:
                    hits.append(f"{canary!r} in {where}: {text[max(at - 150, 0) : at + 80]!r}")
                    break
    return hits


# -- where it is planted ----------------------------------------------------------------------------------------------

ASSISTANT: Final = """
version: "1.0"
settings:
  modules: [canary_actions]
  logging: {level: %(level)s, format: %(format)s, file: ./soni.log}
  persistence: %(persistence)s
  models: {nlu: %(nlu)s}
slots:
  secret: {type: string, prompt: What is the secret?, sensitive: true, filled_by: user, validator: look_at}
  city: {type: string, prompt: Which city?, filled_by: user}
  amount: {type: float, prompt: How much?, filled_by: user}
  token: {type: string, sensitive: true}
  how: {type: string, prompt: How?, filled_by: user}
actions:
  misbehave: {inputs: [secret, how, "city?", "amount?"], effect: read}
  misbehave_in_a_thread: {inputs: [secret, how], effect: read}
  make_token: {inputs: [secret], outputs: [token], effect: read}
  call_out:
    inputs: [secret]
    effect: write
    http: {url: "http://127.0.0.1:9/pay", headers: {Authorization: "Bearer ${CANARY_WEBHOOK}", X-Partner: "${CANARY_HEADER}"}}
flows:
  tell:
    description: Keep a secret.
    trigger: {intents: [keep a secret, I have a secret, remember my secret]}
    steps:
      - {step: how, type: collect, slot: how}
      - {step: ask, type: collect, slot: secret}
      - {step: token, type: action, call: make_token}
      - {step: run, type: action, call: misbehave, inputs: {secret: "{{ secret }}", how: "{{ how }}"}}
      - {step: done, type: say, message: "Thank you, {secret}."}
  tell_a_thread:
    description: Keep a secret in a thread.
    trigger: {intents: [use a thread]}
    steps:
      - {step: how, type: collect, slot: how}
      - {step: ask, type: collect, slot: secret}
      - {step: run, type: action, call: misbehave_in_a_thread, inputs: {how: "{{ how }}"}}
      - {step: done, type: say, message: "Thank you."}
  pay:
    description: Pay with a webhook.
    trigger: {intents: [call the webhook]}
    steps:
      - {step: how, type: collect, slot: how}
      - {step: ask, type: collect, slot: secret}
      - {step: sure, type: confirm, message: "With {secret}?"}
      - {step: run, type: action, call: call_out}
      - {step: done, type: say, message: Paid.}
  travel:
    description: Travel somewhere.
    trigger: {intents: [travel, "travel to {city}"]}
    steps:
      - {step: how, type: collect, slot: how}
      - {step: where, type: collect, slot: city}
      - {step: price, type: collect, slot: amount}
      - {step: run, type: action, call: misbehave, inputs: {secret: "{{ city }}", how: "{{ how }}"}}
      - {step: done, type: say, message: "Off to {city}."}
"""

ACTIONS: Final = """
import logging
import warnings

import psycopg
from pydantic import BaseModel
from soni import ActionContext, action, validator

library = logging.getLogger("some.library")


class Strict(BaseModel):
    secret: int


def raise_somehow(secret, how, city=None, amount=None):
    match how:
        case "plain":
            raise RuntimeError(f"cannot use {secret} for {city} and {amount}")
        case "chain":
            try:
                int(secret + "x")
            except ValueError as error:
                raise RuntimeError("as above") from error
        case "pydantic":
            Strict(secret=secret + " as well")
        case "sql":
            raise psycopg.errors.UniqueViolation(
                f'duplicate key value violates "accounts"\\nDETAIL:  Key (secret)=({secret}) already exists.'
            )
        case "quoted":
            raise ValueError(f"{secret!r} is none of {[secret, city]!r}; {dict(secret=secret)!r}; {amount}")
        case "group":
            raise ExceptionGroup("several", [ValueError(secret), TypeError(f"{city}:{amount}")])
        case "http":
            raise RuntimeError(f"401 for Authorization: Bearer {secret} at https://me:{secret}@bank.example/?api_key={secret}")


def say_somehow(log, secret, city=None, amount=None):
    log.info("using %s in %s for %s", secret, city, amount)
    log.info("details", extra={"given": secret, "nested": {"a": [secret, city]}, "amount": amount})
    log.warning("a line that does not fit %s %s", secret)
    log.debug("debugging %s", secret)
    library.info("POST /x?secret=%s", secret)
    library.error({"secret": secret})
    warnings.warn(f"deprecated: {secret}", stacklevel=1)
    logging.getLogger("root.cause").error("stack of %s", secret, stack_info=True)


@action("misbehave")
async def misbehave(secret, how, ctx: ActionContext, city=None, amount=None):
    say_somehow(ctx.log, secret, city, amount)
    raise_somehow(secret, how, city, amount)


@action("misbehave_in_a_thread")
def misbehave_in_a_thread(secret, how, ctx: ActionContext):
    say_somehow(ctx.log, secret)
    raise_somehow(secret, how)


@action("make_token")
async def make_token(secret):
    return {"token": secret[::-1]}


@validator("look_at")
def look_at(value, ctx: ActionContext):
    ctx.log.warning("looking at %s", value)
    return True
"""

WAYS: Final = ("plain", "chain", "pydantic", "sql", "quoted", "group", "http")


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
        }
        service = stack.enter_context(served(folder, UVICORN, 600, **environ))
        lines = stack.enter_context(_drained(service))
        _talk(service.client, left, every)
        left.metrics = service.client.get("/metrics").text
        _break(service.client, redis, left)
        left.metrics += service.client.get("/metrics").text
        service.stop()
    left.lines = "".join([*service.told, *lines])
    left.file = (folder / "soni.log").read_text()
    return left


def start_leavings(folder: Path) -> Leavings:
    """What services leave behind that cannot start, each with a password in its connection string."""
    left = Leavings()
    for password, address in zip(
        STARTING, ("postgresql://soni:%s@127.0.0.1:9/soni", "redis://:%s@127.0.0.1:9/0"), strict=True
    ):
        backend = address.partition(":")[0]
        place = f'{{backend: {backend}, connection_string: "{address % password}"}}'
        write_assistant(folder, "console", "DEBUG", place, "{provider: embedded}")
        left.lines += run(folder, UVICORN, CANARY_WEBHOOK=WEBHOOK_TOKEN, CANARY_HEADER=WEBHOOK_KEY).stderr
    return left


def write_assistant(folder: Path, style: str, level: str, persistence: str, nlu: str) -> None:
    """The assistant whose actions misbehave."""
    written = ASSISTANT % {"level": level, "format": style, "persistence": persistence, "nlu": nlu}
    (folder / "soni.yaml").write_text(written)
    (folder / "canary_actions.py").write_text(ACTIONS)


def _talk(client: httpx.Client, left: Leavings, every: int) -> None:
    """Every canary by every way that a caller has."""

    def keep(response: httpx.Response) -> None:
        if response.status_code >= 400:
            left.errors.append(response.text)

    def say(user: str, *texts: str) -> None:
        for text in texts:
            keep(client.post(f"/chat/{user}", json={"message": text}))

    for at, canary in enumerate((*SPOKEN, *SENSITIVE, *CREDENTIALS)[::every]):
        way, user = WAYS[at % len(WAYS)], f"user-{at}"
        say(user, f"/set_slot how={way}", f"/start_flow tell how={way}", canary)
        say(f"{user}-t", f"/start_flow tell_a_thread how={WAYS[(at + 3) % len(WAYS)]}", canary)
        say(f"{user}-b", f"keep a secret, it is {canary}", way, canary, f"/set_slot secret={_quoted(canary)}")
        for text in (f"/start_flow tell how={way}", canary):
            told = client.post(f"/chat/{user}-s/stream", json={"message": text}).text
            left.errors += re.findall(r"event: error\ndata: (.*)", told)
        if at % 4 == 0:
            say(f"{user}-p", "/start_flow pay", "plain", canary, "/affirm", "never mind")
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


def main() -> int:
    """Every form, with its figure; 1 where a canary was found."""
    hits = 0
    for style in ("json", "console"):
        for level in ("INFO", "DEBUG"):
            with tempfile.TemporaryDirectory(prefix="soni-canaries-") as folder:
                left = service_leavings(Path(folder), style, level)
            planted = CANARIES if level == "DEBUG" else (*CANARIES, *QUIET)
            hits += _report(f"{style} at {level}", planted, left)
    with tempfile.TemporaryDirectory(prefix="soni-canaries-") as folder:
        hits += _report("services that cannot start", (*CANARIES, *STARTING), start_leavings(Path(folder)))
    return 1 if hits else 0


def _report(what: str, planted: Sequence[str], left: Leavings) -> int:
    texts = left.everything
    hits = found(planted, texts)
    searched = ", ".join(f"{name} {len(text):,}" for name, text in texts.items() if text)
    print(f"{what}: {len(planted)} planted, {len(hits)} found (characters searched: {searched})")  # noqa: T201
    for hit in hits:
        print("  " + hit)  # noqa: T201
    return len(hits)


if __name__ == "__main__":
    sys.exit(main())
