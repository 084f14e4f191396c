"""Ways that go round without asking, and flows that call themselves."""

import pytest

from soni.compiler.assistant import compile_assistant
from soni.config.loader import load_config_text
from soni.errors import ConfigurationError

from .telling import HEAD, marked, told, verified, words

ENDLESS = {
    "a jump back": """
  f:
    description: d
    steps:
      - {step: a, type: say, message: a}  # told: endless
      - {step: b, type: noop, jump_to: a}
""",
    "a step that leads to itself": """
  f:
    description: d
    steps:
      - {step: a, type: action, call: look, jump_to: a}  # told: endless
""",
    "begun again": """
  f:
    description: d
    steps:
      - {step: a, type: noop, jump_to: restart}  # told: endless
""",
    "a loop whose condition always holds": """
  f:
    description: d
    steps:
      - step: a
        type: while
        condition: "true"  # told: endless
        do:
          - {step: b, type: set, slots: {x: "{{ x + 1 }}"}}
""",
    "a question that is answered already": """
  f:
    description: d
    steps:
      - {step: a, type: collect, slot: x}  # told: endless
      - {step: b, type: say, message: a, jump_to: a}
""",
    "links that lead to each other": """
  f:
    description: d
    steps:
      - {step: a, type: link, flow: g}  # told: endless
  g: {description: d, steps: [{step: a, type: noop}, {step: b, type: link, flow: f}]}
""",
    "a pattern that links itself": """
  pattern_chitchat:
    steps:
      - {step: a, type: link, flow: pattern_chitchat}  # told: endless
""",
    "what completes and completes": """
  f:
    description: d
    steps:
      - {step: a, type: say, message: Anything else?}  # told: endless
  pattern_completed: {steps: [{step: a, type: link, flow: f}]}
""",
    "a call that asks nothing": """
  f:
    description: d
    steps:
      - {step: a, type: call, flow: g, jump_to: a}  # told: endless
  g: {startable: false, steps: [{step: a, type: set, slots: {x: 1}}]}
""",
}


@pytest.mark.parametrize("flows", ENDLESS.values(), ids=ENDLESS.keys())
def test_a_way_without_an_end_is_an_error_and_is_not_served(flows: str) -> None:
    """It is told at the first step of it, and such an assistant does not load."""
    text, problems = verified(flows)
    with pytest.raises(ConfigurationError) as refused:
        compile_assistant(load_config_text(text))

    assert told(flows) == marked(flows)
    assert {problem.severity for problem in problems} == {"error"}
    assert [problem.code for problem in refused.value.problems] == ["endless"]


STUCK = {
    "a jump back to an answered question": """
  f:
    description: d
    steps:
      - {step: ask, type: collect, slot: x}  # told: stuck-loop
      - {step: back, type: noop, when: x > 1, jump_to: ask}
""",
    "a while whose condition stays": """
  f:
    description: d
    steps:
      - step: again
        type: while
        condition: x < 3  # told: stuck-loop
        do:
          - {step: b, type: set, slots: {m: 1}}
""",
    "a branch on what stays": """
  f:
    description: d
    steps:
      - {step: ask, type: collect, slot: tier}
      - {step: a, type: say, message: a}  # told: stuck-loop
      - {step: b, type: branch, slot: tier, cases: {basic: a, gold: end}}
""",
    "a skipped jump": """
  f:
    description: d
    steps:
      - {step: ask, type: collect, slot: x}
      - {step: a, type: say, message: a}  # told: stuck-loop
      - {step: b, type: noop, when: x > 3, jump_to: a}
""",
}


@pytest.mark.parametrize("flows", STUCK.values(), ids=STUCK.keys())
def test_a_way_whose_conditions_never_change_is_an_error(flows: str) -> None:
    """Who goes round once goes round for ever; whether anyone does is not known, so that it is served."""
    text, problems = verified(flows)
    compile_assistant(load_config_text(text))

    assert told(flows) == marked(flows)
    assert {problem.severity for problem in problems} == {"error"}


