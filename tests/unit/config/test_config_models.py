"""An assistant as a value: frozen, comparable, written out and read back."""

import copy
import pickle

import pytest
from pydantic import ValidationError

from soni.config.loader import load_config_text
from soni.config.models import PATTERNS, SoniConfig
from soni.config.steps import Branch, Call, Set, While, walk
from soni.errors import ConfigurationError

from .conftest import ASSISTANT

RICH = (
    ASSISTANT
    + """\
  f:
    trigger: {intents: ["pay {who}"], condition: not vip}
    steps:
      - {step: a, type: branch, slot: vip, cases: {true: b, false: [{step: a1, type: say, message: hi, jump_to: end}]}}
      - {step: b, type: branch, when: [{condition: amount > 1, then: c}, {else: [{step: b1, type: noop}]}]}
      - {step: c, type: while, condition: amount < 3, do: [{step: c1, type: set, slots: {amount: "{{ amount + 1 }}"}}]}
      - {step: d, type: call, flow: other, inputs: {who: "{{ who }}"}, outputs: {balance: balance}}
      - {step: e, type: say, message: x, custom: {a: [1, {b: null}]}, buttons: [{title: T, payload: /affirm}]}
      - {step: g, type: collect, slot: who, buttons: "{{ [who] }}", on_invalid: [{step: g1, type: noop}]}
      - {step: h, type: confirm, slot: vip, on_deny: [{step: h1, type: handoff}], on_change: a, on_confirm: a}
      - {step: i, type: action, call: pay, on_error: [{step: i1, type: noop}], retry: {delay: 1s}, timeout: 5s}
      - {step: j, type: set, slots: {amount: 0}, condition: vip}
      - {step: k, type: link, flow: pattern_human_handoff}
"""
)


@pytest.fixture(scope="module")
def config() -> SoniConfig:
    """An assistant with a step of almost every kind."""
    return load_config_text(RICH)


def test_an_assistant_survives_json(config: SoniConfig) -> None:
    """What is written out is read back as the same assistant; only keys that are true or 10 are texts in JSON."""
    in_python = SoniConfig.model_validate(config.model_dump(by_alias=True))
    in_json = SoniConfig.model_validate_json(config.model_dump_json(by_alias=True))

    assert in_python == config
    assert in_json.fingerprint == config.fingerprint


def test_an_assistant_can_be_copied_and_pickled(config: SoniConfig) -> None:
    """Copies are equal to what they are copied from."""
    assert copy.deepcopy(config) == pickle.loads(pickle.dumps(config)) == config


def test_an_assistant_does_not_change(config: SoniConfig) -> None:
    """Neither its fields nor its mappings."""
    flows = config.flows
    assert isinstance(flows, dict)

    with pytest.raises(ValidationError, match="frozen"):
        setattr(config.flows["f"], "startable", False)  # noqa: B010 - mypy knows that it cannot be assigned
    with pytest.raises(TypeError, match="does not change"):
        flows["g"] = config.flows["f"]


def test_every_step_is_walked_once_in_reading_order(config: SoniConfig) -> None:
    """Steps of inline lists stand where they were written."""
    steps = [step.step for step in config.flows["f"].walk()]

    assert steps == ["a", "a1", "b", "b1", "c", "c1", "d", "e", "g", "g1", "h", "h1", "i", "i1", "j", "k"]
    assert list(walk(())) == []


def test_ways_out_of_a_step_are_named_by_their_keys(config: SoniConfig) -> None:
    """Whoever draws a flow reads them."""
    named = {step.step: [key for key, _ in step.branches()] for step in config.flows["f"].walk()}

    assert named["a"] == ["cases.true", "cases.false"]
    assert named["b"] == ["when[0]", "when[1]"]
    assert named["c"] == ["do"]
    assert named["g"] == ["on_invalid"]
    assert named["h"] == ["on_confirm", "on_deny", "on_change"]
    assert named["i"] == ["on_error"]
    assert named["e"] == []


