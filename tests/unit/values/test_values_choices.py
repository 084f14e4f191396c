"""Choices, yes and no."""

import doctest

import pytest

from soni.config.models import Slot
from soni.understanding.values import answer, find, parse, yes_no, yes_or_no
from soni.value import Value

from .saying import MOMENT, answered, moment

ACCOUNT = Slot.model_validate(
    {"type": "choice", "choices": ["checking", {"value": "savings", "synonyms": ["saver", "deposit"]}, "credit_card"]}
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("savings", "savings"),
        ("SAVINGS!", "savings"),
        ("the savings one please", "savings"),
        ("from my deposit", "savings"),
        ("credit card", "credit_card"),
        ("credit_card", "credit_card"),
        ("savigns", "savings"),
        ("my chekcing account", "checking"),
        ("credit crad", "credit_card"),
        ("the second one", "savings"),
        ("2nd", "savings"),
        ("2", None),
        ("two", None),
        ("number 2", "savings"),
        ("option two", "savings"),
        ("number 3 please", "credit_card"),
        ("the last one", "credit_card"),
        ("not checking, savings", "savings"),
        ("savings instead of checking", "savings"),
        ("checking or savings", None),
        ("having", None),
        ("the ninth", None),
        ("0", None),
        ("pink", None),
        ("", None),
    ],
)
def test_a_choice_is_heard_by_value_synonym_typo_or_place(text: str, expected: str | None) -> None:
    """Two different choices are no answer, and another word with similar letters is none."""
    assert answer(ACCOUNT, text, MOMENT) == expected


CITIES = (
    "Amsterdam", "Athens", "Berlin", "Brussels", "Dublin", "Lisbon", "London", "Madrid", "Oslo", "Paris", "Prague",
    "Rome", "Vienna", "Warsaw",
)  # fmt: skip


@pytest.mark.parametrize("text", ["2", "two", "2 people", "the second one", "option 2", "the last one", "14"])
def test_a_long_list_is_not_counted_out(text: str) -> None:
    """Two is no Athens; the fourteenth of many would be taken without anybody noticing."""
    slot = Slot.model_validate({"type": "choice", "choices": CITIES})

    assert answer(slot, text, MOMENT) is None
    assert find(slot, text, MOMENT) == []


def test_a_number_among_numbers_is_a_choice_and_no_place() -> None:
    """The second of them is not what two means."""
    size = Slot.model_validate({"type": "choice", "choices": [6, 2, 12]})

    assert answer(size, "2", MOMENT) == 2
    assert answer(size, "3", MOMENT) is None
    assert answer(size, "the third one", MOMENT) == 12


def test_choices_are_found_with_their_place_in_a_sentence() -> None:
    """An exact one is sure; a typo is looked for only where nothing is exact."""
    found = find(ACCOUNT, "move it from savings to checkin", MOMENT)

    assert [(one.start, one.end, one.value, one.score) for one in found] == [(13, 20, "savings", 1.0)]
    assert [(one.value, one.score) for one in find(ACCOUNT, "move it to chekcing", MOMENT)] == [("checking", 0.7)]
    assert find(ACCOUNT, "move it to chekcing" + " and then some more" * 30, MOMENT) == []


def test_a_number_or_a_truth_may_be_a_choice() -> None:
    """What is given back is the author's value, of its own type."""
    size = Slot.model_validate({"type": "choice", "choices": [6, 12, 2.5, True]})

    assert answer(size, "twelve please", MOMENT) == 12
    assert answer(size, "the 6 one", MOMENT) == 6
    assert parse(size, 12, MOMENT) == 12
    assert parse(size, True, MOMENT) is True
    assert answer(size, "true", MOMENT) is True


YES: list[str] = [
    "yes",
    "yeah sure",
    "yep go ahead",
    "ok do it",
    "Y",
    "That's right, thanks",
    "sure, why not?",
    "👍",
    "no problem",
    "I do",
    "i guess so",
    "I suppose so, yes",
    "sí",
    "Sí, please",
    "why not?",
]
NO: list[str] = [
    "no",
    "nope",
    "don't",
    "No, don’t do it!",
    "no thanks",
    "not now",
    "n",
    "not yet, thanks",
    "no, that's wrong",
    "👎",
]
UNCLEAR: list[str] = [
    "yes but make it 60",
    "yes no",
    "hello",
    "",
    "no, I meant 60",
    "maybe",
    "please",
    "yes " * 100,
    "yesterday",
    "nothing to see",
    "yes?",
    "okay?",
    "fine ?",
    "yes? go ahead",
    "no?",
    "sure, why?",
    "yes I said no",
    "si",
    "vale",
    "i guess",
]


@pytest.mark.parametrize(("texts", "expected"), [(YES, True), (NO, False), (UNCLEAR, None)])
def test_yes_and_no_are_heard_where_nothing_else_is_said(texts: list[str], expected: bool | None) -> None:
    """Politeness does not count; anything of substance does."""
    assert [yes_or_no(text) for text in texts] == [expected] * len(texts)


@pytest.mark.parametrize(
    ("language", "yes", "no"),
    [
        ("es", "sí, claro", "no, gracias"),
        ("es-MX", "si", "mejor no"),
        ("es", "vale", "no, para nada"),
        ("es", "¿cómo no?", "no"),
        ("de", "sí", "nein"),
        ("fr", "pourquoi pas ?", "non"),
        ("fr", "oui, bien sûr", "non merci"),
        ("de", "ja, genau", "nein danke"),
        ("it", "sì, va bene", "no grazie"),
        ("pt", "sim, claro", "não, obrigado"),
        ("nl", "yes", "no"),
    ],
)
def test_yes_and_no_are_heard_in_their_language(language: str, yes: str, no: str) -> None:
    """English words where a language has none of its own."""
    assert yes_or_no(yes, language) is True
    assert yes_or_no(no, language) is False


def test_a_boolean_is_a_yes_or_a_no() -> None:
    """A number is neither."""
    flag = Slot(type="boolean")

    assert answered("boolean", "yes please") is True
    assert answered("boolean", "1") is None
    assert [(one.start, one.end, one.value) for one in find(flag, "no way", MOMENT)] == [(0, 6, False)]
    assert find(flag, "yes, 60", MOMENT) == []


def test_a_choice_in_another_language_is_counted_out_in_it() -> None:
    """La segunda is the second."""
    value: Value | None = answer(ACCOUNT, "la segunda", moment("es"))

    assert value == "savings"


def test_the_documented_examples_hold() -> None:
    """The docstring's examples run."""
    assert doctest.testmod(yes_no).failed == 0
