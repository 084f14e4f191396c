"""What an answer says to the question that is pending, and what is no answer."""

from collections.abc import Iterable

import pytest

from soni.dialogue.commands import (
    Affirm,
    AskInfo,
    CancelFlow,
    ChitChat,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    HumanHandoff,
    OutOfScope,
    Repeat,
    Restart,
    SetSlot,
    SkipQuestion,
    StartFlow,
)
from soni.understanding.base import Briefing, Expectation
from soni.value import Value

from .assistants import BANK, NOW, TRAVEL, asking, bank, startable, travel

ANA = {"recipient": "Ana"}
BOTH: dict[str, Value] = {"recipient": "Ana", "amount": 50.0}
JOURNEY: dict[str, Value] = {"origin": "Madrid", "destination": "Paris"}


def sets(**slots: Value) -> list[Command]:
    """A single set_slot."""
    return [SetSlot(slots)]


def corrects(**slots: Value) -> list[Command]:
    """A single correct_slot."""
    return [CorrectSlot(slots)]


def all_say(texts: Iterable[str], commands: list[Command]) -> list[tuple[str, list[Command]]]:
    """Several ways to say the same."""
    return [(text, commands) for text in texts]


RECIPIENT: list[tuple[str, list[Command]]] = [
    ("Ana", sets(recipient="Ana")),
    ("bob", sets(recipient="bob")),
    ("Bob?", sets(recipient="Bob")),
    ("to Ana", sets(recipient="Ana")),
    ("um, Bob", sets(recipient="Bob")),
    ("Ana Ruiz please", sets(recipient="Ana Ruiz")),
    ("it's for Ana", sets(recipient="Ana")),
    ("the recipient is Ana", sets(recipient="Ana")),
    ("I'd like to send it to Bob", sets(recipient="Bob")),
    ("please send it to my brother John", sets(recipient="my brother John")),
    ("John and Mary", sets(recipient="John and Mary")),
    ("O'Brien", sets(recipient="O'Brien")),
    ("Dr. Strange", sets(recipient="Dr. Strange")),
    ("{recipient}", sets(recipient="{recipient}")),
    ("Ana, 50 euros", sets(recipient="Ana", amount=50.0)),
    ("50 to Ana", sets(recipient="Ana", amount=50.0)),
    ("Ana tomorrow", sets(recipient="Ana", when="2026-03-05")),
    ("Ana Ruiz 50 euros tomorrow", sets(recipient="Ana Ruiz", amount=50.0, when="2026-03-05")),
    ("50 euros", sets(amount=50.0)),
    ("tomorrow", sets(when="2026-03-05")),
    ("what's my balance?", [StartFlow("check_balance")]),
    ("could you tell me my balance first?", [StartFlow("check_balance")]),
    ("check my balance", [StartFlow("check_balance")]),
    ("I lost my card", [StartFlow("cancel_card")]),
    ("I want to transfer money", [StartFlow("transfer_money")]),
    ("send money", [StartFlow("transfer_money")]),
    ("who can I send money to?", [AskInfo("recipient")]),
    ("which recipients can I choose?", [AskInfo("recipient")]),
    ("what do you mean by recipient?", [AskInfo("recipient")]),
    ("why do you need that?", [AskInfo("recipient")]),
    ("who?", [AskInfo("recipient")]),
    ("help", [AskInfo("recipient")]),
    ("I don't know", [AskInfo("recipient")]),
    ("skip", [SkipQuestion()]),
    ("what?", [Repeat()]),
    ("cancel", [CancelFlow()]),
    ("forget it", [CancelFlow()]),
    ("cancel the transfer", [CancelFlow()]),
    ("start over", [Restart()]),
    ("can i speak to an agent instead", [HumanHandoff()]),
    ("thanks", [ChitChat()]),
    ("what's the weather", [OutOfScope()]),
    ("is it free?", [OutOfScope()]),
    ("no", []),
    ("yes", []),
    ("wait", []),
    ("someone", []),
    ("nobody", []),
]

