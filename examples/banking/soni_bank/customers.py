"""Customers, and what each of them starts with: the same for everybody, dated from the day they come."""

import sqlite3
from datetime import date, timedelta
from typing import Final

from soni_bank import ledger

SCHEMA: Final = """
create table customers (user_id text primary key, daily_limit integer not null) strict;
create table contacts (
    user_id text not null references customers, name text not null collate nocase, iban text not null,
    primary key (user_id, name)
) strict;
create table cards (
    user_id text not null references customers, kind text not null check (kind in ('debit', 'credit', 'travel')),
    last_four text not null, status text not null check (status in ('active', 'blocked', 'inactive')),
    spending_limit integer not null check (spending_limit >= 0),
    primary key (user_id, kind)
) strict;
create table bills (
    user_id text not null references customers, payee text not null, cents integer not null, due text not null,
    paid integer not null default 0,
    primary key (user_id, payee)
) strict;
create table recurring (
    id integer primary key, user_id text not null references customers, payee text not null, iban text not null,
    cents integer not null check (cents > 0),
    frequency text not null check (frequency in ('weekly', 'monthly', 'yearly')), starts text not null
) strict;
create index recurring_by_user on recurring (user_id);
"""

CHECKING: Final = 250000
SAVINGS: Final = 800000
DAILY_LIMIT: Final = 300000
"""Cents, as everywhere in this bank."""

CONTACTS: Final = (
    ("Ana Ruiz", "ES9121000418450200051332"),
    ("Bob Martin", "GB82WEST12345698765432"),
    ("David Chen", "DE89370400440532013000"),
    ("David Moreau", "FR1420041010050500013M02606"),
)
_CARDS: Final = (
    ("debit", "4021", "active", 100000),
    ("credit", "7788", "active", 200000),
    ("travel", "1593", "inactive", 50000),
)
_BILLS: Final = (("electricity", 6420, 3), ("water", 3175, 6), ("internet", 4500, 10))
"""Payee, cents, days until it is due."""
_RECURRING: Final = (("Bob Martin", 1500, "weekly", 2), ("Ana Ruiz", 12000, "monthly", 9))
"""Contact, cents, how often, days until the next payment."""
_SPENDING: Final = (
    (88, "Rent", "housing", 75000),
    (58, "Rent", "housing", 75000),
    (47, "Shoe shop", "shopping", 7990),
    (28, "Rent", "housing", 75000),
    (26, "Noodle bar", "restaurants", 1990),
    (23, "Green grocer", "groceries", 3890),
    (20, "Railways", "transport", 4500),
    (18, "Pharmacy", "health", 2240),
    (16, "Green grocer", "groceries", 6175),
    (14, "Cinema", "entertainment", 1599),
    (12, "Trattoria", "restaurants", 3400),
    (10, "Metro", "transport", 1200),
    (9, "Green grocer", "groceries", 5520),
    (3, "Trattoria", "restaurants", 2850),
    (2, "Metro", "transport", 1200),
    (1, "Green grocer", "groceries", 4230),
)
"""Days ago, shop, category, cents."""
_SALARY: Final = 120000
_SALARY_DAYS_AGO: Final = (87, 57, 27)
_HISTORY_BEGAN_DAYS_AGO: Final = 90


def is_customer(db: sqlite3.Connection, user_id: str) -> bool:
    """Whether this user has accounts here."""
    return db.execute("select 1 from customers where user_id = ?", (user_id,)).fetchone() is not None


def welcome(db: sqlite3.Connection, user_id: str, today: date) -> None:
    """Give a newcomer accounts with some history, cards, contacts, bills; leave a customer as they are."""
    if is_customer(db, user_id):
        return
    db.execute("insert into customers values (?, ?)", (user_id, DAILY_LIMIT))
    _fill_accounts(db, user_id, today)
    db.executemany("insert into contacts values (?, ?, ?)", [(user_id, *contact) for contact in CONTACTS])
    db.executemany("insert into cards values (?, ?, ?, ?, ?)", [(user_id, *card) for card in _CARDS])
    db.executemany(
        "insert into bills (user_id, payee, cents, due) values (?, ?, ?, ?)",
        [(user_id, payee, cents, (today + timedelta(days=days)).isoformat()) for payee, cents, days in _BILLS],
    )
    ibans = dict(CONTACTS)
    db.executemany(
        "insert into recurring (user_id, payee, iban, cents, frequency, starts) values (?, ?, ?, ?, ?, ?)",
        [
            (user_id, payee, ibans[payee], cents, frequency, (today + timedelta(days=days)).isoformat())
            for payee, cents, frequency, days in _RECURRING
        ],
    )


def _fill_accounts(db: sqlite3.Connection, user_id: str, today: date) -> None:
    """Past income and spending, after an opening deposit that makes the balances come out at their fixed sums."""
    outside = ledger.account(db, "Soni Bank", "outside")
    checking = ledger.account(db, user_id, "checking")
    began = today - timedelta(days=_HISTORY_BEGAN_DAYS_AGO)
    opening = CHECKING + sum(cents for *_, cents in _SPENDING) - _SALARY * len(_SALARY_DAYS_AGO)
    ledger.move(db, outside, checking, opening, began, "Opening deposit", ledger.OPENING)
    ledger.move(db, outside, ledger.account(db, user_id, "savings"), SAVINGS, began, "Opening deposit", ledger.OPENING)
    employer = ledger.account(db, "Employer", "outside")
    for days in _SALARY_DAYS_AGO:
        ledger.move(db, employer, checking, _SALARY, today - timedelta(days=days), "Salary", "salary")
    for days, shop, category, cents in _SPENDING:
        seller = ledger.account(db, shop, "outside")
        ledger.move(db, checking, seller, cents, today - timedelta(days=days), shop, category)
