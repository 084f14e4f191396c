"""What a third assistant shows: templates that begin with a value, whole names, notes, flows that call themselves."""

from functools import cache

import pytest

from soni.config.models import SoniConfig
from soni.dialogue.commands import CancelFlow, Clarify, Command, OutOfScope, SetSlot, StartFlow
from soni.understanding.base import Briefing
from soni.understanding.embedded.reach import parse_trigger, stem
from soni.understanding.embedded.said import say
from soni.understanding.embedded.understander import EmbeddedUnderstander, build
from soni.value import Value

from .assistants import BANK, NOW, TRAVEL, asking, bank, idle, travel

HOME = {
    "version": "1.0",
    "settings": {"i18n": {"default_language": "en", "supported_languages": ["en", "es"]}},
    "slots": {
        "first_name": {"type": "string"},
        "last_name": {"type": "string"},
        "song": {"type": "string"},
        "artist": {"type": "string"},
        "task": {"type": "string"},
        "at": {"type": "time"},
        "room": {"type": "string", "examples": ["kitchen", "living room"]},
        "degrees": {"type": "integer", "description": "how warm it should be"},
        "guest": {"type": "string"},
        "hours": {"type": "integer"},
        "secret": {"type": "string", "filled_by": "system"},
    },
    "flows": {
        "register": {
            "description": "Register a person.",
            "trigger": {"intents": ["register me", "my name is {first_name} {last_name}", "sign me up"]},
            "steps": [
                {"step": "first", "type": "collect", "slot": "first_name"},
                {"step": "last", "type": "collect", "slot": "last_name"},
            ],
        },
        "play": {
            "description": "Play music.",
            "trigger": {"intents": ["play {song} by {artist}", "play {song}", "put on some music"]},
            "steps": [{"step": "what", "type": "collect", "slot": "song"}],
        },
        "remind": {
            "description": "Remind the user of something.",
            "trigger": {"intents": ["remind me to {task}", "remind me at {at} to {task}", "set a reminder"]},
            "steps": [
                {"step": "what", "type": "collect", "slot": "task"},
                {"step": "again", "type": "call", "flow": "remind"},
                {"step": "when", "type": "collect", "slot": "at"},
            ],
        },
        "heat": {
            "trigger": {"intents": ["heat the {room}", "{degrees} degrees in the {room} please", "make it warmer"]},
            "steps": [
                {"step": "where", "type": "collect", "slot": "room"},
                {"step": "how", "type": "collect", "slot": "degrees"},
            ],
        },
        "invite": {
            "trigger": {
                "intents": ["{guest} is coming over", "{guest} visits us for {hours} hours", "we have a visitor"]
            },
            "steps": [{"step": "who", "type": "collect", "slot": "guest"}],
        },
        "nameless": {"steps": [{"step": "x", "type": "noop"}]},
    },
}


@cache
def home() -> EmbeddedUnderstander:
    """An assistant at home."""
    return build(SoniConfig.model_validate(HOME))


@pytest.mark.parametrize(
    ("text", "flow", "slots"),
    [
        ("play Yesterday by The Beatles", "play", {"song": "Yesterday", "artist": "The Beatles"}),
        ("please play yesterday by the beatles, thanks", "play", {"song": "yesterday", "artist": "the beatles"}),
        ("put on some music", "play", {}),
        ("my name is Ana Ruiz", "register", {"first_name": "Ana", "last_name": "Ruiz"}),
        ("heat the kitchen", "heat", {"room": "kitchen"}),
        ("21 degrees in the kitchen please", "heat", {"degrees": 21, "room": "kitchen"}),
        ("could you heat the living room to 21 degrees", "heat", {"degrees": 21, "room": "living room"}),
        ("Maria is coming over", "invite", {"guest": "Maria"}),
        ("Maria Lopez visits us for 3 hours", "invite", {"guest": "Maria Lopez", "hours": 3}),
        ("remind me at 8 pm to feed the cat", "remind", {"at": "20:00", "task": "feed the cat"}),
        ("set a reminder", "remind", {}),
        ("make it warmer: living room", "heat", {"room": "living room"}),
        ("can you um put on some music", "play", {}),
    ],
)
async def test_templates_may_begin_and_end_with_a_value(text: str, flow: str, slots: dict[str, Value]) -> None:
    """Their own words around the places are enough to find the values."""
    assert await home().understand(text, idle(HOME)) == [StartFlow(flow, slots)]


