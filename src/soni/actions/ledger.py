"""The ledger: rows about effects, kept from the moment they are known for as long as their message may come back."""

from collections.abc import Container, Mapping
from typing import Final, Protocol

from soni.value import Value

Row = Mapping[str, Value]

IDENTITY: Final = "conversation"
"""The row with the name of a conversation that has not been saved yet, and is about to have its first effect."""


def row_key(turn: int, name: str) -> str:
    """The key of a row about this turn. As text, keys are in the order of their turns, and behind all that name none."""
    return f"turn:{turn:010d}:{name}"


class Ledger(Protocol):
    """Rows about side effects, by conversation and key."""

    async def recall(self, conversation: str, *keys: str) -> Mapping[str, Row]:
        """Those of these rows that there are."""
        ...

    async def record(self, conversation: str, key: str, row: Row) -> None:
        """Keep a row; when this returns it is as durable as the conversation."""
        ...


class MemoryLedger:
    """A ledger that lives as long as the process."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Row]] = {}

    async def recall(self, conversation: str, *keys: str) -> Mapping[str, Row]:
        rows = self._rows.get(conversation, {})
        return {key: rows[key] for key in keys if key in rows}

    async def record(self, conversation: str, key: str, row: Row) -> None:
        self._rows.setdefault(conversation, {})[key] = row

    async def forget(self, conversation: str, before: int | None = None, *keys: str) -> None:
        """Drop the rows about turns before this one, those about none, and these; without a turn all of them."""
        rows = self._rows.pop(conversation, {})
        if before is not None and (kept := _kept(rows, row_key(before, ""), keys)):
            self._rows[conversation] = kept


def _kept(rows: Mapping[str, Row], least: str, dropped: Container[str]) -> dict[str, Row]:
    return {key: row for key, row in rows.items() if key >= least and key not in dropped}