def test_the_way_round_is_told() -> None:
    """Which steps it passes, why it does not end, and why a question does not help."""
    asked, stuck = words(ENDLESS["a question that is answered already"]), words(STUCK["a while whose condition stays"])

    assert asked.startswith("this goes round without end (a → b → a): nobody is asked on it, and nothing leads out")
    assert "'a' asks once, and not again while 'x' is filled" in asked
    assert stuck.endswith("(again → b → again): nobody is asked on it, and nothing on it changes 'x'")
    assert "(a → g.a → g.b → a)" in words(ENDLESS["links that lead to each other"])


@pytest.mark.parametrize(
    "steps",
    [
        "[{step: a, type: confirm}, {step: b, type: say, message: a, jump_to: a}]",
        "[{step: a, type: handoff}, {step: b, type: noop, jump_to: a}]",
        "[{step: a, type: collect, slot: x, force: true}, {step: b, type: noop, jump_to: a}]",
        "[{step: a, type: collect, slot: x, rejections: [{when: x > 3}]}, {step: b, type: noop, jump_to: a}]",
        "[{step: a, type: collect, slot: x}, {step: b, type: set, slots: {x: null}, jump_to: a}]",
        '[{step: a, type: collect, slot: x}, {step: b, type: set, slots: {x: "{{ n }}"}, jump_to: a}]',
        "[{step: a, type: collect, slot: x}, {step: b, type: noop, jump_to: restart}]",
        "[{step: a, type: collect, slot: x}, {step: b, type: action, call: look, map_outputs: {n: x}, jump_to: a}]",
        '[{step: w, type: while, condition: "true", do: [{step: a, type: collect, slot: x}]}]',
        '[{step: w, type: while, condition: x < 3, do: [{step: a, type: set, slots: {x: "{{ x + 1 }}"}}]}]',
        "[{step: w, type: while, condition: not ok, do: [{step: a, type: action, call: look}]}]",
        "[{step: w, type: while, condition: x < 3, do: [{step: a, type: call, flow: counts}]}]",
        "[{step: w, type: while, condition: x < 3, do: [{step: a, type: call, flow: asks}]}]",
        "[{step: a, type: collect, slot: x}, {step: b, type: call, flow: clears, jump_to: a}]",
        "[{step: w, type: while, condition: x < 3, do: [{step: a, type: call, flow: stops}]}]",
        "[{step: w, type: while, condition: x < 3, do: [{step: a, type: link, flow: asks}]}]",
        "[{step: a, type: branch, when: [{condition: x > 1, then: b}, {else: end}]},"
        " {step: b, type: branch, when: [{condition: x > 1, then: end}, {else: a}]}]",
        '[{step: a, type: while, condition: "true", do: [{step: b, type: action, call: look, on_error: end}]}]',
        "[{step: a, type: noop, when: x > 3, jump_to: b}, {step: c, type: noop, jump_to: end}, {step: b, type: noop}]",
    ],
)
def test_ways_that_ask_or_can_end_are_not_told(steps: str) -> None:
    """A question, a loop that counts, an action that decides, a failure that ends it: no false alarm."""
    flows = f"""
  f: {{description: d, steps: {steps}}}
  asks: {{description: d, steps: [{{step: a, type: collect, slot: x}}]}}
  counts: {{description: d, steps: [{{step: a, type: set, slots: {{x: 5}}}}]}}
  clears: {{startable: false, steps: [{{step: a, type: set, slots: {{x: null}}}}]}}
  stops: {{description: d, steps: [{{step: a, type: noop, when: x > 9, jump_to: cancel_flow}}]}}
"""

    assert [code for _, code in told(flows) if code in ("endless", "stuck-loop", "endless-retry")] == []


def test_a_search_that_takes_too_long_tells_nothing() -> None:
    """Where conditions hang together in too many ways to try them all, nothing is claimed."""
    between = "\n".join(
        f"      - {{step: s{at}, type: branch, when: [{{condition: x > {at}, then: s{at + 1}}}, {{else: s{at + 1}}}]}}"
        for at in range(1, 40)
    )
    flows = f"""
  f:
    description: d
    steps:
      - {{step: s0, type: branch, when: [{{condition: name == "a", then: s1}}, {{else: end}}]}}
{between}
      - {{step: s40, type: branch, when: [{{condition: name == "a", then: end}}, {{else: s0}}]}}
"""

    assert [code for _, code in told(flows) if code == "stuck-loop"] == []


