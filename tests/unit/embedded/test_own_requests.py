"""A message that asks for something of its own, or says that something is not to be done, beside a pending question."""

import pytest

from soni.dialogue.commands import (
    Affirm,
    CancelFlow,
    ChitChat,
    Command,
    CorrectSlot,
    Deny,
    OutOfScope,
    SetSlot,
    StartFlow,
)
from soni.value import Value

from .assistants import AIRLINE, WALLET, airline, asking, idle, wallet

REGULAR: dict[str, Value] = {"recipient": "Ana", "amount": 100.0, "frequency": "monthly"}
BOOKING: dict[str, Value] = {
    "origin": "Madrid",
    "destination": "Paris",
    "departure_date": "2026-03-06",
    "trip": "one way",
    "passengers": 2,
    "cabin": "economy",
    "offer": 1,
    "passenger_name": "Tom Baker",
    "email": None,
}
RAISED = StartFlow("change_limit", {"card": "credit", "new_limit": 3000.0})


def booking_until(slot: str) -> dict[str, Value]:
    """What is known when this slot is asked for."""
    names = list(BOOKING)
    return {name: BOOKING[name] for name in names[: names.index(slot)]}


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("change my credit card limit to 3000", [RAISED]),
        ("set my credit card limit to 3000", [RAISED]),
        ("no, set my credit card limit to 3000", [RAISED]),
        ("send 20 to Bob", [StartFlow("send_money", {"amount": 20.0, "recipient": "Bob"})]),
        ("pay the water bill", [StartFlow("pay_bills", {"bill": "water"})]),
        ("no, pay the water bill", [StartFlow("pay_bills", {"bill": "water"})]),
        ("block my card", [StartFlow("block_card")]),
        ("order 2 pizzas", [OutOfScope()]),
        ("60", [CorrectSlot({"amount": 60.0})]),
        ("60 euros", [CorrectSlot({"amount": 60.0})]),
        ("weekly", [CorrectSlot({"frequency": "weekly"})]),
        ("to Bob", [CorrectSlot({"recipient": "Bob"})]),
        ("set the amount to 60", [CorrectSlot({"amount": 60.0})]),
        ("set it to 60", [CorrectSlot({"amount": 60.0})]),
        ("on second thoughts 60", [CorrectSlot({"amount": 60.0})]),
        ("no, pay Bob 70 euros weekly", [CorrectSlot({"frequency": "weekly", "recipient": "Bob", "amount": 70.0})]),
        ("no, 100", []),
        ("no, Bob Martin", [CorrectSlot({"recipient": "Bob Martin"})]),
        ("no, tomorrow", [Deny()]),
        ("I meant bob", [CorrectSlot({"recipient": "bob"})]),
        ("yes, 100", [Affirm()]),
    ],
)
async def test_a_request_of_its_own_is_no_correction(text: str, commands: list[Command]) -> None:
    """What is about to be confirmed changes only where the words leave no doubt."""
    briefing = asking(WALLET, "pay_regularly", None, REGULAR, tuple(REGULAR))

    assert await wallet().understand(text, briefing) == commands


@pytest.mark.parametrize(
    ("slot", "text", "commands"),
    [
        ("amount", "change my credit card limit to 3000", [RAISED]),
        ("amount", "set it to 60", [SetSlot({"amount": 60.0})]),
        ("amount", "send 20 to Bob", [SetSlot({"amount": 20.0, "recipient": "Bob"})]),
        ("recipient", "change my credit card limit to 3000", [RAISED]),
        ("recipient", "pay the water bill", [StartFlow("pay_bills", {"bill": "water"})]),
    ],
)
async def test_a_request_of_its_own_is_no_answer(slot: str, text: str, commands: list[Command]) -> None:
    """A number in it is not the one that was asked for, and none is a name."""
    known: dict[str, Value] = {"recipient": "Ana"} if slot == "amount" else {}

    assert await wallet().understand(text, asking(WALLET, "send_money", slot, known, tuple(known))) == commands


NEGATED = [
    "I don't want to send money to Ana",
    "don't send 50 euros to Ana",
    "please don't block my card",
    "I never asked to block my card",
    "I want to unblock my credit card",
    "no need to pay the water bill",
]


@pytest.mark.parametrize("text", NEGATED)
async def test_what_is_not_wanted_is_not_started(text: str) -> None:
    """Nor is the opposite of what a flow does."""
    assert await wallet().understand(text, idle(WALLET)) == [OutOfScope()]


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("I don't want to send money, block my card", [StartFlow("block_card")]),
        ("don't worry, send 50 euros to Ana", [StartFlow("send_money", {"amount": 50.0, "recipient": "Ana"})]),
        ("why don't you block my card", [StartFlow("block_card")]),
    ],
)
async def test_a_negation_goes_as_far_as_its_clause(text: str, commands: list[Command]) -> None:
    """What is said beside it is wanted."""
    assert await wallet().understand(text, idle(WALLET)) == commands


async def test_two_wishes_of_which_one_is_none() -> None:
    """Nothing is started from half of a message that takes back the other half."""
    understood = await wallet().understand("block my card and don't send money to Ana", idle(WALLET))

    assert not any(isinstance(command, StartFlow) and command.flow == "send_money" for command in understood)


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("I don't need my booking any more", [StartFlow("cancel_booking")]),
        ("I don't want my booking", [StartFlow("cancel_booking")]),
        ("don't cancel my flight", [OutOfScope()]),
    ],
)
async def test_a_flow_may_be_for_what_is_not_wanted(text: str, commands: list[Command]) -> None:
    """Where its examples say so."""
    assert await airline().understand(text, idle(AIRLINE)) == commands


