"""Payments that come back every week, month or year."""

import sqlite3
from datetime import date

from soni import ActionContext, action
from soni.value import Value
from soni_bank.database import once, reading
from soni_bank.money import cents, spoken


@action("set_up_recurring")
def set_up_recurring(
    contact_name: str, contact_iban: str, amount: float, frequency: str, start_date: str, ctx: ActionContext
) -> dict[str, Value]:
    """Keep a recurring payment."""

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        made = db.execute(
            "insert into recurring (user_id, payee, iban, cents, frequency, starts) values (?, ?, ?, ?, ?, ?)",
            (ctx.user_id, contact_name, contact_iban, cents(amount), frequency, start_date),
        ).lastrowid
        row = db.execute("select * from recurring where id = ?", (made,)).fetchone()
        return {"recurring_text": _described(row)}

    return once(ctx.user_id, ctx.idempotency_key, work)


@action("list_recurring")
def list_recurring(ctx: ActionContext) -> dict[str, Value]:
    """All recurring payments, numbered, one a line and as buttons."""
    with reading(ctx.user_id) as db:
        rows = _recurring(db, ctx.user_id)
    return {
        "recurring_count": len(rows),
        "recurring_list": "\n".join(f"{number}. {_described(row)}" for number, row in enumerate(rows, start=1)),
        "recurring_buttons": [
            {"title": f"{number}. {row['payee']}", "payload": f"/set_slot recurring_payee={number}"}
            for number, row in enumerate(rows, start=1)
        ],
    }


@action("find_recurring")
def find_recurring(recurring_payee: str, ctx: ActionContext) -> dict[str, Value]:
    """The payment that is meant, by its number on the list or by the name of who receives it, if there is just one."""
    with reading(ctx.user_id) as db:
        found = _meant(_recurring(db, ctx.user_id), recurring_payee.strip().casefold())
    row = found[0] if len(found) == 1 else None
    return {
        "recurring_matches": len(found),
        "recurring_text": _described(row) if row else None,
        "recurring_id": row["id"] if row else None,
    }


@action("cancel_recurring")
def cancel_recurring(recurring_id: int, ctx: ActionContext) -> dict[str, Value]:
    """End a recurring payment; what was paid stays paid."""

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        db.execute("delete from recurring where id = ? and user_id = ?", (recurring_id, ctx.user_id))
        return {}

    return once(ctx.user_id, ctx.idempotency_key, work)


def _recurring(db: sqlite3.Connection, user_id: str) -> list[sqlite3.Row]:
    return db.execute("select * from recurring where user_id = ? order by payee, id", (user_id,)).fetchall()


def _meant(rows: list[sqlite3.Row], said: str) -> list[sqlite3.Row]:
    """The payment of that number, or all payments to somebody whose name contains what was said."""
    if said.isdecimal():
        return rows[int(said) - 1 : int(said)] if int(said) else []
    return [row for row in rows if said and said in row["payee"].casefold()]


def _described(row: sqlite3.Row) -> str:
    starts = date.fromisoformat(row["starts"])
    return f"{spoken(row['cents'])} {row['frequency']} to {row['payee']} (next on {starts.day} {starts:%B})"
