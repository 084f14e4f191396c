"""One contract for every store: a dialogue is read as it was written, one at a time, and leaves nothing behind."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soni.actions.ledger import row_key
from soni.config.settings import Persistence
from soni.dialogue.state import Dialogue, Frame, Line
from soni.errors import ConversationBusy, StateError
from soni.persistence.dialogues import CHANNEL, Saved
from soni.persistence.memory import MemorySaver
from soni.persistence.sqlite import SqliteSaver
from soni.persistence.store import Store, open_store
from soni.value import storable

FIRST = Dialogue(
    id="c", turn=1, stack=(Frame(1, "f", "s", slots={"x": [1, {"y": 0.5}]}),), history=(Line("user", "hi"),)
)


async def newest(store: Store, user: str = "ana") -> Saved:
    """What is stored of this user."""
    saved = await store.dialogues.load(user)
    assert saved is not None
    return saved


async def test_a_conversation_that_nobody_has_had_is_none(store: Store) -> None:
    """Nothing is made up."""
    assert await store.dialogues.load("ana") is None
    assert not await store.dialogues.exists("ana")


async def test_what_is_committed_is_read_as_it_was(store: Store) -> None:
    """The dialogue, whole; and what the next commit builds on."""
    await store.dialogues.commit("ana", None, FIRST)
    saved = await newest(store)

    assert saved.dialogue == FIRST
    assert saved.checkpoint_id is not None
    assert saved.step == 0
    assert await store.dialogues.exists("ana")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    text=st.text().map(storable),
    number=st.integers(-(2**63), 2**63 - 1),
    fraction=st.floats(allow_nan=False, allow_infinity=False),
)
async def test_every_value_survives(store: Store, text: str, number: int, fraction: float) -> None:
    """Texts of all scripts, whole numbers of 64 bits, fractions: nothing is rounded or turned into something else."""
    dialogue = Dialogue(slots={"text": text, "number": number, "fraction": fraction, "list": [text, None, True]})
    await store.archive.reset("ana")
    await store.dialogues.commit("ana", None, dialogue)

    assert (await newest(store)).dialogue == dialogue


async def test_two_turns_on_the_same_state_cannot_both_be_kept(store: Store) -> None:
    """The second one is told that another was faster, and changes nothing."""
    await store.dialogues.commit("ana", None, FIRST)
    before = await newest(store)
    await store.dialogues.commit("ana", before, replace(FIRST, turn=2))
    with pytest.raises(ConversationBusy):
        await store.dialogues.commit("ana", before, replace(FIRST, turn=99))

    assert (await newest(store)).dialogue.turn == 2


async def test_two_first_turns_cannot_both_be_kept(store: Store) -> None:
    """Nor can a turn on a conversation that was reset meanwhile."""
    await store.dialogues.commit("ana", None, FIRST)
    with pytest.raises(ConversationBusy):
        await store.dialogues.commit("ana", None, replace(FIRST, turn=99))
    before = await newest(store)
    await store.archive.reset("ana")
    with pytest.raises(ConversationBusy):
        await store.dialogues.commit("ana", before, replace(FIRST, turn=2))

    assert await store.dialogues.load("ana") is None


async def test_of_many_at_once_one_wins(store: Store) -> None:
    """The compare and the write are one."""
    await store.dialogues.commit("ana", None, FIRST)
    before = await newest(store)
    turns = (store.dialogues.commit("ana", before, replace(FIRST, turn=number)) for number in range(2, 12))
    results = await asyncio.gather(*turns, return_exceptions=True)

    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, ConversationBusy) for result in results) == 9


async def test_conversations_do_not_see_each_other(store: Store) -> None:
    """Deleting one leaves the others."""
    for number, user in enumerate(("ana", "ana2", "an"), 1):
        await store.dialogues.commit(user, None, replace(FIRST, turn=number))
    await store.archive.reset("ana")
    await store.archive.reset("nobody")

    assert await store.dialogues.load("ana") is None
    assert [(await newest(store, user)).dialogue.turn for user in ("ana2", "an")] == [2, 3]


async def test_a_conversation_of_any_length_keeps_one_checkpoint(store: Store) -> None:
    """Fifty commits leave what one leaves, and count the steps."""
    for number in range(50):
        await store.dialogues.commit("ana", await store.dialogues.load("ana"), replace(FIRST, turn=number))
    kept = [found async for found in store.saver.alist({"configurable": {"thread_id": "ana"}})]

    assert len(kept) == 1
    assert kept[0].metadata.get("step") == 49
    assert (await newest(store)).dialogue.turn == 49
    if isinstance(store.saver, MemorySaver):
        assert len(store.saver.blobs) == 1


async def test_a_clock_that_steps_back_does_not_hide_a_turn(store: Store) -> None:
    """The newest checkpoint is the one that was written last, whatever the machine's clock said."""
    await store.dialogues.commit("ana", None, FIRST)
    future = await newest(store)
    found = await store.saver.aget_tuple({"configurable": {"thread_id": "ana", "checkpoint_ns": ""}})
    assert found is not None
    found.checkpoint["id"] = str(UUID(int=UUID(found.checkpoint["id"]).int + (1 << 100)))
    await store.saver.aput(found.config, found.checkpoint, found.metadata, {CHANNEL: "2"})
    await store.dialogues.commit("ana", await newest(store), replace(FIRST, turn=2))

    assert (await newest(store)).dialogue.turn == 2
    assert (await newest(store)).checkpoint_id != future.checkpoint_id


