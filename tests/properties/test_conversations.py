"""Whatever the assistant, and whatever is said in whatever order: the conversation stays well-formed, and everybody is answered."""

import asyncio
import tempfile
from pathlib import Path
from typing import Final

from hypothesis import reject
from hypothesis import strategies as st
from tests.proving import Proof

from soni import ConfigurationError, Reply
from soni.compiler.assistant import compile_assistant
from soni.config.models import SoniConfig

from .generating import ASKED, changed, drafts, loaded
from .keeping import every_frame
from .rich import Draft
from .talking import Talk

CONVERSATIONS = Proof("conversations", "conversations", short=45, long=20_000)

REFUSED: Final[list[Draft]] = []
"""Assistants that did not load in this run, as they surely end in a failed turn."""
MOST_REFUSED: Final = 0.02
"""The part of all that may be: more would be false alarms of the verification, which otherwise stay unseen."""

GOOD = {"t1": "@", "t2": "@", "n1": "2", "k1": "a", "b1": "yes", "o1": "@", "c1": "ana"}
FLOWS = st.sampled_from(["f", "f", "g", "g", "h", "i", "nonsense", "pattern_cancel"])
PAIRS = st.one_of(
    st.tuples(st.sampled_from(["t1", "t2", "o1"]), st.just("@")),
    st.tuples(st.just("n1"), st.sampled_from(["1", "5", "7", "9", "99", "x", "1e400"])),
    st.tuples(st.just("k1"), st.sampled_from(["a", "b", "zzz"])),
    st.tuples(st.just("b1"), st.sampled_from(["yes", "no", "perhaps"])),
    st.tuples(st.sampled_from(["c1", "total", "r1", "nonsense"]), st.sampled_from(["ana", "eva", "{t1}", "9", "''"])),
).map("=".join)
SLOT = st.sampled_from([*ASKED, "total", "nonsense"])
COMMAND = st.one_of(
    st.lists(PAIRS, min_size=1, max_size=3).map(lambda pairs: "/set_slot " + " ".join(pairs)),
    st.lists(PAIRS, min_size=1, max_size=2).map(lambda pairs: "/correct_slot " + " ".join(pairs)),
    FLOWS.map("/start_flow {}".format),
    st.tuples(FLOWS, PAIRS).map(lambda given: f"/start_flow {given[0]} {given[1]}"),
    st.sampled_from(["/affirm", "/deny", "/skip_question", "/cancel_flow", "/repeat", "/restart", "/ask_info"]),
    st.sampled_from(
        ["/chitchat", "/out_of_scope", "/human_handoff", "/cancel_flow f", "/cancel_flow g", "/clarify f g"]
    ),
    st.sampled_from(
        ["/clarify g h t1=@", "/clarify f n1=3", "/clarify nonsense", "/deny n1", "/deny t1", "/ask_info t1"]
    ),
    st.lists(SLOT, min_size=1, max_size=2).map(lambda slots: "/clear_slot " + " ".join(slots)),
)
MESSAGE = st.one_of(
    COMMAND,
    COMMAND,
    COMMAND.map("words {}".format),
    st.lists(COMMAND, min_size=2, max_size=6).map("\n".join),
    st.sampled_from(
        ["/chitchat\n/ask_info", "/cancel_flow\n/chitchat", "/out_of_scope\n/chitchat", "/set_slot n1=99\n/chitchat"]
    ),
    st.sampled_from(
        [
            "hello",
            "hello \0 \ud800",
            "/set_slot t1=@\ud800 t2=\0@",
            "fail",
            "/nonsense",
            "/set_slot",
            "/start_flow 'f",
            "{t1}",
            "words",
            "  ",
            "/",
        ]
    ),
)
FAILING = st.sampled_from(
    [frozenset[str]()] * 5 + [frozenset(["read"]), frozenset(["write"]), frozenset(["read", "write"])]
)
ACTS = st.sampled_from(
    ["on"] * 6 + ["open"] * 4 + ["say"] * 5 + ["change", "change", "stop", "wait", "silence", "deploy", "resume"]
)


