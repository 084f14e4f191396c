"""A model's answer is a closed list of wishes, and each wish is at most one command."""

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.dialogue.commands import (
    COMMANDS,
    Affirm,
    AskInfo,
    CancelFlow,
    Clarify,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    Repeat,
    SetSlot,
    StartFlow,
)
from soni.understanding.model.answers import read_answer, response_format, write_answer
from soni.understanding.model.wishes import CommandName, Unreadable, Wish, to_commands, to_wishes

names = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
texts = st.text(max_size=20)
slots = st.dictionaries(names, texts, min_size=1, max_size=3)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(StartFlow, names, st.dictionaries(names, texts, max_size=3)),
    st.builds(CancelFlow, st.none() | names),
    st.builds(SetSlot, slots),
    st.builds(CorrectSlot, slots),
    st.builds(lambda name: ClearSlot((name,)), names),
    st.builds(Deny, st.none() | names),
    st.builds(AskInfo, st.none() | names),
    st.builds(Clarify, st.lists(names, min_size=1, max_size=3).map(tuple), st.dictionaries(names, texts, max_size=2)),
    st.sampled_from([Affirm(), Repeat()]),
)


def test_every_command_has_a_name_a_model_may_say() -> None:
    """The schema's names are the commands' names."""
    assert set(get_args(CommandName)) == set(COMMANDS)


@given(st.lists(commands, max_size=5))
def test_commands_come_back_from_an_answer(meant: list[Command]) -> None:
    """What a model writes of commands is read as the same commands."""
    wishes = read_answer(write_answer(to_wishes(meant)))

    assert to_commands(wish for wish in wishes if isinstance(wish, Wish)) == meant


def test_clearing_several_slots_is_several_wishes() -> None:
    """A wish is about one slot."""
    assert to_commands(to_wishes([ClearSlot(("a", "b"))])) == [ClearSlot(("a",)), ClearSlot(("b",))]


@pytest.mark.parametrize(
    ("written", "said"),
    [(50, 50), (50.125, 50.125), (True, "yes"), (["a", "b"], "a, b"), ({"amount": 5, "currency": "EUR"}, "5 EUR")],
)
def test_values_that_are_no_texts_are_read_as_they_are_said(written: object, said: object) -> None:
    """A model without a schema writes numbers where texts are asked for; no language reads their point as a comma."""
    wish = Wish.model_validate({"command": "set_slot", "values": [{"slot": "a", "value": written}]})

    (command,) = to_commands([wish])
    assert isinstance(command, SetSlot)
    assert command.slots["a"] == said


@pytest.mark.parametrize(
    "wish",
    [
        {"command": "start_flow"},
        {"command": "set_slot"},
        {"command": "correct_slot", "values": []},
        {"command": "clear_slot"},
        {"command": "clarify"},
    ],
)
def test_a_wish_without_what_it_is_about_is_no_command(wish: dict[str, object]) -> None:
    """Nothing is guessed."""
    assert to_commands([Wish.model_validate(wish)]) == []


@pytest.mark.parametrize(
    "item", [{"command": "transfer"}, {"command": "affirm", "sql": "drop"}, "affirm", None, {"command": 5}, {}]
)
def test_an_item_that_is_no_wish_is_unreadable_and_spoils_nothing(item: object) -> None:
    """The others count."""
    answer = json.dumps({"commands": [item, {"command": "affirm"}]})

    assert read_answer(answer) == [Unreadable(), Wish(command="affirm")]


@pytest.mark.parametrize("around", ["{}", "```json\n{}\n```", "Sure! Here it is:\n{}\nAnything else?", "```\n{}```"])
def test_an_answer_may_stand_in_words_or_a_fence(around: str) -> None:
    """Models that are told to answer with JSON alone do not always."""
    answer = around.replace("{}", '{"commands": [{"command": "affirm"}]}')

    assert read_answer(answer) == [Wish(command="affirm")]


@given(st.data())
def test_half_an_answer_is_no_answer(data: st.DataObject) -> None:
    """Never is a value read that broke off: 500 is not 5."""
    whole = write_answer([Wish.model_validate({"command": "set_slot", "values": [{"slot": "amount", "value": "500"}]})])
    half = whole[: data.draw(st.integers(0, len(whole) - 1))]

    with pytest.raises(ValueError, match="answer"):
        read_answer(half)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no idea",
        "[]",
        "null",
        "{}",
        '{"commands": "affirm"}',
        '{"commands": [], "commands": []}',
        '{"commands": [NaN]}',
        "{" * 100_000,
    ],
)
def test_what_is_no_list_of_commands_is_no_answer(text: str) -> None:
    """However long it is."""
    with pytest.raises(ValueError, match="answer"):
        read_answer(text)


def test_the_schema_is_closed() -> None:
    """Everything is required and nothing else allowed, as structured outputs want it."""
    asked = response_format()

    assert asked["strict"] is True
    for definition in asked["schema"]["$defs"].values():
        assert definition["additionalProperties"] is False
        assert definition["required"] == list(definition["properties"])
