"""One contract for every store as a checkpointer: LangGraph's own graphs run with it, and storage stays bounded."""

from collections.abc import AsyncIterator
from itertools import pairwise
from operator import add
from pathlib import Path
from typing import Annotated, TypedDict

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import CheckpointTuple
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, Durability, interrupt

from soni.config.settings import Persistence
from soni.dialogue.state import Dialogue
from soni.errors import ConversationBusy
from soni.persistence.store import Store, open_store

from .conftest import PATIENCE

ANA = RunnableConfig(configurable={"thread_id": "ana", "checkpoint_ns": ""})


class Said(TypedDict):
    """The state of a graph that gathers words."""

    words: Annotated[list[str], add]


Gathering = StateGraph[Said, None, Said, Said]


def gathering() -> Gathering:
    """A graph that runs two nodes at once, and then asks a person, who may answer much later."""
    inner = Gathering(Said)
    inner.add_node("within", lambda _: Said(words=["within"]))
    inner.add_edge(START, "within")

    def ask(state: Said) -> Said:
        return Said(words=[str(interrupt("go on?"))])

    graph = Gathering(Said)
    graph.add_node("one", inner.compile(checkpointer=True))
    graph.add_node("two", lambda _: Said(words=["two"]))
    graph.add_node("ask", ask)
    graph.add_edge(START, "one")
    graph.add_edge(START, "two")
    graph.add_edge(["one", "two"], "ask")
    graph.add_edge("ask", END)
    return graph


async def all_of(store: Store, config: RunnableConfig | None = ANA) -> list[CheckpointTuple]:
    """The checkpoints that are kept."""
    return [found async for found in store.saver.alist(config)]


@pytest.fixture(params=[1, 3])
async def keeping(request: pytest.FixtureRequest, persistence: Persistence, tmp_path: Path) -> AsyncIterator[Store]:
    """Each store, keeping one checkpoint of a conversation, or three."""
    retention = persistence.retention.model_copy(update={"keep_checkpoints": request.param})
    settings = persistence.model_copy(update={"retention": retention})
    async with open_store(settings, tmp_path, PATIENCE) as opened:
        yield opened


@pytest.mark.parametrize("durability", ["exit", "sync", "async"])
async def test_a_graph_runs_and_goes_on_where_a_person_was_asked(keeping: Store, durability: Durability) -> None:
    """Parallel nodes, a subgraph with checkpoints of its own, an interrupt, an answer."""
    graph = gathering().compile(checkpointer=keeping.saver)
    asked = await graph.ainvoke(Said(words=["zero"]), ANA, durability=durability)
    waiting = await graph.aget_state(ANA)
    answered = await graph.ainvoke(Command(resume="yes"), ANA, durability=durability)
    done = await graph.aget_state(ANA)

    assert asked["__interrupt__"][0].value == "go on?"
    assert waiting.next == ("ask",)
    assert answered["words"][0] == "zero"
    assert {"within", "two"} <= {*answered["words"]}
    assert answered["words"][-1] == "yes"
    assert (done.next, done.values) == ((), answered)


async def test_what_a_task_wrote_before_another_failed_is_not_done_again(store: Store) -> None:
    """The writes of a run that broke off are there when it goes on."""
    ran = list[str]()

    def first(state: Said) -> Said:
        ran.append("first")
        return Said(words=["first"])

    def second(state: Said) -> Said:
        ran.append("second")
        if ran.count("second") == 1:
            raise ValueError("not yet")
        return Said(words=["second"])

    graph = Gathering(Said)
    graph.add_node("first", first)
    graph.add_node("second", second)
    graph.add_edge(START, "first")
    graph.add_edge(START, "second")
    compiled = graph.compile(checkpointer=store.saver)
    with pytest.raises(ValueError, match="not yet"):
        await compiled.ainvoke(Said(words=[]), ANA, durability="sync")
    after = await compiled.ainvoke(None, ANA, durability="sync")

    assert after["words"] == ["first", "second"]
    assert sorted(ran) == ["first", "second", "second"]


async def test_so_many_checkpoints_are_kept_as_the_settings_say(keeping: Store) -> None:
    """The newest ones, each leading to the one before it; the fence holds all the same."""
    for turn in range(6):
        before = await keeping.dialogues.load("ana")
        await keeping.dialogues.commit("ana", before, Dialogue(turn=turn))
    kept = await all_of(keeping)
    steps = [found.metadata.get("step") for found in kept]

    assert steps in ([5], [5, 4, 3])
    for newer, older in pairwise(kept):
        assert newer.parent_config is not None
        assert newer.parent_config["configurable"]["checkpoint_id"] == older.config["configurable"]["checkpoint_id"]
        found = await keeping.saver.aget_tuple(older.config)
        assert found is not None
        assert found.checkpoint == older.checkpoint
    with pytest.raises(ConversationBusy):
        await keeping.dialogues.commit("ana", before, Dialogue(turn=99))


