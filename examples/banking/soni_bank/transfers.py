"""Moving money: to a contact, between one's own accounts, and to those who send bills."""

import sqlite3
from datetime import date
from typing import Final

from soni import ActionContext, action
from soni.value import Value
from soni_bank import ledger
from soni_bank.database import once, reading
from soni_bank.money import cents, euros, spoken

_OTHER_ACCOUNT: Final = {"checking": "savings", "savings": "checking"}


@action("check_transfer")
def check_transfer(account: str, amount: float, ctx: ActionContext) -> dict[str, Value]:
    """Whether so much may leave the account today."""
    with reading(ctx.user_id) as db:
        return _checked(db, ctx.user_id, account, cents(amount))


@action("transfer_funds")
def transfer_funds(
    account: str, amount: float, contact_name: str, contact_iban: str, ctx: ActionContext
) -> dict[str, Value]:
    """Send money to a contact, unless the verdict has changed since it was checked."""

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        checked = _checked(db, ctx.user_id, account, cents(amount))
        if checked["verdict"] != "fine":
            return checked
        source, target = ledger.account(db, ctx.user_id, account), ledger.account(db, contact_iban, "outside")
        text = f"Transfer to {contact_name}"
        ledger.move(db, source, target, cents(amount), date.today(), text, ledger.TRANSFER)
        return {**checked, "balance": euros(ledger.balance(db, ctx.user_id, account))}

    return once(ctx.user_id, ctx.idempotency_key, work)


@action("check_move")
def check_move(into_account: str, amount: float, ctx: ActionContext) -> dict[str, Value]:
    """Whether the other account has so much."""
    source = _OTHER_ACCOUNT[into_account]
    with reading(ctx.user_id) as db:
        available = ledger.balance(db, ctx.user_id, source)
    return {"from_account": source, "balance": euros(available), "verdict": _covered(available, cents(amount))}


@action("move_funds")
def move_funds(into_account: str, amount: float, ctx: ActionContext) -> dict[str, Value]:
    """Move money between the customer's own accounts, if the other one still has so much."""
    source = _OTHER_ACCOUNT[into_account]

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        verdict = _covered(ledger.balance(db, ctx.user_id, source), cents(amount))
        if verdict == "fine":
            here, there = (ledger.account(db, ctx.user_id, kind) for kind in (source, into_account))
            ledger.move(db, here, there, cents(amount), date.today(), f"From {source} to {into_account}", ledger.OWN)
        return {
            "verdict": verdict,
            "checking_balance": euros(ledger.balance(db, ctx.user_id, "checking")),
            "savings_balance": euros(ledger.balance(db, ctx.user_id, "savings")),
        }

    return once(ctx.user_id, ctx.idempotency_key, work)


@action("list_bills")
def list_bills(ctx: ActionContext) -> dict[str, Value]:
    """The bills that are not paid yet, the most urgent first."""
    with reading(ctx.user_id) as db:
        rows = db.execute(
            "select payee, cents from bills where user_id = ? and not paid order by due", (ctx.user_id,)
        ).fetchall()
    return {
        "bill_count": len(rows),
        "bill_list": ", ".join(f"{row['payee']} {spoken(row['cents'])}" for row in rows),
        "bill_buttons": [
            {"title": row["payee"].capitalize(), "payload": f"/set_slot bill={row['payee']}"} for row in rows
        ],
    }


@action("get_bill")
def get_bill(bill: str, ctx: ActionContext) -> dict[str, Value]:
    """What is to be paid, nothing where it is paid already, and whether there is enough money for it."""
    with reading(ctx.user_id) as db:
        due = _due(db, ctx.user_id, bill)
        available = ledger.balance(db, ctx.user_id, "checking")
    return {"bill_amount": euros(due), "verdict": _covered(available, due)}


@action("pay_bill")
def pay_bill(bill: str, ctx: ActionContext) -> dict[str, Value]:
    """Pay a bill from the checking account, if it is still due and there is enough money."""

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        due = _due(db, ctx.user_id, bill)
        verdict = _covered(ledger.balance(db, ctx.user_id, "checking"), due)
        if due and verdict == "fine":
            source, target = ledger.account(db, ctx.user_id, "checking"), ledger.account(db, bill, "outside")
            ledger.move(db, source, target, due, date.today(), f"Bill: {bill}", ledger.BILL)
            db.execute("update bills set paid = 1 where user_id = ? and payee = ?", (ctx.user_id, bill))
        return {"verdict": verdict, "balance": euros(ledger.balance(db, ctx.user_id, "checking"))}

    return once(ctx.user_id, ctx.idempotency_key, work)


def _checked(db: sqlite3.Connection, user_id: str, account: str, amount: int) -> dict[str, Value]:
    """Balance, what is left of the daily limit, and the verdict: ``fine``, ``insufficient_funds`` or ``over_limit``."""
    available = ledger.balance(db, user_id, account)
    (daily_limit,) = db.execute("select daily_limit from customers where user_id = ?", (user_id,)).fetchone()
    left = int(daily_limit) - ledger.spent(db, user_id, date.today()).get(ledger.TRANSFER, 0)
    verdict = "over_limit" if amount > left else _covered(available, amount)
    return {"balance": euros(available), "limit_left": euros(left), "verdict": verdict}


def _covered(available: int, amount: int) -> str:
    return "fine" if amount <= available else "insufficient_funds"


def _due(db: sqlite3.Connection, user_id: str, payee: str) -> int:
    row = db.execute(
        "select cents from bills where user_id = ? and payee = ? and not paid", (user_id, payee)
    ).fetchone()
    return int(row["cents"]) if row else 0
