"""Ten thousand requests of every kind, and what the process has grown by."""

import asyncio
import json
from dataclasses import dataclass, field
from random import Random
from secrets import token_hex
from typing import Final

from client import Caller, Tally
from processes import Process
from report import Report
from steady import TURNS

CLIENTS: Final = 16
PARTS: Final = 10
"""The process is looked at after each."""
GROWTH: Final = 1.05
"""At the end, of what it was after the warm-up."""


@dataclass
class _User:
    name: str
    turn: int = 0


@dataclass
class Mixed:
    """One service, one store, and users who come and stay a while."""

    service: Process
    store: str
    streams: bool
    random: Random = field(default_factory=lambda: Random(1))

    async def measure(self, requests: int, report: Report) -> None:
        """As many requests again as the warm-up had, and what is resident before, in between and after."""
        await self._ask(requests, Tally())
        tally, sizes = Tally(), [self.service.resident()]
        for _ in range(PARTS):
            await self._ask(requests // PARTS, tally)
            sizes.append(self.service.resident())
        run = f"{self.store}, {requests:,} requests of every kind"
        report.tell_answers(run, tally)
        report.tell(
            run, "statuses " + ", ".join(f"{n} × {status}" for status, n in sorted(tally.met.items())), len(tally.met)
        )
        for number, size in enumerate(sizes):
            if number in (0, PARTS // 2, PARTS):
                report.tell(run, f"resident after {number * requests // PARTS:,}", size / 2**20, "MB")
        report.tell_cost(run, "resident at the end, of that before", sizes[-1] / sizes[0], "times", most=GROWTH)

    async def _ask(self, requests: int, tally: Tally) -> None:
        left = iter(range(requests))

        async def work() -> None:
            async with Caller(self.service.port, tally) as caller:
                users = [_User(token_hex(4))]
                for _ in left:
                    await self._one(caller, users)

        await asyncio.gather(*(work() for _ in range(CLIENTS)))

    async def _one(self, caller: Caller, users: list[_User]) -> None:
        """Mostly chats; the rest is what else a service hears in its life, errors included."""
        kind = self.random.random()
        if kind < 0.05 or len(users) > 20:
            users.insert(0, _User(token_hex(4)))
            del users[20:]
        user = self.random.choice(users)
        place = f"/conversations/{user.name}"
        match kind:
            case _ if kind < 0.7 or not user.turn:
                await self._chat(caller, user)
            case _ if kind < 0.75:
                await caller.ask("GET", place, expected=b'"stack"')
            case _ if kind < 0.80:
                await caller.ask("GET", f"{place}/messages?limit=5", expected=b'"messages"')
            case _ if kind < 0.82:
                await caller.ask("GET", f"{place}/export", expected=b'"transcript"')
            case _ if kind < 0.84:
                await caller.ask("GET", self.random.choice(("/health", "/ready", "/version")))
            case _ if kind < 0.86:
                await caller.ask("DELETE", f"{place}?erase=true", status=204)
                users.remove(user)
                users.append(_User(token_hex(4)))
            case _ if kind < 0.88:
                await caller.ask("GET", f"/conversations/{token_hex(6)}", status=404, expected=b"conversation_unknown")
            case _ if kind < 0.91:
                await caller.ask(
                    "POST", f"/chat/{user.name}", {"massage": token_hex(20)}, status=422, expected=b"problems"
                )
            case _ if kind < 0.93:
                await caller.ask("POST", f"/chat/{user.name}", {"message": "a" * 70_000}, status=413)
            case _ if kind < 0.95:
                await caller.ask("GET", f"/{token_hex(8)}", status=404, expected=b"not_found")
            case _ if kind < 0.97:
                await caller.ask("PUT", f"/chat/{user.name}", {}, status=405)
            case _:
                # Everybody says something that nobody has said before.
                await caller.ask("POST", f"/chat/{token_hex(4)}", {"message": f"{token_hex(3)} {token_hex(4)}"})

    async def _chat(self, caller: Caller, user: _User) -> None:
        text, expected = TURNS[user.turn % len(TURNS)]
        body = {"message": text, "message_id": f"{user.name}-{user.turn}", "metadata": {"number": user.turn}}
        user.turn += 1
        if self.streams and self.random.random() < 0.3:
            await caller.ask("POST", f"/chat/{user.name}/stream", body, expected=b"event: done")
        else:
            await caller.ask("POST", f"/chat/{user.name}", body, expected=expected)


async def has_streams(service: Process) -> bool:
    """Whether this service has an endpoint for them."""
    async with Caller(service.port, Tally()) as caller:
        answer = await caller.ask("GET", "/openapi.json")
        return answer is not None and "/chat/{user_id}/stream" in json.loads(answer.body)["paths"]