@pytest.mark.parametrize(
    ("slot", "text", "commands"),
    [
        ("recipient", "don't send 50 euros to Ana", [CancelFlow()]),
        ("recipient", "I don't want to send money", [CancelFlow()]),
        ("recipient", "don't block my card", [OutOfScope()]),
        ("recipient", "I want to unblock my credit card", [OutOfScope()]),
        (None, "don't send 50 euros to Ana", [Deny()]),
        (None, "don't block my card", []),
    ],
)
async def test_what_is_not_wanted_ends_where_it_is_being_done(
    slot: str | None, text: str, commands: list[Command]
) -> None:
    """It is never the name that was asked for."""
    known: dict[str, Value] = {} if slot else {"recipient": "Ana", "amount": 50.0}

    assert await wallet().understand(text, asking(WALLET, "send_money", slot, known, tuple(known))) == commands


@pytest.mark.parametrize("text", ["a", "on", "my", "you", "is", "what is", "for me?"])
async def test_a_scrap_of_a_sentence_starts_nothing(text: str) -> None:
    """One or two words that every message has tell of no flow."""
    understood = await wallet().understand(text, idle(WALLET))

    assert understood in ([], [OutOfScope()])


@pytest.mark.parametrize("text", ["hi", "thanks bye", "thanks, bye!", "are you a robot?", "hello, are you a robot?"])
async def test_small_talk_is_small_talk(text: str) -> None:
    """Also two of a kind."""
    assert await wallet().understand(text, idle(WALLET)) == [ChitChat()]


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("no, to Rome in business", [CorrectSlot({"destination": "Rome", "cabin": "business"})]),
        ("no, to Rome in economy", [CorrectSlot({"destination": "Rome"})]),
        ("no, from Barcelona", [CorrectSlot({"origin": "Barcelona"})]),
        ("from barcelona", [CorrectSlot({"origin": "Barcelona"})]),
        ("business", [CorrectSlot({"cabin": "business"})]),
        ("no, Bob Martin", [CorrectSlot({"passenger_name": "Bob Martin"})]),
        ("yes, cancel", []),
        ("cancel? no, go on", []),
        ("cancel my booking", [StartFlow("cancel_booking")]),
    ],
)
async def test_choices_are_told_apart_by_the_words_beside_them(text: str, commands: list[Command]) -> None:
    """Only a slot that could have the same value is a rival for it."""
    briefing = asking(AIRLINE, "book_flight", None, BOOKING, tuple(BOOKING))

    assert await airline().understand(text, briefing) == commands


@pytest.mark.parametrize(
    ("slot", "text", "commands"),
    [
        ("origin", "Madrid to Paris", [SetSlot({"origin": "Madrid", "destination": "Paris"})]),
        ("origin", "from Madrid to Paris", [SetSlot({"origin": "Madrid", "destination": "Paris"})]),
        (
            "origin",
            "from Madrid next friday, one way, 2 people, economy",
            [
                SetSlot(
                    {
                        "origin": "Madrid",
                        "departure_date": "2026-03-06",
                        "trip": "one way",
                        "passengers": 2,
                        "cabin": "economy",
                    }
                )
            ],
        ),
        ("offer", "another day", [SetSlot({"offer": "another day"})]),
        ("passenger_name", "Ana Ruiz", [SetSlot({"passenger_name": "Ana Ruiz"})]),
        ("passenger_name", "no wait the first", []),
        ("passenger_name", "no wait the second", [CorrectSlot({"offer": 2})]),
        ("passenger_name", "the second", []),
        ("passenger_name", "economy please", []),
        ("passenger_name", "no, business", [CorrectSlot({"cabin": "business"})]),
        ("passenger_name", "no, to Rome", [CorrectSlot({"destination": "Rome"})]),
        ("passenger_name", "my mail is a@b.com", [SetSlot({"email": "a@b.com"})]),
        (
            "passenger_name",
            "Ana Ruiz and my mail is a@b.com",
            [SetSlot({"passenger_name": "Ana Ruiz", "email": "a@b.com"})],
        ),
        ("email", "no wait the second", [CorrectSlot({"offer": 2})]),
    ],
)
async def test_a_value_goes_where_it_belongs(slot: str, text: str, commands: list[Command]) -> None:
    """Several choices in one answer keep their slots, and a value of another kind is no name."""
    known = booking_until(slot)

    understood = await airline().understand(text, asking(AIRLINE, "book_flight", slot, known, (*known, slot)))

    assert understood == commands


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("yes, cancel", [Affirm()]),
        ("yes, cancel my booking", [Affirm()]),
        ("no, keep it", [Deny()]),
        ("don't cancel it", [Deny()]),
        ("cancel? no", []),
    ],
)
async def test_cancelling_is_what_is_to_be_confirmed(text: str, commands: list[Command]) -> None:
    """A word that happens to fit a pattern is no new reference."""
    known: dict[str, Value] = {"booking_reference": "KXWPTR"}

    understood = await airline().understand(text, asking(AIRLINE, "cancel_booking", None, known, tuple(known)))

    assert understood == commands


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("a large latte please", {"size": "large", "drink": "latte"}),
        ("large", {"size": "large"}),
    ],
)
async def test_an_example_of_everyday_words_fills_its_places(text: str, slots: dict[str, Value]) -> None:
    """Where one of them is of a type that can be recognised."""
    assert await wallet().understand(text, asking(WALLET, "order_drink", "size")) == [SetSlot(slots)]


@pytest.mark.parametrize("text", ["pay Ana Ruiz 50 euros", "Pay Ana Ruiz 50 euros please"])
async def test_a_whole_name_stays_whole(text: str) -> None:
    """Between two places without a word the value that is found tells where the name ends."""
    understood = await wallet().understand(text, idle(WALLET))

    assert understood == [StartFlow("send_money", {"recipient": "Ana Ruiz", "amount": 50.0})]
