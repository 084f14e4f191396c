"""A small shop that sends money: actions that count, fail and take their time as a test tells them."""

import asyncio
from collections.abc import Callable

from soni import ActionContext, action


class Shop:
    """What its actions did, and what they are to do."""

    def __init__(self) -> None:
        self.paid: list[int] = []
        self.keys: list[str] = []
        self.failures = 0
        """How often ``post`` fails from now on."""
        self.paying = asyncio.Event()
        """Set once ``pay`` was called."""
        self.pay_gate = asyncio.Event()
        self.pay_gate.set()
        self.posting = asyncio.Event()
        """Set once ``post`` was called."""
        self.post_gate = asyncio.Event()
        self.post_gate.set()

    @property
    def pay(self) -> Callable[..., object]:
        """Takes the money, once the gate is open."""

        @action("pay")
        async def pay(amount: int, ctx: ActionContext) -> dict[str, str]:
            self.keys.append(ctx.idempotency_key)
            self.paying.set()
            await self.pay_gate.wait()
            self.paid.append(amount)
            return {"receipt": f"r{len(self.paid)}"}

        return pay

    @property
    def post(self) -> Callable[..., object]:
        """Books it, once the gate is open."""

        @action("post")
        async def post(amount: int) -> None:
            self.posting.set()
            await self.post_gate.wait()
            if self.failures:
                self.failures -= 1
                raise ValueError(amount)

        return post


PAY = """
    slots: {amount: {type: integer, prompt: How much?}, receipt: {}}
    actions:
      pay: {inputs: [amount], outputs: [receipt]}
      post: {inputs: [amount]}
    flows:
      send:
        steps:
          - {step: amount, type: collect, slot: amount}
          - {step: pay, type: action, call: pay}
          - {step: post, type: action, call: post}
          - {step: done, type: say, message: "Sent {amount}, {receipt}."}
      hello: {steps: [{step: hi, type: say, message: Hello.}]}
"""
