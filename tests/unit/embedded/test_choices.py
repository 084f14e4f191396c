"""What an answer says to a choice between flows, and to buttons that were shown last."""

from dataclasses import replace

import pytest

from soni.config.models import SoniConfig
from soni.dialogue.commands import AskInfo, CancelFlow, ChitChat, Clarify, Command, Deny, Repeat, SetSlot, StartFlow
from soni.understanding.base import Briefing
from soni.understanding.embedded.understander import build

from .assistants import BANK, NOW, asking, bank, idle, startable

FLOWS = {
    "Send money to somebody": "/start_flow transfer_money",
    "Block a card that was lost or stolen": "/start_flow cancel_card",
    "Change the phone number we call": "/start_flow change_phone",
}
CHOOSING = replace(idle(BANK), offered=FLOWS, choosing=True)
CARDS = {
    "version": "1.0",
    "slots": {
        "tarjeta": {"type": "choice", "choices": ["crédito", "débito"], "description": "la tarjeta"},
        "importe": {"type": "money", "description": "el importe"},
    },
    "settings": {"i18n": {"default_language": "es", "supported_languages": ["es"]}},
    "flows": {
        "bloquear_tarjeta": {
            "description": "Bloquear una tarjeta perdida o robada.",
            "trigger": {"intents": ["bloquea mi tarjeta", "he perdido la tarjeta", "bloquea mi tarjeta de {tarjeta}"]},
            "steps": [{"step": "cual", "type": "collect", "slot": "tarjeta", "message": "¿Cuál?"}],
        },
        "enviar_dinero": {
            "description": "Enviar dinero a alguien.",
            "trigger": {"intents": ["quiero enviar dinero", "haz una transferencia", "envía {importe}"]},
            "steps": [{"step": "cuanto", "type": "collect", "slot": "importe", "message": "¿Cuánto?"}],
        },
    },
}
SPANISH = Briefing(
    now=NOW,
    language="es",
    flows=frozenset({"bloquear_tarjeta", "enviar_dinero"}),
    offered={
        "Bloquear una tarjeta perdida o robada": "/start_flow bloquear_tarjeta",
        "Enviar dinero a alguien": "/start_flow enviar_dinero",
    },
    choosing=True,
)
SEND: list[Command] = [StartFlow("transfer_money")]
BLOCK: list[Command] = [StartFlow("cancel_card")]
PHONE: list[Command] = [StartFlow("change_phone")]
NEITHER: list[Command] = [CancelFlow()]


def all_say(commands: list[Command], *texts: str) -> list[tuple[str, list[Command]]]:
    """Several ways to say the same."""
    return [(text, commands) for text in texts]


ANSWERS = [
    *all_say(
        SEND,
        "Send money to somebody",
        "send money to somebody please",
        "the first one",
        "the first",
        "first",
        "1",
        "one",
        "number 1",
        "option one",
        "number one please",
        "um, the first one",
        "the transfer",
        "transfer",
        "sending money",
        "money",
        "send money",
    ),
    *all_say(
        BLOCK,
        "the second one",
        "second",
        "2",
        "2.",
        "#2",
        "option 2",
        "the 2nd",
        "the second option",
        "block",
        "the card",
        "card please",
        "the card one",
        "I meant the card",
        "stolen",
        "blok",
        "Block a card that was lost or stolen",
        "I lost it",
    ),
    *all_say(PHONE, "the last one", "the third one", "3", "phone", "my phone", "the phone number"),
    *all_say(
        NEITHER,
        "neither",
        "none",
        "none of them",
        "none of those",
        "none of these please",
        "neither of those",
        "something else",
        "I want something else",
        "no",
        "no thanks",
        "nope",
        "no, something else",
        "nothing of the sort",
        "not that",
        "cancel",
        "never mind",
        "none of the above",
        "that's not it",
        "something different",
    ),
    ("the transfer, 50 euros to Ana", [StartFlow("transfer_money", {"amount": 50.0, "recipient": "Ana"})]),
    ("the first one, 50 euros to Ana", [StartFlow("transfer_money", {"amount": 50.0, "recipient": "Ana"})]),
    ("2, the credit card", [StartFlow("cancel_card", {"card": "credit"})]),
    ("what is my balance", [StartFlow("check_balance")]),
    ("yes", []),
    ("4", []),
    ("the fifth one", []),
    ("I don't know", []),
    ("that one", []),
    ("thanks", [ChitChat()]),
    ("what do you mean", [AskInfo()]),
    ("say that again", [Repeat()]),
]


@pytest.mark.parametrize(("said", "commands"), ANSWERS, ids=[said for said, _ in ANSWERS])
def test_an_answer_to_a_choice(said: str, commands: list[Command]) -> None:
    """A title, its place, a word that only one has, none of them; and what is about something else."""
    assert bank().hear(said, CHOOSING) == commands


