"""What is wrong in an assistant is found when it loads, not when a user arrives: defects that cannot be told as conversations."""

import asyncio
import json
from pathlib import Path

import pytest

from soni import Message, RuntimeLoop
from soni.errors import ConfigurationError

ASSISTANT = Path(__file__).parent / "defects"

BROKEN = {
    "an unknown flow": ("flow: ask_the_note}", "flow: ask_the_notes}", r"no flow 'ask_the_notes'.*'ask_the_note'"),
    "an unknown step": ("on_error: refused", "on_error: refuse", r"no step 'refuse'.*'refused'"),
    "an unknown slot": ("type: collect, slot: note}", "type: collect, slot: notes}", r"no slot 'notes'.*'note'"),
    "an unknown action": ("call: stamp", "call: stamps", r"no action 'stamps'.*'stamp'"),
    "an action nobody wrote": ("actions:\n", "actions:\n  fly: {}\n", r"No function is marked @action\(\"fly\"\)"),
    "a validator nobody wrote": ("validator: within_reason", "validator: within_reasons", r"within_reasons"),
    "an unknown flow of a link": (
        "type: link, flow: ask_the_note}",
        "type: link, flow: ask_a_note}",
        r"no flow 'ask_a_note'",
    ),
    "an unknown input of a call": ('inputs: {amount: "{{ count', 'inputs: {amounts: "{{ count', r"'amounts'"),
    "an unknown slot of an action": ("inputs: [note]", "inputs: [notes]", r"'notes'"),
    "an unknown slot of a trigger": ('to {recipient}"]', 'to {recipients}"]', r"no slot 'recipients'.*'recipient'"),
    "an unknown slot of a set": ("slots: {amount:", "slots: {amounts:", r"no slot 'amounts'.*'amount'"),
    "an unknown target of a jump": ("Quoted., jump_to: end", "Quoted., jump_to: ende", r"no step 'ende'"),
    "an unknown target of a branch": ("then: quoted}", "then: quote}", r"no step 'quote'.*'quoted'"),
    "an unknown key": ("type: say, message: One moment.", "type: say, mesage: One moment.", r"mesage.*message"),
    "an unknown kind of step": (
        "{step: hello, type: say, message: One",
        "{step: hello, type: tell, message: One",
        r"tell",
    ),
    "an override of no pattern": ("  hand_on:", "  pattern_hand_on:", r"pattern_hand_on"),
    "a default that is none": ("count: {type: integer,", "count: {type: integer, default: many,", r"many"),
    "a slot in a message": ("Noted {note}.", "Noted {notes}.", r"no slot 'notes'.*'note'"),
    "a slot in a condition": ("gift or early", "gifts or early", r"no slot 'gifts'.*'gift'"),
}


@pytest.mark.parametrize(("right", "wrong", "words"), BROKEN.values(), ids=BROKEN.keys())
async def test_a_name_that_does_not_exist_is_found_at_load(right: str, wrong: str, words: str, tmp_path: Path) -> None:
    """The author is told where, and the nearest name there is."""
    text = (ASSISTANT / "soni.yaml").read_text()
    assert right in text
    (tmp_path / "soni.yaml").write_text(text.replace(right, wrong))
    (tmp_path / "actions.py").write_text((ASSISTANT / "actions.py").read_text())

    with pytest.raises(ConfigurationError, match=words) as refused:
        async with await asyncio.to_thread(RuntimeLoop.from_path, tmp_path):
            pass

    assert all(problem.line for problem in refused.value.problems)


async def test_a_flow_that_changed_is_told_in_the_words_of_an_override(tmp_path: Path) -> None:
    """After a deploy an author's pattern_flow_changed reads which flow it is about, and why."""
    store = tmp_path / "soni.db"
    text = (ASSISTANT / "overrides" / "soni.yaml").read_text()
    text = text.replace("{backend: memory}", f"{{backend: sqlite, path: {json.dumps(str(store))}}}")
    (tmp_path / "actions.py").write_text((ASSISTANT / "overrides" / "actions.py").read_text())

    answers = []
    for written, said in (
        (text, "/start_flow find_street"),
        (text.replace("ask_street", "ask_the_street"), "/chitchat"),
    ):
        (tmp_path / "soni.yaml").write_text(written)
        async with await asyncio.to_thread(RuntimeLoop.from_path, tmp_path) as loop:
            reply = await loop.process_message(Message("ana", said))
            answers.append([message.text for message in reply.messages])

    assert answers[0] == ["session: new", "Which street?"]
    assert answers[1] == ["changed: find_street restart", "chitchat: find_street", "Which street?"]


async def test_an_alternation_of_flows_does_not_grow_the_conversation() -> None:
    """What is saved after three hundred turns is about what was saved after a hundred."""
    config = (await asyncio.to_thread(RuntimeLoop.from_path, ASSISTANT)).config
    async with RuntimeLoop(config) as loop:
        sizes = []
        for turn in range(300):
            flow = ("pay_someone", "ask_the_note")[turn % 2]
            await loop.process_message(Message("ana", f"/start_flow {flow}"))
            saved = await loop.saver.aget_tuple({"configurable": {"thread_id": "ana", "checkpoint_ns": ""}})
            assert saved is not None
            sizes.append(len(json.dumps(saved.checkpoint["channel_values"])))

    assert max(sizes[200:]) < 1.1 * max(sizes[:100])
