"""Replicas that are asked to stop and are started anew, one after the other, under load: no caller notices."""

import asyncio
import signal
import time
from random import Random
from typing import Final

from tests.durability.bank import Bank
from tests.durability.proxy import proxy_before
from tests.durability.replicas import replicas
from tests.durability.talking import Payer, clients

GRACE: Final = 10.0
"""Seconds in which a process has to end, where its turns take a twentieth of one."""


async def restart_again_and_again(bank: Bank, stops: int, random: Random, users: int = 8) -> str:
    """SIGTERM to one of two replicas behind a proxy, so many times, while users pay; figures in words."""
    payers = [Payer(f"user-{number}") for number in range(users)]
    ends: list[float] = []
    async with (
        replicas(bank.folder, 2, **bank.environment, BANK_TAKES="0.05") as made,
        proxy_before([each.port for each in made]) as proxy,
        clients([proxy.address], random) as callers,
    ):
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as paying:
            for payer in payers:
                paying.create_task(payer.pay_until(enough, callers))
            for stop in range(stops):
                replica = made[stop % 2]
                await callers.next_answer()
                await asyncio.sleep(random.uniform(0, 0.2))
                asked = time.monotonic()
                replica.send(signal.SIGTERM)
                code = await replica.ended()
                ends.append(time.monotonic() - asked)
                assert code == 0, f"ended with {code}:\n{replica.told}"
                await replica.start()
                await proxy.sees(replica.port)
            enough.set()
        assert callers.met.keys() == {"200"}, callers.met
        for payer in payers:
            payer.check(bank)
            await payer.check_memory(callers)
    assert len(bank.calls()) == sum(len(payer.amounts) for payer in payers)
    assert max(ends) < GRACE, f"a process took {max(ends):.1f} s to end"
    return (
        f"{callers.met['200']:,} requests, 0 failed, {proxy.tried_again} passed on to the next replica, "
        f"ended after at most {max(ends):.2f} s"
    )
