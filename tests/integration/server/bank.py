"""A bank that takes its time: what it says before, while and after an action runs that a test holds."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.integration.runtime.chat import Deaf, assistant

from soni import RuntimeLoop, action
from soni.events import Event, TurnEnded

from .events import Client, listening

BANK = """
    settings:
      runtime: {turn_timeout: %s}
      conversation: {on_concurrent_message: %s}
    slots:
      amount: {type: integer, prompt: How much?}
      pin: {sensitive: true, prompt: Your PIN?}
      balance: {type: integer}
    actions:
      pay: {inputs: [amount]}
      look: {outputs: [balance], effect: read}
      check: {inputs: [pin], effect: read}
    flows:
      send:
        steps:
          - {step: amount, type: collect, slot: amount}
          - {step: moment, type: say, message: "One moment, please."}
          - {step: pay, type: action, call: pay}
          - {step: sent, type: say, message: "Sent {amount}."}
      balance:
        steps:
          - {step: moment, type: say, message: "I am looking."}
          - {step: look, type: action, call: look}
          - {step: told, type: say, message: "You have {balance}."}
      identify:
        steps:
          - {step: pin, type: collect, slot: pin}
          - {step: moment, type: say, message: "I am checking."}
          - {step: check, type: action, call: check}
          - {step: thanks, type: say, message: "Thank you."}
      loop:
        steps:
          - {step: moment, type: say, message: "I am looking."}
          - {step: look, type: action, call: look}
          - {step: gone, type: branch, slot: balance, cases: {-1: end}}
"""

SEND = "/start_flow send amount=5"
MOMENT = {"text": "One moment, please.", "buttons": []}
SENT = {"text": "Sent 5.", "buttons": []}


class Bank:
    """What its actions did, and what they are to do."""

    def __init__(self) -> None:
        self.paid: list[int] = []
        self.paying = asyncio.Event()
        """Set once money is on its way."""
        self.gate = asyncio.Event()
        """Actions wait for it."""
        self.ended = asyncio.Event()
        """A turn was saved."""
        self.failure: Exception | None = None

    def hear(self, event: Event) -> None:
        if isinstance(event, TurnEnded):
            self.ended.set()

    def actions(self) -> list[Callable[..., object]]:
        @action("pay")
        async def pay(amount: int) -> None:
            self.paying.set()
            await self.gate.wait()
            self.paid.append(amount)

        @action("look")
        async def look() -> dict[str, int]:
            await self.gate.wait()
            if self.failure is not None:
                raise self.failure
            return {"balance": 7}

        @action("check")
        async def check(pin: str) -> None:
            await self.gate.wait()

        return [pay, look, check]

    def loop(self, folder: Path, turn_timeout: str = "30s", concurrent: str = "enqueue") -> RuntimeLoop:
        """The assistant, not opened yet."""
        config = assistant(BANK % (turn_timeout, concurrent), *self.actions(), path=folder / "soni.db")
        return RuntimeLoop(config, understander=Deaf(), listeners=[self.hear])


@asynccontextmanager
async def serving(
    bank: Bank, folder: Path, turn_timeout: str = "30s", concurrent: str = "enqueue"
) -> AsyncIterator[Client]:
    """A client of the bank's service."""
    async with listening(bank.loop(folder, turn_timeout, concurrent)) as client:
        yield client
