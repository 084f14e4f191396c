"""The assistant whose actions misbehave."""

from pathlib import Path
from typing import Final

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
import traceback
import warnings
from pathlib import Path

import psycopg
from opentelemetry import trace
from pydantic import BaseModel
from soni import ActionContext, action, validator

library = logging.getLogger("some.library")
tracer = trace.get_tracer("canaries")


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


def raise_in_a_span(*given):
    try:
        with tracer.start_as_current_span("authors.own"):
            raise_somehow(*given)
    except Exception:
        with Path("raised.txt").open("a") as raised:
            raised.write(traceback.format_exc())
        raise


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
    raise_in_a_span(secret, how, city, amount)


@action("misbehave_in_a_thread")
def misbehave_in_a_thread(secret, how, ctx: ActionContext):
    say_somehow(ctx.log, secret)
    raise_in_a_span(secret, how)


@action("make_token")
async def make_token(secret):
    return {"token": secret[::-1]}


@validator("look_at")
def look_at(value, ctx: ActionContext):
    ctx.log.warning("looking at %s", value)
    return True
"""

WAYS: Final = ("plain", "chain", "pydantic", "sql", "quoted", "group", "http")


def write_assistant(folder: Path, style: str, level: str, persistence: str, nlu: str) -> None:
    """The assistant whose actions misbehave."""
    written = ASSISTANT % {"level": level, "format": style, "persistence": persistence, "nlu": nlu}
    (folder / "soni.yaml").write_text(written)
    (folder / "canary_actions.py").write_text(ACTIONS)
