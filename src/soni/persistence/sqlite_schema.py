"""The tables Soni needs in a SQLite file besides LangGraph's: numbered steps forwards, and each one back."""

from dataclasses import dataclass
from typing import Final

import aiosqlite

from soni.persistence.archive import MAX_EXCHANGES, PRUNE_EVERY, RESET
from soni.persistence.store import too_new


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema, and the way back: each a script that is run in one transaction."""

    up: str
    down: str
    lost: str
    """What is gone when it was taken back, in words."""


_KEEP_NEWEST: Final = """
create trigger if not exists soni_keep_newest after insert on checkpoints begin
    delete from checkpoints
        where thread_id = new.thread_id and checkpoint_ns = new.checkpoint_ns and checkpoint_id < new.checkpoint_id;
    delete from writes
        where thread_id = new.thread_id and checkpoint_ns = new.checkpoint_ns and checkpoint_id < new.checkpoint_id;
end;
"""

MIGRATIONS: Final = (
    Migration(
        up=f"""
        create table if not exists soni_ledger (
            conversation text not null,
            key text not null,
            result text not null,
            primary key (conversation, key)
        ) without rowid;
        {_KEEP_NEWEST}
        """,
        down="drop trigger if exists soni_keep_newest; drop table if exists soni_ledger;",
        lost="the results of actions whose turn is not saved yet",
    ),
    Migration(
        # Rows of the ledger that are there already count as written at the beginning of time.
        up="""
        alter table soni_ledger add column id text not null default '';
        create table soni_transcript (
            conversation text not null,
            id text not null,
            turn integer not null,
            said text not null,
            primary key (conversation, id)
        ) without rowid;
        drop trigger soni_keep_newest;
        """,
        down=f"""
        drop trigger if exists soni_after_checkpoint;
        drop table soni_transcript;
        alter table soni_ledger drop column id;
        {_KEEP_NEWEST}
        """,
        lost="the transcripts",
    ),
)
"""The first one makes version 1; files that know no version are of that one, or new."""


def after_checkpoint(keep: int) -> str:
    """The script that makes one insert of a checkpoint do all of a commit.

    It copies what was said to the transcript and drops what is no longer kept, so that a conversation's size is bounded and
    no moment shows half of it. Made anew at each start: how many checkpoints are kept is a setting.
    """
    of_this = "thread_id = new.thread_id and checkpoint_ns = new.checkpoint_ns"
    oldest = (
        f"select checkpoint_id from checkpoints where {of_this} order by checkpoint_id desc limit 1 offset {keep - 1}"  # noqa: S608 - a number
    )
    return f"""
    drop trigger if exists soni_after_checkpoint;
    create trigger soni_after_checkpoint after insert on checkpoints begin
        delete from checkpoints where {of_this} and checkpoint_id < ({oldest});
        delete from writes where {of_this} and checkpoint_id < new.checkpoint_id;
        insert or ignore into soni_transcript (conversation, id, turn, said)
            select new.thread_id, new.checkpoint_id, json_extract(spoken, '$.turn'), json_extract(spoken, '$.said')
            from (select json_extract(cast(new.metadata as text), '$.soni') as spoken) where spoken is not null;
        delete from soni_transcript where conversation = new.thread_id
            and json_extract(cast(new.metadata as text), '$.soni.turn') % {PRUNE_EVERY} = 0
            and id <= (
                select id from soni_transcript where conversation = new.thread_id
                order by id desc limit 1 offset {MAX_EXCHANGES}
            );
    end;
    """  # noqa: S608 - numbers of ours


# What is inserted into these views happens to a conversation, all of it in the one statement: calls of other conversations
# go over the same connection, and would find themselves in a transaction that is more than a statement.
_ENDINGS: Final = f"""
create temp view if not exists soni_reset as select '' as conversation, '' as id;
create temp trigger if not exists soni_on_reset instead of insert on soni_reset begin
    insert or replace into soni_ledger (conversation, key, result, id)
        select new.conversation, '{RESET}', '{{}}', new.id
        where exists (select 1 from checkpoints where thread_id = new.conversation)
            or exists (select 1 from soni_transcript where conversation = new.conversation);
    delete from soni_ledger
        where conversation = new.conversation and not (key = '{RESET}' and id = new.id);
    delete from writes where thread_id = new.conversation;
    delete from checkpoints where thread_id = new.conversation;
    delete from soni_transcript where conversation = new.conversation and id <= (
        select id from soni_transcript where conversation = new.conversation
        order by id desc limit 1 offset {MAX_EXCHANGES}
    );
end;
create temp view if not exists soni_erase as select '' as conversation;
create temp trigger if not exists soni_on_erase instead of insert on soni_erase begin
    delete from writes where thread_id = new.conversation;
    delete from checkpoints where thread_id = new.conversation;
    delete from soni_ledger where conversation = new.conversation;
    delete from soni_transcript where conversation = new.conversation;
end;
"""  # noqa: S608 - words and numbers of ours


async def set_up(connection: aiosqlite.Connection, keep: int) -> None:
    """Bring the file to the newest version. Raises ConfigurationError where a newer Soni has made it."""
    version = await _known_version(connection)
    for number, migration in enumerate(MIGRATIONS[version:], version + 1):
        await _step(connection, migration.up, number)
    await connection.executescript(f"begin immediate; {after_checkpoint(keep)} {_ENDINGS} commit;")


async def go_back(connection: aiosqlite.Connection) -> None:
    """Undo the newest step. Raises ConfigurationError where a newer Soni has made it."""
    version = await _known_version(connection)
    await _step(connection, MIGRATIONS[version - 1].down, version - 1)


async def schema_version(connection: aiosqlite.Connection) -> int:
    """Steps that this file has behind it."""
    ((version,),) = await connection.execute_fetchall("pragma user_version")
    return int(version)


async def _known_version(connection: aiosqlite.Connection) -> int:
    version = await schema_version(connection)
    if version > len(MIGRATIONS):
        raise too_new(version, len(MIGRATIONS))
    return version


async def _step(connection: aiosqlite.Connection, script: str, version: int) -> None:
    await connection.executescript(f"begin immediate; {script} pragma user_version = {version}; commit;")
