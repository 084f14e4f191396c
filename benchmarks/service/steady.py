"""The service's own maximum, and how long an answer takes at half of it."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from secrets import token_hex
from typing import Final

from client import Caller, Tally
from processes import Process
from report import Report, percentile

TURNS: Final[Sequence[tuple[str, bytes]]] = (
    ("I want to transfer money", b"o whom"),
    ("bob", b"ow much"),
    ("100", b"100"),
    ("yes", b"100"),
)
"""What is said, and what has to be in the answer."""
CLIENTS: Final = 32
"""Of the closed loop."""
CALLERS: Final = 128
"""Of the open loop: as many answers may be outstanding before a request is sent late, and its time counts all the same."""
MOST: Final = 100.0
"""Milliseconds within which 95 of 100 answers are there."""


@dataclass(frozen=True)
class Steady:
    """One service and one store."""

    service: Process
    store: str
    seconds: float

    async def measure(self, share: float, report: Report) -> None:
        """The maximum rate in a closed loop, and the percentiles at a share of it in an open one; in turn, in one run."""
        await self._closed(Tally(), self.seconds / 4)
        best = Tally()
        before = self.service.cpu_seconds()
        rate = await self._closed(best, self.seconds)
        run = f"{self.store}, {CLIENTS} clients in a closed loop"
        report.tell_answers(run, best)
        report.tell(run, "turns a second, the maximum", rate)
        spent = self.service.cpu_seconds() - before
        report.tell(run, "CPU of the service", 1000 * spent / max(1, len(best.seconds)), "ms a turn")

        run, tally = f"{self.store}, arrivals at {share:.0%} of the maximum", Tally()
        reached = await self._open(tally, rate * share, self.seconds)
        report.tell_answers(run, tally)
        report.tell(run, "turns a second", reached)
        report.tell(run, "p50 from the time it was due", 1000 * percentile(tally.seconds, 0.5), "ms")
        late = 1000 * percentile(tally.seconds, 0.95)
        report.tell_cost(run, "p95 from the time it was due", late, "ms", most=MOST)
        report.tell(run, "p99 from the time it was due", 1000 * percentile(tally.seconds, 0.99), "ms")
        report.tell(run, "sent late, p99", 1000 * percentile(tally.late, 0.99), "ms")

    async def _closed(self, tally: Tally, seconds: float) -> float:
        """Each client speaks as soon as it is answered; the turns a second."""
        ends = time.perf_counter() + seconds
        name = token_hex(3)

        async def talk(number: int) -> None:
            async with Caller(self.service.port, tally) as caller:
                conversation = 0
                while time.perf_counter() < ends:
                    conversation += 1
                    for text, expected in TURNS:
                        user = f"{name}-{number}-{conversation}"
                        await caller.ask("POST", f"/chat/{user}", {"message": text}, expected=expected)

        began = time.perf_counter()
        await asyncio.gather(*(talk(number) for number in range(CLIENTS)))
        return len(tally.seconds) / (time.perf_counter() - began)

    async def _open(self, tally: Tally, rate: float, seconds: float) -> float:
        """Requests at random times, so many a second in the long run, whether or not the ones before are answered.

        Each is a turn of one of many conversations, the next of the one that is due longest.
        """
        random, name = Random(1), token_hex(3)
        lines: asyncio.Queue[tuple[Caller, str, int]] = asyncio.Queue()
        callers = [Caller(self.service.port, tally) for _ in range(CALLERS)]
        for number, caller in enumerate(callers):
            await caller.__aenter__()
            lines.put_nowait((caller, f"{name}-{number}", 0))
        began = due = time.perf_counter()

        async def say(caller: Caller, user: str, turn: int, since: float) -> None:
            text, expected = TURNS[turn % len(TURNS)]
            name = f"{user}-{turn // len(TURNS)}"
            await caller.ask("POST", f"/chat/{name}", {"message": text}, expected=expected, since=since)
            lines.put_nowait((caller, user, turn + 1))

        async with asyncio.TaskGroup() as speaking:
            while (due := due + random.expovariate(rate)) < began + seconds:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                caller, user, turn = await lines.get()
                speaking.create_task(say(caller, user, turn, due))
        took = time.perf_counter() - began
        for caller in callers:
            await caller.__aexit__()
        return len(tally.seconds) / took