@pytest.mark.parametrize(
    ("slot", "known", "text", "slots"),
    [
        ("first_name", {}, "Ana", {"first_name": "Ana"}),
        ("first_name", {}, "Ana Ruiz", {"first_name": "Ana", "last_name": "Ruiz"}),
        ("first_name", {}, "Ana, Ruiz Soler", {"first_name": "Ana", "last_name": "Ruiz Soler"}),
        ("first_name", {}, "first name Ana, last name Ruiz", {"first_name": "Ana", "last_name": "Ruiz"}),
        ("first_name", {"last_name": "Ruiz"}, "Ana Maria", {"first_name": "Ana Maria"}),
        ("last_name", {"first_name": "Ana"}, "Ana Ruiz", {"last_name": "Ruiz"}),
        ("last_name", {"first_name": "Ana"}, "Ruiz Soler", {"last_name": "Ruiz Soler"}),
        ("last_name", {}, "Ana Ruiz", {"first_name": "Ana", "last_name": "Ruiz"}),
        ("first_name", {}, "one two three four five", {"first_name": "one two three four five"}),
    ],
)
async def test_a_whole_name_is_shared_out(
    slot: str, known: dict[str, Value], text: str, slots: dict[str, Value]
) -> None:
    """Whoever is asked for a first name says both."""
    briefing = asking(HOME, "register", slot, known, tuple(known))

    assert await home().understand(text, briefing) == [SetSlot(slots)]


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("book a table for 4 at 8 pm", [StartFlow("book_table", {"guests": 4, "time": "20:00"})]),
        ("we are 4", [SetSlot({"passengers": 4})]),
        ("how many bags can the 4 of us take", [StartFlow("baggage")]),
    ],
)
async def test_a_number_in_another_wish_is_no_answer(text: str, commands: list[Command]) -> None:
    """A message about another flow leaves the question, also where it has a value for it."""
    assert await travel().understand(text, asking(TRAVEL, "book_flight", "passengers")) == commands


async def test_leaving_the_flow_by_its_name_leaves_another_for_leaving_alone() -> None:
    """In a booking, to cancel the flight is the flow that cancels flights; in a transfer, to cancel it is to leave."""
    flight = await travel().understand("cancel my flight", asking(TRAVEL, "book_flight", "passengers"))
    transfer = await bank().understand("please cancel this money transfer", asking(BANK, "transfer_money", "amount"))
    strange = await bank().understand("cancel the zebra", asking(BANK, "transfer_money", "amount"))

    assert flight == [StartFlow("cancel_booking")]
    assert transfer == [CancelFlow()]
    assert strange != [CancelFlow()]


async def test_a_lower_threshold_starts_more_and_a_higher_one_less() -> None:
    """The setting moves the border; its default is the calibrated one."""

    def with_threshold(threshold: float) -> EmbeddedUnderstander:
        settings = {"models": {"nlu": {"threshold": threshold}}}
        return EmbeddedUnderstander(SoniConfig.model_validate({**BANK, "settings": settings}))

    eager, careful = with_threshold(0.2), with_threshold(0.95)

    assert isinstance((await eager.understand("where did my cash go", idle(BANK)))[0], StartFlow | Clarify)
    assert await careful.understand("I'd like to pay my friend", idle(BANK)) == [OutOfScope()]
    assert await careful.understand("send money", idle(BANK)) == [StartFlow("transfer_money")]


async def test_an_assistant_without_flows_understands_nothing() -> None:
    """It does not fail either."""
    empty = build(SoniConfig.model_validate({"version": "1.0"}))

    assert await empty.understand("send money", Briefing(now=NOW)) == []
    assert empty.likeliest("send money", Briefing(now=NOW)) is None


def test_a_trigger_is_taken_apart() -> None:
    """Words and places alternate; an example without places is none."""
    template = parse_trigger("Send {amount:.2f} euros to {recipient}!")

    assert template is not None
    assert template.slots == ("amount", "recipient")
    assert template.literals == (("send",), ("euros", "to"), ())
    assert parse_trigger("send money") is None


def test_words_of_one_stem_are_alike() -> None:
    """Return and returning, passenger and passengers, bag and bags."""
    assert stem("return") == stem("returning")
    assert stem("bags") == stem("bag")
    assert stem("passenger") == stem("passengers")


@pytest.mark.parametrize(
    ("text", "capitals"),
    [
        ("Send 50 to Ana Ruiz", ["ana", "ruiz"]),
        ("Hello. Send it to Bob", ["bob"]),
        ("I think I'm Bob", ["bob"]),
        ("SEND IT TO BOB", []),
        ("McDonald is closed", ["mcdonald"]),
    ],
)
def test_capitals_that_mean_something(text: str, capitals: list[str]) -> None:
    """Not those that open a sentence, nor the word I, nor a message that is shouted."""
    assert [word.text for word in say(text).words if word.capital] == capitals


def test_words_keep_their_places_in_what_was_written() -> None:
    """Folding changes the words, not where they stand."""
    said = say("Envía 50€ a José Pérez, ¡ya!")

    assert [word.text for word in said.words] == ["envia", "50", "a", "jose", "perez", "ya"]
    assert said.slice(3, 5) == "José Pérez"
    assert said.slice(2, 2) == ""
    assert said.after(5).words[0].text == "ya"
    assert said.after(9).words == ()
    assert said.words_within(100, 200) == (0, 0)
    assert said.without([(0, 5), (3, 8)]).split() == ["€", "a", "José", "Pérez,", "¡ya!"]
