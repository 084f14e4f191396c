"""Conversations in one SQLite file: the official saver with a fence, bounded rows and durable commits."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import aiosqlite
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
)
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from soni.actions.ledger import Row, row_key
from soni.dialogue.state import Dialogue, Line
from soni.errors import ConversationBusy
from soni.persistence.archive import id_at
from soni.persistence.dialogues import Dialogues, Saved
from soni.persistence.sqlite_opening import answering
from soni.persistence.sqlite_schema import set_up

_BUSY_TIMEOUT: Final = 5000
"""Milliseconds to wait for another program that reads or backs up the file."""

_NEWEST: Final = """
select checkpoint_id, type, checkpoint, metadata from checkpoints
where thread_id = ? and checkpoint_ns = '' order by checkpoint_id desc limit 1
"""

# The compare and the insert are one statement: no other writer can come between them.
_PUT: Final = """
insert into checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
select :thread, :ns, :id, :parent, :type, :checkpoint, :metadata
where :parent is (
    select checkpoint_id from checkpoints
    where thread_id = :thread and checkpoint_ns = :ns order by checkpoint_id desc limit 1
)
returning checkpoint_id
"""


class SqliteSaver(AsyncSqliteSaver):
    """LangGraph's saver for SQLite, which keeps the newest checkpoint and refuses to overwrite one it has not seen."""

    def __init__(self, connection: aiosqlite.Connection, keep: int = 1) -> None:
        """``keep`` is how many checkpoints of a conversation are kept."""
        super().__init__(connection)
        self._keep = keep

    async def setup(self) -> None:
        """Create the tables, and try them: a file that belongs to another program may have some of the same name."""
        if self.is_setup:
            return
        await super().setup()
        await set_up(self.conn, self._keep)
        await self.newest("")

    async def newest(self, conversation: str) -> CheckpointTuple | None:
        """The newest checkpoint of a conversation in one query, without the writes of a run that is under way."""
        async with self.lock:
            rows = list(await self.conn.execute_fetchall(_NEWEST, (conversation,)))
        if not rows:
            return None
        checkpoint_id, kind, blob, metadata = rows[0]
        config = RunnableConfig(
            configurable={"thread_id": conversation, "checkpoint_ns": "", "checkpoint_id": checkpoint_id}
        )
        return CheckpointTuple(config, self.serde.loads_typed((kind, blob)), json.loads(metadata))

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,  # noqa: ARG002 - the interface of every saver
    ) -> RunnableConfig:
        """Write a checkpoint whose parent is the newest one. Raises ConversationBusy where it is not."""
        place = config["configurable"]
        thread, namespace = str(place["thread_id"]), str(place.get("checkpoint_ns", ""))
        kind, blob = self.serde.dumps_typed(checkpoint)
        row = {
            "thread": thread,
            "ns": namespace,
            "id": checkpoint["id"],
            "parent": get_checkpoint_id(config),
            "type": kind,
            "checkpoint": blob,
            "metadata": json.dumps(metadata).encode(),
        }
        async with self.lock:
            written = list(await self.conn.execute_fetchall(_PUT, row))
        if not written:
            raise ConversationBusy
        return RunnableConfig(
            configurable={"thread_id": thread, "checkpoint_ns": namespace, "checkpoint_id": checkpoint["id"]}
        )


class SqliteDialogues(Dialogues):
    """Dialogues in a SQLite file."""

    def __init__(self, saver: SqliteSaver) -> None:
        super().__init__(saver)
        self._sqlite = saver

    async def _newest(self, conversation: str) -> CheckpointTuple | None:
        async with answering():
            return await self._sqlite.newest(conversation)

    async def commit(
        self, conversation: str, before: Saved | None, dialogue: Dialogue, said: Sequence[Line] = ()
    ) -> None:
        """As ``Dialogues.commit``; on disk when it returns. Raises StoreUnavailable too."""
        async with answering():
            await super().commit(conversation, before, dialogue, said)


class SqliteLedger:
    """Rows about side effects, in the same file as the conversations and as durable."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def recall(self, conversation: str, *keys: str) -> Mapping[str, Row]:
        """As ``Ledger.recall``."""
        query = "select key, result from soni_ledger where conversation = ? and key in (select value from json_each(?))"
        async with answering():
            rows = await self._connection.execute_fetchall(query, (conversation, json.dumps(keys)))
        return {key: json.loads(row) for key, row in rows}

    async def record(self, conversation: str, key: str, row: Row) -> None:
        """Keep a row; it is on disk when this returns."""
        statement = "insert or replace into soni_ledger (conversation, key, result, id) values (?, ?, ?, ?)"
        values = (conversation, key, json.dumps(dict(row)), id_at(datetime.now(UTC)))
        async with answering():
            await self._connection.execute_fetchall(statement, values)

    async def forget(self, conversation: str, before: int | None = None, *keys: str) -> None:
        """As ``ForgetfulLedger.forget``."""
        statement = """
            delete from soni_ledger
            where conversation = ? and (? is null or key < ? or key in (select value from json_each(?)))
        """
        limit = None if before is None else row_key(before, "")
        async with answering():
            await self._connection.execute_fetchall(statement, (conversation, limit, limit, json.dumps(keys)))
