"""A real service, and whatever can be sent to it."""

import hashlib
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from secrets import token_urlsafe
from typing import Final

import pytest
from tests.durability.replicas import Replica
from tests.journey.issuer import AUDIENCE, issuing
from tests.proving import Proof

from .answers import fuzz_odd
from .described import fuzz_described

BANK: Final = Path(__file__).parents[2] / "examples" / "banking"

MODES: Final = ("none", "api_key", "jwt")
"""How callers show who they are."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The bank of the examples, in a folder of its own."""
    shutil.copytree(BANK, tmp_path / "bank")
    return tmp_path


@dataclass(frozen=True)
class Access:
    """What a service of one mode is set to, and what a caller who may do everything shows it."""

    settings: Mapping[str, str]
    headers: Mapping[str, str]


@pytest.fixture(params=MODES)
def access(request: pytest.FixtureRequest) -> Iterator[Access]:
    """Each mode, with an operator who may do everything."""
    mode = {"SONI_SERVER__AUTH__MODE": str(request.param)}
    match request.param:
        case "api_key":
            key = f"soni_{token_urlsafe(32)}"
            line = f"operator:admin:{hashlib.sha256(key.encode()).hexdigest()}"
            yield Access({**mode, "SONI_API_KEYS": line}, {"Authorization": f"Bearer {key}"})
        case "jwt":
            with issuing() as issuer:
                about = {"JWKS_URL": issuer.jwks_url, "ISSUER": issuer.address, "AUDIENCE": AUDIENCE}
                settings = {f"SONI_SERVER__JWT__{name}": value for name, value in about.items()}
                yield Access({**mode, **settings}, issuer.token("operator", scope="admin"))
        case _:
            yield Access(mode, {})


@asynccontextmanager
async def serving(folder: Path, access: Access) -> AsyncIterator[str]:
    """The address of ``soni serve`` for this bank; it would otherwise tell of every request."""
    command = (str(Path(sys.executable).with_name("soni")), "serve", "--config", str(folder / "bank"))
    service = Replica(folder, {"SONI_LOGGING__LEVEL": "ERROR", **access.settings}, command=command)
    try:
        await service.start()
        yield service.address
        service.send(signal.SIGTERM)
        assert await service.ended() == 0, service.told
    finally:
        await service.kill()


def test_fuzz_described(folder: Path, access: Access) -> None:
    """Every operation keeps to its description: statuses, bodies, headers, who may, what is taken and what is refused."""

    async def story(count: int, random: Random) -> str:
        async with serving(folder, access) as address:
            return await fuzz_described(address, count, random.randrange(2**31), folder, access.headers)

    mode = access.settings["SONI_SERVER__AUTH__MODE"]
    Proof(f"HTTP as described, auth {mode}", "examples of each operation", short=3, long=500).hold_story(story)


def test_fuzz_odd(folder: Path, access: Access) -> None:
    """Bytes that are no request, or none that makes sense, are refused in the one shape, and hurt nobody."""

    async def story(count: int, random: Random) -> str:
        async with serving(folder, access) as address:
            return await fuzz_odd(address, count, random, access.headers)

    mode = access.settings["SONI_SERVER__AUTH__MODE"]
    Proof(f"HTTP as nobody sends it, auth {mode}", "requests like each operation", short=40, long=5000).hold_story(
        story
    )
