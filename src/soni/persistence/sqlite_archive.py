"""The transcript and the end of conversations in a SQLite file."""

import asyncio
import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import aiosqlite

from soni.dialogue.state import Line
from soni.persistence.archive import Exchange, id_at
from soni.persistence.sqlite_opening import answering, empty_log
from soni.value import Value

log = logging.getLogger("soni.persistence")

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

# Into views whose triggers do the rest.
_RESET: Final = "insert into soni_reset (conversation, id) values (?, ?)"
_ERASE: Final = "insert into soni_erase (conversation) select value from json_each(?)"


class SqliteArchive:
    """An archive in the same file as the conversations."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._emptying = asyncio.Lock()

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

    async def reset(self, conversation: str) -> None:
        """As ``Archive.reset``."""
        async with answering():
            await self._connection.execute_fetchall(_RESET, (conversation, id_at(datetime.now(UTC))))

    async def erase(self, *conversations: str) -> None:
        """As ``Archive.erase``; the words go from the disk too, as far as nobody else is reading the file."""
        async with answering():
            await self._connection.execute_fetchall(_ERASE, (json.dumps(conversations),))
            ((_, _, path),) = [
                row for row in await self._connection.execute_fetchall("pragma database_list") if row[1] == "main"
            ]
            async with self._emptying:  # two at once would each take the other for a reader
                rest = await asyncio.to_thread(empty_log, Path(path))
        if rest:
            log.warning(
                "another program reads %s: until the next erase, what was erased may be found in its -wal file", path
            )
