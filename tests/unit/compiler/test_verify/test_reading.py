"""Slots that are read before anything can have filled them."""

import pytest

from .telling import marked, told, verified, words

LATE = {
    "shown before it is set": """
  f:
    description: d
    steps:
      - {step: a, type: say, message: "{n}"}  # told: read-before-set
      - {step: b, type: action, call: look}
      - {step: c, type: say, message: "{n}"}
""",
    "an action's own input": """
  f:
    description: d
    steps:
      - {step: a, type: action, call: need}  # told: read-before-set
      - {step: b, type: action, call: look}
""",
    "an action's mapped input": """
  f:
    description: d
    steps:
      - step: a
        type: action
        call: need
        inputs:
          n: "{{ m + 1 }}"  # told: read-before-set
""",
    "what a branch looks at": """
  f:
    description: d
    steps:
      - step: a
        type: branch
        slot: ok  # told: read-before-set
        cases: {true: end, false: b}
      - {step: b, type: action, call: look}
""",
    "what conditions look at": """
  f:
    description: d
    steps:
      - step: a
        type: branch
        when:
          - condition: n > 3 and m is not set  # told: read-before-set
            then: end
      - step: b
        type: branch
        evaluate: ok  # told: read-before-set
        cases: {true: end, default: c}
      - step: c
        type: while
        condition: m < 3  # told: endless-asking # told: read-before-set
        do: [{step: ask, type: collect, slot: x}]
""",
    "what is computed from it": """
  f:
    description: d
    steps:
      - step: a
        type: set
        slots:
          n: "{{ m }}"  # told: read-before-set
""",
    "passed to a call": """
  f:
    description: d
    steps:
      - step: a
        type: call
        flow: g
        inputs:
          n: "{{ m }}"  # told: read-before-set
  g: {startable: false, inputs: [n], steps: [{step: a, type: say, message: "{n}"}]}
""",
    "by a flow that is called too early": """
  f: {description: d, steps: [{step: a, type: call, flow: g}, {step: b, type: action, call: look}]}
  g:
    startable: false
    steps:
      - {step: a, type: say, message: "{n}"}  # told: read-before-set
""",
    "by a flow with slots of its own": """
  f: {description: d, steps: [{step: b, type: action, call: look}, {step: a, type: call, flow: g, inputs: {}}]}
  g:
    startable: false
    steps:
      - {step: a, type: branch, when: [{condition: ok, then: end}]}  # told: read-before-set
""",
    "on the other way": """
  f:
    description: d
    steps:
      - step: a
        type: branch
        when:
          - condition: x > 3
            then: [{step: b, type: action, call: look, jump_to: end}]
      - {step: c, type: action, call: need}  # told: read-before-set
""",
    "of the conversation, and nothing fills it": """
  f:
    description: d
    steps:
      - {step: a, type: say, message: "{member}"}  # told: read-before-set
""",
    "in the words of a response and a prompt": """
  f:
    description: d
    steps:
      - {step: a, type: say, response: shown}  # told: read-before-set
      - {step: q, type: collect, slot: asked}  # told: read-before-set
      - {step: b, type: action, call: look}
responses: {shown: [{text: "{x}", variations: ["{n}"]}]}
slots: {asked: {prompt: "{n}?"}}
""",
}


@pytest.mark.parametrize("flows", LATE.values(), ids=LATE.keys())
def test_a_slot_that_no_way_has_filled_is_told(flows: str) -> None:
    """Where it is read, with a warning."""
    assert told(flows) == marked(flows)
    assert {problem.severity for problem in verified(flows)[1]} == {"warning"}


def test_the_slot_is_named() -> None:
    """In the words of the author."""
    assert words(LATE["an action's own input"]).startswith("'n' is never set when the flow comes here")


