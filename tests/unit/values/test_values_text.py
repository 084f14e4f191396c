"""Folding a text, and finding the way back to the original."""

from hypothesis import given
from hypothesis import strategies as st

from soni.understanding.values.text import any_of, fold, phrases, plain


@given(st.text(max_size=60))
def test_every_folded_character_has_a_place_in_the_original(text: str) -> None:
    """Positions never leave the original, never run backwards, and every span is a slice of it."""
    folded = fold(text)

    places = [(folded.start(index), folded.end(index + 1)) for index in range(len(folded.text))]
    assert places == sorted(places)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert folded.slice(0, len(folded.text)) in text
    assert folded.start(len(folded.text)) <= len(text)
    assert all(folded.index(folded.start(index)) <= index for index in range(len(folded.text)))


def test_accents_capitals_and_widths_do_not_matter() -> None:
    """José, JOSE with a separate accent, and full-width digits fold to the same plain letters."""
    assert plain("José") == plain("JOSE\u0301") == "jose"
    assert plain("３５０ €") == "350 €"
    assert plain("Straße") == "strasse"
    assert plain("٣") == "3"
    assert plain("don’t — “now”") == 'don\'t - "now"'


def test_a_fraction_or_an_exponent_is_not_glued_to_its_number() -> None:
    """1½ is not eleven halves, and 10² is not 102."""
    assert plain("1½") == "1½"
    assert plain("10²") == "10²"


def test_a_span_behind_a_decomposed_letter_points_at_the_right_words() -> None:
    """Positions after a letter with a separate accent, an ß and an invisible mark are those of the given text."""
    text = "Jose\u0301 Weiß\u200b pays 50"
    folded = fold(text)
    at = folded.text.index("50")

    assert folded.slice(at, at + 2) == "50"
    assert folded.index(folded.start(at)) == at
    assert folded.slice(0, 4) == "Jose\u0301"


def test_phrases_are_separated_by_bars_and_lines() -> None:
    """Vocabularies are written as text."""
    assert phrases("Sí | por favor\n gracias |") == ("si", "por favor", "gracias")


def test_no_phrase_at_all_matches_nothing() -> None:
    """An empty alternative would match everywhere."""
    assert any_of(()) == any_of(("",)) == "(?!)"
