"""Texts as weighted n-grams."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.understanding.embedded.features import Features, similarities, words

EXAMPLES = ("send money", "send some money to my friend", "what is my balance", "block my card", "")
COMMON = ("my", "to", "is", "what", "some", "a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Send 50 EUROS!", ["send", "euros"]),
        ("What's my balance?", ["whats", "my", "balance"]),
        ("", []),
        ("123 45", []),
        ("Envía dinero a José", ["envia", "dinero", "a", "jose"]),
        ("w2 form 401k", ["w2", "form", "401k"]),
        ("{recipient} /set_slot", ["recipient", "set", "slot"]),
    ],
)
def test_words_are_folded_and_bare_numbers_left_out(text: str, expected: list[str]) -> None:
    """Case, accents, apostrophes and punctuation do not matter; a number is a value and no word."""
    assert words(text) == expected


def test_a_long_message_is_read_by_its_ends() -> None:
    """What somebody wants stands at the beginning or at the end of a ramble."""
    text = " ".join(["first", *("filler" for _ in range(500)), "last"])

    found = words(text)

    assert len(found) == 64
    assert (found[0], found[-1]) == ("first", "last")


def test_a_row_has_length_one_when_everything_is_known() -> None:
    """Examples are vectors of length one, an empty one of length zero."""
    features = Features(EXAMPLES, COMMON)

    lengths = [float(np.linalg.norm(row.weights)) for row in features.rows]

    assert lengths == pytest.approx([1, 1, 1, 1, 0], abs=1e-5)


def test_strange_words_make_a_row_shorter() -> None:
    """The more of a message is unknown, the shorter is its row."""
    features = Features(EXAMPLES, COMMON)

    known, half, strange = (
        float(np.linalg.norm(features.row(words(text)).weights))
        for text in ("send money", "send postcards", "zebra quilt")
    )

    assert known > half > strange == 0


def test_common_words_weigh_less_than_telling_ones() -> None:
    """Two sentences that share a common word are less alike than two that share a telling one."""
    features = Features(("my balance", "my card", "balance please", "other words"), COMMON)

    alike = similarities(features.rows, len(features))

    assert alike[0, 2] > 2 * alike[0, 1] > 0


@given(st.lists(st.text(alphabet="abc my", max_size=20), min_size=1, max_size=8))
def test_similarities_are_the_products_of_the_rows(texts: list[str]) -> None:
    """The sparse product is the dense one."""
    features = Features(texts, COMMON)
    dense = np.zeros((len(texts), len(features)), np.float32)
    for at, row in enumerate(features.rows):
        dense[at, row.ids] = row.weights

    assert similarities(features.rows, len(features)) == pytest.approx(dense @ dense.T, abs=1e-5)


def test_many_columns_are_multiplied_block_by_block() -> None:
    """More shared n-grams than fit into one block give the same product."""
    texts = [" ".join(f"w{first}{second}x" for second in range(40)) for first in range(40) for _ in (0, 1)]
    features = Features(texts, ())

    alike = similarities(features.rows, len(features))

    assert len(features) > 2048
    assert np.diagonal(alike) == pytest.approx(np.ones(len(texts)), abs=1e-4)
    assert alike[0, 1] == pytest.approx(1, abs=1e-4)
