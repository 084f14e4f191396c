"""The transcript and the end of conversations in Redis."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final, cast

from soni.dialogue.state import Line, Role
from soni.persistence.archive import Exchange
from soni.persistence.dialogues import Spoken
from soni.persistence.redis_index import EVERYTHING, Index
from soni.persistence.redis_opening import Redis, answering
from soni.persistence.redis_scripts import Keys
from soni.value import Value

_LEAST_PAGE: Final = 100
"""Names that are looked at together, where fewer are asked for."""


class RedisArchive:
    """An archive in the same database as the conversations."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._index = Index(redis)

    async def exchanges(self, conversation: str, before: str | None, limit: int) -> tuple[Exchange, ...]:
        """As ``Archive.exchanges``."""
        newest = "+" if before is None else f"({before}"
        async with answering():
            found = await self._redis.zrevrangebylex(Keys(conversation).transcript, newest, "-", 0, limit)
        return tuple(_exchange(each) for each in reversed(found))

    async def conversations(self, after: str, limit: int) -> tuple[str, ...]:
        """As ``Archive.conversations``."""
        names: list[str] = []
        while len(names) < limit and (page := await self._index.names(after, max(limit, _LEAST_PAGE))):
            # A name without a checkpoint is rare: after a reset it waits for the next message.
            pipeline = self._redis.pipeline(transaction=False)
            for name in page:
                pipeline.hexists(Keys(name).state, "ids:")
            async with answering():
                there = await pipeline.execute()
            names += [name for name, known in zip(page, there, strict=True) if known]
            after = page[-1]
        return tuple(names[:limit])

    async def idle(self, since: datetime, after: str, limit: int) -> tuple[str, ...]:
        """As ``Archive.idle``. Where there is none, one small question tells; else all names behind ``after`` are passed."""
        if not await self._index.any_before(since):
            return ()
        names: list[str] = []
        while len(names) < limit and (page := await self._index.names(after, max(limit, _LEAST_PAGE))):
            names += await self._index.before(since, page)
            after = page[-1]
        return tuple(names[:limit])

    async def effects(self, conversation: str) -> Mapping[str, Mapping[str, Value]]:
        """As ``Archive.effects``."""
        async with answering():
            stored = await self._redis.hgetall(Keys(conversation).ledger)
        return {_text(key): json.loads(stored[key]) for key in sorted(stored, key=_text)}

    async def reset(self, conversation: str) -> None:
        """As ``Archive.reset``."""
        await self._index.reset(conversation)

    async def erase(self, *conversations: str) -> None:
        """As ``Archive.erase``."""
        for conversation in conversations:
            await self._index.drop(conversation, EVERYTHING)


def member(checkpoint_id: str, spoken: Spoken) -> str:
    """A turn as the transcript holds it: the id first, for it stands at the place of its id."""
    return f"{checkpoint_id} {json.dumps(spoken)}"


def _exchange(stored: str | bytes) -> Exchange:
    id_, _, text = _text(stored).partition(" ")
    spoken: Spoken = json.loads(text)
    return Exchange(
        id_, spoken["turn"], tuple(Line(cast("Role", line["role"]), line["text"]) for line in spoken["said"])
    )


def _text(stored: str | bytes) -> str:
    return stored if isinstance(stored, str) else stored.decode()
