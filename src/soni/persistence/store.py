"""Opens what the settings name: a checkpointer with its dialogues, and the ledger, locks and archive beside them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver

from soni.actions.ledger import Ledger
from soni.config.settings import Persistence
from soni.errors import ConfigurationError
from soni.persistence.archive import Archive
from soni.persistence.dialogues import Dialogues
from soni.persistence.locks import LocalLocks, Locks


class ForgetfulLedger(Ledger, Protocol):
    """A ledger whose rows can be dropped when no message comes back to them."""

    async def forget(self, conversation: str, before: int | None = None, *keys: str) -> None:
        """Drop the rows about turns before this one, those about none, and these; without a turn all of this conversation."""
        ...


_MODULES: Final = {"memory": "memory", "sqlite": "sqlite", "postgresql": "postgres", "redis": "redis"}
"""Backend → where it is."""


@dataclass(frozen=True)
class Store:
    """Where conversations live."""

    saver: BaseCheckpointSaver[str]
    dialogues: Dialogues
    ledger: ForgetfulLedger
    archive: Archive
    locks: Locks
    """Who may answer a conversation now, as far as this store reaches."""

    async def check(self) -> None:
        """One small read. Raises StoreUnavailable where the store does not answer."""
        await self.dialogues.load("")


def too_new(version: int, known: int) -> ConfigurationError:
    """The error of a database whose schema has steps behind it that this Soni does not know."""
    return ConfigurationError(
        f"A newer Soni has made this database: its version is {version}, and this Soni knows {known}."
        " Run the newer one, or let it take the last step back first (soni migrate --back)."
    )


def import_driver(backend: str) -> None:
    """Import what this backend needs: a driver costs megabytes and reads files. Not to be called in an event loop."""
    import_module(f"soni.persistence.{_MODULES[backend]}")


@asynccontextmanager
async def open_store(settings: Persistence, folder: Path, patience: timedelta) -> AsyncIterator[Store]:
    """The store the settings name; relative paths are relative to the folder. It is closed again at the end.

    ``patience`` is how long a message waits for a conversation that another replica is answering. Raises
    ConfigurationError where the store cannot be opened.
    """
    keep = settings.retention.keep_checkpoints
    await asyncio.to_thread(import_driver, settings.backend)
    match settings.backend:
        case "memory":
            from soni.persistence.memory import AgedLedger, MemoryArchive, MemorySaver

            memory, aged = MemorySaver(keep), AgedLedger()
            yield Store(memory, Dialogues(memory), aged, MemoryArchive(memory, aged), LocalLocks(patience=patience))
        case "sqlite":
            from soni.persistence.sqlite import SqliteDialogues, SqliteLedger, SqliteSaver
            from soni.persistence.sqlite_archive import SqliteArchive
            from soni.persistence.sqlite_opening import open_sqlite, usable

            path = settings.path if settings.path.is_absolute() else folder / settings.path
            async with open_sqlite(path) as file:
                sqlite = SqliteSaver(file, keep)
                with usable(path):
                    await sqlite.setup()
                yield Store(
                    sqlite,
                    SqliteDialogues(sqlite),
                    SqliteLedger(file),
                    SqliteArchive(file),
                    LocalLocks(patience=patience),
                )
        case "postgresql":
            from soni.persistence.postgres import PostgresDialogues, PostgresLedger, PostgresSaver
            from soni.persistence.postgres_archive import PostgresArchive
            from soni.persistence.postgres_locks import PostgresLocks
            from soni.persistence.postgres_opening import open_postgres

            dsn = settings.lock_connection_string or settings.connection_string or ""
            async with open_postgres(settings) as pool, PostgresLocks(dsn, patience=patience) as locks:
                postgres = PostgresSaver(pool, keep)
                yield Store(postgres, PostgresDialogues(postgres), PostgresLedger(pool), PostgresArchive(pool), locks)
        case "redis":
            from soni.persistence.redis import RedisLedger, RedisSaver
            from soni.persistence.redis_archive import RedisArchive
            from soni.persistence.redis_locks import RedisLocks
            from soni.persistence.redis_opening import open_redis

            async with open_redis(settings) as client:
                redis = RedisSaver(client, keep)
                leases = RedisLocks(client, patience=patience)
                yield Store(redis, Dialogues(redis), RedisLedger(client), RedisArchive(client), leases)
