"""Actions that change something before anybody has confirmed."""

import pytest

from .telling import marked, told, verified, words

UNCONFIRMED = {
    "no confirm at all": """
  f:
    description: d
    steps:
      - {step: ask, type: collect, slot: x}
      - {step: a, type: action, call: pay}  # told: unconfirmed-write
""",
    "a confirm that is skipped": """
  f:
    description: d
    steps:
      - {step: sure, type: confirm, when: x > 3}
      - {step: a, type: action, call: pay}  # told: unconfirmed-write
""",
    "a no that leads to it": """
  f:
    description: d
    steps:
      - {step: sure, type: confirm, on_confirm: end, on_deny: a}
      - {step: a, type: action, call: pay}  # told: unconfirmed-write
""",
    "a confirm behind it": """
  f:
    description: d
    steps:
      - {step: a, type: action, call: pay}  # told: unconfirmed-write
      - {step: sure, type: confirm}
""",
    "one of two callers": """
  f: {description: d, steps: [{step: sure, type: confirm}, {step: a, type: call, flow: part}]}
  g: {description: d, steps: [{step: a, type: call, flow: part}]}
  part:
    startable: false
    steps:
      - {step: a, type: action, call: pay}  # told: unconfirmed-write
""",
    "called with a yes, and startable": """
  f: {description: d, steps: [{step: sure, type: confirm}, {step: a, type: call, flow: part}]}
  part:
    description: d
    steps:
      - {step: a, type: action, call: pay}  # told: unconfirmed-write
""",
    "a call that asks only sometimes": """
  f:
    description: d
    steps:
      - {step: ask, type: call, flow: part}
      - {step: a, type: action, call: pay}  # told: unconfirmed-write
  part: {startable: false, steps: [{step: a, type: noop, when: x > 3, jump_to: end}, {step: sure, type: confirm}]}
""",
    "a call that asks, but is skipped": """
  f:
    description: d
    steps:
      - {step: ask, type: call, flow: part, when: x > 3}
      - {step: a, type: action, call: pay}  # told: unconfirmed-write
  part: {startable: false, steps: [{step: sure, type: confirm}]}
""",
    "where a link leads": """
  f: {description: d, steps: [{step: a, type: link, flow: part}]}
  part:
    startable: false
    steps:
      - {step: a, type: action, call: pay}  # told: unconfirmed-write
""",
    "in a pattern": """
  pattern_chitchat:
    steps:
      - {step: a, type: action, call: pay}  # told: unconfirmed-write
""",
    "in the default flow": """
  f:
    startable: false
    steps:
      - {step: a, type: action, call: pay}  # told: unconfirmed-write
settings: {conversation: {default_flow: f}}
""",
}


@pytest.mark.parametrize("flows", UNCONFIRMED.values(), ids=UNCONFIRMED.keys())
def test_an_effect_before_a_yes_is_a_warning(flows: str) -> None:
    """Told where the action is called."""
    assert told(flows) == marked(flows)
    assert {problem.severity for problem in verified(flows)[1]} == {"warning"}


@pytest.mark.parametrize("flows", UNCONFIRMED.values(), ids=UNCONFIRMED.keys())
def test_it_is_silenced_where_it_is_meant(flows: str) -> None:
    """``unconfirmed: true`` at the step."""
    assert told(flows.replace("call: pay}", "call: pay, unconfirmed: true}")) == []


def test_how_to_silence_it_is_told() -> None:
    """The message says what can be done."""
    said = words(UNCONFIRMED["no confirm at all"])

    assert said.startswith("'pay' changes something, and some way leads here without a confirm")
    assert "'unconfirmed: true'" in said
    assert "'effect: read'" in said


@pytest.mark.parametrize(
    "flows",
    [
        "  f: {description: d, steps: [{step: sure, type: confirm}, {step: a, type: action, call: pay}]}",
        "  f: {description: d, steps: [{step: a, type: action, call: look}]}",
        "  f: {description: d, steps: [{step: sure, type: confirm}, {step: a, type: call, flow: part}]}\n"
        "  part: {startable: false, steps: [{step: a, type: action, call: pay}]}",
        "  f: {description: d, steps: [{step: sure, type: confirm}, {step: a, type: link, flow: part}]}\n"
        "  part: {startable: false, steps: [{step: a, type: action, call: pay}]}",
        "  f: {description: d, steps: [{step: a, type: call, flow: part}, {step: b, type: action, call: pay}]}\n"
        "  part: {startable: false, steps: [{step: sure, type: confirm, on_deny: [{step: no, type: noop, jump_to: cancel_flow}]}]}",
        "  f: {description: d, steps: [{step: a, type: call, flow: part}, {step: b, type: action, call: pay}]}\n"
        "  part: {startable: false, steps: [{step: deep, type: call, flow: deeper}]}\n"
        "  deeper: {startable: false, steps: [{step: sure, type: confirm}]}",
        "  f: {description: d, steps: [{step: sure, type: confirm, on_deny: again, on_change: sure}, {step: a, type: action,"
        " call: pay, jump_to: end}, {step: again, type: noop, jump_to: restart}]}",
    ],
)
def test_an_effect_after_a_yes_is_not_told(flows: str) -> None:
    """The yes may be given in the flow, in its caller, or in a flow that it called."""
    assert told(flows) == []


@pytest.mark.parametrize(
    ("steps", "why"),
    [
        ("[{step: sure, type: confirm}, {step: a, type: action, call: pay, unconfirmed: true}]", "without a confirm"),
        ("[{step: a, type: action, call: look, unconfirmed: true}]", "'look' does not change anything"),
    ],
)
def test_a_silence_that_nobody_needs_is_a_note(steps: str, why: str) -> None:
    """So that it goes when the confirm comes."""
    flows = f"  f:\n    description: d\n    steps: {steps}  # told: needless-unconfirmed"

    assert told(flows) == marked(flows)
    assert verified(flows)[1][0].severity == "note"
    assert words(flows).endswith(why)
