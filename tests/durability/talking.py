"""Clients as a careful caller writes them: a message has an id, and is sent again with the same id until it is answered."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Final

import httpx
from tests.durability.bank import Bank

PATIENCE: Final = 60.0
"""Seconds after which a message that nobody answers is a surprise, once nobody is killed any more."""
AGAIN: Final = frozenset({409, 429, 502, 503})
"""Statuses that ask to try again: busy, too many, no replica behind the proxy, not available."""
_PAUSE: Final = 0.05
"""Seconds between two tries, about; Retry-After asks for a second and more, and the proofs have no time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a message was answered, in the end."""

    turn: int
    text: str
    replayed: bool


@dataclass
class Clients:
    """What all callers of one run share, and what they met."""

    http: httpx.AsyncClient
    addresses: Sequence[str]
    random: Random
    met: Counter[str] = field(default_factory=Counter)
    """Statuses, and names of errors where there was none."""
    without_retry_after: list[str] = field(default_factory=list)
    """Refusals that do not say when to try again."""
    trouble_ends: float = 0.0
    """By ``time.monotonic``: until then there may be no process that lives long enough to answer."""
    _answered: asyncio.Event = field(default_factory=asyncio.Event)

    async def next_answer(self) -> None:
        """Wait until anybody is answered."""
        self._answered.clear()
        await self._answered.wait()

    async def say(self, user: str, text: str, message_id: str) -> Answer:
        """Send a message, to one replica after another, until it is answered."""
        began, at = time.monotonic(), self.random.randrange(len(self.addresses))
        while time.monotonic() < max(began, self.trouble_ends) + PATIENCE:
            if (answer := await self.try_to_say(self.addresses[at], user, text, message_id)) is not None:
                return answer
            at = (at + 1) % len(self.addresses)
            await asyncio.sleep(_PAUSE * self.random.uniform(0.5, 1.5))
        raise AssertionError(f"{user}: {text!r} was not answered in {PATIENCE:.0f} s; met: {dict(self.met)}")

    async def try_to_say(self, address: str, user: str, text: str, message_id: str) -> Answer | None:
        """Send a message once; ``None`` where it has to be sent again."""
        body = {"message": text, "message_id": message_id}
        try:
            response = await self.http.post(f"{address}/chat/{user}", json=body)
        except httpx.TransportError as error:
            self.met[type(error).__name__] += 1
            return None
        self.met[str(response.status_code)] += 1
        if response.status_code in AGAIN:
            if "retry-after" not in response.headers:
                self.without_retry_after.append(response.text)
            return None
        assert response.status_code == 200, f"{response.status_code}: {response.text}"
        self._answered.set()
        reply = response.json()
        return Answer(reply["turn"], reply["response"], "idempotency-replayed" in response.headers)


@asynccontextmanager
async def clients(addresses: Sequence[str], random: Random) -> AsyncIterator[Clients]:
    """Callers of these addresses; connections are kept as long as the other side keeps them."""
    # uvicorn closes what was idle for 5 s: a client that keeps it as long may speak just as it is closed.
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=2)
    async with httpx.AsyncClient(limits=limits, timeout=PATIENCE) as http:
        yield Clients(http, addresses, random)


@dataclass
class Payer:
    """One user, who pays again and again and notes every answer."""

    name: str
    amounts: list[int] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    async def pay(self, clients: Clients) -> None:
        """One payment in two turns: the question, and the payment."""
        amount = clients.random.randrange(1, 1000)
        await self._say(clients, "/start_flow pay")
        self.amounts.append(amount)
        await self._say(clients, f"/set_slot amount={amount}")

    async def pay_until(self, enough: asyncio.Event, clients: Clients) -> None:
        """Pay until somebody says that it is enough; a payment that was begun is finished."""
        while not enough.is_set():
            await self.pay(clients)

    async def _say(self, clients: Clients, text: str) -> None:
        self.answers.append(await clients.say(self.name, text, f"{self.name}-{len(self.answers) + 1}"))

    def check(self, bank: Bank) -> None:
        """Every turn counted once, every payment made once, and the sum right. Raises AssertionError with what is not."""
        made = {call.receipt: call for call in bank.calls() if call.user == self.name}
        amount_of: dict[str, int] = {}
        for call in made.values():
            assert amount_of.setdefault(call.key, call.amount) == call.amount, f"{call} had another amount before"
        assert sorted(amount_of.values()) == sorted(self.amounts), f"{self.name}: keys do not match what was asked for"

        for number, answer in enumerate(self.answers, 1):
            assert answer.turn == number, f"{self.name}: message {number} was answered as turn {answer.turn}"
            if number % 2:
                assert answer.text == "How much?"
                continue
            paid = self.amounts[: number // 2]
            words, _, receipt = answer.text.rpartition(" ")
            assert words == f"{len(paid)} paid, {sum(paid)} in all, receipt"
            assert made[int(receipt)].amount == paid[-1]

    async def check_memory(self, clients: Clients) -> None:
        """The conversation stands where the last answer left it, and the last message is answered from it."""
        last = self.answers[-1]
        again = await clients.say(self.name, f"/set_slot amount={self.amounts[-1]}", f"{self.name}-{len(self.answers)}")
        view = (await clients.http.get(f"{clients.addresses[0]}/conversations/{self.name}")).json()

        assert again == Answer(last.turn, last.text, replayed=True)
        assert (view["turn"], view["stack"]) == (len(self.answers), [])
        assert view["slots"]["total"] == sum(self.amounts)
