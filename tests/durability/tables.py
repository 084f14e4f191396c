"""What a store holds, read behind the back of the service."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one store: a SQLite file, or a PostgreSQL database."""

    place: Path | str
    """The file, or where PostgreSQL answers."""

    def recorded(self) -> frozenset[str]:
        """The keys of the effects whose results are in the ledger."""
        return frozenset(str(key) for (key,) in self._rows("select key from soni_ledger"))

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
