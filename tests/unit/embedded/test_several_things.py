"""Several things in one message: a cancel, an answer and wishes are all heard; and words that have a second reading."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml

from soni.config.models import SoniConfig
from soni.dialogue.commands import CancelFlow, Clarify, Command, SetSlot, StartFlow
from soni.understanding.base import Briefing
from soni.understanding.embedded.understander import EmbeddedUnderstander, build
from soni.value import Value

from .assistants import asking, idle

COURIER: Mapping[str, object] = yaml.safe_load(
    (Path(__file__).parents[2] / "conversations" / "defects" / "courier" / "soni.yaml").read_text()
)


@cache
def courier() -> EmbeddedUnderstander:
    """The courier of the conversation tests."""
    return build(SoniConfig.model_validate(COURIER))


def at(flow: str, slot: str | None, below: tuple[str, ...] = (), **slots: Value) -> Briefing:
    """A flow asks for a slot, with these filled and those flows below it."""
    return replace(asking(COURIER, flow, slot, slots, tuple(slots)), interrupted=below)


BLOCK, TRACK = StartFlow("block_card"), StartFlow("track_parcel")


@pytest.mark.parametrize("text", ["cancel, block my card instead", "cancel and block my card", "stop. I lost my card"])
@pytest.mark.parametrize(
    "briefing",
    [
        at("pay_somebody", "payee"),
        at("pay_somebody", "amount", payee="Ana"),
        at("pay_somebody", None, payee="Ana", amount=5.0),
        at("schedule_pickup", "pickup_time"),
    ],
)
async def test_a_cancel_is_heard_beside_a_wish(text: str, briefing: Briefing) -> None:
    """Whatever is being asked, what is left does not come back afterwards."""
    assert await courier().understand(text, briefing) == [CancelFlow(), BLOCK]


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("forget it, I'd rather track a parcel", [CancelFlow(), TRACK]),
        ("cancel the pickup and track my parcel", [CancelFlow(), TRACK]),
        ("cancel, block my card and track my parcel", [CancelFlow(), TRACK, BLOCK]),
        ("never mind, I need a courier", [CancelFlow(), StartFlow("schedule_pickup")]),
    ],
)
async def test_what_is_wanted_instead_is_started(text: str, commands: list[Command]) -> None:
    """Also where it is the flow that is left, begun anew."""
    assert await courier().understand(text, at("schedule_pickup", "pickup_time")) == commands


async def test_a_cancel_of_nothing_beside_a_wish_is_only_the_wish() -> None:
    """There is nothing to leave."""
    assert await courier().understand("cancel that and block my card", idle(COURIER)) == [BLOCK]


@pytest.mark.parametrize(
    "briefing",
    [
        at("block_card", "card", ("schedule_pickup",)),
        at("ship_parcel", "recipient", ("track_parcel", "schedule_pickup")),
        at("ship_parcel", "weight", ("schedule_pickup",), recipient="Bob"),
        at("pay_somebody", None, ("schedule_pickup",), payee="Ana", amount=5.0),
    ],
)
@pytest.mark.parametrize("text", ["cancel the pickup", "please forget the pickup", "I want to cancel the pickup"])
async def test_a_flow_below_is_cancelled_by_its_name(text: str, briefing: Briefing) -> None:
    """Neither the flow on top nor an answer to its question is meant."""
    assert await courier().understand(text, briefing) == [CancelFlow("schedule_pickup")]


async def test_a_cancel_of_a_flow_that_does_not_run_never_starts_it() -> None:
    """Whoever wants to cancel a pickup wants none."""
    briefing = at("pay_somebody", "amount", payee="Ana")

    assert await courier().understand("I want to cancel the pickup", briefing) == [CancelFlow("schedule_pickup")]


@pytest.mark.parametrize(
    "briefing",
    [
        idle(COURIER),
        at("pay_somebody", "payee"),
        at("ship_parcel", "weight", recipient="Bob"),
        at("pay_somebody", None, payee="Ana", amount=5.0),
    ],
)
@pytest.mark.parametrize(
    "text",
    ["block my card and track my parcel", "block my card & track my parcel", "I lost my card. Where is my parcel?"],
)
async def test_neither_of_two_wishes_is_lost(text: str, briefing: Briefing) -> None:
    """The one said first comes last, and so runs first."""
    assert await courier().understand(text, briefing) == [TRACK, BLOCK]


async def test_it_is_asked_where_one_of_two_wishes_is_in_doubt() -> None:
    """Rather than starting the other one alone."""
    understood = await courier().understand("I lost my card and need to pay for a new one", idle(COURIER))

    assert understood == [Clarify(("block_card", "pay_somebody"))]


@pytest.mark.parametrize(
    ("text", "briefing", "answer", "wish"),
    [
        (
            "tomorrow at 10 and send a parcel to Bob",
            at("schedule_pickup", "pickup_time"),
            {"pickup_time": "2026-03-05T10:00"},
            StartFlow("ship_parcel", {"recipient": "Bob"}),
        ),
        (
            "block my card, and tomorrow at 10",
            at("schedule_pickup", "pickup_time"),
            {"pickup_time": "2026-03-05T10:00"},
            BLOCK,
        ),
        ("6 kilos and block my card", at("ship_parcel", "weight", recipient="Bob"), {"weight": 6.0}, BLOCK),
        ("debit, and where is my parcel?", at("block_card", "card"), {"card": "debit"}, TRACK),
        ("Bob and block my card", at("ship_parcel", "recipient"), {"recipient": "Bob"}, BLOCK),
    ],
)
async def test_an_answer_is_kept_beside_a_new_wish(
    text: str, briefing: Briefing, answer: dict[str, Value], wish: Command
) -> None:
    """The question is answered when the flow that asked comes back."""
    assert await courier().understand(text, briefing) == [SetSlot(answer), wish]


@pytest.mark.parametrize("text", ["Simon and Garfunkel", "Procter & Gamble", "Bob and Ana Block"])
async def test_a_name_with_an_and_is_one_name(text: str) -> None:
    """It holds no wish."""
    assert await courier().understand(text, at("ship_parcel", "recipient")) == [SetSlot({"recipient": text})]


@pytest.mark.parametrize("briefing", [idle(COURIER), at("track_parcel", "tracking"), at("pay_somebody", "payee")])
@pytest.mark.parametrize("text", ["track my parcel", "track a parcel", "I want to track my parcel"])
async def test_a_word_of_an_example_is_no_code(text: str, briefing: Briefing) -> None:
    """Although the pattern takes any word of its length, and the words of others joined."""
    assert await courier().understand(text, briefing) == [TRACK]


@pytest.mark.parametrize(
    ("text", "code"),
    [("track AB12345", "AB12345"), ("track my parcel AB12345", "AB12345"), ("track ABCDEFG", "ABCDEFG")],
)
async def test_a_code_beside_words_of_an_example_is_found(text: str, code: str) -> None:
    """The words around it are left out."""
    assert await courier().understand(text, idle(COURIER)) == [StartFlow("track_parcel", {"tracking": code})]
