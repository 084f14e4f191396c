"""Sentences with a second reading that is wrong: whose number it is, where a name ends, which of two values is meant."""

from functools import cache

import pytest

from soni.config.models import SoniConfig
from soni.dialogue.commands import AskInfo, Command, SetSlot, StartFlow
from soni.understanding.base import Briefing
from soni.understanding.embedded.understander import EmbeddedUnderstander, build
from soni.value import Value

from .assistants import asking, idle

CITIES = ["Berlin", "Lisbon", "Madrid", "Rome"]

TRIPS = {
    "version": "1.0",
    "slots": {
        "origin": {"type": "choice", "description": "the city the trip starts from", "choices": CITIES},
        "destination": {"type": "choice", "description": "the city the trip goes to", "choices": CITIES},
        "departure_date": {"type": "date", "description": "the day of the flight there"},
        "trip": {"type": "choice", "choices": ["one way", "return"]},
        "passengers": {"type": "integer", "description": "how many people are travelling"},
        "cabin": {"type": "choice", "description": "the class to travel in", "choices": ["economy", "business"]},
        "offer": {
            "type": "choice",
            "description": "the number of the flight to take, from the list",
            "choices": [{"value": 1, "synonyms": ["the cheapest"]}, 2, 3],
        },
        "next_try": {
            "type": "choice",
            "description": "what to change when nothing is free",
            "choices": ["day", "cabin"],
        },
        "card": {"type": "choice", "description": "which card", "choices": ["debit", "credit", "travel"]},
        "limit": {"type": "integer", "description": "how much the card may spend, in euros"},
        "recipient": {"type": "string", "description": "the person who gets the money"},
        "pick": {"type": "string", "description": "which of several is meant"},
        "amount": {"type": "float", "description": "how much money, in euros"},
        "frequency": {
            "type": "choice",
            "choices": [
                {"value": "weekly", "synonyms": ["every week"]},
                {"value": "monthly", "synonyms": ["every month"]},
            ],
        },
        "start_date": {"type": "date", "description": "the day of the first payment"},
        "delivery": {"type": "choice", "description": "how fast it comes", "choices": ["standard", "express"]},
    },
    "flows": {
        "book_flight": {
            "description": "Search for flights between two cities and book one.",
            "trigger": {
                "intents": [
                    "book a flight",
                    "I would like to go from {origin} to {destination}",
                    "fly to {destination} {departure_date}",
                    "quiero volar a {destination}",
                ]
            },
            "steps": [
                {"step": "a", "type": "collect", "slot": "origin"},
                {"step": "b", "type": "collect", "slot": "destination"},
                {"step": "c", "type": "collect", "slot": "departure_date"},
                {"step": "d", "type": "collect", "slot": "trip"},
                {"step": "e", "type": "collect", "slot": "passengers"},
                {"step": "f", "type": "collect", "slot": "cabin"},
                {"step": "g", "type": "action", "call": "search"},
                {"step": "h", "type": "collect", "slot": "offer"},
                {"step": "i", "type": "action", "call": "book"},
                {"step": "j", "type": "collect", "slot": "next_try"},
            ],
        },
        "block_card": {
            "description": "Block a card that is lost.",
            "trigger": {"intents": ["block my {card} card", "I lost my card", "I've lost my wallet"]},
            "steps": [
                {"step": "a", "type": "collect", "slot": "card"},
                {"step": "b", "type": "action", "call": "block"},
                {"step": "c", "type": "collect", "slot": "delivery"},
            ],
        },
        "change_limit": {
            "description": "Change how much a card may spend.",
            "trigger": {"intents": ["raise the limit of my {card} card", "change my card limit"]},
            "steps": [
                {"step": "a", "type": "collect", "slot": "card"},
                {"step": "b", "type": "collect", "slot": "limit"},
            ],
        },
        "pay_regularly": {
            "description": "Set up a payment that is made again and again.",
            "trigger": {
                "intents": [
                    "set up a regular payment",
                    "set up a {frequency} payment of {amount} euros to {recipient}",
                    "haz un pago de {amount} euros a {recipient}",
                ]
            },
            "steps": [
                {"step": "a", "type": "collect", "slot": "recipient"},
                {"step": "b", "type": "call", "flow": "find_contact"},
                {"step": "c", "type": "collect", "slot": "amount"},
                {"step": "d", "type": "collect", "slot": "frequency"},
                {"step": "e", "type": "collect", "slot": "start_date"},
            ],
        },
        "find_contact": {
            "startable": False,
            "steps": [{"step": "a", "type": "collect", "slot": "pick"}],
        },
    },
}
"""The questions for an offer, for another try and for a delivery are about what an action found or did."""

