"""What a store holds, read behind the back of the service."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one store: a SQLite file, or a PostgreSQL database."""

    place: Path | str
    """The file, or where PostgreSQL answers."""

    def recorded(self) -> Mapping[str, bool]:
        """The keys of the effects whose results are in the ledger; true for those whose turn is not saved."""
        saved: dict[object, int] = {}
        for conversation, turn in self._rows(
            "select conversation, max(turn) from soni_transcript group by conversation"
        ):
            saved[conversation] = int(str(turn))
        found: dict[str, bool] = {}
        for conversation, key in self._rows("select conversation, key from soni_ledger"):
            match str(key).split(":"):
                case ["turn", turn, digest]:
                    found[digest] = int(turn) > saved.get(conversation, 0)
                case _:
                    pass  # about messages, and what failed
        return found

    def turns(self, user: str) -> list[int]:
        """The turns in the transcript of a conversation, as they were saved."""
        rows = self._rows("select conversation, turn from soni_transcript order by id")
        return [int(str(turn)) for conversation, turn in rows if conversation == user]

    def _rows(self, query: str) -> list[tuple[object, ...]]:
        if isinstance(self.place, Path):
            with closing(sqlite3.connect(self.place)) as file:
                return file.execute(query).fetchall()
        with psycopg.connect(self.place) as connection:
            return connection.execute(query.encode()).fetchall()
