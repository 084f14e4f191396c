"""Branches that have no way for a value, and ways that are never chosen."""

import pytest

from .telling import marked, told, verified, words

SLOTS = """\
slots: {size: {type: integer, prompt: S?, min: 1, max: 9}}
slots: {part: {type: float, prompt: P?}}
slots: {even: {type: integer, prompt: E?, validator: even}}
slots: {word: {prompt: W?}}
slots: {known: {filled_by: system}}
"""


def flow(slot: str, cases: str, before: str = "") -> str:
    """A flow that asks for a slot and then chooses by it."""
    ask = "" if slot == "known" else f"      - {{step: ask, type: collect, slot: {slot}}}\n"
    ask = ask or "      - {step: ask, type: set, slots: {known: a}}\n"
    return f"""
  f:
    description: d
    steps:
{ask}{before}      - step: way
        type: branch
        slot: {slot}
        cases: {cases}  # told: open-branch
{SLOTS}
"""


@pytest.mark.parametrize(
    ("slot", "cases", "value", "severity"),
    [
        ("size", "{1: end, 2: end}", "3", "error"),
        ("size", "{'<5': end, '>5': end}", "5", "error"),
        ("size", "{'<3': end, '>=4': end}", "3", "error"),
        ("x", "{'>0': end, 0: end}", "-1", "error"),
        ("part", "{'<=1': end, '>=2': end}", "1.5", "error"),
        ("even", "{2: end}", "0", "warning"),
        ("word", "{a: end, b: end}", "another text", "error"),
        ("known", "{a: end, b: end}", "another text", "warning"),
    ],
)
def test_a_value_that_no_case_fits_is_told(slot: str, cases: str, value: str, severity: str) -> None:
    """With a value that shows it; an error where the user can surely say it."""
    flows = flow(slot, cases)

    assert told(flows) == marked(flows)
    assert verified(flows)[1][0].severity == severity
    assert f"where it is {value}, and there is no default" in words(flows)


@pytest.mark.parametrize(
    ("slot", "cases"),
    [
        ("size", "{1: end, default: end}"),
        ("size", "{'<5': end, '>=5': end}"),
        ("size", "{'<5': end, 5: end, '>5': end}"),
        ("size", "{'>0': end}"),
        ("size", "{'!=3': end, 3: end}"),
        ("x", "{'<0': end, 0: end, '>0': end}"),
        ("part", "{'<1.5': end, '==1.5': end, '>1.5': end}"),
        ("word", """{"!='a'": end}"""),
        ("tier", "{basic: end, gold: end}"),
        ("size", "{'>1/0': end}"),
        ("size", "{1: end, '>1e300': end, default: end}"),
    ],
)
def test_cases_that_cover_all_values_are_not_told(slot: str, cases: str) -> None:
    """By a default, or because between them nothing is left."""
    assert told(flow(slot, cases)) == []


def test_a_question_that_may_be_skipped_needs_a_default() -> None:
    """Of a choice whose slot is not required, unset is one of the answers."""
    wish = "slots: {wish: {type: choice, prompt: W?, choices: [a, b], required: false}}"
    ask = """
  f:
    description: d
    steps:
      - {step: ask, type: collect, slot: wish}
"""
    open_ = (
        f"{ask}      - {{step: way, type: branch, slot: wish, cases: {{a: end, b: end}}}}  # told: open-branch\n{wish}"
    )

    assert told(open_) == marked(open_)
    assert "where the user skips it" in words(open_)
    assert told(open_.replace("slot: wish, cases", "slot: wish, when: wish is set, cases")) == []
    assert told(open_.replace("b: end}", "b: end, default: end}")) == []
    assert told(open_.replace("required: false", "required: false, default: a")) == []
    filled = "      - {step: own, type: set, when: wish is not set, slots: {wish: a}}\n      - {step: way"
    assert told(open_.replace("      - {step: way", filled)) == []


def test_a_condition_that_an_arm_has_already_is_told() -> None:
    """However it is written; another condition is another way."""
    flows = """
  f:
    description: d
    steps:
      - step: way
        type: branch
        when:
          - {condition: x > 3, then: end}
          - {condition: x > 2, then: end}
          - {condition: "(x > 3)", then: end}  # told: hidden-arm
          - {else: end}
"""

    assert told(flows) == marked(flows)
    assert words(flows) == "this way is never taken: an arm before it has the same condition"


def test_arms_without_else_are_not_told() -> None:
    """Going on with the next step is what an author means by it."""
    flows = "  f: {description: d, steps: [{step: a, type: branch, when: [{condition: x > 3, then: end}]}, {step: b, type: noop}]}"

    assert told(flows) == []
