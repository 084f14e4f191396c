"""Four small assistants, and what a conversation with them may stand at."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache

from soni.config.models import SoniConfig
from soni.understanding.base import Briefing, Expectation
from soni.understanding.embedded.understander import EmbeddedUnderstander, build
from soni.value import Value

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
"""A Wednesday."""

BANK = {
    "version": "1.0",
    "slots": {
        "recipient": {"type": "string", "description": "the person who gets the money", "prompt": "To whom?"},
        "amount": {"type": "float", "description": "how much money to send", "prompt": "How much?"},
        "when": {"type": "date", "description": "the day of the transfer", "prompt": "When?", "required": False},
        "note": {
            "type": "string",
            "description": "a few words for the receiver",
            "prompt": "A note?",
            "required": False,
        },
        "account": {
            "type": "choice",
            "description": "which account",
            "choices": ["checking", {"value": "savings", "synonyms": ["saver", "deposit"]}],
        },
        "card": {"type": "choice", "description": "which card", "choices": ["debit", "credit"]},
        "new_phone": {"type": "phone", "description": "the new phone number"},
        "urgent": {"type": "boolean", "description": "whether it is urgent"},
        "balance": {"type": "float", "description": "what the account holds"},
    },
    "flows": {
        "transfer_money": {
            "description": "Send money to somebody.",
            "trigger": {
                "intents": [
                    "I want to transfer money",
                    "send money",
                    "transfer {amount} to {recipient}",
                    "send {amount} to {recipient}",
                    "make a transfer",
                    "I need to pay someone",
                ]
            },
            "steps": [
                {"step": "ask_recipient", "type": "collect", "slot": "recipient"},
                {"step": "ask_amount", "type": "collect", "slot": "amount"},
                {"step": "ask_when", "type": "collect", "slot": "when"},
                {"step": "ask_note", "type": "collect", "slot": "note"},
                {"step": "ask_urgent", "type": "collect", "slot": "urgent"},
                {"step": "sure", "type": "confirm", "message": "Send {amount} to {recipient}?"},
            ],
        },
        "check_balance": {
            "description": "Tell the balance of an account.",
            "trigger": {
                "intents": [
                    "what is my balance",
                    "how much money do I have",
                    "check my balance",
                    "show me my {account} balance",
                    "how much is in my account",
                ]
            },
            "steps": [{"step": "tell", "type": "say", "message": "{balance}"}],
        },
        "cancel_card": {
            "description": "Block a card that was lost or stolen.",
            "trigger": {
                "intents": [
                    "cancel my card",
                    "block my {card} card",
                    "I lost my card",
                    "my card was stolen",
                    "cancel card",
                ]
            },
            "steps": [{"step": "which", "type": "collect", "slot": "card"}],
        },
        "change_phone": {
            "description": "Change the phone number we call.",
            "trigger": {
                "intents": ["change my phone number", "I have a new phone number", "update my phone to {new_phone}"]
            },
            "steps": [{"step": "number", "type": "collect", "slot": "new_phone"}],
        },
        "greet": {
            "description": "Say hello.",
            "trigger": {"intents": ["hello", "hi there", "good morning"]},
            "steps": [{"step": "hello", "type": "say", "message": "Hello!"}],
        },
        "verify": {"description": "Verify somebody.", "startable": False, "steps": [{"step": "x", "type": "noop"}]},
    },
}

TRAVEL = {
    "version": "1.0",
    "slots": {
        "origin": {"type": "string", "description": "the city the journey starts in", "prompt": "From where?"},
        "destination": {"type": "string", "description": "the city to fly to", "prompt": "Where to?"},
        "departure_date": {"type": "date", "description": "the day of departure", "prompt": "When do you leave?"},
        "return_date": {"type": "date", "description": "the day of the return", "prompt": "When do you come back?"},
        "passengers": {"type": "integer", "description": "how many people fly", "prompt": "How many people?"},
        "cabin": {"type": "choice", "choices": ["economy", {"value": "business", "synonyms": ["first class"]}]},
        "reference": {
            "type": "string",
            "pattern": "[A-Z]{2}[0-9]{4}",
            "description": "the booking reference",
            "prompt": "What is your booking reference?",
        },
        "guests": {"type": "integer", "description": "how many people eat"},
        "time": {"type": "time", "description": "when to eat"},
        "day": {"type": "date", "description": "the day of the meal"},
        "restaurant": {"type": "string", "description": "where to eat"},
        "email": {"type": "email", "description": "where to send the tickets", "prompt": "Your e-mail address?"},
    },
    "flows": {
        "book_flight": {
            "description": "Search for a flight and book it.",
            "trigger": {
                "intents": [
                    "book a flight",
                    "I want to fly to {destination}",
                    "find me a flight from {origin} to {destination}",
                    "I need a plane ticket",
                    "flights to {destination} for {passengers} people",
                ]
            },
            "steps": [
                {"step": "from", "type": "collect", "slot": "origin"},
                {"step": "to", "type": "collect", "slot": "destination"},
                {"step": "out", "type": "collect", "slot": "departure_date"},
                {"step": "back", "type": "collect", "slot": "return_date"},
                {"step": "how_many", "type": "collect", "slot": "passengers"},
                {"step": "comfort", "type": "collect", "slot": "cabin"},
                {"step": "reach", "type": "call", "flow": "ask_email"},
                {"step": "sure", "type": "confirm", "message": "Book it?"},
            ],
        },
        "ask_email": {
            "startable": False,
            "steps": [{"step": "mail", "type": "collect", "slot": "email"}],
        },
        "book_table": {
            "description": "Reserve a table in a restaurant.",
            "trigger": {
                "intents": [
                    "book a table",
                    "a table for {guests} at {time}",
                    "I'd like to reserve a table at {restaurant}",
                    "make a dinner reservation",
                    "I want to eat out",
                ]
            },
            "steps": [
                {"step": "where", "type": "collect", "slot": "restaurant"},
                {"step": "who", "type": "collect", "slot": "guests"},
                {"step": "which_day", "type": "collect", "slot": "day"},
                {"step": "at", "type": "collect", "slot": "time"},
                {"step": "sure", "type": "confirm", "message": "Reserve it?"},
            ],
        },
        "cancel_booking": {
            "description": "Cancel a booking.",
            "trigger": {"intents": ["cancel my booking", "cancel my flight", "I want to cancel booking {reference}"]},
            "steps": [{"step": "which", "type": "collect", "slot": "reference"}],
        },
        "baggage": {
            "description": "Answer questions about baggage.",
            "trigger": {
                "intents": ["how many bags can I take", "what is the baggage allowance", "can I bring a suitcase"]
            },
            "steps": [{"step": "tell", "type": "say", "message": "One bag."}],
        },
    },
}

CITIES = ["Madrid", "Paris", "Rome", "Barcelona"]

AIRLINE = {
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
            "choices": [{"value": 1, "synonyms": ["first", "the first one"]}, {"value": 2, "synonyms": ["second"]}],
        },
        "passenger_name": {
            "type": "string",
            "description": "the full name of the person the booking is for",
            "prompt": "In whose name shall I book?",
        },
        "email": {"type": "email", "description": "where the confirmation is sent"},
        "booking_reference": {"type": "string", "pattern": "[A-Za-z]{6}", "description": "the name of a booking"},
    },
    "flows": {
        "book_flight": {
            "description": "Search for flights between two cities and book one.",
            "trigger": {
                "intents": [
                    "book a flight",
                    "search flights from {origin} to {destination}",
                    "buy a ticket to {destination} in {cabin}",
                    "I would like to fly to {destination} {departure_date}",
                    "get me {passengers} seats to {destination}",
                ]
            },
            "steps": [
                *(
                    {"step": f"ask_{slot}", "type": "collect", "slot": slot}
                    for slot in (
                        "origin",
                        "destination",
                        "departure_date",
                        "trip",
                        "passengers",
                        "cabin",
                        "offer",
                        "passenger_name",
                        "email",
                    )
                ),
                {"step": "sure", "type": "confirm", "message": "Book it?"},
            ],
        },
        "change_booking": {
            "description": "Move a booked flight to another day.",
            "trigger": {"intents": ["change my booking", "move my flight to another day", "take a different day"]},
            "steps": [{"step": "which", "type": "collect", "slot": "booking_reference"}],
        },
        "cancel_booking": {
            "description": "Cancel a booked flight.",
            "trigger": {
                "intents": [
                    "cancel my booking",
                    "cancel my flight",
                    "delete my booking",
                    "I don't need my booking any more",
                ]
            },
            "steps": [
                {"step": "which", "type": "collect", "slot": "booking_reference"},
                {"step": "sure", "type": "confirm", "message": "Really?"},
            ],
        },
    },
}
"""Cities, cabins and flights are choices: several slots of one type, and a name among them."""

WALLET = {
    "version": "1.0",
    "slots": {
        "recipient": {"type": "string", "description": "the name of the person who gets the money"},
        "amount": {"type": "float", "description": "how much money, in euros"},
        "frequency": {"type": "choice", "choices": ["weekly", "monthly"]},
        "bill": {"type": "choice", "description": "which bill to pay", "choices": ["electricity", "water"]},
        "card": {"type": "choice", "description": "which card", "choices": ["debit", "credit"]},
        "new_limit": {"type": "float", "description": "how much a card may spend"},
        "size": {"type": "choice", "description": "the size of the cup", "choices": ["small", "large"]},
        "drink": {"type": "string", "description": "what to drink"},
    },
    "flows": {
        "send_money": {
            "description": "Send money to a contact.",
            "trigger": {
                "intents": [
                    "send money to {recipient}",
                    "send {amount} euros to {recipient}",
                    "transfer {amount} to {recipient}",
                    "pay {recipient} {amount} euros",
                ]
            },
            "steps": [
                {"step": "who", "type": "collect", "slot": "recipient"},
                {"step": "how_much", "type": "collect", "slot": "amount"},
                {"step": "sure", "type": "confirm", "message": "Send it?"},
            ],
        },
        "pay_regularly": {
            "description": "Set up a payment that is made again and again.",
            "trigger": {
                "intents": [
                    "set up a recurring payment",
                    "pay {recipient} {amount} euros {frequency}",
                    "schedule a payment",
                ]
            },
            "steps": [
                {"step": "who", "type": "collect", "slot": "recipient"},
                {"step": "how_much", "type": "collect", "slot": "amount"},
                {"step": "how_often", "type": "collect", "slot": "frequency"},
                {"step": "sure", "type": "confirm", "message": "Pay it?"},
            ],
        },
        "pay_bills": {
            "description": "Pay bills that are due.",
            "trigger": {"intents": ["pay a bill", "pay the {bill} bill", "settle my {bill} bill"]},
            "steps": [{"step": "which", "type": "collect", "slot": "bill"}],
        },
        "change_limit": {
            "description": "Change what a card may spend.",
            "trigger": {
                "intents": [
                    "change the limit of my card",
                    "set my {card} card limit to {new_limit}",
                    "raise my card limit to {new_limit}",
                ]
            },
            "steps": [
                {"step": "which", "type": "collect", "slot": "card"},
                {"step": "limit", "type": "collect", "slot": "new_limit"},
            ],
        },
        "block_card": {
            "description": "Block a card.",
            "trigger": {"intents": ["block my card", "block my {card} card", "I lost my card"]},
            "steps": [{"step": "which", "type": "collect", "slot": "card"}],
        },
        "what_can_you_do": {
            "description": "Tell what this is for.",
            "trigger": {"intents": ["what can you do for me", "what else is there on offer"]},
            "steps": [{"step": "tell", "type": "say", "message": "Much."}],
        },
        "order_drink": {
            "description": "Order a drink.",
            "trigger": {"intents": ["order a drink", "a {size} {drink} please", "bring me a drink"]},
            "steps": [
                {"step": "which_size", "type": "collect", "slot": "size"},
                {"step": "which_drink", "type": "collect", "slot": "drink"},
            ],
        },
    },
}
"""Flows whose requests look like new values of each other: amounts, recipients, limits."""


@cache
def bank() -> EmbeddedUnderstander:
    """The bank."""
    return build(SoniConfig.model_validate(BANK))


@cache
def travel() -> EmbeddedUnderstander:
    """The travel agency."""
    return build(SoniConfig.model_validate(TRAVEL))


@cache
def airline() -> EmbeddedUnderstander:
    """The airline."""
    return build(SoniConfig.model_validate(AIRLINE))


@cache
def wallet() -> EmbeddedUnderstander:
    """The wallet."""
    return build(SoniConfig.model_validate(WALLET))


def idle(assistant: Mapping[str, object], language: str = "en") -> Briefing:
    """Nothing is going on."""
    return Briefing(now=NOW, language=language, flows=startable(assistant))


def asking(
    assistant: Mapping[str, object],
    flow: str,
    slot: str | None,
    slots: Mapping[str, Value] | None = None,
    asked: tuple[str, ...] = (),
    buttons: Mapping[str, str] | None = None,
) -> Briefing:
    """A flow asks for a slot, or for a yes."""
    return Briefing(
        now=NOW,
        active_flow=flow,
        expected=Expectation(flow, slot, "?", buttons or {}),
        flows=startable(assistant),
        slots=slots or {},
        asked=asked,
    )


def startable(assistant: Mapping[str, object]) -> frozenset[str]:
    """The flows a user may start."""
    flows = assistant["flows"]
    assert isinstance(flows, Mapping)
    return frozenset(name for name, flow in flows.items() if flow.get("startable", True))
