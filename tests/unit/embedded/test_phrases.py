"""What people say to any assistant."""

import pytest

from soni.config.models import SoniConfig
from soni.dialogue.commands import (
    AskInfo,
    CancelFlow,
    ChitChat,
    Command,
    HumanHandoff,
    OutOfScope,
    Repeat,
    Restart,
    StartFlow,
)
from soni.understanding.base import Briefing
from soni.understanding.embedded.languages import ACTS, LANGUAGES, Language, common_words, language_of
from soni.understanding.embedded.languages.base import compile_phrases, phrases
from soni.understanding.embedded.phrases import core, hear, wish
from soni.understanding.embedded.said import plain_words, say
from soni.understanding.embedded.understander import build

from .assistants import BANK, TRAVEL, bank, idle, travel

SAID: list[tuple[Command, list[str]]] = [
    (
        CancelFlow(),
        ["cancel", "never mind", "nvm", "forget it", "stop", "please stop", "I changed my mind", "cancel everything"],
    ),
    (CancelFlow(), ["ok, forget it", "I want to cancel", "I don't want to do this anymore", "quit", "no, stop"]),
    (Restart(), ["start over", "let's start again", "restart", "I'd like to start from scratch"]),
    (Repeat(), ["what did you say?", "say that again", "can you repeat that please", "pardon?", "what?", "come again"]),
    (AskInfo(None), ["help", "I need help", "what can you do", "what do you mean", "why?", "what are my options"]),
    (
        HumanHandoff(),
        ["talk to a person", "agent please", "a real human", "can I speak to a human being please", "operator"],
    ),
    (
        HumanHandoff(),
        ["let me speak to someone real", "put me through to customer service", "I want to talk to an agent now"],
    ),
    (ChitChat(), ["thanks", "great, thank you so much", "bye", "how are you today", "who are you", "are you a robot?"]),
    (ChitChat(), ["tell me a joke", "you are useless", "nice to meet you", "thanks a lot for your help"]),
]

SPANISH: list[tuple[str, Command]] = [
    ("cancelar", CancelFlow()),
    ("olvídalo", CancelFlow()),
    ("empezar de nuevo", Restart()),
    ("repite por favor", Repeat()),
    ("ayuda", AskInfo(None)),
    ("quiero hablar con una persona", HumanHandoff()),
    ("gracias", ChitChat()),
    ("¿quién eres?", ChitChat()),
]


@pytest.mark.parametrize(("text", "command"), [(text, command) for command, texts in SAID for text in texts])
async def test_everyday_phrases_are_commands(text: str, command: Command) -> None:
    """They need no flow, and politeness around them does not matter."""
    assert await travel().understand(text, idle(TRAVEL)) == [command]


@pytest.mark.parametrize(("text", "command"), SPANISH)
async def test_everyday_phrases_in_spanish(text: str, command: Command) -> None:
    """The conversation's language chooses the phrases."""
    assert await travel().understand(text, idle(TRAVEL, "es-MX")) == [command]


async def test_not_knowing_what_was_not_asked_says_nothing() -> None:
    """Without a question there is nothing to skip and nothing to explain."""
    assert await travel().understand("I don't know", idle(TRAVEL)) == [OutOfScope()]
    assert await travel().understand("skip", idle(TRAVEL)) == []


async def test_an_author_takes_a_phrase_over() -> None:
    """A flow that has one greeting among its examples answers all greetings; the rest stays small talk."""
    assert await bank().understand("hey there", idle(BANK)) == [StartFlow("greet")]
    assert await bank().understand("how are you", idle(BANK)) == [ChitChat()]


async def test_a_person_may_be_taken_over_too() -> None:
    """Who writes a flow for it gets it."""
    said = {"intents": ["I want a human", "talk to a human"]}
    flows = {"handover": {"trigger": said, "steps": [{"step": "hand", "type": "handoff"}]}}
    understander = build(SoniConfig.model_validate({"version": "1.0", "flows": flows}))

    understood = await understander.understand("agent please", idle({"flows": flows}))

    assert understood == [StartFlow("handover")]


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.code)
def test_every_language_has_phrases_for_every_act(language: Language) -> None:
    """A language is data; none of it may be missing, and each compiles."""
    assert set(language.acts) == set(ACTS)
    assert all(language.whole[act].pattern for act in ACTS)


def test_a_language_without_phrases_of_its_own_speaks_english() -> None:
    """Tags with a territory find their language."""
    assert language_of("es-MX").code == "es"
    assert language_of("EN_gb").code == "en"
    assert language_of("fr").code == "en"
    assert {"the", "por"} <= common_words(("en", "es"))


def test_phrases_have_options_and_choices() -> None:
    """Round brackets are one of these, square ones may be missing, and a line that ends with a bar goes on."""
    pattern = compile_phrases(phrases("(talk|speak up) to [a|an] (human|\n   agent)\n\nhello"))

    assert all(pattern.fullmatch(text) for text in (" talk to a human", " speak up to agent", " hello"))
    assert not any(pattern.fullmatch(text) for text in (" talk to", " talk to ahuman", "hello", ""))
    assert compile_phrases(()).match(" anything") is None


@pytest.mark.parametrize(
    ("text", "bare", "wished"),
    [
        ("hi, could you please send money, thanks", "could you please send money", "send money"),
        ("well um ok", "", ""),
        ("I would like to book a flight please", "i would like to book a flight", "book a flight"),
        ("send money", "send money", "send money"),
    ],
)
def test_what_is_said_around_a_wish_is_taken_off(text: str, bare: str, wished: str) -> None:
    """Greetings, hesitation and thanks first; then the beginning of the wish."""
    english = language_of("en")

    assert " ".join(core(plain_words(text), english)) == bare
    assert " ".join(wish(plain_words(text), english)) == wished


def test_long_messages_are_no_phrases() -> None:
    """A cancel somewhere in a story is none."""
    story = "I was going to tell you a very long story about how I wanted to talk to a human " * 2

    assert hear(say("cancel " * 30), language_of("en")) is None
    assert travel().hear(story, Briefing(now=idle(TRAVEL).now, flows=frozenset())) != [HumanHandoff()]
