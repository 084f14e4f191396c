"""Whichever call of a turn fails, or whenever its caller goes away: the message that comes again gets the right answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from tests.integration.runtime.chat import Deaf, Watch, assistant

import soni.runtime.loop
from soni import ActionContext, RuntimeLoop, action
from soni.config.models import SoniConfig
from soni.config.settings import Persistence
from soni.errors import StoreUnavailable
from soni.persistence.store import Store
from soni.runtime.messages import Reply
from soni.value import Value

from .failing import Fault, How, open_failing
from .talking import say

BANK = """
    slots:
      to: {prompt: To whom?}
      amount: {type: integer, prompt: How much?}
      balance: {type: integer}
      receipt: {}
    actions:
      look: {inputs: [], outputs: [balance], effect: read}
      pay: {inputs: [to, amount], outputs: [receipt], effect: write}
      note: {inputs: [receipt], outputs: [], effect: write}
    flows:
      send:
        steps:
          - {step: to, type: collect, slot: to}
          - {step: look, type: action, call: look}
          - {step: amount, type: collect, slot: amount}
          - {step: sure, type: confirm, message: "{amount} of {balance} to {to}?"}
          - {step: pay, type: action, call: pay}
          - {step: note, type: action, call: note}
          - {step: done, type: say, message: "Sent {amount} to {to}: {receipt}."}
      tip:
        steps:
          - {step: fix, type: set, slots: {to: Eva, amount: 1}}
          - {step: pay, type: action, call: pay}
          - {step: done, type: say, message: "Tipped {to}: {receipt}."}
      hello: {steps: [{step: hi, type: say, message: Hello.}]}
