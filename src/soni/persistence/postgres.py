"""Conversations in PostgreSQL: the official saver with a fence, one row a conversation, and no lock of its own."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, LiteralString, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_id,
    get_serializable_checkpoint_metadata,
)
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncConnection
from psycopg.rows import DictRow, tuple_row
from psycopg.types.json import Jsonb

from soni.actions.ledger import Row, row_key
from soni.dialogue.state import Dialogue, Line
from soni.errors import ConversationBusy
from soni.persistence.archive import MAX_EXCHANGES, PRUNE_EVERY, id_at
from soni.persistence.dialogues import CHANNEL, Dialogues, Saved, Spoken, TurnMetadata
from soni.persistence.postgres_connections import Connections, answering

_NEWEST: Final = """
select checkpoint_id, checkpoint, metadata from checkpoints
where thread_id = %s and checkpoint_ns = '' order by checkpoint_id desc limit 1
"""

# What one statement does beside writing the checkpoint: all of it, or nothing where nothing was written.
_WITH_IT: Final = """
, forgotten as (
    delete from checkpoint_writes
    where thread_id = %(thread)s and checkpoint_ns = %(ns)s and checkpoint_id < %(id)s and exists (select from written)
), told as (
    insert into soni_transcript (conversation, id, turn, said)
    select %(thread)s, %(id)s, %(turn)s, %(said)s from written where %(said)s::jsonb is not null
    on conflict do nothing
)
select count(*) from written
"""

# The row of the newest checkpoint becomes the next one. Whoever comes second finds the row changed, and changes nothing:
# PostgreSQL looks at the condition again after it has waited for the row.
_IN_PLACE: Final = f"""
with written as (
    update checkpoints
    set checkpoint_id = %(id)s, parent_checkpoint_id = %(parent)s, checkpoint = %(checkpoint)s, metadata = %(metadata)s
    where thread_id = %(thread)s and checkpoint_ns = %(ns)s and checkpoint_id = %(parent)s
    returning 1
) {_WITH_IT}
"""  # noqa: S608 - nothing but our own words

# Where older checkpoints are kept too: two children of one parent meet in the unique index.
_BESIDE: Final = f"""
with parent as (
    select from checkpoints
    where thread_id = %(thread)s and checkpoint_ns = %(ns)s and checkpoint_id = %(parent)s for update
), written as (
    insert into checkpoints (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, checkpoint, metadata)
    select %(thread)s, %(ns)s, %(id)s, %(parent)s, %(checkpoint)s, %(metadata)s from parent
    on conflict do nothing
    returning 1
), dropped as (
    delete from checkpoints
    where thread_id = %(thread)s and checkpoint_ns = %(ns)s and exists (select from written) and checkpoint_id in (
        select checkpoint_id from checkpoints where thread_id = %(thread)s and checkpoint_ns = %(ns)s
        order by checkpoint_id desc offset %(keep)s - 1
    )
) {_WITH_IT}
"""  # noqa: S608 - nothing but our own words

# Two first checkpoints meet in the unique index.
_FIRST: Final = f"""
with written as (
    insert into checkpoints (thread_id, checkpoint_ns, checkpoint_id, checkpoint, metadata)
    select %(thread)s, %(ns)s, %(id)s, %(checkpoint)s, %(metadata)s
    where not exists (select from checkpoints where thread_id = %(thread)s and checkpoint_ns = %(ns)s)
    on conflict do nothing
    returning 1
) {_WITH_IT}
"""  # noqa: S608 - nothing but our own words

_PRUNE: Final = """
delete from soni_transcript where conversation = %(conversation)s and id <= (
    select id from soni_transcript where conversation = %(conversation)s order by id desc limit 1 offset %(most)s
)
"""


# As json.dumps writes one, and nothing that a digest in hexadecimal could look like.
_EXPONENT: Final = re.compile(r"[0-9]e[+-][0-9]+(?:[,\]}]|$)")
_NUMBER_OR_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9.]+e[+-]?[0-9]+')


class PostgresSaver(AsyncPostgresSaver):
    """LangGraph's saver for PostgreSQL, which keeps the newest checkpoint and refuses to overwrite one it has not seen.

    Each call takes a connection of its own from the pool, so that one conversation does not wait for another.
    """

    def __init__(self, connections: Connections, keep: int = 1) -> None:
        """``keep`` is how many checkpoints of a conversation are kept."""
        super().__init__(connections)
        self._connections = connections
        self._keep = keep

    async def newest(self, conversation: str) -> CheckpointTuple | None:
        """The newest checkpoint of a conversation, without the writes of a run that is under way."""
        async with self._connections.connection() as connection:
            cursor = await connection.cursor(row_factory=tuple_row).execute(_NEWEST, (conversation,))
            row = await cursor.fetchone()
        if row is None:
            return None
        checkpoint_id, checkpoint, metadata = row
        config = RunnableConfig(
            configurable={"thread_id": conversation, "checkpoint_ns": "", "checkpoint_id": checkpoint_id}
        )
        return CheckpointTuple(config, checkpoint, metadata)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Write a checkpoint whose parent is the newest one. Raises ConversationBusy where it is not."""
        place = config["configurable"]
        thread, namespace = str(place["thread_id"]), str(place.get("checkpoint_ns", ""))
        parent = get_checkpoint_id(config)
        inline, blobs = _divided(checkpoint)
        serializable = get_serializable_checkpoint_metadata(config, metadata)
        spoken: Spoken | None = cast("TurnMetadata", serializable).pop("soni", None)
        row = {
            "thread": thread,
            "ns": namespace,
            "id": checkpoint["id"],
            "parent": parent,
            "checkpoint": Jsonb({**checkpoint, "channel_values": inline}, dumps=exactly),
            "metadata": Jsonb(serializable),
            "turn": spoken["turn"] if spoken else None,
            "said": Jsonb(spoken["said"]) if spoken else None,
            "keep": self._keep,
        }
        statement = _FIRST if parent is None else _IN_PLACE if self._keep == 1 else _BESIDE
        versions = {name: version for name, version in new_versions.items() if name in blobs}
        async with self._connections.connection() as connection:
            if not versions:
                await _put(connection, statement, row)
            else:
                dumped = self._dump_blobs(thread, namespace, blobs, versions)
                async with connection.transaction():
                    await _put(connection, statement, row)
                    await connection.cursor().executemany(self.UPSERT_CHECKPOINT_BLOBS_SQL, dumped)
            if spoken and spoken["turn"] % PRUNE_EVERY == 0:
                await connection.execute(_PRUNE, {"conversation": thread, "most": MAX_EXCHANGES})
        return RunnableConfig(
            configurable={"thread_id": thread, "checkpoint_ns": namespace, "checkpoint_id": checkpoint["id"]}
        )

    async def adelete_thread(self, thread_id: str) -> None:
        """Forget this conversation at once: no moment shows half of it."""
        async with self._connections.connection() as connection, connection.transaction():
            for table in ("checkpoints", "checkpoint_blobs", "checkpoint_writes"):
                await connection.execute(_DELETE[table], (thread_id,))


