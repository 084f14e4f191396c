"""The transcript and the end of conversations in PostgreSQL."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from psycopg.rows import tuple_row

from soni.dialogue.state import Line
from soni.persistence.archive import MAX_EXCHANGES, RESET, Exchange, id_at
from soni.persistence.postgres_connections import Connections, answering
from soni.value import Value

# Bytewise, as ids and cursors are compared everywhere else: the order of a database's own language may be another.
_EXCHANGES: Final = """
select id, turn, said from soni_transcript
where conversation = %(conversation)s and (%(before)s::text is null or id < %(before)s)
order by id desc limit %(limit)s
"""

_CONVERSATIONS: Final = """
select distinct thread_id collate "C" as name from checkpoints
where checkpoint_ns = '' and thread_id collate "C" > %(after)s order by name limit %(limit)s
"""

# Every conversation has a checkpoint, or at least a row in the ledger: the one that a reset leaves behind.
_IDLE: Final = """
select conversation collate "C" as name from (
    select thread_id as conversation, checkpoint_id as id from checkpoints where thread_id collate "C" > %(after)s
    union all
    select conversation, id from soni_ledger where conversation collate "C" > %(after)s
) as stored
group by name having max(id) < %(cutoff)s order by name limit %(limit)s
"""

# Every part sees what was there before the statement. The row that leads to the transcript stays where it is known.
_RESET: Final = """
with known as (
    select where exists (select from checkpoints where thread_id = %(conversation)s)
        or exists (select from soni_transcript where conversation = %(conversation)s)
), noted as (
    insert into soni_ledger (conversation, key, result, id)
    select %(conversation)s, %(row)s, '{}', %(id)s from known
    on conflict (conversation, key) do update set result = excluded.result, id = excluded.id
), ledger as (
    delete from soni_ledger
    where conversation = %(conversation)s and (key <> %(row)s or not exists (select from known))
), pruned as (
    delete from soni_transcript where conversation = %(conversation)s and id <= (
        select id from soni_transcript where conversation = %(conversation)s order by id desc limit 1 offset %(most)s
    )
), writes as (
    delete from checkpoint_writes where thread_id = %(conversation)s
), blobs as (
    delete from checkpoint_blobs where thread_id = %(conversation)s
)
delete from checkpoints where thread_id = %(conversation)s
"""

_ERASE: Final = """
with transcript as (delete from soni_transcript where conversation = any(%(conversations)s)),
    ledger as (delete from soni_ledger where conversation = any(%(conversations)s)),
    writes as (delete from checkpoint_writes where thread_id = any(%(conversations)s)),
    blobs as (delete from checkpoint_blobs where thread_id = any(%(conversations)s))
delete from checkpoints where thread_id = any(%(conversations)s)
"""


class PostgresArchive:
    """An archive in the same database as the conversations."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def exchanges(self, conversation: str, before: str | None, limit: int) -> tuple[Exchange, ...]:
        """As ``Archive.exchanges``."""
        rows = await self._rows(_EXCHANGES, {"conversation": conversation, "before": before, "limit": limit})
        return tuple(
            Exchange(id_, turn, tuple(Line(line["role"], line["text"]) for line in said))
            for id_, turn, said in reversed(rows)
        )

    async def conversations(self, after: str, limit: int) -> tuple[str, ...]:
        """As ``Archive.conversations``."""
        return tuple(name for (name,) in await self._rows(_CONVERSATIONS, {"after": after, "limit": limit}))

    async def idle(self, since: datetime, after: str, limit: int) -> tuple[str, ...]:
        """As ``Archive.idle``."""
        asked = {"after": after, "cutoff": id_at(since), "limit": limit}
        return tuple(name for (name,) in await self._rows(_IDLE, asked))

    async def effects(self, conversation: str) -> Mapping[str, Mapping[str, Value]]:
        """As ``Archive.effects``."""
        query = "select key, result from soni_ledger where conversation = %(conversation)s order by key"
        return dict(await self._rows(query, {"conversation": conversation}))

    async def reset(self, conversation: str) -> None:
        """As ``Archive.reset``."""
        row = {"conversation": conversation, "row": RESET, "id": id_at(datetime.now(UTC)), "most": MAX_EXCHANGES}
        async with answering(), self._connections.connection() as connection:
            await connection.execute(_RESET, row)

    async def erase(self, *conversations: str) -> None:
        """As ``Archive.erase``."""
        async with answering(), self._connections.connection() as connection:
            await connection.execute(_ERASE, {"conversations": list(conversations)})

    async def _rows(self, query: str, asked: Mapping[str, object]) -> list[tuple[Any, ...]]:
        async with answering(), self._connections.connection() as connection:
            cursor = await connection.cursor(row_factory=tuple_row).execute(query, asked)
            return await cursor.fetchall()
