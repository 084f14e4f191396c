"""Which examples there are, and in which part each of them is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.config.loader import load_config_text
from soni.dialogue.commands import Affirm, Deny, SetSlot, StartFlow
from soni.errors import SoniError
from soni.optimizing.examples import Example, distinct, without_secrets
from soni.optimizing.pupils import in_words
from soni.optimizing.splitting import Split, TooFewExamples, split
from soni.optimizing.triggers import trigger_examples

from .examples import NOW, example

BANK = load_config_text("""
version: "1.0"
slots:
  amount: {type: float, examples: ["50", "a hundred"]}
  account: {type: choice, choices: [savings, checking]}
  day: {type: date}
  recipient: {}
  pin: {sensitive: true}
flows:
  pay:
    trigger: {intents: ["pay {amount}", "pay {amount} from {account} {day}", "pay {recipient}"]}
    steps: [{step: done, type: say, message: Done.}]
  part:
    startable: false
    trigger: {intents: [never]}
    steps: [{step: done, type: say, message: Done.}]
""")


def test_triggers_are_filled() -> None:
    """From examples, else choices, else what such values look like; a free text without examples cannot be."""
    found, unfilled = trigger_examples(BANK, NOW)

    assert [(each.said, each.commands) for each in found] == [
        ("pay 50", (StartFlow("pay", {"amount": "50"}),)),
        (
            "pay a hundred from checking next Friday",
            (StartFlow("pay", {"amount": "a hundred", "account": "checking", "day": "next Friday"}),),
        ),
    ]
    assert unfilled == ["pay {recipient}"]
    assert found[0].briefing.flows == {"pay"}


def test_each_example_is_there_once() -> None:
    """Whatever the case and the space; a meaning that is dictated is believed."""
    found = distinct(
        [
            example("Yes", Deny(), truth="embedded"),
            example(" yes ", Affirm()),
            example("yes", SetSlot({"a": 1}), asked="a"),
        ]
    )

    assert [each.commands for each in found] == [(Affirm(),), (SetSlot({"a": 1}),)]


def test_a_trigger_that_is_a_line_is_the_line() -> None:
    """It is not in one part as a line and in another as a trigger."""
    found = distinct([example("pay", StartFlow("pay")), example("Pay", StartFlow("pay"), truth="author", group="pay")])

    assert [each.truth for each in found] == ["dictated"]


def test_what_is_sensitive_is_left_out() -> None:
    """The answer to a sensitive question, a value for a sensitive slot, and a secret that is said again."""
    harmless = example("yes", Affirm())
    secret = [
        example("1234", asked="pin"),
        example("it is 1234", SetSlot({"pin": "1234"})),
        example("1234 again", secrets=frozenset({"1234"})),
    ]

    assert without_secrets([harmless, *secret], BANK) == [harmless]


def test_a_value_is_taught_in_words() -> None:
    """Where the message is nothing else, and the slot reads it so."""
    tomorrow = example("tomorrow", SetSlot({"day": "2050-01-04"}), asked="day")
    other = example("the day after", SetSlot({"day": "2050-01-04"}), asked="day")

    assert in_words(tomorrow, BANK.slots) == (SetSlot({"day": "tomorrow"}),)
    assert in_words(other, BANK.slots) == other.commands


@st.composite
def _assistants(draw: st.DrawFn) -> list[Example]:
    tests = draw(st.lists(st.integers(1, 8), min_size=3, max_size=20))
    flows = draw(st.lists(st.integers(1, 8), min_size=3, max_size=10))
    lines = [
        example(f"line {test} {n}", group=f"test {test}") for test, count in enumerate(tests) for n in range(count)
    ]
    triggers = [
        example(f"trigger {flow} {n}", group=f"flow {flow}", truth="author")
        for flow, count in enumerate(flows)
        for n in range(count)
    ]
    return lines + triggers


@given(_assistants(), st.integers(0, 5), st.randoms())
def test_a_split_is_fair(examples: list[Example], seed: int, chance: object) -> None:
    """Everything is in one part; no test is on two sides; every flow has a trigger to learn from; it is the same again."""
    if len(examples) < 12:
        with pytest.raises(TooFewExamples):
            split(examples, seed)
        return
    parts = split(examples, seed)
    three = (parts.train, parts.val, parts.held_back)
    tests = [{each.group for each in part if not each.is_trigger} for part in three]

    assert sorted(each.said for part in three for each in part) == sorted(each.said for each in examples)
    assert not tests[0] & tests[1] | tests[0] & tests[2] | tests[1] & tests[2]
    assert all(three)
    assert split(examples, seed) == parts


def test_another_seed_divides_in_another_way() -> None:
    """And triggers of a flow are in all parts."""
    examples = [example(f"{n}", group="pay", truth="author") for n in range(20)]
    parts: list[Split] = [split(examples, seed) for seed in (1, 2)]

    assert parts[0] != parts[1]
    assert [len(part) for part in (parts[0].train, parts[0].val, parts[0].held_back)] == [10, 5, 5]


def test_too_few_are_counted() -> None:
    """With how many are needed."""
    with pytest.raises(TooFewExamples, match=r"There is one example .* and 12 different ones are needed"):
        split([example("yes")], 1)


def test_one_conversation_is_not_enough() -> None:
    """Its lines are not divided."""
    with pytest.raises(SoniError, match="All examples are lines of one conversation"):
        split([example(f"{n}") for n in range(20)], 1)
