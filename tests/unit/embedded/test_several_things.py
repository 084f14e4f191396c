"""Several things in one message: a cancel, an answer and wishes are all heard; and words that have a second reading."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import yaml

from soni.config.models import SoniConfig
from soni.dialogue.commands import CancelFlow, Clarify, Command, CorrectSlot, SetSlot, SkipQuestion, StartFlow
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


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("no, I meant Bob Martin, 60 euros", "Bob Martin"),
        ("no, Bob Martin, 60 euros", "Bob Martin"),
        ("I meant 60 euros, Bob Martin", "Bob Martin"),
        ("sorry, Bob and 60", "Bob"),
        ("no, i meant bob, 60 euros", "bob"),
    ],
)
async def test_a_name_is_corrected_beside_a_number(text: str, name: str) -> None:
    """Neither hides the other."""
    briefing = at("pay_somebody", None, payee="Ana", amount=50.0)

    assert await courier().understand(text, briefing) == [CorrectSlot({"amount": 60.0, "payee": name})]


@pytest.mark.parametrize("text", ["no, 60 euros please", "no, 60 euros is too much", "I meant 60 euros for the rent"])
async def test_other_words_beside_a_number_are_no_name(text: str) -> None:
    """Only the number is corrected."""
    briefing = at("pay_somebody", None, payee="Ana", amount=50.0)

    assert await courier().understand(text, briefing) == [CorrectSlot({"amount": 60.0})]


async def test_a_unit_is_no_part_of_a_name() -> None:
    """It belongs to the number."""
    briefing = at("ship_parcel", "pieces", recipient="Ana", weight=5.0, insured=50.0)

    understood = await courier().understand("no, I meant Bob, 7 kilos", briefing)

    assert understood == [CorrectSlot({"weight": 7.0, "recipient": "Bob"})]


@pytest.mark.parametrize(
    "text", ["actually 6 kilos", "actually 6 kg", "make that 6 kilos", "no, it weighs 6 kilos", "sorry, weight 6"]
)
@pytest.mark.parametrize("pending", ["insured", "pieces"])
async def test_a_number_belongs_to_the_slot_of_its_unit(text: str, pending: str) -> None:
    """Although another number is being asked for."""
    briefing = at("ship_parcel", pending, recipient="Bob", weight=5.0)

    assert await courier().understand(text, briefing) == [CorrectSlot({"weight": 6.0})]


@pytest.mark.parametrize(
    ("pending", "text", "slots"),
    [
        ("insured", "6 euros", {"insured": 6.0}),
        ("insured", "actually 6", {"insured": 6.0}),
        ("pieces", "3 parcels", {"pieces": 3}),
    ],
)
async def test_a_number_without_another_unit_answers_the_question(
    pending: str, text: str, slots: dict[str, Value]
) -> None:
    """Also where the word behind it is one of another slot's description as well."""
    briefing = at("ship_parcel", pending, recipient="Bob", weight=5.0)

    assert await courier().understand(text, briefing) == [SetSlot(slots)]


@pytest.mark.parametrize("text", ["skip", "skip it", "please skip", "skip this one"])
async def test_a_command_word_is_no_slip_of_a_flow(text: str) -> None:
    """*skip* is one letter from *ship*, and means what it says."""
    understood = await courier().understand(text, idle(COURIER))

    assert not any(isinstance(command, StartFlow) for command in understood)
    assert await courier().understand(text, at("ship_parcel", "recipient")) == [SkipQuestion()]


async def test_a_slip_is_still_mended() -> None:
    """A word that nobody knows is the nearest that the examples have."""
    assert await courier().understand("shiip a parcel", idle(COURIER)) == [StartFlow("ship_parcel")]
    assert await courier().understand("schedle a pickup", idle(COURIER)) == [StartFlow("schedule_pickup")]