AMOUNT: list[tuple[str, list[Command]]] = [
    ("50", sets(amount=50.0)),
    ("$50", sets(amount=50.0)),
    ("0", sets(amount=0.0)),
    ("it's 50, thanks", sets(amount=50.0)),
    ("one hundred and fifty", sets(amount=150.0)),
    ("not 50, 60", sets(amount=60.0)),
    ("50 tomorrow", sets(amount=50.0, when="2026-03-05")),
    ("50 to Bob", sets(amount=50.0, recipient="Bob")),
    ("100, and the note is happy birthday", sets(amount=100.0, note="happy birthday")),
    ("lots", sets(amount="lots")),
    ("actually, send it to Bob", corrects(recipient="Bob")),
    ("no, to Bob", corrects(recipient="Bob")),
    ("sorry, Bob", corrects(recipient="Bob")),
    ("I meant Bob", corrects(recipient="Bob")),
    ("not Ana, Bob", corrects(recipient="Bob")),
    ("Bob instead of Ana", corrects(recipient="Bob")),
    ("change the recipient to Bob", corrects(recipient="Bob")),
    ("recipient should be Bob", corrects(recipient="Bob")),
    ("I want to change the recipient", [ClearSlot(("recipient",))]),
    ("wrong person", [ClearSlot(("recipient",))]),
    ("show me my savings balance", [StartFlow("check_balance", {"account": "savings"})]),
    ("cancel my card", [StartFlow("cancel_card")]),
    ("the weather is really nice in madrid today", [OutOfScope()]),
    ("I don't know", [AskInfo("amount")]),
    ("wrong name", []),
    ("hm", []),
    ("no", []),
]

NOTE: list[tuple[str, list[Command]]] = [
    ("happy birthday", sets(note="happy birthday")),
    ("for the 5 pizzas of friday", sets(note="the 5 pizzas of friday")),
    ("rent march 2026", sets(note="rent march 2026")),
    ("no", [SkipQuestion()]),
    ("none", [SkipQuestion()]),
    ("no thanks", [SkipQuestion()]),
    ("I don't know", [SkipQuestion()]),
    ("what's my balance?", [StartFlow("check_balance")]),
]

CONFIRM: list[tuple[str, list[Command]]] = [
    *all_say(("yes", "y", "yep do it", "sure, why not", "ok thanks", "go ahead", "perfect"), [Affirm()]),
    *all_say(("yes send the money to Ana", "yes 50 to Ana", "yes, 50", "👍"), [Affirm()]),
    *all_say(("no", "nope", "don't", "not yet", "no, thanks", "that's wrong", "the name is wrong"), [Deny()]),
    ("no that's not what I want", [Deny()]),
    *(
        (text, corrects(amount=60.0))
        for text in ("no, 60", "No. 60", "60", "sixty", "make it 60", "yes but make it 60")
    ),
    *all_say(("no, I meant 60", "sorry, 60", "wait, 60", "I'd rather send 60"), corrects(amount=60.0)),
    *all_say(("change the amount to 60", "the amount should be 60", "amount 60"), corrects(amount=60.0)),
    *all_say(("it's 60 not 50", "sixty instead of fifty", "not 50 but 60"), corrects(amount=60.0)),
    *all_say(("no, to Bob", "no, Bob", "no sorry, Bob", "Bob, not Ana"), corrects(recipient="Bob")),
    *(
        (text, corrects(recipient="Bob"))
        for text in ("not to Ana, to Bob", "change Ana to Bob", "send it to Bob instead")
    ),
    ("no, send 60 to Bob instead", corrects(amount=60.0, recipient="Bob")),
    *all_say(("not Ana", "no, not Ana Ruiz"), [Deny("recipient")]),
    ("not Ana but Bob", corrects(recipient="Bob")),
    ("use 60 instead", corrects(amount=60.0)),
    ("$60", corrects(amount=60.0)),
    ("no, not 50", [Deny("amount")]),
    ("the amount is wrong", [Deny("amount")]),
    ("change the amount", [Deny("amount")]),
    ("wrong recipient", [Deny("recipient")]),
    ("yes but tomorrow", sets(when="2026-03-05")),
    ("with a note: happy birthday", sets(note="happy birthday")),
    ("what's my balance?", [StartFlow("check_balance")]),
    ("no, show me my balance", [StartFlow("check_balance")]),
    # The yes is asked for again: by then, it may be about other values.
    *all_say(
        ("yes and what's my balance?", "yes, what's my balance?", "yes please. And what is my balance"),
        [StartFlow("check_balance")],
    ),
    ("cancel", [CancelFlow()]),
    ("no, cancel it", [CancelFlow()]),
    ("maybe", [AskInfo(None)]),
    ("why?", [AskInfo(None)]),
    ("is it safe?", [OutOfScope()]),
    # A strange word is rather a yes in another language than a name.
    *all_say(("Bob", "bob", "oui", "Vale", "ye", "send", "Send", "claro", "savings"), []),
    *all_say(("to Bob", "send it to Bob"), corrects(recipient="Bob")),
    *all_say(("no, send 70 euros to Bob", "no, 70 to Bob"), corrects(amount=70.0, recipient="Bob")),
    *all_say(("yes?", "okay?", "Fine?", "yes, really?", "yes, send it?"), []),
    *all_say(("yes, cancel", "yes cancel it", "cancel? no, go on", "no, go on"), []),
    *all_say(("don't send 50 to Ana", "I don't want to send money to Ana"), [Deny()]),
    *all_say(("don't block my card", "unblock my card"), []),
    ("yes no", []),
    ("no wait", []),
    ("hmm", []),
    ("hold on", []),
]

