"""Opens a SQLite file for one process, and says in words what is wrong with it."""

import asyncio
import fcntl
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import aiosqlite

from soni.errors import ConfigurationError, StoreUnavailable

_BUSY_TIMEOUT: Final = 5000
"""Milliseconds to wait for another program that reads or backs up the file."""


@asynccontextmanager
async def open_sqlite(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """The file, opened so that what is committed survives a crash; it is created where it is missing.

    Raises ConfigurationError where it cannot be opened, or where another process has it open.
    """
    try:
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_open(path, error) from error
    with _only_process(path):
        with usable(path):
            connection = await aiosqlite.connect(path, isolation_level=None)
        try:
            with usable(path):
                await connection.execute_fetchall("pragma journal_mode = wal")
                await connection.execute_fetchall("pragma synchronous = full")
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


@contextmanager
def answering() -> Iterator[None]:
    """What SQLite raises while it serves (locked, full, unreadable) becomes StoreUnavailable, with its words as the cause."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"The conversation store does not answer: {error}.") from error