_DELETE: Final[Mapping[str, LiteralString]] = {
    "checkpoints": "delete from checkpoints where thread_id = %s",
    "checkpoint_blobs": "delete from checkpoint_blobs where thread_id = %s",
    "checkpoint_writes": "delete from checkpoint_writes where thread_id = %s",
}


async def _put(connection: AsyncConnection[DictRow], statement: LiteralString, row: Mapping[str, object]) -> None:
    cursor = await connection.cursor(row_factory=tuple_row).execute(statement, row)
    counted = await cursor.fetchone()
    if counted is None or counted[0] != 1:
        raise ConversationBusy


def _divided(checkpoint: Checkpoint) -> tuple[dict[str, object], dict[str, object]]:
    """The channels that stand in the checkpoint's own row, and those that go to the table of blobs.

    The dialogue is plain JSON: in the row itself it is written and read with it, and is there for people to query. A flow's
    subgraph has a channel of the same name that holds an object; LangGraph stores that too, where the turn runs as its graph.
    """
    inline: dict[str, object] = {}
    blobs: dict[str, object] = {}
    for name, value in checkpoint["channel_values"].items():
        json_ready = name == CHANNEL and isinstance(value, dict)
        plain = json_ready or value is None or isinstance(value, str | int | float | bool)
        (inline if plain else blobs)[name] = value
    return inline, blobs


def exactly(thing: object) -> str:
    """JSON that PostgreSQL gives back as it was: its decimals forget an exponent, and with it that 1e17 is no whole number."""
    text = json.dumps(thing)
    return text if _EXPONENT.search(text) is None else _NUMBER_OR_TEXT.sub(_positional, text)


def _positional(found: re.Match[str]) -> str:
    token = found[0]
    if token.startswith('"'):
        return token
    written = f"{Decimal(token):f}"
    return written if "." in written else f"{written}.0"


class PostgresDialogues(Dialogues):
    """Dialogues in PostgreSQL."""

    def __init__(self, saver: PostgresSaver) -> None:
        super().__init__(saver)
        self._postgres = saver

    async def _newest(self, conversation: str) -> CheckpointTuple | None:
        async with answering():
            return await self._postgres.newest(conversation)

    async def commit(
        self, conversation: str, before: Saved | None, dialogue: Dialogue, said: Sequence[Line] = ()
    ) -> None:
        """As ``Dialogues.commit``; on disk when it returns. Raises StoreUnavailable too."""
        async with answering():
            await super().commit(conversation, before, dialogue, said)


class PostgresLedger:
    """Rows about side effects, in the same database as the conversations and as durable."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def recall(self, conversation: str, *keys: str) -> Mapping[str, Row]:
        """As ``Ledger.recall``."""
        query = "select key, result from soni_ledger where conversation = %s and key = any(%s)"
        async with answering(), self._connections.connection() as connection:
            cursor = await connection.cursor(row_factory=tuple_row).execute(query, (conversation, list(keys)))
            return dict(await cursor.fetchall())

    async def record(self, conversation: str, key: str, row: Row) -> None:
        """Keep a row; it is on disk when this returns."""
        statement = """
            insert into soni_ledger (conversation, key, result, id) values (%s, %s, %s, %s)
            on conflict (conversation, key) do update set result = excluded.result, id = excluded.id
        """
        values = (conversation, key, Jsonb(dict(row), dumps=exactly), id_at(datetime.now(UTC)))
        async with answering(), self._connections.connection() as connection:
            await connection.execute(statement, values)

    async def forget(self, conversation: str, before: int | None = None, *keys: str) -> None:
        """As ``ForgetfulLedger.forget``."""
        statement = """
            delete from soni_ledger
            where conversation = %(conversation)s
                and (%(limit)s::text is null or key collate "C" < %(limit)s or key = any(%(keys)s))
        """
        limit = None if before is None else row_key(before, "")
        async with answering(), self._connections.connection() as connection:
            await connection.execute(statement, {"conversation": conversation, "limit": limit, "keys": list(keys)})
