"""What conversations cost as they go on and on: memory, bytes in the store, and time; the engine alone, in process.

    uv run python benchmarks/growth.py [--backend sqlite] [--turns 10000] [--conversations 1]

Prints one line a figure, with its limit; ends with 1 where one is beyond it. Times are those of the watched conversation
beside a new one that says the same at the same moments, so that whatever else the machine does cancels out.
"""

import argparse
import asyncio
import gc
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from soni import Message, RuntimeLoop, load_config
from soni.config.settings import Persistence
from soni.errors import ConversationUnknown
from soni.persistence.archive import MAX_EXCHANGES, PRUNE_EVERY

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from benchmarks.weighing import Weight, weigh  # noqa: E402 - found in the checkout, not installed
from tests.stores import BACKENDS, empty_store  # noqa: E402 - found in the checkout, not installed

SCRIPT: Final = (
    ("/start_flow transfer_money", "To whom?"),
    ("/set_slot recipient=bob", "How much?"),
    ("/set_slot amount=100", "Send 100 to bob?"),
    ("/affirm", "Sent 100 to bob."),
)
FILLED: Final = 28
"""Turns after which a conversation holds all the history and the replies that it ever will."""
WINDOW: Final = 1000
"""Turns at the start, after the warm-up, and at the end whose times are compared."""
BEGINNING: Final = 20
"""Turns of a conversation that has just begun, with which times are compared."""
LONG: Final = 200
"""Turns of a conversation whose last ones are compared with its first."""
ROUNDS: Final = 10
"""How often that is done."""
RESETS: Final = 100
"""Conversations that are reset at once."""


@dataclass(slots=True)
class Speaker:
    """Goes through the transfer again and again in one conversation."""

    loop: RuntimeLoop
    name: str
    turns: int = 0

    async def turn(self) -> None:
        """The next turn; ends the benchmark where the answer is not the right one."""
        text, expected = SCRIPT[self.turns % len(SCRIPT)]
        self.turns += 1
        reply = await self.loop.process_message(Message(self.name, text, f"message-{self.turns}"))
        if reply.text != expected:
            raise SystemExit(f"{text!r} is answered {reply.text!r}")


@dataclass(slots=True)
class Spent:
    """Seconds on both sides of a comparison."""

    watched: float = 0.0
    control: float = 0.0

    @property
    def ratio(self) -> float:
        return self.watched / self.control


@dataclass(slots=True)
class Times:
    """Of the processor, of this process alone; and of the clock, with the server's work and the disk's."""

    cpu: Spent
    clock: Spent


class Pair:
    """Speakers that are watched, and a new conversation beside them that says the same."""

    def __init__(self, speakers: list[Speaker]) -> None:
        self._speakers = speakers
        self._next = 0
        self._controls = 0

    async def plain(self, turns: int) -> None:
        """So many turns, without a look at the clock."""
        for _ in range(turns):
            await self._speaker().turn()

    async def timed(self, turns: int) -> Times:
        """So many turns of those who are watched, and as many in conversations that have just begun, in between."""
        times = Times(Spent(), Spent())
        loop = self._speakers[0].loop
        control = self._control(loop)
        for number in range(turns):
            if number and number % BEGINNING == 0:
                await loop.upkeep.erase(control.name)
                control = self._control(loop)
            for speaker, mine in ((self._speaker(), True), (control, False)):
                cpu, clock = time.process_time(), time.perf_counter()
                await speaker.turn()
                cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
                if mine:
                    times.cpu.watched += cpu
                    times.clock.watched += clock
                else:
                    times.cpu.control += cpu
                    times.clock.control += clock
        await loop.upkeep.erase(control.name)
        return times

    def _speaker(self) -> Speaker:
        self._next += 1
        return self._speakers[self._next % len(self._speakers)]

    def _control(self, loop: RuntimeLoop) -> Speaker:
        self._controls += 1
        return Speaker(loop, f"control-{self._controls}")


