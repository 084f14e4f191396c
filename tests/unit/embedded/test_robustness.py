"""Whatever is said, understanding answers, quickly, and only with what may be said to this assistant."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soni.config.models import SoniConfig
from soni.dialogue.commands import (
    MAX_COMMANDS,
    Affirm,
    AskInfo,
    CancelFlow,
    Clarify,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    SetSlot,
    StartFlow,
)
from soni.understanding.base import Briefing
from soni.understanding.embedded.understander import build

from .assistants import BANK, TRAVEL, asking, bank, idle, startable, travel

VOCABULARY = """
    the second one neither
    send 50 to Ana no, yes cancel the amount is not Bob instead of tomorrow and then check my balance {recipient} /set_slot
    amount=5 change it make 60 euros ? ! . please who why I meant sorry from Madrid Paris two people at 8
"""
WORDS = st.sampled_from(VOCABULARY.split())
MESSAGES = st.one_of(st.text(max_size=120), st.lists(WORDS, max_size=14).map(" ".join))
OFFERED = {"Send money to somebody": "/start_flow transfer_money", "The balance": "/start_flow check_balance"}
POSITIONS = st.sampled_from(
    [
        (bank, idle(BANK)),
        (bank, asking(BANK, "transfer_money", "recipient")),
        (bank, asking(BANK, "transfer_money", "amount", {"recipient": "Ana"}, ("recipient", "amount"))),
        (bank, asking(BANK, "transfer_money", "urgent", {"recipient": "Ana", "amount": 5.0}, ("recipient", "amount"))),
        (bank, asking(BANK, "transfer_money", None, {"recipient": "Ana", "amount": None}, ("recipient", "amount"))),
        (bank, asking(BANK, "cancel_card", "card")),
        (bank, replace(idle(BANK), offered=OFFERED, choosing=True)),
        (bank, replace(asking(BANK, "cancel_card", "card"), offered=OFFERED, choosing=True)),
        (travel, idle(TRAVEL, "es")),
        (travel, asking(TRAVEL, "book_flight", "destination", {"origin": "Oslo"}, ("origin", "destination"))),
        (travel, asking(TRAVEL, "book_flight", None, {"origin": "Oslo", "passengers": 2}, ("origin", "passengers"))),
        (travel, asking(TRAVEL, "cancel_booking", "reference")),
    ]
)
MAY_BE_SET = {
    "transfer_money": {"recipient", "amount", "when", "note", "urgent"},
    "check_balance": {"account"},
    "cancel_card": {"card"},
    "change_phone": {"new_phone"},
    "book_flight": {"origin", "destination", "departure_date", "return_date", "passengers", "cabin", "email"},
    "book_table": {"restaurant", "guests", "day", "time"},
    "cancel_booking": {"reference"},
}

LONG = [
    "a " * 2000,
    "x" * 4000,
    "send 50 to Ana and then " * 166,
    "from a to b " * 330,
    "no, not Ana, Bob instead of 50 " * 130,
    "1 " * 2000,
    "(" * 4000,
    "á" * 4000,
    "😀" * 4000,
    "please " * 570,
    "50 euros tomorrow at 8 " * 170,
]


def allowed(command: Command, briefing: Briefing) -> bool:
    """Whether a command names only what this briefing allows."""
    slots = MAY_BE_SET.get(briefing.active_flow or "", set())
    match command:
        case StartFlow(flow, values):
            return flow in briefing.flows and set(values) <= MAY_BE_SET.get(flow, set())
        case Clarify(flows, values):
            may_be = set().union(*(MAY_BE_SET.get(flow, set()) for flow in flows))
            return set(flows) <= briefing.flows and 2 <= len(flows) <= 3 and set(values) <= may_be
        case SetSlot(values) | CorrectSlot(values):
            return bool(values) and set(values) <= slots and None not in values.values()
        case ClearSlot(names):
            return bool(names) and set(names) <= slots
        case Deny(slot) | AskInfo(slot):
            return slot is None or slot in slots
        case CancelFlow(flow):
            return flow is None or flow in MAY_BE_SET
        case Affirm():
            return briefing.expected is not None and briefing.expected.slot is None
    return True


@settings(max_examples=400, deadline=None)
@given(MESSAGES, POSITIONS)
def test_only_what_is_allowed_is_ever_said(text: str, position: tuple[object, Briefing]) -> None:
    """Flows that may be started, slots of the flow, at most five commands; and the same again for the same message."""
    assistant, briefing = position
    assert assistant is bank or assistant is travel
    understander = bank() if assistant is bank else travel()

    commands = understander.hear(text, briefing)

    assert len(commands) <= MAX_COMMANDS
    assert [command for command in commands if not allowed(command, briefing)] == []
    assert sum(isinstance(command, CorrectSlot | Affirm | Deny) for command in commands) <= 1
    assert understander.hear(text, briefing) == commands


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:12])
@pytest.mark.parametrize("slot", ["recipient", "amount", "note", None])
def test_a_message_of_four_thousand_characters_takes_a_moment_only(text: str, slot: str | None) -> None:
    """The time grows with the length and not with its square: nobody holds up the others."""
    briefing = asking(BANK, "transfer_money", slot, {"recipient": "Ana", "amount": 50.0}, ("recipient", "amount"))
    bank().hear(text[:400], briefing)

    began = time.process_time()
    bank().hear(text[:4000], briefing)

    assert time.process_time() - began < 5  # milliseconds; what grows with the square takes minutes


def test_two_builds_understand_alike() -> None:
    """Nothing is left to chance."""
    again = build(SoniConfig.model_validate(BANK))
    texts = ["send 50 to Ana", "is my money safe", "check my balance and send 5 to Bob", "zebra"]

    assert [again.hear(text, idle(BANK)) for text in texts] == [bank().hear(text, idle(BANK)) for text in texts]


def test_flows_out_of_scope_are_not_startable_by_any_words() -> None:
    """A flow that only a call reaches is no flow to understanding."""
    assert "verify" not in startable(BANK)
    assert bank().hear("verify somebody", idle(BANK)) != [StartFlow("verify")]
