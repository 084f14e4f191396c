"""A small bank that understands by a model, and someone who talks to it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from tests.integration.runtime.chat import assistant

from soni import Message, RuntimeLoop, action
from soni.events import BreakerChanged, CommandDropped, Event, ModelCalled, UnderstoodBy
from soni.testing.fake_answers import Answer
from soni.testing.fake_model import FakeModel

BANK = """
settings:
  models: {nlu: {provider: openai, model: gpt-4o-mini, timeout: %s, retries: 2, fallback: %s,
                 breaker: {failures: 3, reset: 30s}, cache: {size: %d}}}
  persistence: {backend: memory}
slots:
  amount: {type: float, prompt: How much?}
  account: {type: choice, choices: [checking, savings], prompt: From which account?}
  recipient: {prompt: To whom?}
  pin: {type: string, pattern: "[0-9]{4}(-[0-9]{4})?", sensitive: true, prompt: Your PIN?}
  password: {sensitive: true, prompt: Your new password?}
  balance: {type: float}
actions:
  pay: {inputs: [amount, recipient]}
flows:
  send_money:
    description: Send money to a friend.
    trigger: {intents: ["send money", "transfer {amount} to {recipient}"]}
    steps:
      - {step: amount, type: collect, slot: amount}
      - {step: recipient, type: collect, slot: recipient}
      - {step: account, type: collect, slot: account}
      - {step: sure, type: confirm, message: "Send {amount} to {recipient}?"}
      - {step: pay, type: action, call: pay}
      - {step: done, type: say, message: "Sent {amount} to {recipient}."}
  identify:
    description: Say who you are.
    trigger: {intents: ["let me identify myself"]}
    steps:
      - {step: pin, type: collect, slot: pin}
      - {step: done, type: say, message: Thank you.}
  reset_password:
    description: Change the password.
    trigger: {intents: ["change my password"]}
    steps:
      - {step: new, type: collect, slot: password}
      - {step: done, type: say, message: It is changed.}
  close_account:
    description: Close the account.
    trigger: {intents: ["close my account"]}
    steps:
      - {step: pay, type: action, call: pay, inputs: {amount: 0, recipient: nobody}, unconfirmed: true}
"""

SEND: Final[Answer] = [{"start_flow": {"flow": "send_money", "slots": {"amount": "50", "recipient": "Ana"}}}]


@dataclass
class Customer:
    """Someone at the bank."""

    loop: RuntimeLoop
    name: str = "ana"
    events: list[Event] = field(default_factory=list)
    paid: list[tuple[float, str]] = field(default_factory=list)

    async def say(self, text: str) -> str:
        """What is answered, all of it."""
        reply = await self.loop.process_message(Message(self.name, text))
        return "\n".join(message.text for message in reply.messages)

    async def stack(self) -> list[str]:
        """The flows that are open."""
        return [str(frame["flow"]) for frame in (await self.loop.get_state(self.name)).stack]

    def sources(self) -> list[tuple[str, str]]:
        """Who has understood each message, and why the fallback."""
        return [(event.source, event.reason) for event in self.events if isinstance(event, UnderstoodBy)]

    def calls(self) -> list[ModelCalled]:
        """How each call of the model went."""
        return [event for event in self.events if isinstance(event, ModelCalled)]

    def breaker(self) -> list[str]:
        """How the breaker has changed."""
        return [event.state for event in self.events if isinstance(event, BreakerChanged)]

    def dropped(self) -> list[tuple[str, str]]:
        """The commands that were not admitted, and why."""
        return [(event.command, event.reason) for event in self.events if isinstance(event, CommandDropped)]


@asynccontextmanager
async def at_the_bank(
    server: FakeModel,
    *,
    limit: str = "5s",
    fallback: str = "embedded",
    cache: int = 0,
    blocked: Sequence[str] = (),
    **nlu: object,
) -> AsyncIterator[Customer]:
    """The bank is open while the customer is there; ``nlu`` is what else its settings say of the model."""
    events: list[Event] = []
    paid: list[tuple[float, str]] = []

    @action("pay")
    async def pay(amount: float, recipient: str) -> None:
        paid.append((amount, recipient))

    config = assistant(BANK % (limit, fallback, cache), pay)
    settings = config.settings
    asked = settings.models.nlu.model_copy(update={"api_base": server.api_base, **nlu})
    models = settings.models.model_copy(update={"nlu": asked})
    security = settings.security.model_copy(update={"blocked_intents": tuple(blocked)})
    changed = settings.model_copy(update={"models": models, "security": security})
    config = config.model_copy(update={"settings": changed})
    async with RuntimeLoop(config, listeners=[events.append]) as loop:
        yield Customer(loop, events=events, paid=paid)
