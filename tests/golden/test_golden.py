"""What every released version of Soni has saved is read by this one, and goes on as it would have."""

import asyncio
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from soni import Message, RuntimeLoop, StateError
from soni.dialogue.state import STATE_VERSION, Dialogue
from soni.persistence.sqlite_schema import MIGRATIONS

HERE = Path(__file__).parent
NOW = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)
VERSIONS = sorted(path.parent for path in HERE.glob("*/soni.sql"))
CONVERSATIONS = sorted(path for version in VERSIONS for path in version.glob("*.json"))


def name_of(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and we are in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(HERE))
    return tmp_path


def restored(version: Path, folder: Path) -> Path:
    """The SQLite file that this version left behind."""
    file = folder / "soni.db"
    with closing(sqlite3.connect(file)) as database:
        database.executescript((version / "soni.sql").read_text())
    return file


async def opened() -> RuntimeLoop:
    """The golden assistant, not opened yet, at the time of the golden conversations."""
    return RuntimeLoop(
        (await asyncio.to_thread(RuntimeLoop.from_path, HERE / "assistant.yaml")).config, clock=lambda: NOW
    )


def _without_way_back(answer: str) -> str:
    """The first version did not note which flows the user had seen: going back to one of them is not announced."""
    return "\n".join(line for line in answer.splitlines() if not line.startswith("Back to"))


def test_there_are_golden_files_of_every_version() -> None:
    """Two released schemas of state version 1; whoever raises the version adds files with ``make.py``."""
    versions = {json.loads(path.read_text())["state"]["version"] for path in CONVERSATIONS}

    assert versions == set(range(1, STATE_VERSION + 1))
    assert len(CONVERSATIONS) == 12 * len(VERSIONS)


@pytest.mark.parametrize("path", CONVERSATIONS, ids=name_of)
def test_a_state_is_read_whole(path: Path) -> None:
    """Nothing of it is dropped or changed: written again it is the same."""
    state = json.loads(path.read_text())["state"]

    assert Dialogue.from_json(state).to_json() == state


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
async def test_conversations_go_on_in_the_store_of_an_earlier_version(version: Path, folder: Path) -> None:
    """The file is brought up to date; every conversation answers its next message as it would have, and repeats its last reply."""
    await asyncio.to_thread(restored, version, folder)
    async with await opened() as loop:
        for path in (each for each in CONVERSATIONS if each.parent == version):
            known = json.loads(path.read_text())
            last = Message(path.stem, known["said"][-1], f"m{len(known['said']) - 1}")
            again = await loop.process_message(last)
            reply = await loop.process_message(Message(path.stem, known["then"], "then"))

            assert again.replayed
            assert reply.text in (known["answer"], _without_way_back(known["answer"])), path.stem
            assert reply.state == known["conversation_state"]


async def test_a_state_of_a_later_version_is_refused_and_kept(folder: Path) -> None:
    """A version this Soni does not know, and a field it does not know: reading on would forget what they mean."""
    state = json.loads(CONVERSATIONS[0].read_text())["state"]
    for later in ({**state, "version": STATE_VERSION + 1}, {**state, "mood": "sunny"}):
        with pytest.raises(StateError):
            Dialogue.from_json(later)
    stack = [{**state["stack"][0], "mood": "sunny"}, *state["stack"][1:]]
    with pytest.raises(StateError):
        Dialogue.from_json({**state, "stack": stack})


def test_the_newest_schema_is_reached_from_each(folder: Path) -> None:
    """The dumps are of versions before the newest one; otherwise they prove nothing."""
    for version in VERSIONS:
        with closing(sqlite3.connect(restored(version, folder))) as database:
            assert database.execute("pragma user_version").fetchone()[0] < len(MIGRATIONS)
        (folder / "soni.db").unlink()
