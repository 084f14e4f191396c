"""The people a customer pays: found by any part of their name, added, listed, removed."""

import sqlite3
from shlex import quote

from soni import ActionContext, action
from soni.value import Value
from soni_bank.database import once, reading


@action("find_contact")
def find_contact(contact_query: str, ctx: ActionContext) -> dict[str, Value]:
    """Who is meant: one contact, several to choose from, or nobody."""
    with reading(ctx.user_id) as db:
        contacts = _contacts(db, ctx.user_id)
    named = {name: iban for name, iban in contacts.items() if name.casefold() == contact_query.strip().casefold()}
    found = named or {name: iban for name, iban in contacts.items() if _fits(contact_query, name)}
    name, iban = next(iter(found.items())) if len(found) == 1 else (None, None)
    return {
        "contact_matches": len(found),
        "contact_name": name,
        "contact_iban": iban,
        "contact_list": " or ".join(found),
        "contact_buttons": [{"title": each, "payload": f"/set_slot contact_pick={quote(each)}"} for each in found],
    }


@action("add_contact")
def add_contact(new_contact_name: str, new_contact_iban: str, ctx: ActionContext) -> dict[str, Value]:
    """Keep a contact, unless there is one of that name."""

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        added = db.execute(
            "insert into contacts values (?, ?, ?) on conflict do nothing",
            (ctx.user_id, new_contact_name.strip(), new_contact_iban),
        ).rowcount
        return {"contact_added": added == 1}

    return once(ctx.user_id, ctx.idempotency_key, work)


@action("list_contacts")
def list_contacts(ctx: ActionContext) -> dict[str, Value]:
    """All names, with the end of each account number."""
    with reading(ctx.user_id) as db:
        contacts = _contacts(db, ctx.user_id)
    return {
        "contact_count": len(contacts),
        "contact_list": ", ".join(f"{name} (account ending {iban[-4:]})" for name, iban in contacts.items()),
    }


@action("remove_contact")
def remove_contact(contact_name: str, ctx: ActionContext) -> dict[str, Value]:
    """Forget a contact; payments made stay on record."""

    def work(db: sqlite3.Connection) -> dict[str, Value]:
        db.execute("delete from contacts where user_id = ? and name = ?", (ctx.user_id, contact_name))
        return {}

    return once(ctx.user_id, ctx.idempotency_key, work)


def _contacts(db: sqlite3.Connection, user_id: str) -> dict[str, str]:
    """Name → IBAN, by name."""
    rows = db.execute("select name, iban from contacts where user_id = ? order by name", (user_id,))
    return {row["name"]: row["iban"] for row in rows}


def _fits(query: str, name: str) -> bool:
    """``ana`` and ``ruiz ana`` fit ``Ana Ruiz``: every word that was said begins a word of the name."""
    said, words = query.casefold().split(), name.casefold().split()
    return bool(said) and all(any(word.startswith(part) for word in words) for part in said)
