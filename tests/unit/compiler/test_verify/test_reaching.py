"""Steps that no way leads to, and flows that nothing starts."""

import pytest

from .telling import marked, told, words

BEHIND_A_JUMP = """
  f:
    description: d
    steps:
      - {step: a, type: say, message: a, jump_to: c}
      - {step: b, type: say, message: b}  # told: unreachable-step
      - {step: b2, type: noop, jump_to: end}
      - {step: c, type: say, message: c}
"""


@pytest.mark.parametrize(
    "flows",
    [
        pytest.param(BEHIND_A_JUMP, id="behind a jump"),
        pytest.param(
            """
  f:
    description: d
    steps:
      - {step: a, type: link, flow: g}
      - {step: b, type: noop}  # told: unreachable-step
  g: {description: d, steps: [{step: a, type: noop}]}
""",
            id="behind a link",
        ),
        pytest.param(
            """
  f:
    description: d
    steps:
      - step: a
        type: branch
        when:
          - {condition: x > 1, then: end}
          - {else: end}
      - {step: b, type: noop}  # told: unreachable-step
""",
            id="behind a branch with else",
        ),
        pytest.param(
            """
  f:
    description: d
    steps:
      - step: a
        type: while
        condition: "true"
        do:
          - {step: ask, type: collect, slot: x}
      - {step: b, type: noop}  # told: unreachable-step
""",
            id="behind a loop that is never left",
        ),
        pytest.param(
            """
  f:
    description: d
    on_error: sorry
    steps:
      - {step: a, type: say, message: a, jump_to: end}
      - {step: sorry, type: noop}  # told: unreachable-step
""",
            id="for failures, where nothing can fail",
        ),
        pytest.param(
            """
  f:
    description: d
    steps:
      - {step: a, type: noop, jump_to: end}
      - {step: b, type: noop, jump_to: end}  # told: unreachable-step
      - {step: c, type: noop}  # told: unreachable-step
""",
            id="each run is told once",
        ),
    ],
)
def test_a_step_that_nothing_leads_to_is_told(flows: str) -> None:
    """The first step of a run of them is told, where it stands."""
    assert told(flows) == marked(flows)


def test_how_many_are_behind_it_is_told() -> None:
    """One finding speaks for the whole run."""
    longer = BEHIND_A_JUMP.replace("{step: b2", "{step: b1, type: noop}\n      - {step: b2")

    assert words(BEHIND_A_JUMP) == "no way leads to the step 'b', so it is never done, nor is the one behind it"
    assert words(longer).endswith("nor are the 2 behind it")


@pytest.mark.parametrize(
    "steps",
    [
        "[{step: a, type: noop, when: x > 1, jump_to: end}, {step: b, type: noop}]",
        "[{step: a, type: link, flow: g, when: x > 1}, {step: b, type: noop}]",
        "[{step: a, type: branch, when: [{condition: x > 1, then: end}]}, {step: b, type: noop}]",
        "[{step: a, type: collect, slot: x, on_invalid: b, jump_to: end}, {step: b, type: noop}]",
        "[{step: a, type: confirm, on_change: b, jump_to: end}, {step: b, type: noop}]",
        "[{step: a, type: action, call: look, on_error: b, jump_to: end}, {step: b, type: noop}]",
        "[{step: a, type: handoff}, {step: b, type: noop}]",
        "[{step: a, type: while, condition: x > 1, when: x > 0, jump_to: c, do: [{step: d, type: collect, slot: x}]},"
        " {step: b, type: noop}, {step: c, type: noop}]",
    ],
)
def test_a_step_that_something_leads_to_is_not(steps: str) -> None:
    """Skipping, failing, refusing and changing lead somewhere too."""
    assert (
        told(f"  f: {{description: d, steps: {steps}}}\n  g: {{description: d, steps: [{{step: a, type: noop}}]}}")
        == []
    )


@pytest.mark.parametrize("failing", ["set, slots: {x: 1}", "call, flow: g", "confirm, slot: ok", "action, call: look"])
def test_a_flows_own_handler_is_reached_where_something_can_fail(failing: str) -> None:
    """What computes, calls or keeps a value can fail."""
    flows = f"""
  f:
    description: d
    on_error: sorry
    steps:
      - {{step: a, type: {failing}, jump_to: end}}
      - {{step: sorry, type: noop}}
  g: {{description: d, steps: [{{step: a, type: noop}}]}}
"""

    assert told(flows) == []


def test_flows_that_nothing_starts_are_told() -> None:
    """A flow that is not startable and that no step leads to; one that understanding cannot know."""
    flows = """
  alone:
    startable: false  # told: unused-flow
    steps: [{step: a, type: call, flow: part}]
  part: {startable: false, steps: [{step: a, type: noop}]}
  nameless:  # told: unknowable-flow
    steps: [{step: a, type: noop}]
  pattern_chitchat: {steps: [{step: a, type: noop}]}
"""

    assert told(flows) == marked(flows)


@pytest.mark.parametrize(
    "flows",
    [
        "  f: {trigger: {intents: [hi]}, steps: [{step: a, type: link, flow: g}]}",
        "  pattern_chitchat: {steps: [{step: a, type: call, flow: g}]}",
        "  f: {description: d, steps: [{step: a, type: say, message: a, buttons: [{title: G, payload: /start_flow g x=1}]}]}",
        "  f: {description: d, steps: [{step: a, type: collect, slot: x, buttons: [{title: G, payload: /clarify f g}]}]}",
    ],
)
def test_flows_that_something_leads_to_are_not(flows: str) -> None:
    """Calls, links, patterns and buttons lead to a flow that says nothing of itself."""
    assert told(flows + "\n  g: {steps: [{step: a, type: noop}]}") == []


@pytest.mark.parametrize(
    "more",
    [
        "settings: {conversation: {default_flow: g}}",
        "settings: {conversation: {fallback_flow: g}}",
        "responses: {hint: {text: hi, buttons: [{title: G, payload: /start_flow g}]}}",
        'responses: {hint: {text: hi, buttons: "{{ name }}"}}\nsettings: {conversation: {default_flow: g}}',
    ],
)
def test_settings_and_responses_start_flows_too(more: str) -> None:
    """A default or fallback flow, and the buttons of a response."""
    assert told(f"  g: {{steps: [{{step: a, type: noop}}]}}\n{more}") == []
