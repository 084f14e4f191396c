"""Double-entry bookkeeping: money is never made or lost, it moves from one account to another, in whole cents."""

import sqlite3
from dataclasses import dataclass
from datetime import date
from typing import Final

SCHEMA: Final = """
create table accounts (
    id integer primary key, owner text not null,
    kind text not null check (kind in ('checking', 'savings', 'outside')),
    unique (owner, kind)
) strict;
create table transactions (
    id integer primary key, day text not null, text text not null, category text not null
) strict;
create table entries (
    transaction_id integer not null references transactions, account integer not null references accounts,
    cents integer not null check (cents <> 0),
    primary key (transaction_id, account)
) strict;
create index entries_by_account on entries (account);
"""

TRANSFER: Final = "transfer"
"""The category of money sent to a contact; only this counts against the daily limit."""
BILL: Final = "bills"
OWN: Final = "between own accounts"
OPENING: Final = "opening"


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of an account statement."""

    day: date
    text: str
    cents: int
    """Negative where money went away."""


def account(db: sqlite3.Connection, owner: str, kind: str) -> int:
    """The number of an account, opened if there is none yet. Money elsewhere is in accounts ``outside``."""
    db.execute("insert into accounts (owner, kind) values (?, ?) on conflict do nothing", (owner, kind))
    (number,) = db.execute("select id from accounts where owner = ? and kind = ?", (owner, kind)).fetchone()
    return int(number)


def move(db: sqlite3.Connection, source: int, target: int, cents: int, day: date, text: str, category: str) -> None:
    """Move money from one account to another. Raises ValueError for nothing or less, and within one account."""
    if cents <= 0:
        raise ValueError(f"only a positive amount can be moved, not {cents} cents")
    if source == target:
        raise ValueError("money cannot be moved from an account to itself")
    moved = db.execute(
        "insert into transactions (day, text, category) values (?, ?, ?)", (day.isoformat(), text, category)
    ).lastrowid
    db.executemany("insert into entries values (?, ?, ?)", [(moved, source, -cents), (moved, target, cents)])


def balance(db: sqlite3.Connection, owner: str, kind: str) -> int:
    """The cents in an account; none where it does not exist."""
    (cents,) = db.execute(
        "select coalesce(sum(cents), 0) from entries join accounts on id = account where owner = ? and kind = ?",
        (owner, kind),
    ).fetchone()
    return int(cents)


def statement(db: sqlite3.Connection, owner: str, kind: str | None, count: int) -> list[Movement]:
    """The last movements of one account, or of all of an owner's, newest first."""
    rows = db.execute(
        "select day, text, cents from entries join transactions on transactions.id = transaction_id"
        " join accounts on accounts.id = account where owner = ? and kind = coalesce(?, kind)"
        " order by day desc, transactions.id desc limit ?",
        (owner, kind, count),
    )
    return [Movement(date.fromisoformat(row["day"]), row["text"], row["cents"]) for row in rows]


def spent(db: sqlite3.Connection, owner: str, since: date) -> dict[str, int]:
    """Category → cents that left the owner's accounts since a day, the largest first; moves among them do not count."""
    rows = db.execute(
        "select category, -sum(cents) as cents from entries join transactions on transactions.id = transaction_id"
        " join accounts on accounts.id = account"
        " where owner = ? and day >= ? and cents < 0 and category <> ? group by category order by 2 desc, 1",
        (owner, since.isoformat(), OWN),
    )
    return {row["category"]: int(row["cents"]) for row in rows}
