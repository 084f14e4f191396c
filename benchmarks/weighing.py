"""How many bytes a store holds, read behind the back of the service that uses it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

import psycopg
from langgraph.checkpoint.base import BaseCheckpointSaver

from soni.config.settings import Persistence
from soni.persistence.memory import MemorySaver


@dataclass(frozen=True, slots=True)
class Weight:
    """Of all conversations together."""

    state: int
    """Bytes of what is loaded with every turn."""
    told: int
    """Bytes of the transcripts."""
    turns: int
    """In the transcripts."""
    whole: int
    """Bytes of everything, with indexes; in a file also what is free in it."""


def weigh(settings: Persistence, saver: BaseCheckpointSaver[str]) -> Weight:
    """What these settings' store holds; the service may be running, and ``saver`` is its own."""
    match settings.backend:
        case "memory":
            assert isinstance(saver, MemorySaver)
            return _memory(saver)
        case "sqlite":
            return _sqlite(settings)
        case "postgresql":
            return _postgresql(settings.connection_string or "")
        case "redis":
            return _redis(settings.connection_string or "")


def _memory(saver: MemorySaver) -> Weight:
    state = sum(len(blob) for _, blob in saver.blobs.values())
    for spaces in saver.storage.values():
        for checkpoints in spaces.values():
            state += sum(len(checkpoint[1]) + len(metadata[1]) for checkpoint, metadata, _ in checkpoints.values())
    said = [exchange for told in saver.transcripts.values() for exchange in told]
    told = sum(len(line.text.encode()) for exchange in said for line in exchange.lines)
    return Weight(state, told, len(said), state + told)


def _sqlite(settings: Persistence) -> Weight:
    with closing(sqlite3.connect(settings.path)) as file:

        def ask(query: str) -> int:
            return int(file.execute(query).fetchone()[0] or 0)

        log = settings.path.with_name(settings.path.name + "-wal")
        return Weight(
            ask("select sum(length(checkpoint) + length(metadata)) from checkpoints"),
            ask("select sum(length(conversation) + length(id) + length(said)) from soni_transcript"),
            ask("select count(*) from soni_transcript"),
            ask("pragma page_count") * ask("pragma page_size") + (log.stat().st_size if log.exists() else 0),
        )


_TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes", "soni_transcript", "soni_ledger")


def _postgresql(dsn: str) -> Weight:
    with psycopg.connect(dsn, autocommit=True) as connection:

        def ask(query: bytes, values: Sequence[object] = ()) -> int:
            row = connection.execute(query, values).fetchone()
            return int(row[0] or 0) if row else 0

        # The rows that turns have replaced take room until the server sweeps them up, by itself, once a minute or so.
        connection.execute("vacuum full")
        return Weight(
            ask(b"select sum(pg_column_size(each)) from checkpoints as each"),
            ask(b"select sum(pg_column_size(each)) from soni_transcript as each"),
            ask(b"select count(*) from soni_transcript"),
            sum(ask(b"select pg_total_relation_size(%s::regclass)", (table,)) for table in _TABLES),
        )


def _redis(url: str) -> Weight:
    from redis import Redis

    with closing(Redis.from_url(url)) as client:

        def weight(pattern: str) -> int:
            return sum(int(str(client.memory_usage(key, samples=0) or 0)) for key in client.scan_iter(pattern, 1000))

        turns = sum(int(str(client.zcard(key))) for key in client.scan_iter("soni:transcript:*", 1000))
        return Weight(weight("soni:state:*"), weight("soni:transcript:*"), turns, weight("*"))
