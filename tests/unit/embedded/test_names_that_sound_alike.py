"""What differs in a sign alone is two things: O+ is not O-."""

import pytest

from soni.understanding.embedded.said import the_one_called


@pytest.mark.parametrize(
    ("said", "names", "meant"),
    [
        ("O-", ("O+", "O-"), "O-"),
        ("o-", ("O+", "O-"), "O-"),
        ("C#", ("C", "C++", "C#"), "C#"),
        ("1", ("-1", "1"), "1"),
        ("*", ("+", "*"), "*"),
        ("???", ("+", "*"), None),
        ("o", ("O+", "O-"), None),
        ("the Travel card!", ("The travel card", "Debit"), "The travel card"),
        ("", ("a",), None),
    ],
)
def test_a_name_is_meant_to_the_letter_or_in_words_that_nothing_else_has(
    said: str, names: tuple[str, ...], meant: str | None
) -> None:
    """In doubt nothing is meant."""
    assert the_one_called(said, [(name, name) for name in names]) == meant
