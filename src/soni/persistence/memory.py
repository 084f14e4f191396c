"""Conversations in memory: for tests and for trying things out; gone when the process ends."""

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, get_checkpoint_id
from langgraph.checkpoint.memory import InMemorySaver

from soni.errors import ConversationBusy


class MemorySaver(InMemorySaver):
    """LangGraph's saver in memory, which keeps the newest checkpoint and refuses to overwrite one it has not seen."""

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
        written = self.put(config, checkpoint, metadata, new_versions)
        for old in [each for each in kept if each != checkpoint["id"]]:
            del kept[old]
            self.writes.pop((thread, namespace, old), None)
        current = checkpoint["channel_versions"]
        for key in [k for k in self.blobs if k[0] == thread and k[1] == namespace and current.get(k[2]) != k[3]]:
            del self.blobs[key]
        return written
