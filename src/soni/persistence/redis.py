"""Conversations in plain Redis, without modules: a LangGraph saver with the fence, in which one script is a whole commit."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Final, cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    PendingWrite,
    get_checkpoint_id,
    get_serializable_checkpoint_metadata,
    writes_sort_key,
)

from soni.actions.ledger import Row
from soni.errors import ConversationBusy
from soni.persistence.archive import MAX_EXCHANGES
from soni.persistence.dialogues import Spoken, TurnMetadata
from soni.persistence.redis_archive import member
from soni.persistence.redis_index import LEDGER, STATE, Index, score
from soni.persistence.redis_opening import Redis, answering
from soni.persistence.redis_scripts import COMMIT, LAST, NAMES, READ, READ_ALL, Keys

_BATCH: Final = 100
"""Names that are read at once where all conversations are listed."""


class RedisSaver(BaseCheckpointSaver[str]):
    """A LangGraph saver, which keeps the newest checkpoint and refuses to overwrite one it has not seen.

    Every method raises StoreUnavailable.
    """

    def __init__(self, redis: Redis, keep: int = 1) -> None:
        """``keep`` is how many checkpoints of a conversation are kept."""
        super().__init__()
        self._index = Index(redis)
        self._keep = keep
        self._commit = redis.register_script(COMMIT)
        self._read = redis.register_script(READ)
        self._read_all = redis.register_script(READ_ALL)

    def get_next_version(self, current: str | None, channel: None) -> str:  # noqa: ARG002 - the interface of every saver
        """The number after this one, as text of one length, because versions are compared as texts."""
        number = 0 if current is None else int(str(current).partition(".")[0])
        return f"{number + 1:032}"

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,  # noqa: ARG002 - the interface of every saver
    ) -> RunnableConfig:
        """Write a checkpoint whose parent is the newest one. Raises ConversationBusy where it is not."""
        conversation, namespace = _place(config)
        parent, id_ = get_checkpoint_id(config), checkpoint["id"]
        plain = get_serializable_checkpoint_metadata(config, metadata)
        spoken: Spoken | None = cast("TurnMetadata", plain).pop("soni", None)
        kind, blob = self.serde.dumps_typed(checkpoint)
        row = _row({"type": kind, "parent": parent, "metadata": plain}, blob)
        said = member(id_, spoken) if spoken is not None else ""
        keys = Keys(conversation)
        async with answering():
            done = await self._commit(
                keys=[NAMES, LAST, keys.state, keys.writes, keys.transcript],
                args=[
                    conversation, score(id_), namespace, id_, parent or "", row, self._keep, said, MAX_EXCHANGES,
                ],
            )  # fmt: skip
        if not done:
            raise ConversationBusy
        return _config(conversation, namespace, id_)

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Keep what a task of a run wrote, until the next checkpoint."""
        conversation, namespace = _place(config)
        id_ = get_checkpoint_id(config) or ""
        fields: list[str | bytes] = []
        for position, (channel, value) in enumerate(writes):
            number = WRITES_IDX_MAP.get(channel, position)
            kind, blob = self.serde.dumps_typed(value)
            head = {"at": [namespace, id_], "order": [task_path, task_id, number], "channel": channel, "type": kind}
            fields += [f"{id_}:{number}:{task_id}:{namespace}", _row(head, blob)]
        if not fields:
            return
        # Errors and interrupts of a task that ran again take the place of the earlier ones; its results stay the first.
        special = all(channel in WRITES_IDX_MAP for channel, _ in writes)
        await self._index.note(conversation, Keys(conversation).writes, *fields, how="hset" if special else "hsetnx")

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint with this id, or else the newest, with what was written after it; ``None`` where there is none."""
        conversation, namespace = _place(config)
        keys = Keys(conversation)
        async with answering():
            found = await self._read(keys=[keys.state, keys.writes], args=[namespace, get_checkpoint_id(config) or ""])
        if found is None:
            return None
        id_, row, writes = found
        return self._tuple(_config(conversation, namespace, id_.decode()), row, writes)

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the interface of every saver
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """The checkpoints of a conversation, the newest first; without a config, of one conversation after the other."""
        told = 0
        async for conversation in self._conversations(config):
            for found in await self._all(conversation):
                if told == limit:
                    return
                if _is_asked_for(found, config, filter or {}, before):
                    told += 1
                    yield found

    async def adelete_thread(self, thread_id: str) -> None:
        """Forget this conversation at once: no moment shows half of it."""
        await self._index.drop(thread_id, STATE)

    async def _conversations(self, config: RunnableConfig | None) -> AsyncIterator[str]:
        if config is not None and "thread_id" in config["configurable"]:
            yield str(config["configurable"]["thread_id"])
            return
        after = ""
        while page := await self._index.names(after, _BATCH):
            for name in page:
                yield name
            after = page[-1]

    async def _all(self, conversation: str) -> list[CheckpointTuple]:
        """Every checkpoint of this conversation, in all namespaces, the newest first."""
        keys = Keys(conversation)
        async with answering():
            flat, writes = await self._read_all(keys=[keys.state, keys.writes])
        state: dict[bytes, bytes] = dict(zip(flat[::2], flat[1::2], strict=True))
        places = sorted(
            (
                (id_, field.removeprefix(b"ids:").decode())
                for field, ids in state.items()
                if field.startswith(b"ids:")
                for id_ in ids.decode().split()
            ),
            reverse=True,
        )
        return [
            self._tuple(_config(conversation, namespace, id_), state[f"at:{id_}:{namespace}".encode()], writes)
            for id_, namespace in places
        ]

    def _tuple(self, config: RunnableConfig, row: bytes, writes: Iterable[bytes]) -> CheckpointTuple:
        head, blob = _read_row(row)
        conversation, namespace = _place(config)
        parent = head["parent"]
        pending: list[tuple[tuple[str, str, int], PendingWrite]] = []
        for each in writes:
            told, value = _read_row(each)
            if told["at"] == [namespace, get_checkpoint_id(config)]:
                path, task, number = told["order"]
                written = (task, told["channel"], self.serde.loads_typed((told["type"], value)))
                pending.append((writes_sort_key(path, task, number), written))
        return CheckpointTuple(
            config,
            self.serde.loads_typed((head["type"], blob)),
            head["metadata"],
            _config(conversation, namespace, parent) if parent is not None else None,
            [write for _, write in sorted(pending, key=lambda each: each[0])],
        )


class RedisLedger:
    """Rows about side effects, in the same database as the conversations and as durable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._index = Index(redis)

    async def recall(self, conversation: str, *keys: str) -> Mapping[str, Row]:
        """As ``Ledger.recall``."""
        async with answering():
            stored = await self._redis.hmget(Keys(conversation).ledger, keys)
        return {key: json.loads(row) for key, row in zip(keys, stored, strict=True) if row is not None}

    async def record(self, conversation: str, key: str, row: Row) -> None:
        """Keep a row; it is as durable as a commit when this returns."""
        await self._index.note(conversation, Keys(conversation).ledger, key, json.dumps(dict(row)))

    async def forget(self, conversation: str, before: int | None = None, *keys: str) -> None:
        """As ``ForgetfulLedger.forget``."""
        if before is None:
            await self._index.drop(conversation, LEDGER)
        else:
            await self._index.drop_before(conversation, before, keys)