async def test_checkpoints_are_listed_as_asked(store: Store) -> None:
    """Of one conversation or of all; by metadata, by time, so many."""
    for user in ("ana", "eva"):
        await store.dialogues.commit(user, None, Dialogue(turn=1))
        await store.dialogues.commit(user, await store.dialogues.load(user), Dialogue(turn=2))
    (kept,) = await all_of(store)
    listed = store.saver.alist

    assert kept.metadata["step"] == 1
    assert len(await all_of(store, None)) == 2
    assert len([each async for each in listed(None, limit=1)]) == 1
    assert len([each async for each in listed(None, filter={"step": 1})]) == 2
    assert [each async for each in listed(None, filter={"step": 7})] == []
    assert [each async for each in listed(ANA, filter={"nothing": 7})] == []
    assert [each async for each in listed(ANA, before=kept.config)] == []
    assert len([each async for each in listed(kept.config)]) == 1


async def test_writes_of_a_task_come_back_in_order_until_the_next_checkpoint(store: Store) -> None:
    """The first result of a task stays; a newer error takes the place of the older one."""
    await store.dialogues.commit("ana", None, Dialogue(turn=1))
    (kept,) = await all_of(store)
    await store.saver.aput_writes(kept.config, [("b", [1]), ("a", {"x": None})], "task", "path")
    await store.saver.aput_writes(kept.config, [("b", "again"), ("a", "again")], "task", "path")
    for error in ("first", "second"):
        await store.saver.aput_writes(kept.config, [("__error__", error)], "other", "path")
    await store.saver.aput_writes(kept.config, [], "none", "path")
    found = await store.saver.aget_tuple(ANA)
    assert found is not None
    listed = (await all_of(store))[0].pending_writes
    await store.dialogues.commit("ana", await store.dialogues.load("ana"), Dialogue(turn=2))
    after = await store.saver.aget_tuple(ANA)
    assert after is not None

    assert sorted(found.pending_writes or [], key=str) == sorted(
        [("task", "b", [1]), ("task", "a", {"x": None}), ("other", "__error__", "second")], key=str
    )
    assert sorted(listed or [], key=str) == sorted(found.pending_writes or [], key=str)
    assert [write for write in found.pending_writes or [] if write[0] == "task"] == [
        ("task", "b", [1]),
        ("task", "a", {"x": None}),
    ]
    assert not after.pending_writes


async def test_namespaces_of_a_conversation_are_apart_and_end_together(store: Store) -> None:
    """A subgraph's checkpoint has its own newest one; a reset removes them all."""
    await store.dialogues.commit("ana", None, Dialogue(turn=1))
    (root,) = await all_of(store)
    inner = RunnableConfig(configurable={"thread_id": "ana", "checkpoint_ns": "one:two|three:4"})
    first = await store.saver.aput(inner, {**root.checkpoint}, {"step": 7}, {})
    with pytest.raises(ConversationBusy):
        await store.saver.aput(inner, {**root.checkpoint}, {"step": 8}, {})
    found = await store.saver.aget_tuple(inner)
    assert found is not None
    missing = RunnableConfig(configurable={**ANA["configurable"], "checkpoint_id": "no such"})

    assert found.metadata["step"] == 7
    assert found.config == first
    assert found.parent_config is None
    assert await store.saver.aget_tuple(missing) is None
    assert len(await all_of(store, RunnableConfig(configurable={"thread_id": "ana"}))) == 2
    await store.saver.adelete_thread("ana")
    assert await store.saver.aget_tuple(inner) is None
    assert await all_of(store, None) == []


async def test_what_is_stored_is_there_after_a_restart(persistence: Persistence, tmp_path: Path) -> None:
    """Conversations, transcript and results; not in memory, which forgets."""
    async with open_store(persistence, tmp_path, PATIENCE) as first:
        await first.dialogues.commit("ana", None, Dialogue(turn=1))
        await first.ledger.record("ana", "k", {"x": 1})
    async with open_store(persistence, tmp_path, PATIENCE) as second:
        saved = await second.dialogues.load("ana")
        recalled = await second.ledger.recall("ana", "k")

    if persistence.backend == "memory":
        assert (saved, recalled) == (None, {})
    else:
        assert saved is not None
        assert saved.dialogue.turn == 1
        assert recalled == {"k": {"x": 1}}
