"""What a dialogue knows of the flows, and what becomes of frames whose flow has changed."""

from dataclasses import replace

import pytest

from soni.compiler.assistant import shipped_patterns
from soni.config.loader import load_config_text
from soni.dialogue.deploys import reconcile
from soni.dialogue.flows import Flows, survey
from soni.dialogue.stack import cancel
from soni.dialogue.state import Dialogue, Effect

YAML = """
version: "1.0"
settings:
  security: {blocked_intents: [c], enable_guardrails: GUARD}
  collection: {max_validation_attempts: 7}
slots:
  x: {prompt: X?}
  y: {prompt: Y?, scope: conversation, default: why}
  total: {type: integer, prompt: T?}
  taken: {}
  given: {}
  never: {}
  forced: {filled_by: user}
actions:
  act: {inputs: [total, x?], outputs: [taken, other]}
flows:
  a:
    persist: [x]
    steps:
      - {step: x, type: collect, slot: x}
      - {step: sum, type: set, slots: {total: "{{ x + y }}", never: it}}
      - {step: act, type: action, call: act, inputs: {x: "{{ given }}"}, map_outputs: {other: forced}}
      - {step: b, type: call, flow: b}
      - {step: c, type: call, flow: c, inputs: {taken: it}}
  b:
    trigger: {intents: ["say {given}"]}
    steps: [{step: y, type: collect, slot: y, on_invalid: [{step: deep, type: collect, slot: total}]}]
  c: {inputs: [taken], steps: [{step: back, type: call, flow: a}]}
  pattern_chitchat: {steps: [{step: n, type: noop}, {step: m, type: noop}]}
"""


def flows_of(text: str = YAML) -> Flows:
    config = load_config_text(text.replace("GUARD", "true"))
    return survey(config, {**shipped_patterns(), **config.flows})


def test_who_may_fill_a_slot() -> None:
    """What a collect, an input or a trigger template names is the user's; the rest is the system's, unless it says so."""
    assert flows_of().system == {"never"}


def test_which_values_a_flow_has_use_for() -> None:
    """Its own questions and those of flows on its slots; and those of flows with slots of their own, however deep."""
    flows = flows_of()

    assert flows["a"].own == {"x", "y", "total", "given"}
    assert flows["a"].called == {"taken"}
    assert flows["b"].own == {"y", "total", "given"}
    assert flows["c"].own == {"taken", "x", "y", "total", "given"}


def test_what_a_value_was_computed_from() -> None:
    """Through set and actions, all the way back."""
    sources = flows_of()["a"].sources

    assert sources["total"] == {"total", "x", "y"}
    assert sources["taken"] == {"taken", "total", "x", "y", "given"}
    assert sources["forced"] == {"forced", "total", "x", "y", "given"}


def test_the_rest_of_the_facts() -> None:
    """What lasts, what is silent, what may not be started, and how patient a collect is."""
    flows = flows_of()

    kept = [set(names) for names in (flows["a"].kept, flows["b"].kept, flows.conversation)]
    assert kept == [{"x", "y"}, {"y"}, {"y"}]
    assert (flows["pattern_chitchat"].silent, flows["a"].silent) == (True, False)
    assert (flows["pattern_chitchat"].pattern, flows["a"].pattern) == (True, False)
    assert (flows.defaults, flows.max_attempts, set(flows.blocked)) == ({"y": "why"}, 7, {"c"})
    assert list(flows["b"].steps) == ["y", "deep"]
    assert len(flows) == len(list(flows)) > 18
    assert flows_of(YAML.replace("GUARD", "false")).blocked == frozenset()


def test_frames_that_fit_are_left_alone() -> None:
    """A dialogue that knows nothing outdated is the same afterwards."""
    flows = flows_of()
    dialogue = Dialogue().push(flows["a"].frame()).push(flows["pattern_chitchat"].frame())

    assert reconcile(dialogue, flows, "cancel") == dialogue


def test_a_pattern_that_is_gone_leaves_quietly() -> None:
    """With no flow below it there is nothing to tell."""
    flows = flows_of()
    gone = replace(flows["pattern_chitchat"].frame(), step="z")
    dialogue = reconcile(Dialogue().push(gone).push(flows["a"].frame()), flows, "resume")

    assert [frame.flow for frame in dialogue.stack] == ["a"]
    assert dialogue.due == ()


def test_patterns_that_are_due_begin_at_their_present_first_step() -> None:
    """They have not begun; one whose flow is gone is not due any more."""
    flows = flows_of()
    old = replace(flows["pattern_chitchat"].frame(), step="z", fingerprint="old")
    dialogue = reconcile(Dialogue(due=(old, replace(old, flow="pattern_gone"))), flows, "restart")

    assert [(frame.flow, frame.step) for frame in dialogue.due] == [("pattern_chitchat", "n")]
    assert dialogue.due[0].fingerprint == flows["pattern_chitchat"].flow.fingerprint


@pytest.mark.parametrize("policy", ["resume", "restart"])
def test_a_flow_that_begins_again_keeps_what_it_knows(policy: str) -> None:
    """Slots that still exist, and what was done and used."""
    flows = flows_of()
    old = replace(
        flows["a"].frame(),
        step="z",
        fingerprint="old",
        slots={"x": 1, "gone": 2},
        written=("act",),
        used=("total",),
        waiting=True,
    )
    dialogue = reconcile(Dialogue().push(old), flows, "resume" if policy == "resume" else "restart")
    frame = dialogue.stack[0]

    assert (frame.id, frame.step, frame.slots, frame.waiting) == (1, "x", {"x": 1}, False)
    assert (frame.written, frame.settled, frame.used) == (("act",), ("act",), ("total",))
    assert dialogue.due[0].context == {"flow": "a", "title": "a", "reason": "restart"}


def test_cancelling_what_is_gone_already_changes_nothing() -> None:
    """A pattern may come late."""
    flows = flows_of()
    dialogue = Dialogue().push(flows["a"].frame(effect=Effect("cancel", 9)))

    assert cancel(dialogue, 9, flows) == dialogue