def _is_asked_for(
    found: CheckpointTuple, config: RunnableConfig | None, wanted: Mapping[str, Any], before: RunnableConfig | None
) -> bool:
    """True where the place, the metadata and the time of this checkpoint are as asked."""
    place = found.config["configurable"]
    asked = {**config["configurable"]} if config is not None else {}
    earlier = get_checkpoint_id(before) if before is not None else None
    metadata: Mapping[str, Any] = {**found.metadata}
    return (
        asked.get("checkpoint_ns", place["checkpoint_ns"]) == place["checkpoint_ns"]
        and asked.get("checkpoint_id", place["checkpoint_id"]) == place["checkpoint_id"]
        and (earlier is None or place["checkpoint_id"] < earlier)
        and all(key in metadata and metadata[key] == value for key, value in wanted.items())
    )


def _place(config: RunnableConfig) -> tuple[str, str]:
    """Conversation and namespace."""
    place = config["configurable"]
    return str(place["thread_id"]), str(place.get("checkpoint_ns", ""))


def _config(conversation: str, namespace: str, checkpoint_id: str) -> RunnableConfig:
    return RunnableConfig(
        configurable={"thread_id": conversation, "checkpoint_ns": namespace, "checkpoint_id": checkpoint_id}
    )


def _row(head: Mapping[str, object], blob: bytes) -> bytes:
    """A line of JSON, and the serialized value behind it."""
    return json.dumps(head).encode() + b"\n" + blob


def _read_row(row: bytes) -> tuple[dict[str, Any], bytes]:
    head, _, blob = row.partition(b"\n")
    return json.loads(head), blob