def test_a_loop_between_patterns_is_told_at_the_authors_own() -> None:
    """A shipped pattern that links an author's may be part of it."""
    flows = """
  pattern_human_handoff:
    steps:
      - {step: a, type: link, flow: pattern_no_progress}
  pattern_chitchat: {steps: [{step: a, type: call, flow: f}]}
  f: {startable: false, steps: [{step: a, type: generate, instruction: "{name}", store_as: name}]}
settings: {models: {nlu: {provider: openai}}}
"""

    assert [code for _, code in told(flows)] == []


@pytest.mark.parametrize(
    "steps",
    [
        "- {step: a, type: action, call: look, on_error: a}  # told: endless-retry",
        "- {step: a, type: action, call: look, on_error: b, jump_to: end}  # told: endless-retry\n"
        "      - {step: b, type: say, message: Sorry., jump_to: a}",
    ],
)
def test_an_action_that_is_tried_for_ever_is_a_warning(steps: str) -> None:
    """As long as it fails, nobody is asked."""
    flows = f"  f:\n    description: d\n    steps:\n      {steps}"

    assert told(flows) == marked(flows)
    assert verified(flows)[1][0].severity == "warning"
    assert "the step 'a' is tried again and again" in words(flows)


@pytest.mark.parametrize(
    "steps",
    [
        "[{step: a, type: action, call: look, on_error: b, jump_to: end}, {step: b, type: confirm, jump_to: a}]",
        "[{step: a, type: action, call: look, on_error: b, jump_to: end},"
        ' {step: b, type: set, slots: {x: "{{ x + 1 }}"}}, {step: c, type: noop, when: x < 3, jump_to: a}]',
        "[{step: a, type: action, call: look, on_error: end}]",
        "[{step: a, type: action, call: look}]",
    ],
)
def test_an_action_that_is_tried_some_times_is_not(steps: str) -> None:
    """Asking before, or counting how often, makes an end."""
    assert [code for _, code in told(f"  f: {{description: d, steps: {steps}}}") if code == "endless-retry"] == []


def test_flows_that_call_themselves_are_an_error_and_are_not_served() -> None:
    """Directly or through others; told once, with the way round."""
    flows = """
  a:
    description: d
    steps:
      - {step: ask, type: collect, slot: x}
      - {step: b, type: call, flow: b}  # told: recursion
  b: {description: d, steps: [{step: a, type: call, flow: a, when: x > 3, inputs: {}}]}
  c:
    description: d
    steps:
      - {step: c, type: call, flow: c, when: x > 3}  # told: recursion
"""
    text, problems = verified(flows)
    with pytest.raises(ConfigurationError, match="'a' calls 'b' calls 'a'"):
        compile_assistant(load_config_text(text))

    assert told(flows) == marked(flows)
    assert [problem.severity for problem in problems] == ["error", "error"]


def test_flows_that_call_the_same_flow_do_not_call_themselves() -> None:
    """A part may be called by several flows, and twice by one; a link does not come back."""
    flows = """
  a: {description: d, steps: [{step: b, type: call, flow: b}, {step: c, type: call, flow: c}, {step: d, type: call, flow: c}]}
  b: {description: d, steps: [{step: c, type: call, flow: c}]}
  c: {description: d, steps: [{step: x, type: collect, slot: x}, {step: a, type: link, flow: a, when: x > 3}]}
"""

    assert told(flows) == []


def test_what_is_served_has_its_problems_told_without_places() -> None:
    """Where only the configuration is known, the key says where."""
    with pytest.raises(ConfigurationError, match=r"flows\.f\.steps\[0\]: this goes round"):
        compile_assistant(load_config_text(HEAD + ENDLESS["begun again"]))