@dataclass
class Report:
    """Prints figures, and remembers whether all were within their limits."""

    about: str
    fine: bool = True

    def tell(self, figure: str, value: float, most: float, unit: str = "×") -> None:
        """One line."""
        within = value <= most
        self.fine = self.fine and within
        verdict = "" if within else "  TOO MUCH"
        print(f"{self.about}: {figure}: {value:.3f} {unit} (at most {most:g}){verdict}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=BACKENDS, default="sqlite")
    parser.add_argument("--turns", type=int, default=10_000)
    parser.add_argument("--conversations", type=int, default=1)
    args = parser.parse_args()
    if args.turns < 2 * WINDOW:
        parser.error(f"at least {2 * WINDOW} turns are needed: the first {WINDOW} are compared with the last")
    report = Report(f"{args.backend}, {args.conversations} × {args.turns // args.conversations:,} turns")
    with tempfile.TemporaryDirectory() as folder, empty_store(args.backend, Path(folder)) as settings:
        asyncio.run(measure(settings, args.turns, args.conversations, report))
    return 0 if report.fine else 1


async def measure(settings: Persistence, turns: int, conversations: int, report: Report) -> None:
    """All figures, on one store."""
    config = load_config(HERE / "transfer" / "soni.yaml")
    config = config.model_copy(update={"settings": config.settings.model_copy(update={"persistence": settings})})
    async with RuntimeLoop(config) as loop:
        await go_on_and_on(settings, loop, turns, conversations, report)
        await go_on(loop, report)
        await reset_all(loop, report)


async def go_on_and_on(
    settings: Persistence, loop: RuntimeLoop, turns: int, conversations: int, report: Report
) -> None:
    """Thousands of turns: the process, the store and the time of a turn do not grow with them."""
    pair = Pair([Speaker(loop, f"user-{number}") for number in range(conversations)])
    await pair.timed(2 * BEGINNING)
    await pair.plain(max(MAX_EXCHANGES, FILLED * conversations))
    heavy, before = resident(), await asyncio.to_thread(weigh, settings, loop.saver)
    first = await pair.timed(WINDOW)
    await pair.plain(turns - 2 * WINDOW)
    last = await pair.timed(WINDOW)
    after = await asyncio.to_thread(weigh, settings, loop.saver)
    grown = resident()

    report.tell(f"memory {heavy / 2**20:.1f} MB after warm-up, {grown / 2**20:.1f} MB at the end", grown / heavy, 1.05)
    tell_bytes(before, after, conversations, report)
    cpu, clock = last.cpu.ratio / first.cpu.ratio, last.clock.ratio / first.clock.ratio
    spent = f"{1000 * last.cpu.watched / WINDOW:.2f} ms, by the clock × {clock:.3f}"
    report.tell(f"CPU of the last {WINDOW:,} turns beside the first ({spent})", cpu, 1.2)


def tell_bytes(before: Weight, after: Weight, conversations: int, report: Report) -> None:
    """What the store holds of a conversation."""
    state = f"{before.state / conversations:,.0f} → {after.state / conversations:,.0f} bytes"
    report.tell(f"state of a conversation {state}", after.state / before.state, 1.05)
    told = f"{after.told / conversations:,.0f} bytes, all in all {after.whole / 2**20:.1f} MB"
    most = MAX_EXCHANGES + PRUNE_EVERY
    report.tell(f"transcript of a conversation {told}", after.turns / conversations, most, "turns")


async def go_on(loop: RuntimeLoop, report: Report) -> None:
    """Two hundred turns of one conversation, a few times over: the last ones cost what the first ones did."""
    ratios: list[float] = []
    for number in range(ROUNDS):
        pair = Pair([Speaker(loop, f"long-{number}")])
        first = await pair.timed(BEGINNING)
        await pair.plain(LONG - 2 * BEGINNING)
        last = await pair.timed(BEGINNING)
        await loop.upkeep.erase(f"long-{number}")
        ratios.append(last.cpu.ratio / first.cpu.ratio)
    spread = f"{min(ratios):.2f} to {max(ratios):.2f} in {ROUNDS} rounds"
    report.tell(
        f"CPU of the last {BEGINNING} of {LONG} turns beside the first ({spread})", statistics.median(ratios), 1.1
    )


async def reset_all(loop: RuntimeLoop, report: Report) -> None:
    """A hundred conversations are forgotten at once."""
    speakers = [Speaker(loop, f"reset-{number}") for number in range(RESETS)]
    taken: list[float] = []
    for _ in range(3):
        for speaker in speakers:
            speaker.turns = 0
            await speaker.turn()
        began = time.perf_counter()
        await asyncio.gather(*(loop.reset_state(speaker.name) for speaker in speakers))
        taken.append(time.perf_counter() - began)
        for speaker in speakers:
            if await is_known(loop, speaker.name):
                raise SystemExit(f"{speaker.name} has not been reset")
    report.tell(f"{RESETS} resets at once, slowest of {len(taken)}", max(taken), 1.0, "s")


async def is_known(loop: RuntimeLoop, name: str) -> bool:
    """True where there is a conversation of this name."""
    try:
        await loop.get_state(name)
    except ConversationUnknown:
        return False
    return True


def resident() -> int:
    """Bytes of this process in memory; as Linux tells it."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    sys.exit(main())
