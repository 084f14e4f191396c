"""An assistant with everything that is traced: a model, a webhook, actions in the loop and in threads, and what fails."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.integration.server.processes import Service, served

from soni.testing import FakeModel
from soni.testing.fake_answers import Answer

CANARIES: Final = {
    "words": "heliotrope",
    "e-mail": "ana.canary@example.org",
    "value": "918273",
    "recipient": "Zanzibaria",
    "user": "user-of-the-canary",
    "key": "sk-canary-key",
    "raised": "raised-canary",
    "header": "header-canary",
    "query": "query-canary",
}
"""What must be in nothing that leaves the service; each is really in what is said, kept, sent or raised."""

SEND: Final = f"please send 918273 to Zanzibaria, {CANARIES['words']}, {CANARIES['e-mail']}"
BREAK: Final = f"break it, {CANARIES['words']}"
CRASH: Final = f"crash it, {CANARIES['words']}"
SCRIPT: Final[dict[str, Answer]] = {
    SEND: [{"start_flow": {"flow": "send", "slots": {"amount": "918273", "recipient": "Zanzibaria"}}}],
    BREAK: [{"start_flow": "break_it"}],
}

ASSISTANT = """
version: "1.0"
settings:
  modules: [shop_actions]
  models: {nlu: {provider: openai, model: gpt-4o-mini, api_base: "%s", fallback: embedded, cache: {size: 0}}}
  persistence: {backend: sqlite, path: ./soni.db}
  logging: {format: json}
slots:
  amount: {type: float, prompt: How much?}
  recipient: {prompt: To whom?}
  receipt: {}
  checked: {}
actions:
  weigh: {inputs: [amount], outputs: [checked], effect: read}
  look: {inputs: [recipient], effect: read}
  pay:
    inputs: [amount, recipient]
    outputs: [receipt]
    http: {url: "%s/pay?token=query-canary", headers: {Authorization: header-canary}}
    retry: {max_attempts: 3, delay: 10ms, retry_on: [ConnectionError]}
  explode: {inputs: [amount]}
flows:
  send:
    description: Send money to a friend.
    trigger: {intents: ["send money", "transfer {amount} to {recipient}"]}
    steps:
      - {step: amount, type: collect, slot: amount}
      - {step: recipient, type: collect, slot: recipient}
      - {step: weigh, type: action, call: weigh}
      - {step: look, type: action, call: look}
      - {step: sure, type: confirm, message: "Send {amount} to {recipient}?"}
      - {step: pay, type: action, call: pay}
      - {step: done, type: say, message: "Sent {amount} to {recipient}."}
  break_it:
    description: Break it.
    trigger: {intents: ["break it"]}
    steps:
      - {step: sum, type: set, slots: {amount: 918273}}
      - {step: boom, type: action, call: explode, unconfirmed: true}
"""

ACTIONS = """
from soni import action

try:
    from opentelemetry import trace
    tracer = trace.get_tracer("shop")
except ImportError:
    tracer = None


@action("weigh")
async def weigh(amount):
    if tracer is not None:
        with tracer.start_as_current_span("authors.async"):
            pass
    return {"checked": "yes"}


@action("look")
def look(recipient):
    if tracer is not None:
        with tracer.start_as_current_span("authors.thread"):
            pass


@action("explode")
def explode(amount):
    local_variable = "-".join(("raised", "canary", str(amount)))
    raise LookupError(local_variable)
"""


@contextmanager
def shop(folder: Path, bank: str, **environ: str) -> Iterator[tuple[Service, FakeModel]]:
    """The service, as a process, and its model; ``bank`` is the address of the webhook."""
    with FakeModel(SCRIPT) as model:
        (folder / "soni.yaml").write_text(ASSISTANT % (model.api_base, bank))
        (folder / "shop_actions.py").write_text(ACTIONS)
        # An interval longer than the test: what comes, comes because the service sends it when it ends.
        with served(folder, OPENAI_API_KEY=CANARIES["key"], OTEL_METRIC_EXPORT_INTERVAL="600000", **environ) as service:
            yield service, model


def say(service: Service, text: str, **headers: str) -> tuple[int, dict[str, object]]:
    """A message of the canary's user; its status and answer."""
    answer = service.client.post(f"/chat/{CANARIES['user']}", json={"message": text}, headers=headers)
    body = json.loads(answer.content)
    assert isinstance(body, dict)
    return answer.status_code, body
