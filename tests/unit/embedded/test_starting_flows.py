"""Which flow a message starts, and the values it brings along."""

import pytest

from soni.dialogue.commands import CancelFlow, Clarify, Command, OutOfScope, StartFlow
from soni.value import Value

from .assistants import BANK, TRAVEL, bank, idle, travel

TRANSFERS = [
    ("send money", {}),
    ("I want to transfer money", {}),
    ("trasnfer mony please", {}),
    ("i want to send money to someone", {}),
    ("send 50 euros to Ana tomorrow", {"amount": 50.0, "recipient": "Ana", "when": "2026-03-05"}),
    ("transfer 20 to Bob Martin", {"amount": 20.0, "recipient": "Bob Martin"}),
    ("Transfer $20 to bob", {"amount": 20.0, "recipient": "bob"}),
    ("transfer 1,000.50 to Ana María López", {"amount": 1000.5, "recipient": "Ana María López"}),
    ("I'd like to send some money to my mum please", {"recipient": "my mum"}),
    ("send Ana 50 euros", {"amount": 50.0, "recipient": "Ana"}),
    ("send ana 50", {"amount": 50.0, "recipient": "ana"}),
    ("pay bob 20", {"amount": 20.0, "recipient": "bob"}),
    ("transfer to Bob", {"recipient": "Bob"}),
    ("send 50", {"amount": 50.0}),
    ("hey, send 50 to Ana!", {"amount": 50.0, "recipient": "Ana"}),
    ("Please transfer fifty euros to Ana", {"amount": 50.0, "recipient": "Ana"}),
    ("send money to Bob, 50 euros", {"amount": 50.0, "recipient": "Bob"}),
    ("i need to transfer money to Juan de la Cruz", {"recipient": "Juan de la Cruz"}),
    ("send 50 to Ana with the note happy birthday", {"amount": 50.0, "recipient": "Ana", "note": "happy birthday"}),
    ("send 20 to Simon and Garfunkel", {"amount": 20.0, "recipient": "Simon and Garfunkel"}),
    ("send fifty to bob and tell him happy birthday", {"amount": 50.0, "recipient": "bob"}),
    (
        "could you please transfer 100 euros to Carlos Ruiz on Friday?",
        {"amount": 100.0, "recipient": "Carlos Ruiz", "when": "2026-03-06"},
    ),
    ("send {recipient} {amount}", {}),
]

OTHERS = [
    ("what's my balance?", "check_balance", {}),
    ("how much do I have", "check_balance", {}),
    ("chek my balence", "check_balance", {}),
    ("thanks, what's my balance?", "check_balance", {}),
    ("good morning, what is my balance", "check_balance", {}),
    ("show me my savings balance", "check_balance", {"account": "savings"}),
    ("cancel my card", "cancel_card", {}),
    ("CANCEL MY CARD", "cancel_card", {}),
    ("I'd like to cancel my card", "cancel_card", {}),
    ("block my credit card", "cancel_card", {"card": "credit"}),
    ("i lost my debit card", "cancel_card", {"card": "debit"}),
    ("someone stole my card", "cancel_card", {}),
    ("update my phone to +34 612 345 678", "change_phone", {"new_phone": "+34612345678"}),
    ("I changed my number", "change_phone", {}),
    ("hello", "greet", {}),
    ("hi", "greet", {}),
    ("good evening", "greet", {}),
]

JOURNEYS = [
    ("book a flight", {}),
    ("I want to fly from Madrid to Paris", {"origin": "Madrid", "destination": "Paris"}),
    (
        "flights from madrid to london next monday",
        {"origin": "madrid", "destination": "london", "departure_date": "2026-03-09"},
    ),
    ("I want to go to Barcelona from Seville", {"origin": "Seville", "destination": "Barcelona"}),
    ("flight to San Sebastián", {"destination": "San Sebastián"}),
    ("fly to the United States of America", {"destination": "the United States of America"}),
    ("two tickets to Lisbon please", {"destination": "Lisbon", "passengers": 2}),
    ("book a one way flight to Rome", {"destination": "Rome"}),
    ("i'd like a flight to see my mother", {}),
    (
        "I want to fly to paris with 3 people in business class",
        {"destination": "paris", "passengers": 3, "cabin": "business"},
    ),
    (
        "find me a flight from New York to San Francisco on friday returning on sunday for 2 people",
        {
            "origin": "New York",
            "destination": "San Francisco",
            "departure_date": "2026-03-06",
            "return_date": "2026-03-08",
            "passengers": 2,
        },
    ),
    (
        "book me a business class flight to Tokyo, leaving tomorrow and coming back on the 20th of march",
        {"destination": "Tokyo", "departure_date": "2026-03-05", "return_date": "2026-03-20", "cabin": "business"},
    ),
]

