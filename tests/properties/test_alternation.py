"""Two flows that interrupt each other over and over: the conversation does not grow."""

import asyncio
import json
import tempfile
from pathlib import Path

from hypothesis import strategies as st
from tests.proving import Proof

from soni import ConfigurationError

from .generating import drafts, loaded
from .rich import Draft
from .talking import Talk

ALTERNATIONS = Proof("alternations", "conversations of 56 turns", short=6, long=2_000)
_SLACK = 400
"""Bytes: what a later turn may say more than an earlier one, in its words and its numbers."""


def test_alternation() -> None:
    """After a long change from one flow to the other and back, a conversation is no larger than after a short one."""

    def examine(data: st.DataObject) -> None:
        draft = data.draw(drafts(), label="assistant")
        between = data.draw(
            st.sampled_from(["/chitchat", "/repeat", "/set_slot t1=x", "/correct_slot n1=2 t1=y", "/ask_info"])
        )
        with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
            early, late = runner.run(_alternate(draft, between, Path(folder) / "soni.db"))
        assert late <= early + _SLACK, f"from {early} to {late} bytes"

    ALTERNATIONS.hold(st.data(), examine)


async def _alternate(draft: Draft, between: str, path: Path) -> tuple[int, int]:
    """The largest size of the dialogue in an early cycle of turns, and in a late one."""
    talk, sizes = Talk(loaded(draft), path), list[int]()
    try:
        await talk.start()
        for _ in range(14):
            for text in ("/start_flow f", between, "/start_flow g", "/set_slot n1=3"):
                await talk.say(text)
                sizes.append(_size(talk))
            await talk.come_back()
    except ConfigurationError:
        return 0, 0
    finally:
        await talk.stop()
    return max(sizes[24:36]), max(sizes[-12:])


def _size(talk: Talk) -> int:
    """Bytes of the dialogue, the answers to repeated messages left out: there are always twenty of them in the end."""
    return len(json.dumps({name: value for name, value in talk.dialogue.to_json().items() if name != "last_turns"}))
