"""Scores count what is right, what is missed and what is invented, by command."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.config.models import Slot
from soni.dialogue.commands import (
    Affirm,
    CancelFlow,
    Clarify,
    ClearSlot,
    Command,
    CorrectSlot,
    Deny,
    OutOfScope,
    SetSlot,
    StartFlow,
)
from soni.errors import NLUError
from soni.optimizing.scoring import NOTHING, Answered, Scores, Tally, compare, examine, score
from soni.testing.doubles import ScriptedUnderstander

from .examples import NOW, example

SLOTS = {
    "amount": Slot(type="float"),
    "day": Slot(type="date"),
    "name": Slot(),
    "account": Slot.model_validate(
        {"type": "choice", "choices": [{"value": "savings", "synonyms": ["saver"]}, "checking"]}
    ),
}

COMMANDS: st.SearchStrategy[Command] = st.one_of(
    st.sampled_from([Affirm(), Deny(), Deny("amount"), OutOfScope(), CancelFlow(), ClearSlot(("amount", "name"))]),
    st.builds(StartFlow, st.sampled_from(["pay", "order"]), st.just({}) | st.just({"amount": 5})),
    st.builds(SetSlot, st.dictionaries(st.sampled_from(["amount", "name"]), st.sampled_from(["5", "6"]))),
    st.builds(CorrectSlot, st.just({"name": "Ana"})),
    st.builds(Clarify, st.just(("pay", "order"))),
)


def scored(*pairs: tuple[Sequence[Command], Sequence[Command]]) -> Scores:
    """The scores of expected and got."""
    return score([Answered(example("x", *expected), tuple(got)) for expected, got in pairs], SLOTS)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ([SetSlot({"amount": 50})], [SetSlot({"amount": "50 euros"})]),
        ([SetSlot({"amount": 50})], [SetSlot({"amount": "fifty"})]),
        ([SetSlot({"day": "2050-01-04"})], [SetSlot({"day": "tomorrow"})]),
        ([SetSlot({"account": "savings"})], [SetSlot({"account": "saver"})]),
        ([SetSlot({"name": "Ana  María"})], [SetSlot({"name": "ana maría"})]),
        ([SetSlot({"amount": "lots"})], [SetSlot({"amount": "LOTS"})]),
        ([SetSlot({"unknown": "A"})], [SetSlot({"unknown": "a"})]),
        ([SetSlot({"amount": 5, "name": "Bo"})], [SetSlot({"name": "Bo"}), SetSlot({"amount": 5})]),
        ([Clarify(("pay", "order"))], [Clarify(("order", "pay"))]),
        ([StartFlow("pay", {"name": None})], [StartFlow("pay")]),
        ([Affirm(), SetSlot({"amount": 5})], [SetSlot({"amount": "5"}), Affirm()]),
        ([], []),
    ],
)
def test_what_means_the_same_is_exact(expected: Sequence[Command], got: Sequence[Command]) -> None:
    """Whatever the order, the words of a value, and how slots are put together."""
    scores = scored((expected, got))

    assert (scores.exact, scores.overall.f1, scores.confused) == (1, 1.0, {})


@pytest.mark.parametrize(
    ("expected", "got", "confused"),
    [
        ([StartFlow("pay")], [StartFlow("order")], ("start_flow pay", "start_flow order")),
        ([StartFlow("pay")], [], ("start_flow pay", NOTHING)),
        ([], [OutOfScope()], (NOTHING, "out_of_scope")),
        ([SetSlot({"amount": 5})], [SetSlot({"amount": 6})], ("set_slot amount", "set_slot amount (other values)")),
        ([SetSlot({"amount": 5})], [CorrectSlot({"amount": 5})], ("set_slot amount", "correct_slot amount")),
        ([Deny()], [Deny("amount")], ("deny", "deny amount")),
        ([Affirm()], [Affirm(), Affirm()], (NOTHING, "affirm")),
    ],
)
def test_what_is_taken_for_what(expected: Sequence[Command], got: Sequence[Command], confused: tuple[str, str]) -> None:
    """Is told with the flow or the slot."""
    scores = scored((expected, got))

    assert (scores.exact, dict(scores.confused)) == (0, {confused: 1})


def test_the_same_flow_is_paired_before_another() -> None:
    """A start with other values is not confused with another flow beside it."""
    scores = scored(([StartFlow("pay", {"amount": 5}), StartFlow("order")], [StartFlow("pay", {"amount": 6})]))

    assert dict(scores.confused) == {
        ("start_flow pay", "start_flow pay (other values)"): 1,
        ("start_flow order", NOTHING): 1,
    }


def test_precision_recall_and_f1() -> None:
    """By command and of all; a turn that is right in part is not exact."""
    scores = scored(
        ([StartFlow("pay"), SetSlot({"amount": 5})], [StartFlow("pay")]),
        ([Affirm()], [Affirm(), SetSlot({"name": "Bo"})]),
        ([Affirm()], [Affirm()]),
    )

    assert scores.kinds == {"start_flow": Tally(1), "set_slot": Tally(0, 1, 1), "affirm": Tally(2)}
    assert (scores.overall.precision, scores.overall.recall, scores.overall.f1) == (0.75, 0.75, 0.75)
    assert (scores.exact, scores.turns) == (1, 3)
    assert scores.numbers() == {"exact": 0.3333, "precision": 0.75, "recall": 0.75, "f1": 0.75}


def test_worse_is_fewer_exact_turns_or_else_a_lower_f1() -> None:
    """Not worse than itself."""
    good, fair = scored(([Affirm()], [Affirm()])), scored(([Affirm()], [Affirm(), Deny()]))
    poor = scored(([Affirm()], []))

    assert fair.is_worse_than(good)
    assert poor.is_worse_than(fair)
    assert not good.is_worse_than(good)


async def test_any_understander_is_examined() -> None:
    """One that fails has understood nothing, and no turn of it is exact."""
    understander = ScriptedUnderstander({"yes": [Affirm()], "no": NLUError("gone")})

    answered = await examine(understander, [example("yes", Affirm()), example("no", Deny()), example("hm")])
    scores = score(answered, SLOTS)

    assert [each.failure for each in answered] == [None, "gone", None]
    assert (scores.exact, scores.failed) == (2, 1)
    assert understander.briefings[0].now == NOW


async def test_a_failure_is_not_exact_where_nothing_was_expected() -> None:
    """To fail is not to understand nothing."""
    answered = await examine(ScriptedUnderstander({"hm": NLUError("gone")}), [example("hm")])

    assert score(answered, SLOTS).exact == 0


@given(st.lists(COMMANDS, max_size=4), st.lists(COMMANDS, max_size=4), st.randoms())
def test_counts_agree(expected: list[Command], got: list[Command], chance: object) -> None:
    """What was expected and what was got is right, missed or invented; order and sides do not matter."""
    briefing = example("x").briefing
    there, back = compare(expected, got, briefing, SLOTS), compare(got, expected, briefing, SLOTS)
    total, turned = sum(there.kinds.values(), Tally()), sum(back.kinds.values(), Tally())

    assert (total.right, total.missed, total.invented) == (turned.right, turned.invented, turned.missed)
    assert there.is_exact == back.is_exact == (there.f1 == 1.0)
    assert len(there.confused) == max(total.missed, total.invented)
    assert compare(expected, list(reversed(expected)), briefing, SLOTS).is_exact