DAVIDS = {"David Chen": '/set_slot pick="David Chen"', "David Moreau": "David Moreau"}
KNOWN: dict[str, Value] = {"origin": "Berlin", "destination": "Rome"}
DATED: dict[str, Value] = {**KNOWN, "departure_date": "2026-03-05"}


@cache
def trips() -> EmbeddedUnderstander:
    """The assistant for trips and payments."""
    return build(SoniConfig.model_validate(TRIPS))


@cache
def viajes() -> EmbeddedUnderstander:
    """The same, for people who speak Spanish."""
    return build(
        SoniConfig.model_validate(
            {**TRIPS, "settings": {"i18n": {"default_language": "es", "supported_languages": ["es"]}}}
        )
    )


def heard(text: str, briefing: Briefing) -> list[Command]:
    """What the assistant makes of a message."""
    return trips().hear(text, briefing)


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        (
            "hi there, two of us would like to go from Berlin to Lisbon tomorrow, one way, economy please",
            {
                "origin": "Berlin",
                "destination": "Lisbon",
                "departure_date": "2026-03-05",
                "trip": "one way",
                "passengers": 2,
                "cabin": "economy",
            },
        ),
        ("book a flight to Rome, just me", {"destination": "Rome", "passengers": 1}),
        ("my wife and I would like to go to Rome", {"destination": "Rome", "passengers": 2}),
        ("book the cheapest flight to Rome", {"destination": "Rome"}),
        ("book a flight to Rome, offer 2", {"destination": "Rome", "offer": 2}),
        ("I would like to go from Berlin or Madrid to Rome", {"destination": "Rome"}),
    ],
)
def test_a_number_is_whose_the_words_say(text: str, slots: dict[str, Value]) -> None:
    """*Two of us* counts people; nothing has been offered yet that could be the second."""
    assert heard(text, idle(TRIPS)) == [StartFlow("book_flight", slots)]


def test_people_are_counted_in_spanish() -> None:
    """*Mi mujer y yo* are two."""
    said = viajes().hear("mi mujer y yo, quiero volar a Rome", idle(TRIPS, "es"))

    assert said == [StartFlow("book_flight", {"destination": "Rome", "passengers": 2})]


@pytest.mark.parametrize(
    ("slot", "text", "commands"),
    [
        ("passengers", "just me", [SetSlot({"passengers": 1})]),
        ("passengers", "my wife and I", [SetSlot({"passengers": 2})]),
        ("passengers", "economy", [SetSlot({"cabin": "economy"})]),
        ("passengers", "which cabins are there?", [AskInfo("cabin")]),
        ("passengers", "cabin", [SetSlot({"passengers": "cabin"})]),
        ("departure_date", "2", [SetSlot({"departure_date": "2"})]),
        ("departure_date", "2 people", [SetSlot({"passengers": 2})]),
    ],
)
def test_an_answer_for_another_question_is_for_one_that_could_be_next(
    slot: str, text: str, commands: list[Command]
) -> None:
    """Or for one that it names; a question asked only after an action is neither."""
    assert heard(text, asking(TRIPS, "book_flight", slot, KNOWN)) == commands


def test_a_bare_number_is_for_this_question_or_the_next() -> None:
    """Once the offers are shown, it is one of them."""
    assert heard("2", asking(TRIPS, "book_flight", "trip", DATED)) == [SetSlot({"passengers": 2})]
    assert heard("2", asking(TRIPS, "book_flight", "offer", DATED)) == [SetSlot({"offer": 2})]


@pytest.mark.parametrize(
    "text", ["what do you need that for?", "how do you mean?", "what for?", "why that?", "what's the reason for that?"]
)
def test_a_question_about_the_question_is_answered(text: str) -> None:
    """Whatever the pending question is for."""
    for flow, slot in (("book_flight", "trip"), ("pay_regularly", "recipient"), ("pay_regularly", "amount")):
        assert heard(text, asking(TRIPS, flow, slot)) == [AskInfo(slot)]


@pytest.mark.parametrize(
    "text",
    ["¿para qué necesitas eso?", "¿para qué lo necesitas?", "¿a qué te refieres?", "¿por qué eso?", "¿para qué?"],
)
def test_a_question_about_the_question_is_answered_in_spanish(text: str) -> None:
    """As in English."""
    asked = asking(TRIPS, "book_flight", "trip")
    spanish = Briefing(
        now=asked.now, language="es", active_flow="book_flight", expected=asked.expected, flows=asked.flows
    )

    assert viajes().hear(text, spanish) == [AskInfo("trip")]


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("the second one", "David Moreau"),
        ("second", "David Moreau"),
        ("the last one please", "David Moreau"),
        ("I'll take the first one", "David Chen"),
        ("option two", "David Moreau"),
    ],
)
def test_a_button_is_named_by_its_place(text: str, contact: str) -> None:
    """For a slot that any text would do for, too."""
    asked = asking(TRIPS, "pay_regularly", "pick", buttons=DAVIDS)

    assert heard(text, asked) == [SetSlot({"pick": contact})]


