"""Conversations in memory: for tests and for trying things out; gone when the process ends."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from operator import attrgetter
from typing import cast

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, get_checkpoint_id
from langgraph.checkpoint.memory import InMemorySaver

from soni.actions.ledger import MemoryLedger, Row
from soni.dialogue.state import Line, Role
from soni.errors import ConversationBusy
from soni.persistence.archive import MAX_EXCHANGES, RESET, Exchange, id_at
from soni.persistence.dialogues import Spoken, TurnMetadata
from soni.value import Value


class MemorySaver(InMemorySaver):
    """LangGraph's saver in memory, which keeps the newest checkpoint and refuses to overwrite one it has not seen."""

    def __init__(self, keep: int = 1) -> None:
        """``keep`` is how many checkpoints of a conversation are kept."""
        super().__init__()
        self.transcripts: dict[str, list[Exchange]] = defaultdict(list)
        self._keep = keep

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Write a checkpoint whose parent is the newest one. Raises ConversationBusy where it is not."""
        place = config["configurable"]
        thread, namespace = place["thread_id"], place.get("checkpoint_ns", "")
        kept = self.storage[thread][namespace]
        if max(kept, default=None) != get_checkpoint_id(config):
            raise ConversationBusy
        # Nothing awaits between the compare and the write, so no other task can come between them.
        plain = metadata.copy()
        spoken: Spoken | None = cast("TurnMetadata", plain).pop("soni", None)
        written = self.put(config, checkpoint, plain, new_versions)
        old = sorted(kept)[: -self._keep]
        used = set[tuple[str, str | int | float]]()
        for identity in sorted(kept, reverse=True):
            versions = set(self.serde.loads_typed(kept[identity][0])["channel_versions"].items())
            if identity not in old:
                used |= versions
                continue
            del kept[identity]
            self.writes.pop((thread, namespace, identity), None)
            for channel, version in versions - used:
                self.blobs.pop((thread, namespace, channel, version), None)
        if spoken is not None:
            lines = tuple(Line(cast("Role", line["role"]), line["text"]) for line in spoken["said"])
            told = self.transcripts[thread]
            told.append(Exchange(checkpoint["id"], spoken["turn"], lines))
            del told[:-MAX_EXCHANGES]
        return written


class AgedLedger(MemoryLedger):
    """A ledger in memory that knows when it was last written to."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: dict[str, str] = {}
        """Conversation → when its last result came, as the id a checkpoint of that moment would have."""

    async def record(self, conversation: str, key: str, row: Row) -> None:
        """As ``Ledger.record``."""
        await super().record(conversation, key, row)
        self.ids[conversation] = id_at(datetime.now(UTC))

    async def forget(self, conversation: str, before: int | None = None, *keys: str) -> None:
        """As ``MemoryLedger.forget``."""
        await super().forget(conversation, before, *keys)
        if conversation not in self._rows:
            self.ids.pop(conversation, None)

    async def rows(self, conversation: str) -> Mapping[str, Row]:
        """All that is recorded of this conversation, by key."""
        return dict(self._rows.get(conversation, {}))


class MemoryArchive:
    """An archive of what is in memory."""

    def __init__(self, saver: MemorySaver, ledger: AgedLedger) -> None:
        self._saver = saver
        self._ledger = ledger

    async def exchanges(self, conversation: str, before: str | None, limit: int) -> tuple[Exchange, ...]:
        """As ``Archive.exchanges``."""
        told = self._saver.transcripts.get(conversation, [])
        end = len(told) if before is None else bisect_left(told, before, key=attrgetter("id"))
        return tuple(told[max(end - limit, 0) : end])

    async def conversations(self, after: str, limit: int) -> tuple[str, ...]:
        """As ``Archive.conversations``."""
        return tuple(sorted(name for name in self._newest() if name > after)[:limit])

    async def idle(self, since: datetime, after: str, limit: int) -> tuple[str, ...]:
        """As ``Archive.idle``."""
        newest, cutoff = self._newest(), id_at(since)
        for name, recorded in self._ledger.ids.items():
            newest[name] = max(newest.get(name, ""), recorded)
        return tuple(sorted(name for name, last in newest.items() if name > after and last < cutoff)[:limit])

    async def effects(self, conversation: str) -> Mapping[str, Mapping[str, Value]]:
        """As ``Archive.effects``."""
        return await self._ledger.rows(conversation)

    async def reset(self, conversation: str) -> None:
        """As ``Archive.reset``. Nothing awaits in between: a ledger in memory never waits."""
        # A look at a conversation leaves an empty one behind.
        known = any(self._saver.storage.get(conversation, {}).values()) or conversation in self._saver.transcripts
        await self._ledger.forget(conversation)
        if known:
            await self._ledger.record(conversation, RESET, {})
        await self._saver.adelete_thread(conversation)

    async def erase(self, *conversations: str) -> None:
        """As ``Archive.erase``."""
        for conversation in conversations:
            self._saver.transcripts.pop(conversation, None)
            await self._ledger.forget(conversation)
            await self._saver.adelete_thread(conversation)

    def _newest(self) -> dict[str, str]:
        """Conversation → the id of its newest checkpoint."""
        return {name: max(kept[""]) for name, kept in self._saver.storage.items() if kept.get("")}
