"""How many people there are, told by who they are: two of us, just me, my wife and I."""

import pytest

from soni.config.models import Slot
from soni.understanding.values import answer, counts_people, find
from soni.value import Value

from .saying import moment

PEOPLE = Slot(type="integer", description="how many people are travelling")


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("two of us", "en", 2),
        ("the four of us", "en", 4),
        ("there will be 3 of us", "en", 3),
        ("just me", "en", 1),
        ("it's only me, please", "en", 1),
        ("my wife and I", "en", 2),
        ("me and my husband", "en", 2),
        ("a friend and me", "en", 2),
        ("just me and my wife", "en", 2),
        ("just me and Tom", "en", None),
        ("my wife and I and the children", "en", None),
        ("one of us", "en", None),
        ("solo yo", "es", 1),
        ("mi mujer y yo", "es", 2),
        ("yo y un amigo", "es", 2),
        ("cuatro de nosotros", "es", 4),
        ("somos dos", "es", 2),
        ("zwei", "de", 2),
    ],
)
def test_people_are_counted_by_who_they_are(text: str, language: str, expected: Value | None) -> None:
    """Where that leaves a doubt, the number is asked for."""
    assert answer(PEOPLE, text, moment(language)) == expected


@pytest.mark.parametrize(
    "slot",
    [
        Slot(type="integer", description="how many bags"),
        Slot(type="float", description="how much money"),
        Slot.model_validate({"type": "choice", "choices": [1, 2, 3]}),
    ],
)
def test_people_are_no_number_of_anything_else(slot: Slot) -> None:
    """*Two of us* is two only where that is what was asked; *just me* is no number at all."""
    assert all(one.score < 0.5 for one in find(slot, "two of us want to go", moment("en")))
    assert answer(slot, "two of us", moment("en")) == 2
    assert answer(slot, "just me", moment("en")) is None


@pytest.mark.parametrize(
    ("written", "language", "expected"),
    [
        ({"type": "integer", "description": "how many passengers"}, "en", True),
        ({"type": "integer", "prompt": "How many of you are there?"}, "en", True),
        ({"type": "integer", "examples": ["two people"]}, "en", True),
        ({"type": "integer", "description": "cuántos pasajeros"}, "es", True),
        ({"type": "integer", "description": "cuántos pasajeros"}, "en", False),
        ({"type": "integer", "description": "the age of the person"}, "en", False),
        ({"type": "float", "description": "how many people"}, "en", False),
    ],
)
def test_the_author_says_what_a_slot_counts(written: dict[str, object], language: str, expected: bool) -> None:
    """In the description, the prompt or the examples, in the language of the conversation or in English."""
    assert counts_people(Slot.model_validate(written), language) is expected