@pytest.mark.parametrize(
    ("said", "commands"),
    [
        ("la primera", [StartFlow("bloquear_tarjeta")]),
        ("el segundo", [StartFlow("enviar_dinero")]),
        ("la última", [StartFlow("enviar_dinero")]),
        ("2", [StartFlow("enviar_dinero")]),
        ("la opción dos", [StartFlow("enviar_dinero")]),
        ("tarjeta", [StartFlow("bloquear_tarjeta")]),
        ("lo de enviar dinero", [StartFlow("enviar_dinero")]),
        ("la primera, la de crédito", [StartFlow("bloquear_tarjeta", {"tarjeta": "crédito"})]),
        ("ninguna", NEITHER),
        ("otra cosa", NEITHER),
        ("no quiero otra cosa", NEITHER),
        ("no", NEITHER),
    ],
)
def test_an_answer_to_a_choice_in_spanish(said: str, commands: list[Command]) -> None:
    """The same in Spanish."""
    assert build(SoniConfig.model_validate(CARDS)).hear(said, SPANISH) == commands


def test_yes_chooses_where_one_thing_is_offered() -> None:
    """With a second one it says nothing; and who asks "yes?" wonders."""
    one = replace(CHOOSING, offered={"Send money to somebody": "/start_flow transfer_money"})

    assert bank().hear("yes please", one) == SEND
    assert bank().hear("yes?", one) == []
    assert bank().hear("no", one) == NEITHER


@pytest.mark.parametrize(
    ("said", "commands"),
    [
        ("50", [SetSlot({"amount": 50.0})]),
        ("2", [SetSlot({"amount": 2.0})]),
        ("the second one", BLOCK),
        ("Block a card that was lost or stolen", BLOCK),
        ("none of those", NEITHER),
    ],
)
def test_beside_a_question_what_is_bare_answers_the_question(said: str, commands: list[Command]) -> None:
    """It was put last; what can only mean the choice is for the choice."""
    briefing = replace(asking(BANK, "transfer_money", "amount", {"recipient": "Ana"}), offered=FLOWS, choosing=True)

    assert bank().hear(said, briefing) == commands


def test_beside_a_confirm_no_is_for_the_confirm() -> None:
    """Money moves on it, so nothing else may read it."""
    briefing = replace(asking(BANK, "transfer_money", None, {"recipient": "Ana"}), offered=FLOWS, choosing=True)

    assert bank().hear("no", briefing) == [Deny()]


def test_buttons_that_were_shown_last_may_be_typed() -> None:
    """By title, or by place where that is said; a number, a no and a part of a title are for others."""
    shown = replace(idle(BANK), offered={"My cards": "/clarify cancel_card change_phone", "Hello": "/affirm"})

    assert bank().hear("my cards", shown) == [Clarify(("cancel_card", "change_phone"))]
    assert bank().hear("the first one", shown) == [Clarify(("cancel_card", "change_phone"))]
    assert bank().hear("the first one, credit", shown) != [Clarify(("cancel_card", "change_phone"))]
    assert CancelFlow() not in bank().hear("no", shown)


def test_what_was_heard_comes_with_the_choice() -> None:
    """Values for any of the candidates; where they differ, the likeliest flow's."""
    written = {
        "version": "1.0",
        "slots": {"card": {"type": "choice", "choices": ["debit", "credit"]}, "limit": {"type": "money"}},
        "flows": {
            "block_card": {
                "trigger": {"intents": ["block my card", "my card is gone"]},
                "steps": [{"step": "c", "type": "collect", "slot": "card", "message": "?"}],
            },
            "replace_card": {
                "trigger": {"intents": ["replace my card", "my card is broken"]},
                "steps": [{"step": "c", "type": "collect", "slot": "card", "message": "?"}],
            },
        },
    }
    config = SoniConfig.model_validate(written)
    commands = build(config).hear("my credit card", Briefing(now=NOW, flows=startable(written)))

    assert len(commands) == 1
    assert isinstance(commands[0], Clarify)
    assert set(commands[0].flows) == {"block_card", "replace_card"}
    assert commands[0].slots == {"card": "credit"}


@pytest.mark.parametrize(
    ("said", "commands"),
    [
        ("my card", [Clarify(("block_card", "replace_card"))]),
        ("it's about my card", [Clarify(("block_card", "replace_card"))]),
        ("something with my card", [Clarify(("block_card", "replace_card"))]),
        ("debit card", [Clarify(("block_card", "replace_card"), {"card": "debit"})]),
        ("block my card", [StartFlow("block_card")]),
        ("replace my card", [StartFlow("replace_card")]),
    ],
)
def test_a_topic_alone_is_asked_about(said: str, commands: list[Command]) -> None:
    """What several flows are about starts none of them, however short the examples of one are."""
    collect = [{"step": "c", "type": "collect", "slot": "card", "message": "?"}]
    written = {
        "version": "1.0",
        "slots": {"card": {"type": "choice", "choices": ["debit", "credit"]}},
        "flows": {
            "block_card": {"trigger": {"intents": ["block my card", "freeze my card", "lost card"]}, "steps": collect},
            "replace_card": {"trigger": {"intents": ["replace my card", "my card is broken"]}, "steps": collect},
            "hours": {"trigger": {"intents": ["when are you open", "opening hours"]}, "steps": collect},
            "menu": {"steps": [{"step": "m", "type": "say", "message": "M."}]},
        },
    }
    commands_heard = build(SoniConfig.model_validate(written)).hear(said, Briefing(now=NOW, flows=startable(written)))

    assert commands_heard == commands