def test_the_fingerprint_of_a_flow_is_that_of_its_steps(config: SoniConfig) -> None:
    """A new description is no new flow; another word in a step is."""
    flow = config.flows["f"]
    described = flow.model_copy(update={"description": "other"})
    changed = load_config_text(RICH.replace("message: hi", "message: ho"))

    assert described.fingerprint == flow.fingerprint
    assert changed.flows["f"].fingerprint != flow.fingerprint
    assert changed.flows["other"].fingerprint == config.flows["other"].fingerprint
    assert changed.fingerprint != config.fingerprint


def test_settings_are_not_part_of_the_fingerprint(config: SoniConfig) -> None:
    """Another log level is no other assistant."""
    other = load_config_text(RICH + "settings: {logging: {level: DEBUG}}")

    assert other.fingerprint == config.fingerprint


def test_question_marks_say_optional(config: SoniConfig) -> None:
    """Names are given without them."""
    assert config.actions["pay"].input_names == ("who", "amount", "reason")
    assert config.actions["pay"].required_inputs == {"who", "amount"}
    assert config.flows["other"].input_names == ("who", "note")


def test_user_flows_are_those_that_are_no_patterns() -> None:
    """Overrides of repair patterns are not offered to users."""
    config = load_config_text('version: "1.0"\nflows: {a: {steps: [{step: a, type: noop}]}, '
                              "pattern_chitchat: {steps: [{step: a, type: noop}]}}")  # fmt: skip

    assert [name for name, _ in config.user_flows()] == ["a"]


def test_short_forms_mean_the_long_ones() -> None:
    """A choice may be its value, a response a text, one variant or a list of both."""
    short = "version: 1.0\nslots: {a: {type: choice, choices: [1, x]}}\nresponses: {a: hi, b: {text: hi}, c: [hi]}"
    long = (
        'version: "1.0"\nslots: {a: {type: choice, choices: [{value: 1}, {value: x}]}}\n'
        "responses: {a: [{text: hi}], b: [{text: hi}], c: [{text: hi}]}"
    )

    assert load_config_text(short) == load_config_text(long)


def test_a_set_step_has_one_guard() -> None:
    """'condition' and 'when' are two words for the same."""
    config = load_config_text(RICH)
    steps = {step.step: step for step in config.flows["f"].walk()}
    unguarded, guarded = steps["c1"], steps["j"]

    assert isinstance(unguarded, Set)
    assert isinstance(guarded, Set)
    assert unguarded.guard is None
    assert guarded.guard is guarded.condition


def test_reading_changes_nothing_that_was_given() -> None:
    """The same data can be read again."""
    data = {
        "version": "1.0",
        "flows": {"f": {"steps": [{"step": "a", "type": "say", "message": "hi", "custom": {"a": []}}]}},
    }
    before = copy.deepcopy(data)

    first, second = SoniConfig.model_validate(data), SoniConfig.model_validate(data)

    assert data == before
    assert first == second


def test_programs_may_build_steps_too() -> None:
    """Models can be put into each other as they are."""
    inner = Branch.model_validate({"step": "b", "type": "branch", "slot": "a", "cases": {"x": "end"}})
    loop = While.model_validate({"step": "w", "type": "while", "condition": "a", "do": [inner]})

    assert loop.do == (inner,)
    assert Call(step="c", type="call", flow="f").inputs is None


def test_an_assistant_has_a_known_set_of_patterns() -> None:
    """Every name begins alike, and none stands twice."""
    assert len(set(PATTERNS)) == len(PATTERNS) == 18
    assert all(name.startswith("pattern_") for name in PATTERNS)


def test_the_origin_is_not_an_authors_to_set() -> None:
    """It is where the files are."""
    with pytest.raises(ConfigurationError, match="unknown key 'origin'"):
        load_config_text('version: "1.0"\norigin: /tmp')

    assert load_config_text('version: "1.0"', origin="/here").origin == "/here"
