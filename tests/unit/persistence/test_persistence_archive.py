"""One contract for what every store keeps beside the state: the transcript, the names, the ledger's rows, and their end."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import Checkpoint, CheckpointMetadata
from langgraph.checkpoint.base.id import uuid6

from soni.dialogue.state import Dialogue, Line
from soni.errors import ConversationBusy
from soni.persistence.archive import MAX_EXCHANGES, PRUNE_EVERY, RESET, Exchange, id_at, moment_of
from soni.persistence.dialogues import CHANNEL
from soni.persistence.store import Store
from soni.value import Value

LONG_AGO = datetime(2001, 2, 3, tzinfo=UTC)
SOON = timedelta(minutes=1)
NAMES = ("Zoë", "ana", "ana 2", "eva", "ñ", "日本", "🙂")
"""In the order of their code points, which is the order of their bytes in UTF-8."""


async def say(store: Store, user: str, *texts: str) -> None:
    """So many turns of a user, each committed."""
    for text in texts:
        saved = await store.dialogues.load(user)
        turn = saved.dialogue.turn + 1 if saved else 1
        said = (Line("user", text), Line("assistant", f"{text}!"))
        await store.dialogues.commit(user, saved, Dialogue(turn=turn), said)


async def say_long_ago(store: Store, user: str, moment: datetime = LONG_AGO) -> None:
    """A first turn of a user, as if the clock had shown this moment."""
    checkpoint = Checkpoint(
        v=4,
        id=id_at(moment),
        ts=moment.isoformat(),
        channel_values={CHANNEL: Dialogue(turn=1).to_json()},
        channel_versions={CHANNEL: "1"},
        versions_seen={},
        updated_channels=[CHANNEL],
    )
    config = RunnableConfig(configurable={"thread_id": user, "checkpoint_ns": ""})
    await store.saver.aput(config, checkpoint, CheckpointMetadata(source="update", step=0, parents={}), {CHANNEL: "1"})


def texts(exchanges: tuple[Exchange, ...]) -> list[str]:
    """What the user said in each."""
    return [exchange.lines[0].text for exchange in exchanges]


@given(st.datetimes(datetime(1600, 1, 1), datetime(3000, 1, 1)), st.timedeltas(timedelta(0), timedelta(days=99)))
def test_ids_are_in_the_order_of_time(moment: datetime, later: timedelta) -> None:
    """The id of a moment tells it, and is the least of its microsecond."""
    first, second = moment.replace(tzinfo=UTC), (moment + later).replace(tzinfo=UTC)

    assert moment_of(id_at(first)) == first
    assert (id_at(first) < id_at(second)) == (first < second)


def test_a_checkpoint_of_before_has_a_smaller_id() -> None:
    """An id that is made now lies between those of a moment ago and of a moment from now."""
    now, moment = datetime.now(UTC), timedelta(seconds=30)

    assert id_at(now - moment) < str(uuid6(clock_seq=-2)) < id_at(now + moment)


async def test_what_was_said_is_kept_in_order_and_read_in_pages(store: Store) -> None:
    """The newest first, page by page; each page in the order in which it was said."""
    await say(store, "ana", "one", "two", "three", "four", "five")
    newest = await store.archive.exchanges("ana", None, 2)
    earlier = await store.archive.exchanges("ana", newest[0].id, 2)
    first = await store.archive.exchanges("ana", earlier[0].id, 2)

    assert [texts(page) for page in (newest, earlier, first)] == [["four", "five"], ["two", "three"], ["one"]]
    assert await store.archive.exchanges("ana", first[0].id, 2) == ()
    assert await store.archive.exchanges("ana", None, 99) == (*first, *earlier, *newest)
    assert [exchange.turn for exchange in newest] == [4, 5]
    assert newest[1].lines == (Line("user", "five"), Line("assistant", "five!"))
    assert abs(newest[1].at - datetime.now(UTC)) < SOON


async def test_the_id_of_a_turn_is_the_one_of_its_checkpoint(store: Store) -> None:
    """Whoever has the one can find the other."""
    await say(store, "ana", "one")
    saved = await store.dialogues.load("ana")
    assert saved is not None

    assert [told.id for told in await store.archive.exchanges("ana", None, 9)] == [saved.checkpoint_id]


async def test_words_of_all_kinds_are_kept_as_they_are(store: Store) -> None:
    """Quotes, lines, other scripts, an exponent that is only text; and a turn in which only one side spoke."""
    words = ('a "quote" \\ and \n a line', "日本 🙂 ñ", "1e400 {} []", "")
    await say(store, "ana", *words)
    await store.dialogues.commit("ana", await store.dialogues.load("ana"), Dialogue(turn=5), [Line("assistant", "Hm.")])
    told = await store.archive.exchanges("ana", None, 9)

    assert texts(told) == [*words, "Hm."]
    assert told[-1].lines == (Line("assistant", "Hm."),)


async def test_a_turn_without_words_is_not_in_the_transcript(store: Store) -> None:
    """As where the settings leave the transcript out."""
    await store.dialogues.commit("ana", None, Dialogue(turn=1))

    assert await store.archive.exchanges("ana", None, 9) == ()


async def test_a_turn_that_was_refused_is_not_in_the_transcript(store: Store) -> None:
    """What was said is written with the checkpoint, or not at all."""
    await say(store, "ana", "one")
    before = await store.dialogues.load("ana")
    await say(store, "ana", "two")
    with pytest.raises(ConversationBusy):
        await store.dialogues.commit("ana", before, Dialogue(turn=2), [Line("user", "too late")])

    assert texts(await store.archive.exchanges("ana", None, 9)) == ["one", "two"]


async def test_a_transcript_is_bounded(store: Store) -> None:
    """Those of the last thousand turns are there, and at most one batch more."""
    saved = None
    for turn in range(1, MAX_EXCHANGES + 2 * PRUNE_EVERY + 1):
        await store.dialogues.commit("ana", saved, Dialogue(turn=turn), [Line("user", str(turn))])
        saved = await store.dialogues.load("ana")
    told = await store.archive.exchanges("ana", None, 9999)

    assert MAX_EXCHANGES <= len(told) <= MAX_EXCHANGES + PRUNE_EVERY
    assert [exchange.turn for exchange in told] == list(range(told[0].turn, MAX_EXCHANGES + 2 * PRUNE_EVERY + 1))


async def test_the_transcript_outlives_a_reset(store: Store) -> None:
    """And the next conversation with the same user goes on in it."""
    await say(store, "ana", "one")
    await store.archive.reset("ana")
    await say(store, "ana", "two")

    assert texts(await store.archive.exchanges("ana", None, 9)) == ["one", "two"]


async def test_a_transcript_is_bounded_also_where_every_conversation_is_short(store: Store) -> None:
    """Turns are counted anew after a reset, so none of them may ever be the one at which a transcript is cut."""
    often, turns = MAX_EXCHANGES // 40 + 3, 40
    for number in range(often):
        saved = None
        for turn in range(1, turns + 1):
            await store.dialogues.commit("ana", saved, Dialogue(turn=turn), [Line("user", f"{number} {turn}")])
            saved = await store.dialogues.load("ana")
        await store.archive.reset("ana")
    told = texts(await store.archive.exchanges("ana", None, 9999))

    assert turns < PRUNE_EVERY
    assert told == [f"{number} {turn}" for number in range(3, often) for turn in range(1, turns + 1)]


async def test_what_a_reset_leaves_is_found_when_its_time_has_come(store: Store) -> None:
    """The transcript, by one row; nothing of who was not there, or of whom only results were kept."""
    await say(store, "ana", "one")
    await store.ledger.record("ana", "k", {"x": 1})
    await store.ledger.record("eva", "k", {"x": 1})
    for user in ("ana", "ana", "eva", "nobody"):
        await store.archive.reset(user)

    assert await store.archive.idle(datetime.now(UTC) + SOON, "", 9) == ("ana",)
    assert await store.archive.idle(datetime.now(UTC) - SOON, "", 9) == ()
    assert await store.archive.effects("ana") == {RESET: {}}
    assert await store.archive.effects("eva") == {}


async def test_a_reset_that_leaves_no_transcript_leaves_nothing_in_the_end(store: Store) -> None:
    """The second one finds only the row of the first."""
    await store.dialogues.commit("ana", None, Dialogue(turn=1))
    for _ in range(2):
        await store.archive.reset("ana")

    assert await store.archive.idle(datetime.now(UTC) + SOON, "", 9) == ()
    assert await store.archive.effects("ana") == {}


async def test_conversations_are_listed_in_order(store: Store) -> None:
    """Page by page, behind the last name of the page before; bytewise, whatever the server's language is."""
    for name in reversed(NAMES):
        await say(store, name, "hello")
    first = await store.archive.conversations("", 3)
    second = await store.archive.conversations(first[-1], 3)
    rest = await store.archive.conversations(second[-1], 3)

    assert (*first, *second, *rest) == NAMES
    assert len(first) == len(second) == 3
    assert await store.archive.conversations(NAMES[-1], 3) == ()
    assert await store.archive.conversations("b", 1) == ("eva",)


