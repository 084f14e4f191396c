"""The transcript and the end of conversations in a SQLite file."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import aiosqlite

from soni.dialogue.state import Line
from soni.persistence.archive import Exchange, id_at
from soni.persistence.sqlite_opening import answering
from soni.value import Value

_EXCHANGES: Final = """
select id, turn, said from soni_transcript where conversation = ? and (? is null or id < ?) order by id desc limit ?
"""

_CONVERSATIONS: Final = """
select distinct thread_id from checkpoints where checkpoint_ns = '' and thread_id > ? order by thread_id limit ?
"""

# Every conversation has a checkpoint, or at least a row in the ledger: the one that a reset leaves behind.
_IDLE: Final = """
select conversation from (
    select thread_id as conversation, checkpoint_id as id from checkpoints where thread_id > :after
    union all
    select conversation, id from soni_ledger where conversation > :after
) group by conversation having max(id) < :cutoff order by conversation limit :limit
"""

_ERASE: Final = tuple(
    f"delete from {table} where {column} = ?"  # noqa: S608 - the names are below
    for table, column in (
        ("soni_transcript", "conversation"),
        ("soni_ledger", "conversation"),
        ("writes", "thread_id"),
        ("checkpoints", "thread_id"),
    )
)


class SqliteArchive:
    """An archive in the same file as the conversations."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def exchanges(self, conversation: str, before: str | None, limit: int) -> tuple[Exchange, ...]:
        """As ``Archive.exchanges``."""
        async with answering():
            rows = await self._connection.execute_fetchall(_EXCHANGES, (conversation, before, before, limit))
        return tuple(
            Exchange(id_, turn, tuple(Line(line["role"], line["text"]) for line in json.loads(said)))
            for id_, turn, said in reversed(list(rows))
        )

    async def conversations(self, after: str, limit: int) -> tuple[str, ...]:
        """As ``Archive.conversations``."""
        async with answering():
            rows = await self._connection.execute_fetchall(_CONVERSATIONS, (after, limit))
        return tuple(str(name) for (name,) in rows)

    async def idle(self, since: datetime, after: str, limit: int) -> tuple[str, ...]:
        """As ``Archive.idle``."""
        asked = {"after": after, "cutoff": id_at(since), "limit": limit}
        async with answering():
            rows = await self._connection.execute_fetchall(_IDLE, asked)
        return tuple(str(name) for (name,) in rows)

    async def effects(self, conversation: str) -> Mapping[str, Mapping[str, Value]]:
        """As ``Archive.effects``."""
        query = "select key, result from soni_ledger where conversation = ? order by key"
        async with answering():
            rows = await self._connection.execute_fetchall(query, (conversation,))
        return {str(key): json.loads(result) for key, result in rows}

    async def erase(self, conversation: str) -> None:
        """As ``Archive.erase``. The state goes last: what is cut off in the middle can be found and erased again."""
        async with answering():
            for statement in _ERASE:
                await self._connection.execute_fetchall(statement, (conversation,))
