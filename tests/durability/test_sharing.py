"""Two processes on one PostgreSQL, and three behind a proxy."""

from pathlib import Path
from random import Random
from typing import Final

import pytest
from tests.proving import Proof

from .bank import Bank, new_bank
from .proxy import proxy_before
from .replicas import replicas
from .sharing import equal_posts, many_posts

POSTS: Final = Proof("two processes, 20 posts at once each", "conversations", short=6, long=100)
EQUAL: Final = Proof("two processes, one message 20 times at once", "conversations", short=6, long=100)
SCALE_OUT: Final = Proof("three processes behind a proxy, 20 posts at once each", "conversations", short=5, long=100)


@pytest.fixture
def bank(tmp_path: Path, database: str) -> Bank:
    return new_bank(tmp_path, database)


def test_many_posts(bank: Bank) -> None:
    """Replies are numbered 1 to 20, each exactly once per conversation."""

    async def story(count: int, random: Random) -> str:
        async with replicas(bank.folder, 2, **bank.environment) as made:
            return await many_posts(bank, [each.address for each in made], count, random)

    POSTS.hold_story(story)


def test_equal_posts(bank: Bank) -> None:
    """The same message at once on two processes runs once, and nobody is told to wait."""

    async def story(count: int, random: Random) -> str:
        async with replicas(bank.folder, 2, **bank.environment, BANK_TAKES="0.05") as made:
            return await equal_posts(bank, [each.address for each in made], count, random)

    EQUAL.hold_story(story)


def test_scale_out(bank: Bank) -> None:
    """Three processes behind a proxy are one service."""

    async def story(count: int, random: Random) -> str:
        async with (
            replicas(bank.folder, 3, **bank.environment) as made,
            proxy_before([each.port for each in made]) as proxy,
        ):
            posts = await many_posts(bank, [proxy.address], count, random)
            return f"{posts}; {await equal_posts(bank, [proxy.address], count, random)}"

    SCALE_OUT.hold_story(story)