DEPARTURE: list[tuple[str, list[Command]]] = [
    ("tomorrow", sets(departure_date="2026-03-05")),
    ("on the 5th of may", sets(departure_date="2026-05-05")),
    ("from friday to sunday", sets(departure_date="2026-03-06", return_date="2026-03-08")),
    ("on friday and back on sunday", sets(departure_date="2026-03-06", return_date="2026-03-08")),
    ("returning friday", sets(return_date="2026-03-06")),
    ("tomorrow, two passengers", sets(departure_date="2026-03-05", passengers=2)),
    ("3 people", sets(passengers=3)),
    ("economy", sets(cabin="economy")),
    ("soonish", sets(departure_date="soonish")),
    ("one way", sets(departure_date="one way")),
    ("no, to Rome", corrects(destination="Rome")),
    ("sorry, I meant Rome", corrects(destination="Rome")),
    ("sorry, not Paris, Rome", corrects(destination="Rome")),
    ("actually from Barcelona", corrects(origin="Barcelona")),
    ("cancel my flight", [StartFlow("cancel_booking")]),
    ("when is it cheapest?", [OutOfScope()]),
]


@pytest.mark.parametrize(("text", "commands"), RECIPIENT)
async def test_a_person_is_asked_for(text: str, commands: list[Command]) -> None:
    """A name is nearly any text: what asks, greets, leaves or starts something else is none."""
    assert await bank().understand(text, asking(BANK, "transfer_money", "recipient")) == commands


@pytest.mark.parametrize(("text", "commands"), AMOUNT)
async def test_an_amount_is_asked_for(text: str, commands: list[Command]) -> None:
    """A number answers; a name corrects who gets it; what is no number is refused in words by the slot."""
    briefing = asking(BANK, "transfer_money", "amount", dict(ANA), ("recipient", "amount"))

    assert await bank().understand(text, briefing) == commands


@pytest.mark.parametrize(("text", "commands"), NOTE)
async def test_a_note_is_asked_for_and_may_be_left_out(text: str, commands: list[Command]) -> None:
    """Any sentence is a note, numbers and days in it included; a no leaves it out."""
    briefing = asking(BANK, "transfer_money", "note", BOTH, ("recipient", "amount", "note"))

    assert await bank().understand(text, briefing) == commands


@pytest.mark.parametrize(("text", "commands"), CONFIRM)
async def test_a_confirm_waits(text: str, commands: list[Command]) -> None:
    """Only a plain yes goes on; a new value is one command, without a yes or a no beside it."""
    briefing = asking(BANK, "transfer_money", None, BOTH, ("recipient", "amount"))

    assert await bank().understand(text, briefing) == commands


@pytest.mark.parametrize(("text", "commands"), DEPARTURE)
async def test_a_day_is_asked_for(text: str, commands: list[Command]) -> None:
    """Other values of the same flow come along, each where its words say."""
    briefing = asking(TRAVEL, "book_flight", "departure_date", JOURNEY, ("origin", "destination", "departure_date"))

    assert await travel().understand(text, briefing) == commands