@pytest.mark.parametrize(
    "steps",
    [
        '[{step: a, type: say, message: "{name}"}, {step: b, type: collect, slot: name}]',
        '[{step: a, type: say, message: "{n|none}"}, {step: b, type: action, call: look}]',
        "[{step: a, type: noop, when: n > 3}, {step: b, type: action, call: look}]",
        "[{step: a, type: branch, when: [{condition: n is set and n > 3, then: end}]}]",
        "[{step: a, type: branch, when: [{condition: n != null, then: end}, {condition: null == m, then: end}]}]",
        '[{step: a, type: branch, when: [{condition: "len([n]) is not set", then: end}]}]',
        "[{step: a, type: action, call: need, inputs: {n: 1}}]",
        '[{step: a, type: action, call: need, inputs: {n: 1, note: "{{ note }}"}}, {step: b, type: collect, slot: note}]',
        '[{step: w, type: while, condition: x < 3, do: [{step: a, type: say, message: "{n}"}, {step: b, type: action, call: look},'
        " {step: q, type: collect, slot: x}]}]",
        '[{step: b, type: action, call: look, map_outputs: {n: m}}, {step: a, type: say, message: "{m}"}]',
        '[{step: b, type: set, slots: {m: 1}, when: x > 3}, {step: a, type: say, message: "{m}"}]',
        "[{step: b, type: confirm, slot: ok}, {step: a, type: branch, slot: ok, cases: {true: end, false: end}}]",
        '[{step: b, type: call, flow: fills}, {step: a, type: say, message: "{n} {tier}"}]',
        '[{step: b, type: call, flow: gives, inputs: {}, outputs: {n: m}}, {step: a, type: say, message: "{m}"}]',
        "[{step: b, type: action, call: look}, {step: a, type: call, flow: shows}]",
        '[{step: a, type: say, message: "{member} {kept}"}]',
        '[{step: a, type: handoff, message: "{n|}"}, {step: b, type: say, image: "{x}"}]',
        "[{step: a, type: link, flow: fills}]",
    ],
)
def test_a_slot_that_may_be_filled_is_not_told(steps: str) -> None:
    """What the user may say early, what loops, callers, calls and other flows fill, and what is asked whether it is set."""
    flows = f"""
  f: {{description: d, steps: {steps}}}
  fills: {{description: d, steps: [{{step: a, type: action, call: look}}, {{step: b, type: collect, slot: tier}}]}}
  gives: {{description: d, outputs: [n], steps: [{{step: a, type: action, call: look}}]}}
  shows: {{startable: false, steps: [{{step: a, type: say, message: "{{n|}} {{x}}"}}]}}
  keeps: {{description: d, persist: [kept], steps: [{{step: a, type: set, slots: {{kept: 1, member: true}}}}]}}
slots: {{kept: {{type: integer}}}}
"""

    assert [code for _, code in told(flows) if code == "read-before-set"] == []


def test_a_flow_called_from_anywhere_sees_what_its_callers_may_have() -> None:
    """A part that two flows share is read after the one that fills; what a pattern calls may see anything."""
    flows = """
  f: {description: d, steps: [{step: l, type: action, call: look}, {step: a, type: call, flow: shows}]}
  g: {description: d, steps: [{step: a, type: call, flow: shows}]}
  shows: {startable: false, steps: [{step: a, type: say, message: "{n}"}, {step: b, type: call, flow: deeper}]}
  deeper: {startable: false, steps: [{step: a, type: branch, when: [{condition: ok, then: end}]}]}
  pattern_chitchat: {steps: [{step: a, type: call, flow: part}, {step: b, type: say, message: "{m}"}]}
  part: {startable: false, steps: [{step: a, type: branch, when: [{condition: m > 3, then: end}]}]}
"""

    assert told(flows) == []


def test_what_nothing_ever_fills_is_told_once() -> None:
    """A text with a hole is told when the assistant is read; a condition on the same slot is told here."""
    flows = """
  f:
    description: d
    steps:
      - {step: a, type: say, message: "{m}"}
      - {step: b, type: branch, when: [{condition: m > 3, then: end}]}  # told: read-before-set
"""

    assert told(flows) == marked(flows)