async def test_only_conversations_that_can_go_on_are_listed(store: Store) -> None:
    """Not one that was reset, and not one of which only results are there."""
    await say(store, "ana", "hello")
    await say(store, "eva", "hello")
    await store.archive.reset("eva")
    await store.ledger.record("eva", "reset", {})
    await store.ledger.record("zoe", "k", {})

    assert await store.archive.conversations("", 9) == ("ana",)


async def test_conversations_that_are_listed_are_many(store: Store) -> None:
    """More than any page holds; those that cannot go on leave no hole in a page."""
    for number in range(130):
        await store.ledger.record(f"a{number:03}", "reset", {})
        await store.dialogues.commit(f"b{number:03}", None, Dialogue())

    assert await store.archive.conversations("", 2) == ("b000", "b001")
    assert len(await store.archive.conversations("", 999)) == 130
    assert len(await store.archive.idle(datetime.now(UTC) + SOON, "", 999)) == 260
    assert len(await store.archive.idle(datetime.now(UTC) + SOON, "", 120)) == 120


async def test_who_has_not_talked_for_long_is_idle(store: Store) -> None:
    """By when something was stored last, in the order of their names, in pages."""
    for name in ("eva", "ana", "zoe"):
        await say_long_ago(store, name)
    await say(store, "ben", "hello")
    await say(store, "eva", "hello again")
    since = LONG_AGO + timedelta(days=1)

    assert await store.archive.idle(since, "", 9) == ("ana", "zoe")
    assert await store.archive.idle(since, "", 1) == ("ana",)
    assert await store.archive.idle(since, "ana", 9) == ("zoe",)
    assert await store.archive.idle(datetime.now(UTC) + SOON, "", 9) == ("ana", "ben", "eva", "zoe")


