"""Loads and commits a dialogue through any LangGraph checkpointer: one ordinary checkpoint a turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypedDict
from uuid import UUID

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.base.id import uuid6

from soni.dialogue.state import Dialogue, Line

CHANNEL: Final = "dialogue"
_FORMAT: Final = 4
"""The version of LangGraph's checkpoint format that is written."""


class Spoken(TypedDict):
    """What was said in the turn that a checkpoint ends; savers copy it to the transcript as they write the checkpoint."""

    turn: int
    said: list[Mapping[str, str]]
    """Each ``{"role", "text"}``."""


class TurnMetadata(CheckpointMetadata, total=False):
    """LangGraph's metadata of a checkpoint, and ours."""

    soni: Spoken


@dataclass(frozen=True, slots=True)
class Saved:
    """A dialogue as it was read, and what it was read from."""

    dialogue: Dialogue
    checkpoint_id: str | None = None
    """``None`` where there is none yet."""
    version: str | int | float | None = None
    """Of the dialogue's channel."""
    step: int = -1


class Dialogues:
    """The dialogues in a checkpointer, by conversation."""

    def __init__(self, saver: BaseCheckpointSaver[str]) -> None:
        self.saver = saver

    async def load(self, conversation: str) -> Saved | None:
        """The dialogue of this conversation; ``None`` where there is none. Raises StateError where it cannot be read."""
        found = await self._newest(conversation)
        if found is None:
            return None
        values = found.checkpoint["channel_values"]
        if CHANNEL not in values:
            return None
        return Saved(
            Dialogue.from_json(values[CHANNEL]),
            found.checkpoint["id"],
            found.checkpoint["channel_versions"].get(CHANNEL),
            found.metadata.get("step", -1),
        )

    async def exists(self, conversation: str) -> bool:
        """True where there is a dialogue of this conversation, readable or not."""
        return await self._newest(conversation) is not None

    async def _newest(self, conversation: str) -> CheckpointTuple | None:
        return await self.saver.aget_tuple(_config(conversation))

    async def commit(
        self, conversation: str, before: Saved | None, dialogue: Dialogue, said: Sequence[Line] = ()
    ) -> None:
        """Write the dialogue as the newest checkpoint, and with it what was said in this turn into the transcript.

        Raises ConversationBusy where ``before`` is no longer the newest: then another turn was faster.
        """
        version = self.saver.get_next_version(_text(before.version if before else None), None)
        checkpoint = Checkpoint(
            v=_FORMAT,
            id=_id_after(before.checkpoint_id if before else None),
            ts=datetime.now(UTC).isoformat(),
            channel_values={CHANNEL: dialogue.to_json()},
            channel_versions={CHANNEL: version},
            versions_seen={},
            updated_channels=[CHANNEL],
        )
        config = _config(conversation, before.checkpoint_id if before else None)
        step = (before.step if before else -1) + 1
        metadata = TurnMetadata(source="update", step=step, parents={})
        if said:
            lines: list[Mapping[str, str]] = [{"role": line.role, "text": line.text} for line in said]
            metadata["soni"] = Spoken(turn=dialogue.turn, said=lines)
        await self.saver.aput(config, checkpoint, metadata, {CHANNEL: version})


def _id_after(before: str | None) -> str:
    """A new checkpoint's id: its time, and in any case greater than the one before it.

    A machine's clock may step back between two processes; the newest checkpoint is the one with the greatest id.
    """
    fresh = str(uuid6(clock_seq=-2))
    return fresh if before is None or fresh > before else str(UUID(int=UUID(before).int + 1))


def _text(version: str | float | None) -> str | None:
    return None if version is None else str(version)


def _config(conversation: str, checkpoint_id: str | None = None) -> RunnableConfig:
    # Only these: strings and numbers in `configurable` are stored in plain text with every checkpoint.
    configurable: Mapping[str, str] = {"thread_id": conversation, "checkpoint_ns": ""}
    if checkpoint_id is not None:
        configurable = {**configurable, "checkpoint_id": checkpoint_id}
    return RunnableConfig(configurable=dict(configurable))
