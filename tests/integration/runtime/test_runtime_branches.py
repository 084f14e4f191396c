"""Choosing a way by a value or a condition, and going round in loops."""

import pytest

from soni import FlowError

from .chat import talking
from .saying import said

# --- branch ---

CASES = """
    [{step: ask, type: collect, slot: x},
     {step: b, type: branch, slot: x, cases: {CASES}},
     {step: none, type: say, message: none, jump_to: end},
     {step: low, type: say, message: low, jump_to: end},
     {step: high, type: say, message: high, jump_to: end}]
"""


@pytest.mark.parametrize(
    ("kind", "cases", "value", "expected"),
    [
        ("integer", "10: low, 20: high, default: none", "10", "low"),
        ("integer", "10: low, 20: high, default: none", "20", "high"),
        ("integer", "10: low, default: none", "11", "none"),
        ("integer", "'10': low, default: none", "10", "low"),
        ("integer", "'>100': high, '>10': low, default: none", "101", "high"),
        ("integer", "'>100': high, '>10': low, default: none", "100", "low"),
        ("integer", "'<=10': low, default: none", "10", "low"),
        ("integer", "'!=5': high, default: low", "5", "low"),
        ("integer", "'==5': low, default: none", "5", "low"),
        ("float", "2: low, default: none", "2.0", "low"),
        ("float", "'2.5': low, default: none", "2.5", "low"),
        ("boolean", "true: low, false: high", "yes", "low"),
        ("boolean", "true: low, false: high", "no", "high"),
        ("boolean", "'true': low, 'false': high", "no", "high"),
        ("boolean", "True: low, default: high", "no", "high"),
        ("string", "a: low, b: high, default: none", "b", "high"),
        ("string", "1: low, default: none", "1", "none"),
        ("date", "'>\"2030-06-01\"': high, default: low", "2030-07-01", "high"),
    ],
)
async def test_a_branch_chooses_by_value(kind: str, cases: str, value: str, expected: str) -> None:
    """Cases are values, texts, booleans and comparisons, tried in order; the default is for all others."""
    steps = CASES.replace("{CASES}", "{" + cases + "}")
    answers = await said(steps, f"/set_slot x={value}", slots=f"{{x: {{type: {kind}, prompt: X?}}}}")

    assert answers[-1] == expected


async def test_a_branch_on_an_expression_and_an_unset_value() -> None:
    """``evaluate`` computes the value; unset fits the default alone."""
    steps = (
        "[{step: b, type: branch, evaluate: 'x + 1', cases: {'>0': high, default: low}},"
        " {step: low, type: say, message: low, jump_to: end}, {step: high, type: say, message: high}]"
    )

    assert await said(steps, slots="{x: {type: integer}}") == ["low"]
    assert await said(steps, slots="{x: {type: integer, default: 3}}") == ["high"]


async def test_a_value_without_a_case_is_a_flow_error_that_changes_nothing() -> None:
    """The turn fails, the question stays pending, and another answer works."""
    steps = CASES.replace("{CASES}", "{a: low, b: high}")
    written = f"slots: {{x: {{prompt: X?}}}}\nflows: {{f: {{steps: {steps}}}}}"
    async with talking(written) as chat:
        await chat.say("/start_flow f")
        with pytest.raises(FlowError, match="'b' has no case for what x is"):
            await chat.say("/set_slot x=c")

        assert await chat.hear("/set_slot x=b") == "high"


async def test_a_branch_with_conditions_takes_the_first_that_holds() -> None:
    """Arms are tried in order, else stands for the rest, and inline steps go on behind the branch."""
    steps = """
        [{step: ask, type: collect, slot: x},
         {step: b, type: branch, when: [
            {condition: x > 10, then: [{step: high, type: say, message: high}]},
            {condition: x > 5, then: middle},
            {else: [{step: low, type: say, message: low}]}]},
         {step: after, type: say, message: after, jump_to: end},
         {step: middle, type: say, message: middle}]
    """
    slots = "{x: {type: integer, prompt: X?}}"

    assert [(await said(steps, f"/set_slot x={x}", slots=slots))[-1] for x in (11, 6, 1)] == [
        "high\nafter", "middle", "low\nafter",
    ]  # fmt: skip