def test_conversations() -> None:
    """An assistant that is made up, and up to fifteen turns with it, are as they must be, and can be told again."""

    def examine(data: st.DataObject) -> None:
        with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:
            runner.run(_converse(data, data.draw(drafts(), label="assistant"), Path(folder)))

    REFUSED.clear()
    CONVERSATIONS.hold(st.data(), examine)
    assert len(REFUSED) <= MOST_REFUSED * CONVERSATIONS.count + 1, f"{len(REFUSED)} were refused"


async def _converse(data: st.DataObject, draft: Draft, folder: Path) -> None:
    talk = Talk(loaded(draft), folder / "first.db")
    try:
        await talk.start()
    except ConfigurationError:
        REFUSED.append(draft)
        reject()  # it surely ends in a failed turn, as verification has seen
    told: list[tuple[str, object, object]] = []
    answers: list[Reply | str] = []
    try:
        for _ in range(data.draw(st.integers(6, 15))):
            act = data.draw(ACTS)
            match act:
                case "on" | "open" | "say" | "change":
                    text, failing = data.draw(_text(act, talk)), data.draw(FAILING)
                    answers.append(await talk.say(text, failing, data.draw(st.booleans())))
                    told.append(("say", text, failing))
                case "stop":
                    await talk.start()
                case "wait" | "silence":
                    minutes = 61 if act == "silence" else 1
                    talk.wait(minutes)
                    told.append(("wait", minutes, None))
                case "deploy":
                    config = _next(data.draw(changed(draft)))
                    if config is not None:
                        await talk.start(config)
                        told.append(("deploy", config, None))
                case _:
                    await talk.come_back()
                    told.append(("resume", None, None))
    finally:
        await talk.stop()
    assert answers == await _told_again(told, draft, folder), "told again, it is the same conversation"


def _text(act: str, talk: Talk) -> st.SearchStrategy[str]:
    """Something to say: that goes on with what is asked, opens something else, changes an answer, or anything at all."""
    dialogue, reply = talk.dialogue, talk.reply
    if act == "open" or (act == "on" and not dialogue.stack):
        open_ones = {frame.flow for frame in dialogue.stack}
        closed = [name for name, _ in talk.config.user_flows() if name not in open_ones]
        return st.sampled_from(closed or ["f"]).map("/start_flow {}".format)
    if act == "on":
        slot = reply.expected_slot if reply else None
        if slot == "o1":
            return st.sampled_from(["/set_slot o1=@", "/skip_question"])
        if slot:
            return st.just(f"/set_slot {slot}={GOOD[slot]}")
        return st.sampled_from(["/affirm", "/affirm", "/affirm", "/deny"])
    asked = sorted({slot for frame in every_frame(dialogue) for slot in frame.asked})
    if act == "change" and asked:
        return st.tuples(st.sampled_from(asked), st.sampled_from(["3", "b", "@", "no"])).map(
            "/set_slot {0[0]}={0[1]}".format
        )
    return MESSAGE


def _next(draft: Draft) -> SoniConfig | None:
    """The assistant of the next deploy, where it may be served."""
    try:
        return compile_assistant(loaded(draft)).config
    except ConfigurationError:
        return None


async def _told_again(told: list[tuple[str, object, object]], draft: Draft, folder: Path) -> list[Reply | str]:
    """The answers where the same is said from the beginning, and the service neither stops nor loses anything."""
    talk = Talk(loaded(draft), folder / "second.db")
    await talk.start()
    answers: list[Reply | str] = []
    try:
        for act in told:
            match act:
                case "say", str(text), frozenset() as failing:
                    answers.append(await talk.say(text, failing))
                case "wait", int(minutes), _:
                    talk.wait(minutes)
                case "deploy", SoniConfig() as config, _:
                    await talk.start(config)
                case _:
                    await talk.come_back()
    finally:
        await talk.stop()
    return answers
