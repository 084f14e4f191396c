"""Opens what the settings name: a checkpointer, its dialogues, and the ledger beside them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver

from soni.actions.runner import Ledger, MemoryLedger
from soni.config.settings import Persistence
from soni.errors import ConfigurationError
from soni.persistence.dialogues import Dialogues
from soni.persistence.memory import MemorySaver
from soni.persistence.sqlite import SqliteDialogues, SqliteLedger, SqliteSaver, open_sqlite, usable


class ForgetfulLedger(Ledger, Protocol):
    """A ledger whose rows can be dropped once their turn is committed."""

    async def forget(self, conversation: str) -> None:
        """The results of this conversation are no longer needed."""
        ...


@dataclass(frozen=True)
class Store:
    """Where conversations live."""

    saver: BaseCheckpointSaver[str]
    dialogues: Dialogues
    ledger: ForgetfulLedger

    async def check(self) -> None:
        """One small read. Raises StoreUnavailable where the store does not answer."""
        await self.dialogues.load("")


@asynccontextmanager
async def open_store(settings: Persistence, folder: Path) -> AsyncIterator[Store]:
    """The store the settings name; relative paths are relative to the folder. It is closed again at the end.

    Raises ConfigurationError where it cannot be opened.
    """
    match settings.backend:
        case "memory":
            saver = MemorySaver()
            yield Store(saver, Dialogues(saver), MemoryLedger())
        case "sqlite":
            path = settings.path if settings.path.is_absolute() else folder / settings.path
            async with open_sqlite(path) as connection:
                sqlite_saver = SqliteSaver(connection)
                with usable(path):
                    await sqlite_saver.setup()
                yield Store(sqlite_saver, SqliteDialogues(sqlite_saver), SqliteLedger(connection))
        case backend:
            raise ConfigurationError(f"The backend {backend!r} is not available in this version; use sqlite or memory.")
