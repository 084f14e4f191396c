"""Many conversations at once with a model that takes its time, on PostgreSQL: ten turns each, all of them by the model."""

import asyncio
import json
import time
import urllib.request
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from secrets import token_hex
from typing import Final

from client import Caller, Tally
from processes import Process, sessions
from report import Report, percentile

Said = tuple[str, str, bytes]

TURNS: Final[Sequence[Said]] = (
    ("hey there, could you move some cash over", "[start_flow: transfer_money]", b"To whom?"),
    ("that one goes over to bob", "[set_slot: {recipient: bob}]", b"How much?"),
    ("let us make it one hundred", "[set_slot: {amount: 100}]", b"Send 100 to bob?"),
    ("hm, on second thought eighty is plenty", "[correct_slot: {amount: 80}]", b"Send 80 to bob?"),
    ("go right ahead and send it off", "[affirm]", b"Sent 80 to bob."),
    ("what do I have left over there", "[start_flow: check_balance]", b"You have 1000 euros."),
    ("tell me what you are good at", "[start_flow: explain]", b"I can send money"),
    ("now some for carol as well", "[{start_flow: {flow: transfer_money, slots: {recipient: carol}}}]", b"How much?"),
    ("twenty five would do for her", "[set_slot: {amount: 25}]", b"Send 25 to carol?"),
    ("go right ahead and send it off", "[affirm]", b"Sent 25 to carol."),
)
"""What is said, what the model takes it for, and what the assistant has to answer."""

WARM_UP: Final = 50
"""Conversations before anything is measured."""
RATIO: Final = 2.0
"""The 99th percentile is at most so many times the median, where nothing has to queue."""
SESSIONS: Final = 20
"""Of the database, at most."""


def write_script(folder: Path) -> Path:
    """What the model answers."""
    script = folder / "answers.yaml"
    answers = {text: commands for text, commands, _ in TURNS}
    script.write_text("answers:\n" + "".join(f"  {json.dumps(text)}: {said}\n" for text, said in answers.items()))
    return script


def settings(dsn: str, model: Process, conversations: int) -> dict[str, str]:
    """A service on this database that asks this model, and lets so many turns be under way."""
    return {
        "SONI_PERSISTENCE__BACKEND": "postgresql",
        "SONI_PERSISTENCE__CONNECTION_STRING": dsn,
        "SONI_MODELS__NLU__PROVIDER": "openai",
        "SONI_MODELS__NLU__API_BASE": f"http://127.0.0.1:{model.port}/v1",
        # Everybody says the same here: nobody shall be answered with what somebody else was.
        "SONI_MODELS__NLU__CACHE__SIZE": "0",
        "SONI_SERVER__MAX_CONCURRENT_TURNS": str(conversations),
        # Each has a connection of its own; one more than may be would close the one that is idle for longest.
        "SONI_SERVER__MAX_CONNECTIONS": str(2 * conversations),
    }


@dataclass(frozen=True)
class Talk:
    """Many conversations with one service."""

    service: Process
    model: Process
    dsn: str
    conversations: int
    turns: Sequence[Said] = TURNS

    async def measure(self, share: float, report: Report) -> None:
        """All at once as fast as they are answered, then the same at a share of that rate, so that nothing has to queue."""
        few = replace(self, conversations=min(self.conversations, WARM_UP))
        await few.hold(Report(), "warm-up")
        rate = await self.hold(report, f"{self.conversations:,} at once")
        pause = self.conversations / (rate * share)
        await self.hold(report, f"{self.conversations:,}, paced at {share:.0%} of that rate", pause)

    async def hold(self, report: Report, run: str, pause: float = 0.0) -> float:
        """All turns of all conversations; the turns a second.

        A conversation's turns are ``pause`` seconds apart, whether or not the one before was answered soon, and the
        conversations begin at times drawn from the first such pause; without a pause each says the next as soon as it is answered.
        """
        tally, name, random = Tally(), token_hex(3), Random(1)
        callers = [Caller(self.service.port, tally) for _ in range(self.conversations)]
        async with AsyncExitStack() as stack:
            for caller in callers:
                await stack.enter_async_context(caller)
            seen = stack.enter_context(sessions(self.dsn))
            answered, worked, modelled = asked(self.model), self.service.cpu_seconds(), self.model.cpu_seconds()
            began = time.perf_counter()
            starts = [began + random.uniform(0, pause) for _ in callers]
            async with asyncio.TaskGroup() as talking:
                for number, caller in enumerate(callers):
                    talking.create_task(self._converse(caller, f"{name}-{number}", starts[number], pause))
            took = time.perf_counter() - began
        turns = self.conversations * len(self.turns)
        middle, most = percentile(tally.seconds, 0.5), percentile(tally.seconds, 0.99)
        report.tell_answers(run, tally)
        report.tell(run, "turns the model did not answer", turns - (asked(self.model) - answered), most=0)
        report.tell(run, "turns a second", turns / took)
        report.tell(run, "p50", 1000 * middle, "ms")
        report.tell(run, "p99", 1000 * most, "ms")
        ratio = most / middle if middle else 0.0
        if pause:
            report.tell_cost(run, "p99 / p50", ratio, most=RATIO)
        else:
            report.tell(run, "p99 / p50, with queueing", ratio)
        report.tell(run, "sessions of the database, at most", seen.most, most=SESSIONS)
        report.tell(run, "CPU of the service", 1000 * (self.service.cpu_seconds() - worked) / turns, "ms a turn")
        report.tell(
            run, "CPU of the model's stand-in", 1000 * (self.model.cpu_seconds() - modelled) / turns, "ms a turn"
        )
        if pause:
            report.tell(run, "sent late, p99", 1000 * percentile(tally.late, 0.99), "ms")
        return turns / took

    async def _converse(self, caller: Caller, user: str, start: float, pause: float) -> None:
        for number, (text, _, expected) in enumerate(self.turns):
            due = start + number * pause if pause else None
            if due is not None:
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
            body = {"message": text, "message_id": f"{user}-{number}"}
            await caller.ask("POST", f"/chat/{user}", body, expected=expected, since=due)


def asked(model: Process) -> int:
    """How many answers the model has given."""
    with urllib.request.urlopen(f"http://127.0.0.1:{model.port}/control", timeout=10) as answer:
        return int(json.load(answer)["answered"])