"""

SCRIPT = (
    ("m0", "/start_flow send"),  # starts
    ("m1", "/set_slot to=Ana"),  # fills, and reads
    ("m2", "/set_slot amount=5"),
    ("m3", "/correct_slot amount=7"),
    ("m4", "/affirm"),  # confirms, and writes twice
    ("", "reset"),
    ("m6", "/start_flow tip"),  # writes in the first turn of a conversation
    ("m7", "/start_flow send to=Ana amount=7"),
    ("m8", "/affirm"),
)
"""Message ids and what is said; every line is tried with every fault."""
PAYING, RESETTING, TIPPING = 4, 5, 6


@dataclass
class Bank:
    """What the actions did."""

    fault: Fault
    keys: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """User and action → the idempotency keys it was called with, in order."""

    async def act(self, name: str, ctx: ActionContext) -> int:
        """One effect; which one of this user it is, as a system tells that knows its key."""
        await self._moment(f"before {name}")
        keys = self.keys.setdefault((ctx.user_id, name), [])
        assert ctx.idempotency_key not in self.fault.recorded, "its result was recorded: it must not be called again"
        keys.append(ctx.idempotency_key)
        await self._moment(f"after {name}")
        return list(dict.fromkeys(keys)).index(ctx.idempotency_key)

    async def _moment(self, name: str) -> None:
        if self.fault.how == "gives up":  # an action that fails is another story
            await self.fault.at(name)

    def assistant(self, store: Persistence) -> SoniConfig:
        """The assistant, with its conversations in this store."""

        @action("look")
        async def look() -> dict[str, int]:
            await self._moment("looking")
            return {"balance": 100}

        @action("pay")
        async def pay(to: str, amount: int, ctx: ActionContext) -> dict[str, str]:
            return {"receipt": f"r{await self.act('pay', ctx)}"}

        @action("note")
        async def note(receipt: str, ctx: ActionContext) -> None:
            await self.act("note", ctx)

        config = assistant(BANK, look, pay, note)
        return config.model_copy(update={"settings": config.settings.model_copy(update={"persistence": store})})


Told = tuple[list[str], list[str], dict[str, Value], dict[str, int]]
"""The replies, the transcript, the dialogue as it is saved, and how many effects each action had."""


@dataclass
class Teller:
    """Tells the script to a service whose store may fail."""

    loop: RuntimeLoop
    bank: Bank
    in_memory: bool

    @property
    def fault(self) -> Fault:
        return self.bank.fault

    async def tell(self, user: str, line: int) -> Reply | None:
        """One line of the script."""
        message_id, text = SCRIPT[line]
        if text == "reset":
            await self.loop.reset_state(user)
            return None
        return await say(self.loop, text, message_id, user)

    async def tell_with_fault(self, user: str, line: int, strike: int, how: How) -> Reply | BaseException | None:
        """The same with a fault; what it raised instead of an answer."""
        task = asyncio.create_task(self.tell(user, line))
        self.fault.arm(strike, how, task)
        (ended,) = await asyncio.gather(task, return_exceptions=True)
        return ended

    async def story(self, user: str, last: int, line: int | None = None, strike: int = 0, how: How = "fails") -> Told:
        """The script up to this line, and what came of it; with a fault in one line, which is told again then."""
        replies: list[str] = []
        for number in range(last + 1):
            if number == line:
                ended = await self.tell_with_fault(user, number, strike, how)
                self.fault.disarm()
                assert ended is None or isinstance(ended, Reply | StoreUnavailable | asyncio.CancelledError), ended
                reply = await self.tell(user, number) if isinstance(ended, BaseException) else ended
            else:
                reply = await self.tell(user, number)
            if reply is not None:
                replies.append(f"{reply.turn} {reply.text} {reply.state} {reply.active_flow} {reply.expected_slot}")
        exported = dict(await self.loop.upkeep.export(user))
        transcript, conversation = exported["transcript"], exported["conversation"]
        assert isinstance(transcript, list)
        said = [f"{exchange['turn']} {exchange['lines']}" for exchange in transcript if isinstance(exchange, dict)]
        assert isinstance(conversation, dict | None)
        kept = {name: value for name, value in (conversation or {}).items() if name != "id"}
        acted = {name: len(set(keys)) for (who, name), keys in self.bank.keys.items() if who == user}
        return replies, said, kept, acted


@pytest.fixture(params=["memory", "sqlite"])
async def teller(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Teller]:
    """A service whose store may fail, of each kind that needs no server."""
    fault = Fault()

    def opened(settings: Persistence, folder: Path, patience: timedelta) -> AbstractAsyncContextManager[Store]:
        return open_failing(settings, folder, patience, fault)

    monkeypatch.setattr(soni.runtime.loop, "open_store", opened)
    bank = Bank(fault)
    store = Persistence(backend=request.param, path=tmp_path / "soni.db")
    async with RuntimeLoop(bank.assistant(store), understander=Deaf(), clock=Watch()) as loop:
        yield Teller(loop, bank, request.param == "memory")


@pytest.mark.parametrize("how", ["fails", "gives up"])
async def test_every_moment_of_every_turn(teller: Teller, how: How) -> None:
    """The replies, the transcript, what is saved and the effects are those of a conversation without a fault.

    The line after it is answered too, and nothing changes for somebody else.
    """
    lines = range(len(SCRIPT)) if teller.in_memory else (PAYING, RESETTING, TIPPING)
    bystander = await teller.story("nobody", len(SCRIPT) - 1)
    struck = set[str]()
    for line in lines:
        last = min(line + 1, len(SCRIPT) - 1)
        expected = await teller.story(f"user-{line}", last)
        for strike in count():
            told = await teller.story(f"user-{line}-{strike}", last, line, strike, how)
            assert told == expected, (SCRIPT[line], teller.fault.struck)
            if teller.fault.struck is None:
                break
            struck.add(teller.fault.struck)

    assert await teller.story("nobody", -1) == ([], *bystander[1:])
    calls = {"hold", "load", "commit", "reset", "recall", "record", "forget"}
    assert struck >= {f"{when} {call}" for when in ("before", "after") for call in calls}
    if how == "gives up":
        assert struck >= {"before pay", "after pay", "before note", "after note", "after giving back"}


@pytest.mark.parametrize(
    "strike",
    [
        "before reset",
        None,
        "after reset",
    ],
)
async def test_a_client_that_counts_anew_after_a_reset(teller: Teller, strike: str | None) -> None:
    """The same ids say the same things after a reset: they are new payments, also where the reset had to be told twice."""
    teller.fault.arm(None, "fails")
    for number in range(PAYING + 1):
        await teller.tell("ana", number)
    teller.fault.arm(strike, "fails")
    await asyncio.gather(teller.tell("ana", RESETTING), return_exceptions=True)
    teller.fault.disarm()
    await teller.tell("ana", RESETTING)
    for number in range(PAYING + 1):
        await teller.tell("ana", number)

    assert [len(set(keys)) for keys in teller.bank.keys.values()] == [2, 2]
