"""A store whose k-th call fails, or in whose k-th call the caller goes away: before the call is made, or after it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from langgraph.checkpoint.base import CheckpointTuple

from soni.actions.ledger import Row
from soni.config.settings import Persistence
from soni.dialogue.state import Dialogue, Line
from soni.errors import StoreUnavailable
from soni.persistence.archive import Archive, Exchange
from soni.persistence.dialogues import Dialogues, Saved
from soni.persistence.locks import Locks
from soni.persistence.store import ForgetfulLedger, Store, open_store
from soni.value import Value

How = Literal["fails", "gives up"]


@dataclass
class Fault:
    """When to strike, and whether it did."""

    strike: int | str | None = None
    """The name of a moment, or its number, counted from zero since it was armed; ``None``: never."""
    how: How = "fails"
    task: asyncio.Task[object] | None = None
    """Whose caller gives up."""
    struck: str | None = None
    """The moment at which it did, since it was armed."""
    recorded: set[str] = field(default_factory=set)
    """The idempotency keys of all results that were ever recorded."""
    _passed: int = 0

    def arm(self, strike: int | str | None, how: How, task: asyncio.Task[object] | None = None) -> None:
        """Begin to count anew."""
        self.strike, self.how, self.task = strike, how, task
        self.struck, self._passed = None, 0

    def disarm(self) -> None:
        """From now on nothing fails."""
        self.strike = self.task = None

    async def at(self, moment: str) -> None:
        """One moment: go on, or strike."""
        number, self._passed = self._passed, self._passed + 1
        if self.struck is not None or self.strike not in (number, moment):
            return
        self.struck = moment
        if self.how == "fails":
            raise StoreUnavailable(moment)
        if self.task is not None:
            self.task.cancel()
        await asyncio.sleep(0)


class FailingDialogues(Dialogues):
    """Dialogues, each call between two moments."""

    def __init__(self, real: Dialogues, fault: Fault) -> None:
        super().__init__(real.saver)
        self._real = real
        self._fault = fault

    async def _newest(self, conversation: str) -> CheckpointTuple | None:
        await self._fault.at("before load")
        found = await self._real._newest(conversation)
        await self._fault.at("after load")
        return found

    async def commit(
        self, conversation: str, before: Saved | None, dialogue: Dialogue, said: Sequence[Line] = ()
    ) -> None:
        await self._fault.at("before commit")
        await self._real.commit(conversation, before, dialogue, said)
        await self._fault.at("after commit")


@dataclass
class FailingLedger:
    """A ledger, each call between two moments."""

    real: ForgetfulLedger
    fault: Fault

    async def recall(self, conversation: str, *keys: str) -> Mapping[str, Row]:
        await self.fault.at("before recall")
        found = await self.real.recall(conversation, *keys)
        await self.fault.at("after recall")
        return found

    async def record(self, conversation: str, key: str, row: Row) -> None:
        await self.fault.at("before record")
        await self.real.record(conversation, key, row)
        self.fault.recorded.add(key.rpartition(":")[2])
        await self.fault.at("after record")

    async def forget(self, conversation: str, before: int | None = None, *keys: str) -> None:
        await self.fault.at("before forget")
        await self.real.forget(conversation, before, *keys)
        await self.fault.at("after forget")


@dataclass
class FailingArchive:
    """An archive, of which a reset is between two moments."""

    real: Archive
    fault: Fault

    async def reset(self, conversation: str) -> None:
        await self.fault.at("before reset")
        await self.real.reset(conversation)
        await self.fault.at("after reset")

    async def exchanges(self, conversation: str, before: str | None, limit: int) -> tuple[Exchange, ...]:
        return await self.real.exchanges(conversation, before, limit)

    async def conversations(self, after: str, limit: int) -> tuple[str, ...]:
        return await self.real.conversations(after, limit)

    async def idle(self, since: datetime, after: str, limit: int) -> tuple[str, ...]:
        return await self.real.idle(since, after, limit)

    async def effects(self, conversation: str) -> Mapping[str, Mapping[str, Value]]:
        return await self.real.effects(conversation)

    async def erase(self, *conversations: str) -> None:
        await self.real.erase(*conversations)


@dataclass
class FailingLocks:
    """Locks, each taking between two moments; and one when they have been given back."""

    real: Locks
    fault: Fault

    def hold(self, conversation: str, *, wait: bool = True) -> AbstractAsyncContextManager[None]:
        return self._hold(conversation, wait)

    @asynccontextmanager
    async def _hold(self, conversation: str, wait: bool) -> AsyncIterator[None]:
        await self.fault.at("before hold")
        async with self.real.hold(conversation, wait=wait):
            await self.fault.at("after hold")
            yield
        await self.fault.at("after giving back")


@asynccontextmanager
async def open_failing(settings: Persistence, folder: Path, patience: timedelta, fault: Fault) -> AsyncIterator[Store]:
    """The store the settings name, with this fault in it."""
    async with open_store(settings, folder, patience) as real:
        yield replace(
            real,
            dialogues=FailingDialogues(real.dialogues, fault),
            ledger=FailingLedger(real.ledger, fault),
            archive=FailingArchive(real.archive, fault),
            locks=FailingLocks(real.locks, fault),
        )
