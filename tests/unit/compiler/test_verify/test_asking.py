"""Loops that ask for ever are told, and no others."""

import pytest

from .telling import marked, told, words

LOOP = """
  f:
    description: d
    steps:
      - {{step: first, type: collect, slot: tier}}
      - step: more
        type: while
        condition: {condition}{mark}
        do:
{body}
slots: {{done: {{type: boolean, filled_by: user}}}}
slots: {{again: {{type: boolean, prompt: Again?}}}}
slots: {{ever: {{type: boolean, filled_by: user, scope: conversation}}}}
slots: {{secret: {{type: integer, filled_by: system, scope: conversation}}}}
"""
OTHER = """
  g:
    description: d
    startable: {startable}
    steps:
      - {step}
"""


def loop(condition: str, body: str, *, mark: bool = False, other: str = "", startable: str = "true") -> str:
    lines = "\n".join(f"          - {line}" for line in body.splitlines())
    text = LOOP.format(condition=condition, mark="  # told: endless-asking" if mark else "", body=lines)
    head, _, slots = text.partition("\nslots:")
    flows = OTHER.format(step=other, startable=startable).strip("\n") if other else ""
    return f"{head}\n{flows}\nslots:{slots}" if flows else text


ASK = "{step: ask, type: collect, slot: name}"


@pytest.mark.parametrize(
    ("condition", "body"),
    [
        ("tier == 'gold'", ASK),
        ("n is not set", ASK),
        ("tier == 'gold' and n < 3", f"{ASK}\n{{step: say_it, type: say, message: 'x {{name}}'}}"),
        ("tier == 'gold'", f"{ASK}\n{{step: keep, type: set, slots: {{note: a}}}}"),
        ("tier == 'gold'", "{step: ask, type: confirm, message: Yes?, on_deny: [{step: no, type: noop}]}"),
        ("tier == 'gold'", f"{ASK}\n{{step: b, type: branch, when: [{{condition: n is set, then: ask}}]}}"),
        (
            "tier == 'gold'",
            "{step: ask, type: collect, slot: name, buttons: [{title: Stop, payload: /set_slot name=stop}]}",
        ),
    ],
)
def test_a_loop_that_nothing_ends_is_told(condition: str, body: str) -> None:
    """At its condition."""
    flows = loop(condition, body, mark=True)

    assert [each for each in told(flows) if each[1] == "endless-asking"] == marked(flows)
    assert len(marked(flows)) == 1


def test_a_loop_around_a_call_that_asks() -> None:
    """Also where the flow that is called asks."""
    flows = loop("tier == 'gold'", "{step: other, type: call, flow: g}", mark=True, other=ASK)

    assert [each for each in told(flows) if each[1] == "endless-asking"] == marked(flows)


def test_what_is_told_names_the_slots() -> None:
    """So that the author knows what to ask or set."""
    assert words(loop("tier == 'gold'", ASK)) == (
        "this asks for ever: nothing in 'do' changes 'tier', and no way leads out of it"
    )


@pytest.mark.parametrize(
    ("condition", "body"),
    [
        ("tier == 'gold'", f"{ASK}\n{{step: which, type: collect, slot: tier}}"),
        ("again", "{step: ask, type: collect, slot: again}"),
        ("n is not set", f"{ASK}\n{{step: look, type: action, call: look}}"),
        ("n < 3", f"{ASK}\n{{step: up, type: set, slots: {{n: '{{{{ n + 1 }}}}'}}}}"),
        (
            "not ok",
            f"{ASK}\n{{step: sure, type: confirm, message: Sure?, slot: ok, on_deny: [{{step: no, type: noop}}]}}",
        ),
        ("tier == 'gold'", f"{ASK}\n{{step: enough, type: confirm, message: More?}}"),
        ("tier == 'gold'", f"{ASK}\n{{step: enough, type: confirm, message: More?, on_deny: end}}"),
        ("tier == 'gold'", f"{ASK}\n{{step: b, type: branch, slot: name, cases: {{stop: end, default: ask}}}}"),
        ("tier == 'gold'", f"{ASK}\n{{step: look, type: action, call: look, on_error: end}}"),
        ("tier == 'gold'", f"{ASK}\n{{step: person, type: handoff}}"),
        ("tier == 'gold'", "{step: ask, type: collect, slot: name, on_max_attempts: end}"),
        (
            "tier == 'gold'",
            "{step: ask, type: collect, slot: name, buttons: [{title: S, payload: /set_slot tier=basic}]}",
        ),
        ("tier == 'gold'", "{step: ask, type: collect, slot: name, buttons: '{{ note }}'}"),
        ("'true'", ASK),
        ("not done", ASK),
        ("not ever", ASK),
        ("user.language == 'en'", ASK),
        ("x < 3", ASK),
    ],
)
def test_a_loop_that_can_end_is_not_told(condition: str, body: str) -> None:
    """By its own steps, by a way out, by a button, or by what a user may say at any time."""
    assert "endless-asking" not in {code for _, code in told(loop(condition, body))}


@pytest.mark.parametrize(
    ("condition", "other"),
    [
        ("tier == 'gold'", "{step: set_it, type: set, slots: {tier: basic}}"),
        ("tier == 'gold'", "{step: leave, type: noop, jump_to: cancel_flow}"),
        ("tier == 'gold'", "{step: sure, type: confirm, message: Sure?}"),
    ],
)
def test_a_flow_that_is_called_may_end_the_loop(condition: str, other: str) -> None:
    """By what it changes, where it shares the slots, or by leaving both."""
    flows = loop(condition, f"{ASK}\n{{step: other, type: call, flow: g}}", other=other)

    assert "endless-asking" not in {code for _, code in told(flows)}


def test_a_digression_may_end_the_loop() -> None:
    """A slot that lives as long as the conversation may be changed by any flow."""
    flows = loop("secret is not set", ASK, other="{step: set_it, type: set, slots: {secret: 1}}")

    assert "endless-asking" not in {code for _, code in told(flows)}
