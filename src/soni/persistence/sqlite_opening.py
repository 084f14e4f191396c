"""Opens a SQLite file for one process, watches that it stays the same, and says in words what is wrong with it."""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any, Final

import aiosqlite

from soni.errors import ConfigurationError, StoreUnavailable

_BUSY_TIMEOUT: Final = 5000
"""Milliseconds to wait for another program that reads or backs up the file."""
_READERS: Final = 0.2
"""Seconds to wait for those who are reading the file when its log is to be cut."""
LIMIT: Final = 5.5
"""Seconds a call may take in all, with those before it; more than the other, for SQLite has words for what it waits for."""


class _Watched(sqlite3.Connection):
    """A connection that notices when its file is taken away.

    The operating system keeps a file that is removed until it is closed: what is written to it meanwhile is lost with it.
    And next to a file that takes its place lies the write-ahead log of the first one.
    """

    def __init__(self, path: str, **options: Any) -> None:
        super().__init__(path, **options)
        self._path = Path(path)
        self._identity = _identity(self._path)

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """As of sqlite3; a look at the file's name costs 2 µs, and blocks only the thread that works with the file."""
        try:
            same = _identity(self._path) == self._identity
        except OSError as error:
            raise sqlite3.OperationalError(f"{self._path} cannot be found: {error.strerror}") from error
        if not same:
            raise sqlite3.OperationalError(
                f"another file is now called {self._path}: put the first one back, or restart"
            )
        return super().execute(sql, parameters)


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


@asynccontextmanager
async def open_sqlite(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """The file, opened so that what is committed survives a crash; it is created where it is missing.

    Raises ConfigurationError where it cannot be opened, or where another process has it open.
    """
    try:
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_open(path, error) from error
    # Another name for the same file, by a link, must lead to the same lock.
    with _only_process(await asyncio.to_thread(path.resolve)):
        with usable(path):
            connection = await aiosqlite.connect(path, isolation_level=None, factory=_Watched)
        try:
            with usable(path):
                await connection.execute_fetchall("pragma journal_mode = wal")
                await connection.execute_fetchall("pragma synchronous = full")
                # What is deleted is overwritten; some builds of SQLite do so by themselves.
                await connection.execute_fetchall("pragma secure_delete = on")
                await connection.execute_fetchall(f"pragma busy_timeout = {_BUSY_TIMEOUT}")
            yield connection
        finally:
            await connection.close()


@contextmanager
def _only_process(path: Path) -> Iterator[None]:
    """Hold a lock on the file's name for as long as it is open; the operating system frees it when the process dies."""
    try:
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _cannot_open(path, error) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(
                f"Another process has {path} open. SQLite has one writer: run one worker, choose another"
                " settings.persistence.path, or a database server as settings.persistence.backend."
            ) from error
        yield
    finally:
        os.close(lock)


def empty_log(path: Path) -> bool:
    """Take what is in the -wal file over into the file and cut it to nothing; whether something is left in it.

    On a connection of its own, so that calls of the service do not queue behind it. Who reads the file now keeps it from
    being cut, and is waited for a moment only: nobody can write meanwhile.
    """
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=_READERS)) as connection:
        busy, _, _ = connection.execute("pragma wal_checkpoint(truncate)").fetchone()
    return bool(busy)


def _cannot_open(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"{path} cannot be opened: {error.strerror} (settings.persistence.path).")


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """What SQLite raises while it is being opened becomes a ConfigurationError that names the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise ConfigurationError(
            f"{path} cannot be used as a database: {error} (settings.persistence.path)."
        ) from error


@asynccontextmanager
async def answering() -> AsyncIterator[None]:
    """What SQLite raises while it serves (locked, full, taken away) becomes StoreUnavailable, with its words.

    So does a call that takes too long, because others wait for the file before it. It is given up, but SQLite has it in its
    queue, and will do it in its turn: before whatever is asked next, which thus finds it done.
    """
    try:
        async with asyncio.timeout(LIMIT):
            yield
    except TimeoutError as error:
        raise StoreUnavailable(f"The conversation store does not answer: no answer within {LIMIT:g} s.") from error
    except sqlite3.Error as error:
        raise StoreUnavailable(f"The conversation store does not answer: {error}.") from error