async def test_a_checkpoint_of_another_program_holds_no_dialogue(store: Store) -> None:
    """What has no dialogue in it is none; what has one that cannot be read is a StateError."""
    await store.dialogues.commit("ana", None, FIRST)
    found = await store.saver.aget_tuple({"configurable": {"thread_id": "ana", "checkpoint_ns": ""}})
    assert found is not None
    found.checkpoint["id"] = str(UUID(int=UUID(found.checkpoint["id"]).int + 1))
    found.checkpoint["channel_values"] = {CHANNEL: {"version": 1, "turn": "x"}}
    found.checkpoint["channel_versions"] = {CHANNEL: "2"}
    unreadable = await store.saver.aput(found.config, found.checkpoint, found.metadata, {CHANNEL: "2"})
    with pytest.raises(StateError):
        await store.dialogues.load("ana")
    found.checkpoint["id"] = str(UUID(int=UUID(found.checkpoint["id"]).int + 1))
    found.checkpoint["channel_values"] = {"messages": []}
    found.checkpoint["channel_versions"] = {"messages": "1"}
    await store.saver.aput(unreadable, found.checkpoint, found.metadata, {"messages": "1"})

    assert await store.dialogues.load("ana") is None


async def test_results_are_kept_per_conversation_and_replaced(store: Store) -> None:
    """A ledger recalls what was recorded last, until it is told to forget."""
    await store.ledger.record("ana", "k", {"x": 1})
    await store.ledger.record("ana", "k", {"x": [None, "ä"]})
    await store.ledger.record("eva", "k", {})
    assert await store.ledger.recall("ana", "other", "k") == {"k": {"x": [None, "ä"]}}
    await store.ledger.forget("ana")

    assert await store.ledger.recall("ana", "k") == {}
    assert await store.ledger.recall("eva", "k") == {"k": {}}


async def test_rows_about_earlier_turns_are_dropped(store: Store) -> None:
    """With those that name no turn, of this conversation only; what is about this turn and later ones stays."""
    names = ("conversation", "reset", "0" * 32, "f" * 32, *(row_key(n, "x") for n in (1, 9, 10, 11, 100, 2_000_000)))
    for conversation in ("ana", "eva"):
        for name in names:
            await store.ledger.record(conversation, name, {"name": name})
    await store.ledger.forget("ana", 0)
    first = set(await store.archive.effects("ana"))
    await store.ledger.forget("ana", 10)
    await store.ledger.forget("nobody", 10)

    assert first == {row_key(n, "x") for n in (1, 9, 10, 11, 100, 2_000_000)}
    assert set(await store.archive.effects("ana")) == {row_key(n, "x") for n in (10, 11, 100, 2_000_000)}
    assert set(await store.archive.effects("eva")) == set(names)


async def test_rows_are_dropped_by_name(store: Store) -> None:
    """Besides those about earlier turns; one that does not exist is no matter."""
    for conversation in ("ana", "eva"):
        for name in (row_key(n, which) for n in (8, 9, 10) for which in "xyz"):
            await store.ledger.record(conversation, name, {})
    await store.ledger.forget("ana", 9, row_key(9, "x"), row_key(10, "y"), row_key(11, "z"))
    left = set(await store.archive.effects("ana"))
    await store.ledger.forget("ana", 9, *left)

    assert left == {row_key(9, "y"), row_key(9, "z"), row_key(10, "x"), row_key(10, "z")}
    assert not await store.archive.effects("ana")
    assert len(await store.archive.effects("eva")) == 9


async def test_a_store_says_that_it_answers(store: Store) -> None:
    """One small read."""
    await store.check()


async def test_setting_up_twice_is_harmless(tmp_path: Path) -> None:
    """The tables are there already, in this process and in the file."""
    for _ in range(2):
        async with open_store(
            Persistence(backend="sqlite", path=tmp_path / "soni.db"), tmp_path, timedelta(seconds=5)
        ) as opened:
            assert isinstance(opened.saver, SqliteSaver)
            await opened.saver.setup()
            await opened.check()