@pytest.mark.parametrize(
    ("slot", "text", "commands"),
    [
        ("origin", "Madrid to Paris", sets(origin="Madrid", destination="Paris")),
        ("origin", "I'm leaving from Madrid", sets(origin="Madrid")),
        ("origin", "Madrid, and I'm going to Paris", sets(origin="Madrid", destination="Paris")),
        ("origin", "to Paris", sets(destination="Paris")),
        ("origin", "the departure city is Madrid", sets(origin="Madrid")),
        ("origin", "New York City", sets(origin="New York City")),
        ("passengers", "2 in business", sets(passengers=2, cabin="business")),
        ("passengers", "the two of us", sets(passengers=2)),
        ("cabin", "busines", sets(cabin="business")),
        ("cabin", "first class", sets(cabin="business")),
        ("cabin", "the second one", sets(cabin="business")),
        ("cabin", "business for 2 people", sets(cabin="business", passengers=2)),
        ("cabin", "what are the options", [AskInfo("cabin")]),
        ("email", "ana@example.com and two passengers", sets(email="ana@example.com", passengers=2)),
        ("email", "ana@", sets(email="ana@")),
    ],
)
async def test_other_questions_of_a_journey(slot: str, text: str, commands: list[Command]) -> None:
    """Also a slot of a flow that is called."""
    assert await travel().understand(text, asking(TRAVEL, "book_flight", slot)) == commands


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("no, 3 people", corrects(passengers=3)),
        ("no, on saturday", corrects(return_date="2026-03-07")),
        ("i want to leave on saturday", corrects(departure_date="2026-03-07")),
        ("the return should be on monday", corrects(return_date="2026-03-09")),
        ("change the return date to monday", corrects(return_date="2026-03-09")),
        ("no, from Barcelona", corrects(origin="Barcelona")),
        ("not Paris, Rome", corrects(destination="Rome")),
        ("first class", sets(cabin="business")),
        ("no, to Rome in economy", [CorrectSlot({"destination": "Rome"}), SetSlot({"cabin": "economy"})]),
        ("yes please book it", [Affirm()]),
        ("yes, another city", [OutOfScope()]),
        ("yes, the return date", [OutOfScope()]),
    ],
)
async def test_a_journey_is_corrected_before_it_is_booked(text: str, commands: list[Command]) -> None:
    """The slot is told by the words around the value, by its type, or by having been asked last."""
    slots: dict[str, Value] = {**JOURNEY, "departure_date": "2026-03-06", "return_date": "2026-03-08", "passengers": 2}
    briefing = asking(TRAVEL, "book_flight", None, slots, tuple(slots))

    assert await travel().understand(text, briefing) == commands


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("yes", sets(urgent=True)),
        ("not really", sets(urgent=False)),
        ("very urgent", sets(urgent="very urgent")),
        ("no, 60", corrects(amount=60.0)),
    ],
)
async def test_a_yes_or_no_is_a_value_where_one_is_collected(text: str, commands: list[Command]) -> None:
    """A boolean slot takes yes and no; a number beside a no is a correction."""
    assert await bank().understand(text, asking(BANK, "transfer_money", "urgent", BOTH, tuple(BOTH))) == commands


BUTTONS = {"Yes, send it": "/affirm", "Another amount": "/clear_slot amount", "The usual": "50", "Rather not": "no"}


@pytest.mark.parametrize(
    ("slot", "text", "commands"),
    [
        (None, "yes, send it", [Affirm()]),
        (None, "yes, send it?", []),
        (None, "Another amount please", [ClearSlot(("amount",))]),
        ("amount", "the usual", sets(amount="50")),
        (None, "rather not", [Deny()]),
    ],
)
async def test_the_title_of_a_button_may_be_typed(slot: str | None, text: str, commands: list[Command]) -> None:
    """It says what the button says, a command or a value."""
    briefing = asking(BANK, "transfer_money", slot, BOTH, tuple(BOTH), BUTTONS)

    assert await bank().understand(text, briefing) == commands


async def test_sensitive_values_are_corrected_without_being_known() -> None:
    """A slot that is filled without its value being told can still be given another one."""
    briefing = asking(BANK, "transfer_money", None, {"recipient": None, "amount": None}, ("recipient", "amount"))

    assert await bank().understand("no, 60", briefing) == corrects(amount=60.0)


async def test_a_slot_that_only_the_system_fills_is_never_set() -> None:
    """However it is asked, no message fills a balance."""
    briefing = asking(BANK, "transfer_money", None, BOTH, tuple(BOTH))

    understood = [
        await bank().understand(text, briefing) for text in ("my balance is 1000", "change the balance to 1000")
    ]

    assert not any(
        "balance" in command.slots
        for each in understood
        for command in each
        if isinstance(command, SetSlot | CorrectSlot)
    )


async def test_a_question_of_an_unknown_slot_is_left_to_the_flows() -> None:
    """A question that no slot of this assistant belongs to is answered like any message."""
    briefing = Briefing(now=NOW, expected=Expectation("pattern_x", "elsewhere"), flows=startable(BANK))

    assert await bank().understand("what's my balance?", briefing) == [StartFlow("check_balance")]


@pytest.mark.parametrize(
    ("text", "commands"), [("yes do that now", [Affirm()]), ("no way, never again", [Deny()]), ("hm", [])]
)
async def test_a_pattern_that_wants_a_yes_gets_it(text: str, commands: list[Command]) -> None:
    """Also where the user is in no flow."""
    briefing = Briefing(now=NOW, expected=Expectation("pattern_x", None), flows=startable(BANK))

    assert await bank().understand(text, briefing) == commands


async def test_a_pattern_that_asks_is_answered_too() -> None:
    """The slot may belong to no flow at all."""
    briefing = Briefing(now=NOW, expected=Expectation("pattern_x", "recipient"), flows=startable(BANK))

    assert await bank().understand("Ana", briefing) == sets(recipient="Ana")
