"""Where the bank keeps everything: one SQLite file, made complete on first use, with accounts for every newcomer."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from soni.value import Value
from soni_bank.customers import SCHEMA as CUSTOMERS_SCHEMA
from soni_bank.customers import is_customer, welcome
from soni_bank.ledger import SCHEMA as LEDGER_SCHEMA

PATH_VARIABLE: Final = "SONI_BANK_DB"
DEFAULT_PATH: Final = "./bank.db"
_LOCK_PATIENCE: Final = 4.0
"""Seconds to wait for other writers: less than any action's timeout, so that a timeout never hides a late success."""

_SCHEMA: Final = "create table requests (key text primary key, result text not null) strict;"


@contextmanager
def reading(user_id: str) -> Iterator[sqlite3.Connection]:
    """A connection of its own for a few questions about a customer."""
    with closing(_open()) as db:
        if not is_customer(db, user_id):
            with _transaction(db):
                welcome(db, user_id, date.today())
        yield db


def once(user_id: str, key: str, work: Callable[[sqlite3.Connection], dict[str, Value]]) -> dict[str, Value]:
    """Do the work and remember the key, in one transaction; a key that has been used gives back its first result.

    This is what makes a retry safe: however often a request arrives, and from however many threads, money moves once.
    """
    with closing(_open()) as db, _transaction(db):
        known = db.execute("select result from requests where key = ?", (key,)).fetchone()
        if known:
            found: dict[str, Value] = json.loads(known["result"])
            return found
        welcome(db, user_id, date.today())
        result = work(db)
        db.execute("insert into requests values (?, ?)", (key, json.dumps(result)))
        return result


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Alone in writing; all of it, or nothing."""
    db.execute("begin immediate")
    try:
        yield
    except BaseException:
        db.execute("rollback")
        raise
    db.execute("commit")


def _open() -> sqlite3.Connection:
    path = Path(os.environ.get(PATH_VARIABLE) or DEFAULT_PATH)
    if not path.exists():
        _create(path)
    return _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_LOCK_PATIENCE, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("pragma foreign_keys = on")
    return db


def _create(path: Path) -> None:
    """Make the database beside its place and link it there: whoever comes second finds it complete, and keeps it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
        fresh = Path(folder) / path.name
        with closing(_connect(fresh)) as db:
            db.execute("pragma journal_mode = wal")
            db.executescript(LEDGER_SCHEMA + CUSTOMERS_SCHEMA + _SCHEMA)
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            return