async def test_a_moment_is_exact(store: Store) -> None:
    """What was stored at that very microsecond is not before it."""
    await say_long_ago(store, "ana")

    assert await store.archive.idle(LONG_AGO, "", 9) == ()
    assert await store.archive.idle(LONG_AGO + timedelta(microseconds=1), "", 9) == ("ana",)
    assert await store.archive.idle(datetime.min.replace(tzinfo=UTC), "", 9) == ()


async def test_results_make_a_conversation_known_and_keep_it_from_being_idle(store: Store) -> None:
    """A result that no saved turn has taken over is something that was stored, and ages like it."""
    await say_long_ago(store, "ana")
    await store.ledger.record("ana", "k", {"x": 1})
    await store.ledger.record("eva", "reset", {"token": "t"})

    assert await store.archive.idle(datetime.now(UTC) - SOON, "", 9) == ()
    assert await store.archive.idle(datetime.now(UTC) + SOON, "", 9) == ("ana", "eva")


async def test_who_is_gone_is_not_idle(store: Store) -> None:
    """Neither after a reset whose row was forgotten, nor after its end."""
    await store.dialogues.commit("ana", None, Dialogue())
    await store.ledger.record("ana", "k", {})
    await store.archive.reset("ana")
    assert await store.archive.idle(datetime.now(UTC) + SOON, "", 9) == ("ana",)
    await store.ledger.forget("ana")
    await say(store, "eva", "hello")
    await store.archive.erase("eva")

    assert await store.archive.idle(datetime.now(UTC) + SOON, "", 9) == ()


async def test_effects_are_all_results_of_one_conversation(store: Store) -> None:
    """In the order of their keys, as they were recorded."""
    results: Mapping[str, Mapping[str, Value]] = {"b": {"x": 1e17, "y": [None, "ä"]}, "a": {}}
    for key, result in results.items():
        await store.ledger.record("ana", key, result)
    await store.ledger.record("eva", "k", {"x": 1})

    assert await store.archive.effects("ana") == results
    assert await store.archive.effects("nobody") == {}


async def test_erasing_leaves_nothing_of_one_and_everything_of_others(store: Store) -> None:
    """State, transcript, results, names; twice, and of nobody, it is harmless."""
    for user in ("ana", "ana2"):
        await say(store, user, "one", "two")
        await store.ledger.record(user, "k", {"x": 1})
        found = await store.saver.aget_tuple({"configurable": {"thread_id": user, "checkpoint_ns": ""}})
        assert found is not None
        await store.saver.aput_writes(found.config, [("channel", "value")], "task")
    await store.archive.erase("ana", "nobody", "one more")
    await store.archive.erase("ana")

    assert await store.dialogues.load("ana") is None
    assert await store.archive.exchanges("ana", None, 9) == ()
    assert await store.archive.effects("ana") == {}
    assert [found async for found in store.saver.alist({"configurable": {"thread_id": "ana"}})] == []
    assert await store.archive.conversations("", 9) == ("ana2",)
    assert texts(await store.archive.exchanges("ana2", None, 9)) == ["one", "two"]
    assert await store.archive.effects("ana2") == {"k": {"x": 1}}


async def test_many_who_are_erased_at_once_are_not_in_each_others_way(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody is taken for another program that reads the file, and nothing of anybody stays."""
    users = [f"user{number}" for number in range(8)]
    for user in users:
        await say(store, user, "hello")
    await asyncio.gather(*(store.archive.erase(user) for user in users))

    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == []
    assert await store.archive.conversations("", 10) == ()


async def test_a_turn_on_an_erased_conversation_is_refused(store: Store) -> None:
    """It was loaded before the end: it must not bring back what was erased."""
    await say(store, "ana", "one")
    before = await store.dialogues.load("ana")
    assert before is not None
    await store.archive.erase("ana")
    with pytest.raises(ConversationBusy):
        await store.dialogues.commit("ana", before, replace(before.dialogue, turn=2), [Line("user", "two")])

    assert await store.dialogues.load("ana") is None
    assert await store.archive.exchanges("ana", None, 9) == ()
