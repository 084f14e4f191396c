"""kill -9 at any moment: what was answered stays, and what was done is not done again."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.durability.bank import Bank
from tests.durability.replicas import replicas
from tests.durability.tables import Tables
from tests.durability.talking import Payer, clients

from soni.persistence.archive import MAX_EXCHANGES


@dataclass(frozen=True, slots=True)
class Moment:
    """What was known when a process was killed."""

    recorded: Mapping[str, bool]
    """Keys of effects whose results were in the ledger; true for those whose turn was not saved."""
    calls: int
    """How often the bank had been called."""


async def kill_again_and_again(bank: Bank, tables: Tables, kills: int, random: Random, users: int = 4) -> str:
    """Kill the one replica so many times while users pay, and check all that was promised; figures in words."""
    payers = [Payer(f"user-{number}") for number in range(users)]
    moments: list[Moment] = []
    async with (
        replicas(bank.folder, 1, **bank.environment, BANK_TAKES="0.01") as [replica],
        clients([replica.address], random) as callers,
    ):
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as paying:
            for payer in payers:
                paying.create_task(payer.pay_until(enough, callers))
            callers.trouble_ends = math.inf
            for _ in range(kills):
                await callers.next_answer()
                await asyncio.sleep(random.uniform(0, _LONGEST))
                await replica.kill()
                moments.append(Moment(tables.recorded(), len(bank.calls())))
                await replica.start()
            callers.trouble_ends = time.monotonic()
            enough.set()
        for payer in payers:
            payer.check(bank)
            await payer.check_memory(callers)
            told, answered = tables.turns(payer.name), len(payer.answers)
            assert told == list(range(answered - len(told) + 1, answered + 1)), (payer.name, answered)
            assert len(told) >= min(answered, MAX_EXCHANGES)
    found, repeated = _found_again(bank, moments)
    turns = sum(len(payer.answers) for payer in payers)
    return f"{turns:,} turns, {found} effects found in the ledger, {repeated} called again with their key"


_LONGEST: Final = 0.3
"""Seconds a process serves before it is killed, at most: some dozens of turns."""


def _found_again(bank: Bank, moments: list[Moment]) -> tuple[int, int]:
    """How many effects were found in the ledger by a turn that ran again, and how many were called again.

    Raises AssertionError where one was called again whose result had been recorded.
    """
    calls = [call.key for call in bank.calls()]
    for moment in moments:
        assert not moment.recorded.keys() & set(calls[moment.calls :]), "an effect was repeated although it was known"
    found = {key for moment in moments for key, unsaved in moment.recorded.items() if unsaved}
    return len(found), sum(count > 1 for count in Counter(calls).values())
