"""Free text, names, lists, and texts of a pattern."""

import pytest

from soni.config.models import Slot
from soni.understanding.values import answer, find, parse

from .saying import MOMENT, answered, moment

IBAN = Slot(type="string", pattern="[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("to Ana", "Ana"),
        ("Ana", "Ana"),
        ("to", "to"),
        ("my name is Ana Ruiz", "Ana Ruiz"),
        ("My name's Ana Ruiz, thanks.", "Ana Ruiz"),
        ("it's for Bob", "Bob"),
        ("no, I meant Bob", "Bob"),
        ("not Ana, Bob", "Bob"),
        ("uhm... call me Ana please", "Ana"),
        ("José García!", "José García"),
        ('the note is "for the rent"', "for the rent"),
        ("'s Hertogenbosch", "'s Hertogenbosch"),
        ("Will", "Will"),
        ("The rent of the flat in Main Street for June", "The rent of the flat in Main Street for June"),
        ("what do you mean?", None),
        ("how much can I send?", None),
        ("please tell me more", None),
        ("Ana?", None),
        ("yes", None),
        ("no thanks", None),
        ("I don't know", None),
        ("hmm", None),
        ("  ", None),
        ("", None),
        ('""', None),
    ],
)
def test_a_free_answer_is_taken_without_its_carriers(text: str, expected: str | None) -> None:
    """A question, a yes or no and an I-don't-know are no free answers; a long text is kept whole."""
    assert answered("string", text) == expected


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Phyllis Selzer", "Phyllis", "Selzer"),
        ("First name Carry, last name Jocoy", "Carry", "Jocoy"),
        ("Dulcie, Petsch", "Dulcie", "Petsch"),
        ("I am called Arla Posis", "Arla", "Posis"),
        ("I have a table booked under the name Les Oullette, I would like to cancel it please.", "Les", "Oullette"),
        ("Ana", "Ana", "Ana"),
        ("Ana Maria Ruiz", "Ana", "Maria Ruiz"),
        ("I don't know", None, None),
    ],
)
def test_a_slot_described_as_a_name_takes_its_part_of_one(text: str, first: str | None, last: str | None) -> None:
    """What the author writes about the slot tells which part is asked for."""
    assert answer(Slot(description="the first name of the guest"), text, MOMENT) == first
    assert answer(Slot(prompt="What is your last name?"), text, MOMENT) == last


def test_a_whole_name_is_taken_out_of_a_sentence_that_introduces_it() -> None:
    """A slot for a name needs no more than the name."""
    slot = Slot(description="name of the person who gets the money")

    assert answer(slot, "I would like it to go to my sister, her name is Ana Ruiz", MOMENT) == "Ana Ruiz"
    assert answer(slot, "Ana Ruiz", MOMENT) == "Ana Ruiz"


def test_texts_that_stand_out_are_found() -> None:
    """Quoted ones, the author's examples, introduced names, and capitals inside a sentence, in this order of sureness."""
    slot = Slot(examples=("Madrid", "New York"))
    text = 'Send "the book" from madrid to José Ruiz near Main Street'
    found = [(one.value, one.score, text[one.start : one.end]) for one in find(slot, text, MOMENT)]

    assert found == [
        ("the book", 0.9, '"the book"'),
        ("madrid", 0.8, "madrid"),
        ("José Ruiz", 0.7, "José Ruiz"),
        ("Main Street", 0.4, "Main Street"),
    ]
    assert find(Slot(), "SEND IT TO ANA", MOMENT) == []
    assert find(Slot(), "Hello. There I am", MOMENT) == []


def test_names_are_found_behind_letters_that_fold_to_more_than_one() -> None:
    """Positions are those of the given text."""
    text = "ich wohne in der Straße bei Jürgen Groß"
    found = find(Slot(), text, moment("de"))

    assert "Jürgen Groß" in [text[one.start : one.end] for one in found]


@pytest.mark.parametrize(
    "text",
    ["ES9121000418450200051332", "it's es91 2100 0418 4502 0005 1332, thanks", "IBAN: ES91 2100 0418 4502 0005 1332."],
)
def test_a_text_of_a_pattern_is_found_in_any_spelling(text: str) -> None:
    """Capitals and the spaces between groups do not matter."""
    assert answer(IBAN, text, MOMENT) == "ES9121000418450200051332"
    assert [one.value for one in find(IBAN, text, MOMENT)] == ["ES9121000418450200051332"]


def test_a_text_that_does_not_fit_the_pattern_is_left_to_be_refused() -> None:
    """It answers all the same, so that parsing can say what is wrong."""
    assert answer(IBAN, "12345", MOMENT) == "12345"
    assert find(IBAN, "no iban here", MOMENT) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("milk, eggs and two apples", ["milk", "eggs", "two apples"]),
        ("milk; eggs\nbread", ["milk", "eggs", "bread"]),
        ("I'd like milk and eggs, please", ["milk", "eggs"]),
        ("milk, and eggs", ["milk", "eggs"]),
        ("milk", ["milk"]),
        ("what can I have?", None),
    ],
)
def test_a_list_is_split_at_commas_and_conjunctions(text: str, expected: list[str] | None) -> None:
    """The conjunctions are those of the language."""
    assert answered("list", text) == expected


def test_a_list_knows_the_conjunctions_of_its_language() -> None:
    """Y, et, und."""
    assert answered("list", "leche, huevos y pan", "es") == ["leche", "huevos", "pan"]
    assert parse(Slot(type="list"), "Brot und Milch", moment("de")) == ["Brot", "Milch"]