def test_a_place_without_a_button_is_asked_again() -> None:
    """There are only two; nobody is called the third one."""
    asked = asking(TRIPS, "pay_regularly", "pick", buttons=DAVIDS)

    assert heard("the third one", asked) == []


def test_a_place_means_what_the_question_asks_for() -> None:
    """The second is a day; the second one is a button; a choice that the author calls so comes first."""
    days = {"Today": "/set_slot departure_date=2026-03-04", "Tomorrow": "/set_slot departure_date=2026-03-05"}
    asked = asking(TRIPS, "book_flight", "departure_date", buttons=days)
    offers = asking(TRIPS, "book_flight", "offer", buttons={"B": "/set_slot offer=2", "A": "/set_slot offer=1"})

    assert heard("the second", asked) == [SetSlot({"departure_date": "2026-04-02"})]
    assert heard("the second one", asked) == [SetSlot({"departure_date": "2026-03-05"})]
    assert heard("the cheapest", offers) == [SetSlot({"offer": 1})]
    assert heard("the first one", offers) == [SetSlot({"offer": "2"})]


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        (
            "set up a monthly payment of 30 euros to David Moreau starting next Monday",
            {"frequency": "monthly", "amount": 30.0, "recipient": "David Moreau", "start_date": "2026-03-09"},
        ),
        (
            "set up a weekly payment of 5 euros to Bob starting tomorrow",
            {"frequency": "weekly", "amount": 5.0, "recipient": "Bob", "start_date": "2026-03-05"},
        ),
        (
            "set up a regular payment to Bob every month",
            {"frequency": "monthly", "recipient": "Bob"},
        ),
        (
            "set up a weekly payment of 1.200 euros to Ana from tomorrow",
            {"frequency": "weekly", "amount": 1200.0, "recipient": "Ana", "start_date": "2026-03-05"},
        ),
        (
            "set up a weekly payment of 1.200 to Ana",
            {"frequency": "weekly", "recipient": "Ana"},
        ),
    ],
)
def test_a_name_ends_where_another_value_begins(text: str, slots: dict[str, Value]) -> None:
    """At *starting*, *every* and *from*; an amount that can be read in two ways is asked for."""
    assert heard(text, idle(TRIPS)) == [StartFlow("pay_regularly", slots)]


def test_a_name_ends_in_spanish() -> None:
    """At *empezando* as well."""
    said = viajes().hear("haz un pago de 30 euros a Ana Ruiz empezando mañana", idle(TRIPS, "es"))

    assert said == [StartFlow("pay_regularly", {"amount": 30.0, "recipient": "Ana Ruiz", "start_date": "2026-03-05"})]


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("Bob starting tomorrow", {"recipient": "Bob", "start_date": "2026-03-05"}),
        ("Ana every week", {"recipient": "Ana", "frequency": "weekly"}),
    ],
)
def test_a_name_that_was_asked_for_ends_there_too(text: str, slots: dict[str, Value]) -> None:
    """What follows is for the questions to come."""
    assert heard(text, asking(TRIPS, "pay_regularly", "recipient")) == [SetSlot(slots)]


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("I've lost my wallet, please block my credit and debit card", {}),
        ("block my credit or debit card", {}),
        ("block my credit card", {"card": "credit"}),
        ("block my credit card, not the debit one", {"card": "credit"}),
        ("block not the debit, the credit card", {"card": "credit"}),
        ("block my debit card, express delivery please", {"card": "debit", "delivery": "express"}),
        ("block my debit card, express please", {"card": "debit"}),
    ],
)
def test_of_two_values_with_equal_right_none_is_taken(text: str, slots: dict[str, Value]) -> None:
    """The slot is asked for, unless the words say which one is meant."""
    assert heard(text, idle(TRIPS)) == [StartFlow("block_card", slots)]


def test_of_two_numbers_with_equal_right_none_is_taken() -> None:
    """What else was said stays."""
    said = heard("raise the limit of my debit card to 2000 or 3000 euros", idle(TRIPS))

    assert said == [StartFlow("change_limit", {"card": "debit"})]
