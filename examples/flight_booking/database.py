"""Where flights and bookings are kept: one SQLite file, made complete on first use."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from examples.flight_booking.timetable import flights

from soni.value import Value

PATH_VARIABLE: Final = "SONI_FLIGHTS_DB"
DEFAULT_PATH: Final = "./flights.db"
_LOCK_PATIENCE: Final = 4.0
"""Seconds to wait for other writers: less than any action's timeout, so that a timeout never hides a late success."""

_SCHEMA: Final = """
create table flights (
    number text primary key, origin text not null, destination text not null,
    departs text not null, minutes integer not null, fare integer not null
) strict;
create index flights_by_route on flights (origin, destination);
create table bookings (
    reference text primary key, user_id text not null, name text not null, email text not null,
    passengers integer not null check (passengers > 0), cabin text not null,
    price integer not null check (price >= 0),
    status text not null default 'booked' check (status in ('booked', 'cancelled'))
) strict;
create index bookings_by_user on bookings (user_id);
create table legs (
    reference text not null references bookings, leg text not null check (leg in ('outbound', 'return')),
    flight text not null references flights, day text not null,
    primary key (reference, leg)
) strict;
create index legs_by_flight on legs (flight, day);
create table requests (key text primary key, result text not null) strict;
"""


@contextmanager
def reading() -> Iterator[sqlite3.Connection]:
    """A connection of its own for a few questions."""
    path = Path(os.environ.get(PATH_VARIABLE) or DEFAULT_PATH)
    if not path.exists():
        _create(path)
    with closing(_connect(path)) as db:
        yield db


@contextmanager
def writing() -> Iterator[sqlite3.Connection]:
    """A transaction that is alone in writing; what happens in it happens wholly, or not at all."""
    with reading() as db:
        db.execute("begin immediate")
        try:
            yield db
        except BaseException:
            db.execute("rollback")
            raise
        db.execute("commit")


def once(key: str, work: Callable[[sqlite3.Connection], dict[str, Value]]) -> dict[str, Value]:
    """Do the work, or, where the key has been used before, give back what came of it then."""
    with writing() as db:
        known = db.execute("select result from requests where key = ?", (key,)).fetchone()
        if known:
            found: dict[str, Value] = json.loads(known["result"])
            return found
        result = work(db)
        db.execute("insert into requests values (?, ?)", (key, json.dumps(result)))
        return result


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
            db.executescript(_SCHEMA)
            db.execute("begin")
            db.executemany(
                "insert into flights values (?, ?, ?, ?, ?, ?)",
                [(f.number, f.origin, f.destination, f.departs, f.minutes, f.fare) for f in flights()],
            )
            db.execute("commit")
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            return
