"""What an action gives and no slot keeps is told: as a warning where it looks like a slip."""

import pytest

from soni.config.loader import find_problems_in_text


def told(outputs: str, step: str = "", slots: str = "", actions: str = "") -> list[tuple[str, str, str | None]]:
    text = f"""\
version: "1.0"
slots:
  transaction_id: {{type: string, filled_by: system}}
  amount: {{type: float, prompt: How much?}}
{slots}
actions:
  pay: {{inputs: [amount], outputs: [{outputs}]}}
{actions}
flows:
  f:
    steps:
      - {{step: how_much, type: collect, slot: amount}}
      - {{step: pay, type: action, call: pay{step}}}
"""
    return [(problem.severity, problem.key, problem.suggestion) for problem in find_problems_in_text(text)[1]]


def test_a_slip_is_told_with_the_slot_that_was_meant() -> None:
    """At the output."""
    assert told("transacton_id") == [("warning", "actions.pay.outputs[0]", "transaction_id")]


@pytest.mark.parametrize(
    "outputs", ["status", "amount_text", "amounts, transaction_id", "transaction_id, transaction_ids"]
)
def test_what_nobody_wants_is_a_note(outputs: str) -> None:
    """An action declares all that it gives; a slot that another output or an input has was not meant."""
    assert [severity for severity, _, suggestion in told(outputs) if suggestion is None] == ["note"]


def test_what_is_kept_is_not_told() -> None:
    """By a slot of its name, or by a mapping of any step."""
    other = "      - {step: again, type: action, call: pay, map_outputs: {number: transaction_id}}"

    assert told("transaction_id") == []
    assert told("number", ", map_outputs: {number: transaction_id}") == []
    assert told("number", "}\n" + other.rstrip("}") + "}") == []


def test_an_action_that_no_step_runs_is_not_told() -> None:
    """Nothing is lost of what is never given."""
    assert told("transaction_id", actions="  other: {outputs: [transacton_id]}") == []


def test_nothing_is_concluded_where_a_step_cannot_be_read() -> None:
    """It might have mapped the output."""
    assert [key for _, key, _ in told("number", ", map_outputs: 5")] == ["flows.f.steps[1].map_outputs"]
