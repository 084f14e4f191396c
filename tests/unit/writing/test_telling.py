"""What a writer is told of values."""

import json

from soni.value import Value
from soni.writing.telling import MAX_DATA, MAX_ITEMS, MAX_TEXT, data_of, tidied


def test_values_are_tidied_all_the_way_down() -> None:
    """Texts are normalised and without what nobody sees; numbers and truths stay."""
    value: Value = {"na\u200bme": ["ﬁne\u202e", 5, 1.5, True, None], "deep": {"x": "a\x00b"}}

    assert tidied(value) == {"name": ["fine", 5, 1.5, True, None], "deep": {"x": "a b"}}


def test_secrets_are_masked_wherever_they_have_been_copied_to() -> None:
    """In texts, in lists, in keys, and as numbers."""
    assert tidied(["pin 4711", 4711, {"4711": 1}, 5], {"4711"}) == ["pin ...", "…", {"...": 1}, 5]


def test_what_is_told_is_bounded() -> None:
    """Long texts are cut, long lists too, and what does not fit in any more is left out."""
    assert tidied("x" * 5000) == "x" * MAX_TEXT
    assert tidied([1] * 500) == [1] * MAX_ITEMS
    nested: Value = "end"
    for _ in range(20):
        nested = [nested]
    assert "end" not in json.dumps(tidied(nested))

    told = data_of({f"slot{number}": "x" * 2000 for number in range(20)})

    assert len(told) <= MAX_DATA
    assert "slot0" in told
    assert "slot19" not in told