async def test_a_branch_without_an_arm_that_holds_goes_on_behind_it() -> None:
    """Conditions need no else; a branch with cases may be skipped as a whole."""
    steps = """
        [{step: b, type: branch, when: [{condition: "false", then: end}]},
         {step: c, type: branch, slot: x, when: x is set, cases: {1: end}},
         {step: s, type: say, message: here}]
    """

    assert await said(steps, slots="{x: {type: integer}}") == ["here"]


# --- while ---

COUNT = """
    [{step: set_up, type: set, slots: {n: START}},
     {step: again, type: while, condition: n < 3, EXTRA do: [
        {step: ask, type: collect, slot: item},
        {step: count, type: set, slots: {n: "{{ n + 1 }}"}},
        {step: got, type: say, message: "{n}: {item}"}]},
     {step: done, type: say, message: "{n} in all, the last {item|none}.", jump_to: end},
     {step: elsewhere, type: say, message: elsewhere}]
"""
ITEM = "{n: {type: integer}, item: {prompt: Which?}}"


async def test_a_loop_asks_its_question_anew_each_round() -> None:
    """Three rounds are three questions, also where the answer is the same."""
    steps = COUNT.replace("START", "0").replace("EXTRA", "")
    answers = await said(steps, *["/set_slot item=egg"] * 3, slots=ITEM)

    assert answers == ["Which?", "1: egg\nWhich?", "2: egg\nWhich?", "3: egg\n3 in all, the last egg."]


async def test_a_loop_whose_condition_is_false_is_not_entered() -> None:
    """No round at all, and the flow goes on behind it, or where ``exit_to`` says."""
    nothing = await said(COUNT.replace("START", "3").replace("EXTRA", ""), slots=ITEM)
    elsewhere = await said(COUNT.replace("START", "3").replace("EXTRA", "exit_to: elsewhere,"), slots=ITEM)
    skipped = await said(COUNT.replace("START", "0").replace("EXTRA", "when: n > 5,"), slots=ITEM)

    assert (nothing, elsewhere, skipped) == (["3 in all, the last none."], ["elsewhere"], ["0 in all, the last none."])


async def test_a_loop_within_a_loop_starts_over_each_time() -> None:
    """The inner loop runs its rounds in every round of the outer one."""
    steps = """
        [{step: outer, type: while, condition: more != "no", do: [
            {step: inner, type: while, condition: item != "stop", do: [{step: ask, type: collect, slot: item}]},
            {step: more, type: collect, slot: more},
            {step: clear, type: set, slots: {item: null}}]},
         {step: done, type: say, message: done}]
    """
    slots = "{item: {prompt: Which?, default: none}, more: {prompt: More?, default: yes}}"
    answers = await said(
        steps, "/set_slot item=a", "/set_slot item=stop", "/set_slot more=yes", "/set_slot item=stop",
        "/set_slot more=no", slots=slots,
    )  # fmt: skip

    assert answers == ["Which?", "Which?", "More?", "Which?", "More?", "done"]


async def test_a_called_flow_in_a_loop_asks_anew_each_round() -> None:
    """What a call asked belongs to its round, whether it shares the slots or has its own."""
    written = """
        slots: {n: {type: integer}, item: {prompt: Which?}, size: {prompt: Size?}}
        flows:
          f:
            steps:
              - {step: zero, type: set, slots: {n: 0}}
              - step: loop
                type: while
                condition: n < 2
                do:
                  - {step: one, type: call, flow: pick}
                  - {step: two, type: call, flow: fit, inputs: {}, outputs: {size: size}}
                  - {step: count, type: set, slots: {n: "{{ n + 1 }}"}}
                  - {step: got, type: say, message: "{item} {size}"}
          pick: {startable: false, steps: [{step: ask, type: collect, slot: item}]}
          fit: {startable: false, outputs: [size], steps: [{step: ask, type: collect, slot: size}]}
    """
    async with talking(written) as chat:
        texts = ("/start_flow f", "/set_slot item=a", "/set_slot size=1", "/set_slot item=b", "/set_slot size=2")
        answers = [await chat.hear(text) for text in texts]

    assert answers == ["Which?", "Size?", "a 1\nWhich?", "Size?", "b 2"]
