"""Cards: blocked, replaced, activated, and how much they may spend."""

import sqlite3
from typing import Final

from soni import ActionContext, action
from soni.value import Value
from soni_bank.database import once, reading
from soni_bank.money import cents, euros

DELIVERY_DAYS: Final = {"standard": 5, "express": 1}


@action("get_card")
def get_card(card: str, ctx: ActionContext) -> dict[str, Value]:
    """A card as it is: its last four digits, whether it works, and its monthly limit."""
    with reading(ctx.user_id) as db:
        row = _card(db, ctx.user_id, card)
    return {
        "card_last_four": row["last_four"],
        "card_status": row["status"],
        "card_limit": euros(row["spending_limit"]),
    }


@action("block_card")
def block_card(card: str, ctx: ActionContext) -> dict[str, Value]:
    """Stop a card for good."""

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        _update(db, ctx.user_id, card, "status", "blocked")
        return {"card_status": "blocked"}

    return once(ctx.user_id, ctx.idempotency_key, work)


@action("order_card")
def order_card(card: str, delivery: str, ctx: ActionContext) -> dict[str, Value]:
    """Send a new card with other digits, to be activated when it arrives; the old one stops working."""

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        digits = f"{(int(_card(db, ctx.user_id, card)['last_four']) + 1111) % 10000:04d}"
        _update(db, ctx.user_id, card, "last_four", digits)
        _update(db, ctx.user_id, card, "status", "inactive")
        return {"card_last_four": digits, "card_status": "inactive", "delivery_days": DELIVERY_DAYS[delivery]}

    return once(ctx.user_id, ctx.idempotency_key, work)


@action("activate_card")
def activate_card(card: str, last_four: str, ctx: ActionContext) -> dict[str, Value]:
    """Make a new card work, if the digits said are the ones printed on it."""

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        row = _card(db, ctx.user_id, card)
        if row["status"] == "inactive" and row["last_four"] == last_four:
            _update(db, ctx.user_id, card, "status", "active")
            return {"card_status": "active"}
        return {"card_status": row["status"]}

    return once(ctx.user_id, ctx.idempotency_key, work)


@action("change_card_limit")
def change_card_limit(card: str, new_limit: float, ctx: ActionContext) -> dict[str, Value]:
    """Set how much a card may spend in a month."""

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        _update(db, ctx.user_id, card, "spending_limit", cents(new_limit))
        return {"card_limit": new_limit}

    return once(ctx.user_id, ctx.idempotency_key, work)


def _card(db: sqlite3.Connection, user_id: str, kind: str) -> sqlite3.Row:
    """A customer's card. Raises LookupError where there is none of that kind."""
    row: sqlite3.Row | None = db.execute(
        "select * from cards where user_id = ? and kind = ?", (user_id, kind)
    ).fetchone()
    if row is None:
        raise LookupError(f"no {kind} card")
    return row


_UPDATES: Final = {
    "status": "update cards set status = ? where user_id = ? and kind = ?",
    "last_four": "update cards set last_four = ? where user_id = ? and kind = ?",
    "spending_limit": "update cards set spending_limit = ? where user_id = ? and kind = ?",
}


def _update(db: sqlite3.Connection, user_id: str, kind: str, column: str, value: str | int) -> None:
    if db.execute(_UPDATES[column], (value, user_id, kind)).rowcount == 0:
        raise LookupError(f"no {kind} card")
