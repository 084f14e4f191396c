"""Conversations in one SQLite file: the official saver with a fence, bounded rows and durable commits."""

import asyncio
import fcntl
import json
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
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

from soni.dialogue.state import Dialogue
from soni.errors import ConfigurationError, ConversationBusy, StoreUnavailable
from soni.persistence.dialogues import Dialogues, Saved
from soni.value import Value

_BUSY_TIMEOUT: Final = 5000
"""Milliseconds to wait for another program that reads or backs up the file."""

# A checkpoint drops the older ones of its conversation in the same statement, so that a conversation's size is bounded
# and no moment shows both or neither.
_SCHEMA: Final = """
create table if not exists soni_ledger (
    conversation text not null,
    key text not null,
    result text not null,
    primary key (conversation, key)
) without rowid;
create trigger if not exists soni_keep_newest after insert on checkpoints begin
    delete from checkpoints
        where thread_id = new.thread_id and checkpoint_ns = new.checkpoint_ns and checkpoint_id < new.checkpoint_id;
    delete from writes
        where thread_id = new.thread_id and checkpoint_ns = new.checkpoint_ns and checkpoint_id < new.checkpoint_id;
end;
"""

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

    async def setup(self) -> None:
        """Create the tables, and try them: a file that belongs to another program may have some of the same name."""
        if self.is_setup:
            return
        await super().setup()
        await self.conn.executescript(_SCHEMA)
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
        with answering():
            return await self._sqlite.newest(conversation)

    async def commit(self, conversation: str, before: Saved | None, dialogue: Dialogue) -> None:
        """As ``Dialogues.commit``; on disk when it returns. Raises StoreUnavailable too."""
        with answering():
            await super().commit(conversation, before, dialogue)

    async def delete(self, conversation: str) -> None:
        """As ``Dialogues.delete``. Raises StoreUnavailable too."""
        with answering():
            await super().delete(conversation)


class SqliteLedger:
    """Results of side effects, in the same file as the conversations and as durable."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def recall(self, conversation: str, key: str) -> Mapping[str, Value] | None:
        """The result recorded under this key; ``None`` where there is none."""
        query = "select result from soni_ledger where conversation = ? and key = ?"
        with answering():
            rows = list(await self._connection.execute_fetchall(query, (conversation, key)))
        if not rows:
            return None
        result: Mapping[str, Value] = json.loads(rows[0][0])
        return result

    async def record(self, conversation: str, key: str, result: Mapping[str, Value]) -> None:
        """Keep a result; it is on disk when this returns."""
        statement = "insert or replace into soni_ledger (conversation, key, result) values (?, ?, ?)"
        with answering():
            await self._connection.execute_fetchall(statement, (conversation, key, json.dumps(dict(result))))

    async def forget(self, conversation: str) -> None:
        """The results of this conversation are no longer needed."""
        with answering():
            await self._connection.execute_fetchall("delete from soni_ledger where conversation = ?", (conversation,))


@asynccontextmanager
async def open_sqlite(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """The file, opened so that what is committed survives a crash; it is created where it is missing.

    Raises ConfigurationError where it cannot be opened, or where another process has it open.
    """
    try:
        await asyncio.to_thread(path.parent.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_open(path, error) from error
    with _only_process(path):
        with usable(path):
            connection = await aiosqlite.connect(path, isolation_level=None)
        try:
            with usable(path):
                await connection.execute_fetchall("pragma journal_mode = wal")
                await connection.execute_fetchall("pragma synchronous = full")
                await connection.execute_fetchall(f"pragma busy_timeout = {_BUSY_TIMEOUT}")
            yield connection
        finally:
            await connection.close()


@contextmanager
def _only_process(path: Path) -> Iterator[None]:
    """Hold a lock on the file's name for as long as it is open; the operating system frees it when the process dies."""
    try:
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise _cannot_open(path, error) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError(
                f"Another process has {path} open. SQLite has one writer: run one worker, choose another"
                " settings.persistence.path, or a database server as settings.persistence.backend."
            ) from error
        yield
    finally:
        os.close(lock)


def _cannot_open(path: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"{path} cannot be opened: {error.strerror} (settings.persistence.path).")


@contextmanager
def usable(path: Path) -> Iterator[None]:
    """What SQLite raises while it is being opened becomes a ConfigurationError that names the file."""
    try:
        yield
    except sqlite3.Error as error:
        raise ConfigurationError(
            f"{path} cannot be used as a database: {error} (settings.persistence.path)."
        ) from error


@contextmanager
def answering() -> Iterator[None]:
    """What SQLite raises while it serves (locked, full, unreadable) becomes StoreUnavailable, with its words as the cause."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"The conversation store does not answer: {error}.") from error
