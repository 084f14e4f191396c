"""A text read out of an answer that still comes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.understanding.model.quoting import tidy
from soni.writing.program import read_text
from soni.writing.unfolding import Unfolding


def heard(pieces: list[str], most: int = 10_000) -> list[tuple[str, bool]]:
    told: list[tuple[str, bool]] = []
    unfolding = Unfolding(lambda text, begins: told.append((text, begins)), most)
    for piece in pieces:
        unfolding.feed(piece)
    return told


@given(
    text=st.text(st.characters(codec="ascii") | st.sampled_from('é"\\\n日👩𝄞'), min_size=1, max_size=60),
    cuts=st.lists(st.integers(1, 7), max_size=60),
    ascii_only=st.booleans(),
    before=st.sampled_from(["", "```json\n", "Here it is: "]),
)
def test_wherever_an_answer_is_cut_its_text_is_heard(text: str, cuts: list[int], ascii_only: bool, before: str) -> None:
    """As a person would see it, and as the whole answer is read."""
    rest, pieces = before + json.dumps({"text": text}, ensure_ascii=ascii_only), []
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    told = heard([*pieces, rest])

    whole = "".join(piece for piece, _ in told)
    assert whole.strip() == tidy(text)
    assert [begins for _, begins in told] == [True] + [False] * (len(told) - 1) if told else not tidy(text)
    assert not whole.strip() or tidy(read_text("".join([*pieces, rest]))) == whole.strip()


@pytest.mark.parametrize(
    "answer", ["", "Roses", "{}", '{"other": "x"}', '["text"]', '{"text": 5}', '{"text": "\\ud83d x']
)
def test_what_looks_otherwise_is_not_told(answer: str) -> None:
    """It may still be read as a whole."""
    assert heard(list(answer)) == []


def test_no_more_is_told_than_can_be_said() -> None:
    """A text that is too long is not said."""
    told = heard(['{"text": "', *["a" * 7] * 10], most=20)

    assert "".join(text for text, _ in told) == "a" * 20