TABLES = [
    ("book a table", {}),
    ("book a table at Casa Lucio for two", {"restaurant": "Casa Lucio", "guests": 2}),
    ("a table for 4 at 8 tomorrow night", {"guests": 4, "time": "20:00", "day": "2026-03-05"}),
    ("reserve a table, 4 people", {"guests": 4}),
    (
        "book a table for 4 people at 8pm on friday at the Ritz",
        {"guests": 4, "time": "20:00", "day": "2026-03-06", "restaurant": "the Ritz"},
    ),
]

NOTHING = [
    "what's the weather like",
    "order me a pizza",
    "is the bank open on sunday",
    "I need a loan",
    "where is the nearest branch",
    "who won the game last night",
    "can you recommend a restaurant",
    "this is not what I asked",
]


@pytest.mark.parametrize(("text", "slots"), TRANSFERS)
async def test_a_transfer_starts_with_what_was_said(text: str, slots: dict[str, Value]) -> None:
    """Amount, person, day and note are taken from one sentence, each into its slot."""
    assert await bank().understand(text, idle(BANK)) == [StartFlow("transfer_money", slots)]


@pytest.mark.parametrize(("text", "flow", "slots"), OTHERS)
async def test_other_flows_of_the_bank(text: str, flow: str, slots: dict[str, Value]) -> None:
    """The author's examples come before everyday phrases: to cancel a card cancels no flow."""
    assert await bank().understand(text, idle(BANK)) == [StartFlow(flow, slots)]


@pytest.mark.parametrize(("text", "slots"), JOURNEYS)
async def test_two_values_of_one_type_are_told_apart(text: str, slots: dict[str, Value]) -> None:
    """Where from and where to, when and when back."""
    assert await travel().understand(text, idle(TRAVEL)) == [StartFlow("book_flight", slots)]


@pytest.mark.parametrize(("text", "slots"), TABLES)
async def test_a_table_is_booked_with_people_day_time_and_place(text: str, slots: dict[str, Value]) -> None:
    """Two numbers in one sentence: one counts people, one is a time."""
    assert await travel().understand(text, idle(TRAVEL)) == [StartFlow("book_table", slots)]


@pytest.mark.parametrize("text", NOTHING)
async def test_what_no_flow_is_for_is_out_of_scope(text: str) -> None:
    """None of the flows is started for something else."""
    assert await bank().understand(text, idle(BANK)) == [OutOfScope()]


@pytest.mark.parametrize("text", ["", "   ", "?!", "asdf qwer zxcv", "2+2", "Ana", "tomorrow", "yes", "no", "ok", "👍"])
async def test_what_says_nothing_is_not_understood(text: str) -> None:
    """No words, no known words, or a yes to nothing: no command at all."""
    assert await bank().understand(text, idle(BANK)) == []


async def test_it_is_asked_which_of_two_flows_is_meant() -> None:
    """A message that could be either is answered with both, and with a third that is not far."""
    offered = Clarify(("book_flight", "book_table", "cancel_booking"))

    assert await travel().understand("book a hotel", idle(TRAVEL)) == [offered]


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        (
            "check my balance and then send 50 to Ana",
            [StartFlow("transfer_money", {"amount": 50.0, "recipient": "Ana"}), StartFlow("check_balance")],
        ),
        (
            "check my balance, then block my card, and send 5 to Bob",
            [
                StartFlow("transfer_money", {"amount": 5.0, "recipient": "Bob"}),
                StartFlow("cancel_card"),
                StartFlow("check_balance"),
            ],
        ),
        ("check my balance and sing a song", [StartFlow("check_balance")]),
    ],
)
async def test_several_wishes_run_in_the_order_they_were_said(text: str, commands: list[Command]) -> None:
    """The flow started last lies on top and runs first."""
    assert await bank().understand(text, idle(BANK)) == commands


async def test_a_flow_that_cannot_be_started_now_is_not() -> None:
    """Nor is another one started in its place."""
    briefing = idle({"flows": {"greet": {}, "cancel_card": {}}})

    assert await bank().understand("send 50 to Ana", briefing) == []


async def test_leaving_a_flow_that_is_not_open_starts_nothing() -> None:
    """*cancel my transfer* is no transfer."""
    assert await bank().understand("cancel my transfer", idle(BANK)) == [CancelFlow("transfer_money")]


async def test_the_likeliest_flow_can_be_asked_for() -> None:
    """Whatever the confidence, there is a likeliest flow; with no flows there is none."""
    assert bank().likeliest("what is left of my money", idle(BANK)) == "check_balance"
