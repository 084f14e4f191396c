"""An assistant whose words come from a model, and the requests that it makes."""

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from textwrap import dedent
from typing import Any, Final

from tests.integration.runtime.chat import Chat, assistant, talking

from soni.events import ModelCalled
from soni.testing import FakeModel, said_in

POEM: Final = "Roses are red."

BANK: Final = """
    slots:
      to: {prompt: Who gets the money?}
      amount: {type: float, prompt: How much?}
      pin: {sensitive: true, prompt: Your PIN?}
    responses:
      sent: {text: "Sent {amount:.2f} to {to}.", buttons: [{title: More, payload: /start_flow send}], custom: {x: 1}}
      exact: {text: "Exactly {amount}.", rephrase: false}
    flows:
      send:
        description: Send money.
        steps:
          - {step: to, type: collect, slot: to}
          - {step: amount, type: collect, slot: amount}
          - {step: sure, type: confirm, message: "Send {amount} to {to}?"}
          - {step: sent, type: say, response: sent}
          - {step: exact, type: say, response: exact}
          - {step: law, type: say, message: This is the law., rephrase: false}
      identify:
        description: Who are you?
        steps: [{step: pin, type: collect, slot: pin}, {step: thanks, type: say, message: "Thank you, {pin}."}]
"""


def words_for(body: Mapping[str, Any]) -> str:
    """What the fake model answers to a request."""
    return told("Well: " + said_in(body)) if is_rephrasing(body) else told(POEM)


def told(text: str) -> str:
    """An answer with this text."""
    return json.dumps({"text": text})


def is_rephrasing(body: Mapping[str, Any]) -> bool:
    return "in other words" in str(body["messages"][0]["content"])


def fields(body: Mapping[str, Any]) -> dict[str, str]:
    """The inputs of a request by name."""
    parts = re.split(r"^\[\[ ## (\w+) ## \]\]\n", str(body["messages"][-1]["content"]), flags=re.MULTILINE)
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def rephrased(model: FakeModel) -> list[str]:
    """The templates that the model was given."""
    return [said_in(body) for body in model.requests if is_rephrasing(body)]


def outcomes(chat: Chat) -> list[tuple[str, str]]:
    """What each call was for, and how it went."""
    return [(event.purpose, event.outcome) for event in chat.happened(ModelCalled)]


@asynccontextmanager
async def writing(
    model: FakeModel,
    written: str = BANK,
    *functions: Callable[..., object],
    rephraser: str = "{enabled: true}",
    nlu: str = "",
    retries: int = 0,
    more: str = "",
) -> AsyncIterator[Chat]:
    """Talk to an assistant; what is said to it are payloads, so that the model only writes."""
    settings = f"""
        settings:
          models:
            nlu: {{provider: openai, model: gpt-4o-mini, api_base: "{model.api_base}", timeout: 5s, retries: {retries}{nlu}}}
            rephraser: {rephraser}
    """
    config = assistant(dedent(settings) + more + dedent(written), *functions)
    async with talking(config) as chat:
        yield chat


def all_words(requests: Sequence[Mapping[str, Any]]) -> str:
    """All that was sent to the model."""
    return json.dumps(list(requests), ensure_ascii=False)
