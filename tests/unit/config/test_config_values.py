"""Durations, sizes, computed values and the like, as they are written and as they are kept."""

import copy
import json
import pickle
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from soni.config.values import (
    Auto,
    Bound,
    Computed,
    Condition,
    Duration,
    Flag,
    Formula,
    FromEnvironment,
    FrozenDict,
    Json,
    Number,
    Size,
    Text,
    Timeout,
    Whole,
    case_key,
    format_duration,
    kind,
    parse_duration,
)
from soni.expressions import parse_expression
from soni.templates import parse_template
from soni.value import Value


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("300ms", 0.3), ("10s", 10), ("5m", 300), ("2h", 7200), ("30d", 2592000), ("1.5 h", 5400), (" 0s ", 0)],
)
def test_durations_have_a_unit(written: str, seconds: float) -> None:
    """A duration is a number and a unit."""
    assert parse_duration(written) == timedelta(seconds=seconds)


@pytest.mark.parametrize("written", [10, "10", "5 min", "-5s", "", None, True, ["5s"], "1_0s", "٣s"])
def test_what_has_no_unit_is_no_duration(written: object) -> None:
    """Ten of what? The author has to say."""
    with pytest.raises(ValueError, match="a duration such as"):
        parse_duration(written)


def test_an_endless_duration_is_refused() -> None:
    """What Python cannot hold is said, and does not escape as another error."""
    with pytest.raises(ValueError, match="longer than anyone can wait"):
        parse_duration("999999999999d")


@given(st.integers(min_value=0, max_value=10**14).map(lambda number: timedelta(microseconds=number)))
def test_a_duration_written_out_is_read_back(duration: timedelta) -> None:
    """Formatting loses nothing, down to a microsecond."""
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    ("written", "size"), [("64KiB", 65536), ("1MB", 1000000), ("10", 10), (2048, 2048), ("1 GiB", 2**30), ("5B", 5)]
)
def test_sizes_are_bytes(written: object, size: int) -> None:
    """A size may have a unit, decimal or binary."""
    assert TypeAdapter[int](Size).validate_python(written) == size


def refusal(wanted: Any, written: object) -> str:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter[object](wanted).validate_python(written)
    (error,) = refused.value.errors()
    return error["msg"]


@pytest.mark.parametrize(
    ("wanted", "written", "words"),
    [
        (Size, "big", "a size such as 64KiB or 1MB is expected, not the text 'big'"),
        (Size, 0, "greater than or equal to 1"),
        (Size, True, "a size such as"),
        (Timeout, "0s", "must be more than nothing"),
        (Condition, 5, "a condition is expected, written as text, not the number 5"),
        (Text, None, "a text is expected, not nothing"),
        (Text, True, 'in quotes it is a text: "true"'),
        (Text, {"a": None}, "a text that begins with { needs quotes"),
        (Formula, "plain", "a list is expected, or {{ an expression }}"),
        (Json, {1: "a"}, "put 1 in quotes"),
        (Json, float("inf"), "no value that can be stored"),
        (Json, {1}, "no value that can be stored"),
        (Bound, True, "a number is expected, or a date or time as text, not true"),
        (Auto, "yes", "auto, true or false is expected, not the text 'yes'"),
        (Flag, "yes", "valid boolean"),
        (Flag, 1, "valid boolean"),
        (Whole, "5", "valid integer"),
        (Whole, True, "valid integer"),
        (Whole, 1.0, "valid integer"),
        (Number, "5", "valid number"),
        (Number, True, "valid number"),
    ],
)
def test_what_does_not_fit_is_refused(wanted: Any, written: object, words: str) -> None:
    """Nothing is silently taken for something else."""
    assert words in refusal(wanted, written)


@pytest.mark.parametrize(
    ("wanted", "written", "value"),
    [
        (Flag, FromEnvironment("true"), True),
        (Whole, FromEnvironment("5"), 5),
        (Number, FromEnvironment("0.5"), 0.5),
        (Number, 5, 5.0),
        (Auto, FromEnvironment("false"), False),
        (Auto, "auto", "auto"),
        (Json, FromEnvironment("5"), "5"),
        (str, FromEnvironment("5"), "5"),
        (Bound, 5, 5),
        (Bound, "2030-01-31", "2030-01-31"),
        (Duration, timedelta(seconds=1), timedelta(seconds=1)),
        (Condition, True, parse_expression("true")),
        (Condition, parse_expression("a"), parse_expression("a")),
        (Text, parse_template("a"), parse_template("a")),
        (Computed, "{{ 1 + 2 }}", parse_expression("1 + 2")),
        (Computed, " {{ a }} ", parse_expression("a")),
        (Computed, "{a}", "{a}"),
        (Computed, parse_expression("a"), parse_expression("a")),
        (Formula, "{{ a }}", parse_expression("a")),
    ],
)
def test_what_fits_is_kept(wanted: Any, written: object, value: object) -> None:
    """What comes from the environment is typed by what is asked for."""
    assert TypeAdapter[object](wanted).validate_python(written) == value


@pytest.mark.parametrize(
    ("wanted", "written"),
    [(Duration, "5m"), (Condition, "a > 1"), (Text, "{a|b}"), (Computed, "{{ a + 1 }}"), (Computed, {"a": [1, None]})],
)
def test_what_was_read_is_written_back(wanted: Any, written: object) -> None:
    """A configuration survives JSON."""
    adapter = TypeAdapter[object](wanted)

    assert adapter.dump_python(adapter.validate_python(written), mode="json") == written


values: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(values)
def test_a_value_is_copied_whole(value: Value) -> None:
    """Whoever wrote a value cannot change it afterwards."""
    before = copy.deepcopy(value)

    kept = TypeAdapter[Value](Json).validate_python(value)
    if isinstance(value, list | dict):
        value.clear()

    assert kept == before
    assert json.loads(json.dumps(kept)) == before


def test_a_frozen_dictionary_refuses_every_change() -> None:
    """Conversations that run at once read the same assistant."""
    frozen = FrozenDict({"a": 1})

    changes: list[Callable[[], object]] = [
        lambda: frozen.__setitem__("b", 2),
        lambda: frozen.__delitem__("a"),
        lambda: frozen.update(b=2),
        lambda: frozen.setdefault("b", 2),
        lambda: frozen.pop("a"),
        lambda: frozen.popitem(),
        lambda: frozen.clear(),
        lambda: frozen.__ior__({"b": 2}),
    ]
    for change in changes:
        with pytest.raises(TypeError, match="does not change"):
            change()

    assert frozen == {"a": 1}
    assert copy.copy(frozen) is frozen
    assert copy.deepcopy(frozen) == pickle.loads(pickle.dumps(frozen)) == frozen
    assert isinstance(copy.deepcopy(frozen), FrozenDict)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (None, "nothing"), (True, "true"), (1.5, "the number 1.5"), ("a", "the text 'a'"), ({}, "a mapping"),
        ([], "a list"), ("x" * 50, f"the text '{'x' * 39}…'"),
    ],
)  # fmt: skip
def test_values_are_called_what_an_author_calls_them(written: object, words: str) -> None:
    """Long texts are cut."""
    assert kind(written) == words


def test_cases_are_called_as_they_are_written() -> None:
    """As in YAML, and not as in Python."""
    assert [case_key(case) for case in (True, False, 1, 1.5, "a")] == ["true", "false", "1", "1.5", "a"]
