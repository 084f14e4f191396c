"""What is kept of conversations: the transcript, everything about one user, and the end of those that nobody goes on with."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from soni.dialogue.lives import abandoned
from soni.errors import ConversationBusy, ConversationUnknown, StateError, StoreUnavailable, TooManyRequests
from soni.events import Event
from soni.persistence.archive import Archive, Exchange
from soni.persistence.locks import Locks
from soni.persistence.store import Store
from soni.value import Value

log = logging.getLogger("soni.upkeep")

BATCH: Final = 500
"""Names, or turns, that are read at once."""
_HELD: Final = 20
"""Conversations that are held at once while it is seen whether they can go."""
_FIRST: Final = 60.0
"""Seconds after the start until the store is looked through for the first time."""
_EVERY: Final = 3600.0
"""Seconds between two times."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Looks after the conversations of one store."""

    store: Store
    locks: Locks
    publish: Callable[[Sequence[Event]], None] = lambda _: None
    """Hears of the flows that were open in what is removed."""

    async def transcript(self, user_id: str, before: str | None, limit: int) -> tuple[Exchange, ...]:
        """The last ``limit`` turns before the one with this id, the earliest first. Raises ConversationUnknown."""
        told = await self.store.archive.exchanges(user_id, before, limit)
        if not told and not await self.store.dialogues.exists(user_id):
            raise ConversationUnknown
        return told

    async def export(self, user_id: str) -> Mapping[str, Value]:
        """Everything that is stored about this user, as it is stored. Raises ConversationUnknown, StateError."""
        archive = self.store.archive
        saved = await self.store.dialogues.load(user_id)
        turns: list[Value] = []
        before: str | None = None
        while page := await archive.exchanges(user_id, before, BATCH):
            turns[:0] = [_as_json(exchange) for exchange in page]
            before = page[0].id
        effects = await archive.effects(user_id)
        if saved is None and not turns and not effects:
            raise ConversationUnknown
        return {
            "user_id": user_id,
            "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "conversation": saved.dialogue.to_json() if saved else None,
            "transcript": turns,
            "effects": {key: dict(result) for key, result in effects.items()},
        }

    async def erase(self, user_id: str) -> None:
        """Remove everything that is stored about this user; nothing happens where there is nothing."""
        async with self.locks.hold(user_id):
            left = await open_flows(self.store, user_id)
            await self.store.archive.erase(user_id)
        self.publish(left)

    async def expire(self, since: datetime) -> int:
        """Erase every conversation in which nothing has happened since then; how many they were.

        One that is being answered is left for the next time. Raises StoreUnavailable.
        """
        erased, after = 0, ""
        while names := await self.store.archive.idle(since, after, _HELD):
            erased += await self._expire(names, since, after)
            after = names[-1]
        return erased

    async def _expire(self, names: Sequence[str], since: datetime, after: str) -> int:
        async with AsyncExitStack() as stack:
            held = set[str]()
            for name in names:
                with suppress(ConversationBusy, TooManyRequests):
                    await stack.enter_async_context(self.locks.hold(name, wait=False))
                    held.add(name)
            # Asked again, now that nobody can go on with them: one may have been gone on with meanwhile.
            silent = [name for name in await self.store.archive.idle(since, after, _HELD) if name in held]
            if silent:
                left = [event for name in silent for event in await open_flows(self.store, name)]
                await self.store.archive.erase(*silent)
                self.publish(left)
            return len(silent)


async def open_flows(store: Store, user_id: str) -> Sequence[Event]:
    """The end of every flow that is open in this conversation, for when it is removed. Raises StoreUnavailable."""
    try:
        saved = await store.dialogues.load(user_id)
    except StateError:  # what cannot be read can be removed all the same
        return ()
    return tuple(abandoned(saved.dialogue)) if saved is not None else ()


async def keep_expiring(
    upkeep: Upkeep, ttl: timedelta, pause: Callable[[float], Awaitable[object]] = asyncio.sleep
) -> None:
    """Erase what is older than ``ttl``, again and again, until this is cancelled. ``pause`` is given seconds."""
    await pause(_around(_FIRST, 0.5))
    while True:
        try:
            if erased := await upkeep.expire(ago(ttl)):
                log.info("%d silent conversations have been erased", erased)
        except StoreUnavailable:
            log.warning("silent conversations could not be erased; they will be the next time", exc_info=True)
        except Exception:  # whatever it was, conversations must not stop ending for as long as the service runs
            log.exception("silent conversations could not be erased; they will be tried the next time")
        await pause(_around(_EVERY, 0.1))


def _around(seconds: float, part: float) -> float:
    """So many seconds, and up to this part of them more or less: replicas are not to do it in step."""
    return seconds * random.uniform(1 - part, 1 + part)  # noqa: S311 - spreads work, hides nothing


def ago(ttl: timedelta) -> datetime:
    """The moment that is so long ago; the beginning of time where it would be before."""
    try:
        return datetime.now(UTC) - ttl
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


async def idle(archive: Archive, since: datetime) -> AsyncIterator[str]:
    """The names of all conversations in which nothing has happened since then."""
    after = ""
    while names := await archive.idle(since, after, BATCH):
        for name in names:
            yield name
        after = names[-1]


def _as_json(exchange: Exchange) -> Value:
    lines: list[Value] = [{"role": line.role, "text": line.text} for line in exchange.lines]
    return {"turn": exchange.turn, "at": exchange.at.isoformat(), "lines": lines}
