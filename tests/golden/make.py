"""Writes what this version of Soni saves of some conversations: the golden files that later versions have to read.

    uv run python tests/golden/make.py tests/golden/v2

To be run once for each new state or schema version, by the code that has it, before it is released; files that are there are
never written again. Each conversation becomes a JSON file (what was said, the state, the next message and its answer), and all
of them together a dump of the SQLite file they were saved in.
"""

import asyncio
import json
import os
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from soni import Message, RuntimeLoop

HERE = Path(__file__).resolve().parent
NOW = datetime(2030, 1, 7, 9, 0, tzinfo=UTC)

CONVERSATIONS = {
    "waiting_for_a_slot": ["/start_flow send recipient=Ana"],
    "in_a_called_flow": ["/start_flow send recipient=Ana amount=5"],
    "at_a_confirm": ["/start_flow send recipient=Ana amount=5", "/set_slot pin=1234"],
    "after_an_effect": ["/start_flow send recipient=Ana amount=5", "/set_slot pin=1234", "/affirm"],
    "corrected": ["/start_flow send recipient=Ana amount=5", "/set_slot pin=1234", "/correct_slot amount=7"],
    "two_flows": ["/start_flow send recipient=Ana", "/start_flow colour"],
    "a_value_of_the_conversation": ["/start_flow colour", "/set_slot favourite=red", "/start_flow send"],
    "in_a_loop": ["/start_flow shop", "/set_slot item=tea", "/set_slot more=yes"],
    "choosing": ["/start_flow send recipient=Ana", "/clarify send colour"],
    "an_invalid_answer": ["/start_flow send recipient=Ana", "/set_slot amount=many"],
    "with_a_person": ["/start_flow send recipient=Ana", "/human_handoff"],
    "over": ["/start_flow colour", "/set_slot favourite=red"],
}
THEN = {
    "waiting_for_a_slot": "/set_slot amount=5",
    "in_a_called_flow": "/set_slot pin=1234",
    "at_a_confirm": "/affirm",
    "after_an_effect": "/set_slot memo=rent",
    "corrected": "/affirm",
    "two_flows": "/set_slot favourite=blue",
    "a_value_of_the_conversation": "/start_flow colour",
    "in_a_loop": "/set_slot item=coffee",
    "choosing": "/start_flow colour",
    "an_invalid_answer": "/set_slot amount=9",
    "with_a_person": "hello",
    "over": "/repeat",
}


async def write(folder: Path) -> None:
    """Have the conversations, write them down, and go on with each in a copy of the store."""
    os.chdir(tempfile.mkdtemp())
    runtime = RuntimeLoop.from_path(HERE / "assistant.yaml")
    runtime._clock = lambda: NOW
    states: dict[str, dict[str, object]] = {}
    async with runtime as loop:
        for name, texts in CONVERSATIONS.items():
            for number, text in enumerate(texts):
                await loop.process_message(Message(name, text, f"m{number}"))
            saved = await loop._running.store.dialogues.load(name)
            assert saved is not None
            states[name] = {"said": texts, "state": saved.dialogue.to_json()}
    with closing(sqlite3.connect("soni.db")) as database:
        version = database.execute("pragma user_version").fetchone()[0]
        dump = [*database.iterdump(), f"PRAGMA user_version = {version};"]
    (folder / "soni.sql").write_text("\n".join(dump) + "\n")
    runtime = RuntimeLoop.from_path(HERE / "assistant.yaml")
    runtime._clock = lambda: NOW
    async with runtime as loop:
        for name, known in states.items():
            reply = await loop.process_message(Message(name, THEN[name], "then"))
            known |= {"then": THEN[name], "answer": reply.text, "conversation_state": reply.state}
            (folder / f"{name}.json").write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    target = Path(sys.argv[1]).resolve()
    target.mkdir(parents=True)
    asyncio.run(write(target))
