"""What an assistant names is there, and what it says fits together."""

import pytest

from soni.config.check import check as check_config
from soni.config.loader import find_problems_in_text
from soni.config.problems import Finding, nearest, spell
from soni.config.scene import COMMANDS
from soni.config.settings import INACTIVE, OF_A_MODEL, Settings
from soni.dialogue.commands import COMMANDS as DIALOGUE_COMMANDS
from soni.errors import Problem

from .conftest import ASSISTANT, Find


def told(problems: tuple[Problem, ...]) -> list[tuple[str, str, str | None]]:
    return [(problem.code, problem.key, problem.suggestion) for problem in problems]


def test_the_small_assistant_is_well(find: Find) -> None:
    """The other tests add one mistake each."""
    assert find(ASSISTANT) == ()


@pytest.mark.parametrize(
    ("step", "code", "key", "suggestion"),
    [
        ("type: noop, when: amuont > 1", "unknown-slot", "when", "amount"),
        ("type: noop, when: user.langage == 'es'", "unknown-name", "when", "user.language"),
        ("type: noop, when: context.flow == 'f'", "context-outside-pattern", "when", None),
        ("type: noop, jump_to: b", "unknown-step", "jump_to", None),
        ("type: say, message: '{amuont}'", "unknown-slot", "message", "amount"),
        ("type: say, message: '{context.flow}'", "context-outside-pattern", "message", None),
        ("type: say, message: '{user}'", "unknown-slot", "message", None),
        ("type: say, response: dnoe", "unknown-response", "response", "done"),
        ("type: say, response: said_why", "context-outside-pattern", "response", None),
        ("type: say, message: x, image: '{img}'", "unknown-slot", "image", None),
        ("type: say, message: x, buttons: '{{ ammount }}'", "unknown-slot", "buttons", "amount"),
        ("type: say, message: x, buttons: [{title: '{wo}', payload: x}]", "unknown-slot", "buttons[0].title", "who"),
        ("type: say, message: x, buttons: [{title: x, payload: /afirm}]", "unknown-command", "buttons[0].payload", "affirm"),
        ("type: say, message: x, buttons: [{title: x, payload: /start_flow othr}]", "unknown-flow", "buttons[0].payload", "other"),
        ("type: say, message: x, buttons: [{title: x, payload: /start_flow other}]", "not-startable", "buttons[0].payload", None),
        ("type: say, message: x, buttons: [{title: x, payload: /set_slot wo=1}]", "unknown-slot", "buttons[0].payload", "who"),
        ("type: say, message: x, buttons: [{title: x, payload: /set_slot balance=1}]", "system-slot", "buttons[0].payload", None),
        ("type: say, message: x, buttons: [{title: x, payload: /set_slot tier=1}]", "system-slot", "buttons[0].payload", None),
        ("type: say, message: x, buttons: [{title: x, payload: /clear_slot wo}]", "unknown-slot", "buttons[0].payload", "who"),
        ("type: say, message: x, buttons: [{title: x, payload: /cancel_flow othr}]", "unknown-flow", "buttons[0].payload", "other"),
        ("type: say, message: x, buttons: [{title: x, payload: /affirm now}]", "bad-payload", "buttons[0].payload", None),
        ("type: say, message: x, buttons: [{title: x, payload: /set_slot who='x}]", "bad-payload", "buttons[0].payload", None),
        ("type: collect, slot: amuont", "unknown-slot", "slot", "amount"),
        ("type: collect, slot: balance, message: x", "system-slot", "slot", None),
        ("type: collect, slot: note", "nothing-to-ask", "slot", None),
        ("type: collect, slot: who, rejections: [{when: wo == 'x'}]", "unknown-slot", "rejections[0].when", "who"),
        ("type: collect, slot: who, rejections: [{when: vip, message: '{wo}'}]", "unknown-slot", "rejections[0].message", "who"),
        ("type: collect, slot: who, rejections: [{when: vip, response: dne}]", "unknown-response", "rejections[0].response", "done"),
        ("type: collect, slot: who, on_invalid: b", "unknown-step", "on_invalid", None),
        ("type: collect, slot: who, on_max_attempts: []", "empty-steps", "on_max_attempts", None),
        ("type: action, call: pya", "unknown-action", "call", "pay"),
        ("type: action, call: pay, inputs: {amuont: 1}", "unknown-input", "inputs.amuont", "amount"),
        ("type: action, call: pay, inputs: {amount: '{{ amuont }}'}", "unknown-slot", "inputs.amount", "amount"),
        ("type: action, call: pay, map_outputs: {reciept: note}", "unknown-output", "map_outputs.reciept", "receipt"),
        ("type: action, call: pay, map_outputs: {receipt: nte}", "unknown-slot", "map_outputs.receipt", "note"),
        ("type: set, slots: {amuont: 1}", "unknown-slot", "slots.amuont", "amount"),
        ("type: set, slots: {amount: '{{ wo }}'}", "unknown-slot", "slots.amount", "who"),
        ("type: set, slots: {amount: much}", "wrong-type", "slots.amount", None),
        ("type: set, slots: {tier: golden}", "wrong-type", "slots.tier", None),
        ("type: set, slots: {amount: 1}, condition: vp", "unknown-slot", "condition", "vip"),
        ("type: set, slots: {}", "empty-steps", "slots", None),
        ("type: branch, slot: teir, cases: {default: end}", "unknown-slot", "slot", "tier"),
        ("type: branch, slot: tier, cases: {basic: end}", "uncovered-case", "cases", None),
        ("type: branch, slot: tier, cases: {basic: end, glod: end, default: end}", "unknown-case", "cases.glod", "gold"),
        ("type: branch, slot: vip, cases: {true: end}", "uncovered-case", "cases", None),
        ("type: branch, slot: vip, cases: {yes: end, default: end}", "unknown-case", "cases.yes", None),
        ("type: branch, slot: amount, cases: {much: end}", "unknown-case", "cases.much", None),
        ("type: branch, slot: amount, cases: {'> >': end}", "invalid", "cases.> >", None),
        ("type: branch, slot: amount, cases: {'> note': end}", "wrong-type", "cases.> note", None),
        ("type: branch, slot: who, cases: {x: b}", "unknown-step", "cases.x", None),
        ("type: branch, evaluate: amuont, cases: {default: end}", "unknown-slot", "evaluate", "amount"),
        ("type: branch, evaluate: amount > 1, cases: {true: end}", "uncovered-case", "cases", None),
        ("type: branch, when: [{condition: wo, then: end}]", "unknown-slot", "when[0].condition", "who"),
        ("type: branch, when: [{condition: vip, then: b}]", "unknown-step", "when[0].then", None),
        ("type: branch, when: [{condition: vip, then: end}, {else: b}]", "unknown-step", "when[1].else", None),
        ("type: branch, when: [{condition: vip, then: [{step: a, type: noop}]}]", "duplicate-step", "when[0].then[0].step", None),
        ("type: while, condition: wo, do: [{step: b, type: noop}]", "unknown-slot", "condition", "who"),
        ("type: while, condition: vip, do: [{step: b, type: noop, jump_to: c}]", "unknown-step", "do[0].jump_to", None),
        ("type: while, condition: vip, do: [{step: b, type: noop}], exit_to: c", "unknown-step", "exit_to", None),
        ("type: confirm, message: x, slot: vp", "unknown-slot", "slot", "vip"),
        ("type: confirm, message: x, slot: who", "wrong-type", "slot", None),
        ("type: confirm, message: '{wo}'", "unknown-slot", "message", "who"),
        ("type: confirm, on_deny: b", "unknown-step", "on_deny", None),
        ("type: call, flow: othr", "unknown-flow", "flow", "other"),
        ("type: call, flow: pattern_cancel", "unknown-flow", "flow", None),
        ("type: call, flow: other, inputs: {who: x, wo: 1}", "unknown-input", "inputs.wo", "who"),
        ("type: call, flow: other, inputs: {who: '{{ wo }}'}", "unknown-slot", "inputs.who", "who"),
        ("type: call, flow: other, inputs: {}", "missing-input", "inputs", None),
        ("type: call, flow: other, outputs: {balnce: amount}", "unknown-output", "outputs.balnce", "balance"),
        ("type: call, flow: other, outputs: {balance: amuont}", "unknown-slot", "outputs", "amount"),
        ("type: link, flow: pattern_cancle", "unknown-flow", "flow", "pattern_cancel"),
        ("type: generate, instruction: x", "no-model", "type", None),
        ("type: handoff, message: '{wo}'", "unknown-slot", "message", "who"),
        ("type: handoff, context: [who, wo]", "unknown-slot", "context[1]", "who"),
        ("type: handoff, context: [who, who]", "duplicate", "context[1]", None),
    ],
)  # fmt: skip
def test_a_mistake_in_a_step_is_found(check: Find, step: str, code: str, key: str, suggestion: str | None) -> None:
    """Each once, at its key, with the nearest known name."""
    asked = "- {step: asked, type: collect, slot: who}\n" if "tier" not in step else ""

    problems = tuple(problem for problem in check(f"{asked}- {{step: a, {step}}}") if problem.severity == "error")

    assert told(problems) == [(code, f"flows.f.steps[{1 if asked else 0}].{key}", suggestion)]


@pytest.mark.parametrize(
    "step",
    [
        "type: noop, when: user.language == 'es' and user_id != ''",
        "type: say, message: '{user_id} {amount|}'",
        "type: say, message: x, buttons: [{title: x, payload: \"/set_slot who='Ana Ruiz'\\n/affirm\"}]",
        "type: say, message: x, buttons: [{title: x, payload: '/start_flow {who|other}'}]",
        "type: say, message: x, buttons: [{title: x, payload: '/set_slot amount={amount|}'}, {title: y, payload: '/'}]",
        "type: say, message: x, buttons: [{title: x, payload: said by the user}]",
        "type: collect, slot: note, message: What for?",
        "type: collect, slot: note, response: done",
        "type: set, slots: {amount: null, tier: gold, vip: false, note: '{{ who }}'}",
        "type: action, call: pay, inputs: {reason: '{{ note }}'}, map_outputs: {receipt: note}",
        "type: branch, slot: tier, cases: {basic: end, gold: end}",
        "type: branch, slot: tier, cases: {basic: end, default: end}",
        "type: branch, slot: tier, cases: {basic: end, \"!='basic'\": end}",
        "type: branch, slot: vip, cases: {true: end, 'false': end}",
        "type: branch, slot: amount, cases: {'>100': end, 5: end, '6.5': end}",
        "type: branch, slot: who, cases: {anything: end}",
        "type: branch, evaluate: len(who), cases: {0: end, '>0': end}",
        "type: branch, evaluate: amount > 1, cases: {true: end, false: end}",
        "type: confirm, slot: vip",
        "type: call, flow: other",
        "type: call, flow: other, inputs: {who: '{{ who }}'}, outputs: {balance: amount}",
        "type: link, flow: pattern_human_handoff",
        "type: handoff, context: [who, balance], queue: q",
    ],
)
def test_no_false_alarm(check: Find, step: str) -> None:
    """What is allowed is not told."""
    assert check(f"- {{step: asked, type: collect, slot: amount}}\n- {{step: a, {step}}}") == ()


@pytest.mark.parametrize(
    ("slot", "code", "key"),
    [
        ("a b: {}", "bad-name", ""),
        ("and: {}", "bad-name", ""),
        ("None: {}", "bad-name", ""),
        ("user: {}", "bad-name", ""),
        ("context: {}", "bad-name", ""),
        ("x: {prompt: '{wo}'}", "unknown-slot", ".prompt"),
        ("x: {prompt: '{context.a}'}", "context-outside-pattern", ".prompt"),
        ("x: {invalid_message: '{wo}'}", "unknown-slot", ".invalid_message"),
        ("x: {pattern: '(?=a)'}", "bad-pattern", ".pattern"),
        ("x: {pattern: '('}", "bad-pattern", ".pattern"),
        ("x: {type: integer, pattern: a}", "misplaced", ".pattern"),
        ("x: {type: string, min: 1}", "misplaced", ".min"),
        ("x: {type: choice, choices: [a], max: 1}", "misplaced", ".max"),
        ("x: {type: integer, min: low}", "wrong-type", ".min"),
        ("x: {type: duration, max: 5m}", "wrong-type", ".max"),
        ("x: {type: date, min: soon}", "wrong-type", ".min"),
        ("x: {type: date, min: 5}", "wrong-type", ".min"),
        ("x: {type: time, max: '25:00'}", "wrong-type", ".max"),
        ("x: {type: integer, min: 5, max: 1}", "bad-bounds", ".min"),
        ("x: {type: date, min: '2030-02-01', max: '2030-01-01'}", "bad-bounds", ".min"),
        ("x: {type: time, min: '12:00', max: '10:00'}", "bad-bounds", ".min"),
        ("x: {type: datetime, min: '2030-02-01T10:00', max: '2030-01-01'}", "bad-bounds", ".min"),
        ("x: {type: choice, choices: [a, A]}", "duplicate", ".choices[1]"),
        ("x: {type: choice, choices: [a, {value: b, synonyms: [c, a]}]}", "duplicate", ".choices[1].synonyms"),
        ("x: {type: integer, default: 1.5}", "wrong-type", ".default"),
        ("x: {type: integer, default: true}", "wrong-type", ".default"),
        ("x: {type: float, default: '1'}", "wrong-type", ".default"),
        ("x: {type: boolean, default: yes}", "wrong-type", ".default"),
        ("x: {type: date, default: today}", "wrong-type", ".default"),
        ("x: {type: duration, default: 5m}", "wrong-type", ".default"),
        ("x: {type: money, default: 50}", "wrong-type", ".default"),
        ("x: {type: money, default: {amount: a, currency: EUR}}", "wrong-type", ".default"),
        ("x: {type: email, default: 5}", "wrong-type", ".default"),
        ("x: {type: list, default: a}", "wrong-type", ".default"),
        ("x: {type: object, default: [a]}", "wrong-type", ".default"),
        ("x: {type: choice, choices: [1, 2], default: '1'}", "wrong-type", ".default"),
        ("x: {type: choice, choices: [a], default: [a]}", "wrong-type", ".default"),
    ],
)
def test_a_mistake_in_a_slot_is_found(check: Find, slot: str, code: str, key: str) -> None:
    """Bounds, choices and defaults are of the slot's type."""
    name = slot.split(":")[0]

    problems = check(slots=slot)

    assert [(problem.code, problem.key) for problem in problems] == [(code, f"slots.{name}{key}")]


@pytest.mark.parametrize(
    "slot",
    [
        "x: {pattern: '[A-Z]{2}[0-9]{2}.*', default: a}",
        "x: {type: integer, min: 1, max: 1, default: 1}",
        "x: {type: money, min: 0.01, max: 5, default: {amount: 1, currency: EUR}}",
        "x: {type: money, default: {amount: 1.5, currency: null}}",
        "x: {type: date, min: '2030-01-01', max: '2030-12-31', default: '2030-05-05'}",
        "x: {type: datetime, min: '2030-01-01T10:00+01:00', max: '2029-12-31T00:00'}",
        "x: {type: time, min: '10:00', max: '20:00', default: '12:30'}",
        "x: {type: time, min: '10:00+01:00', max: '09:00'}",
        "x: {type: duration, min: 60, default: 90}",
        "x: {type: boolean, default: false}",
        "x: {type: choice, choices: [1, true, a, {value: b, synonyms: [b, B]}], default: true}",
        "x: {type: list, default: []}",
        "x: {type: object, default: {a: 1}}",
        "x: {prompt: 'Of {who|whom}?'}",
    ],
)
def test_no_false_alarm_about_slots(check: Find, slot: str) -> None:
    """What is allowed is not told."""
    assert check(slots=slot) == ()


@pytest.mark.parametrize(
    ("sections", "code", "key", "suggestion"),
    [
        ({"actions": "x: {inputs: [a, a?]}"}, "duplicate", "actions.x.inputs[1]", None),
        ({"actions": "x: {outputs: [a b]}"}, "bad-name", "actions.x.outputs[0]", None),
        ({"responses": "x: '{wo}'"}, "unknown-slot", "responses.x", "who"),
        ({"responses": "x: {text: y, variations: ['{wo}']}"}, "unknown-slot", "responses.x.variations[0]", "who"),
        ({"responses": "x: [{text: y, when: wo}]"}, "unknown-slot", "responses.x[0].when", "who"),
        ({"responses": "x: [{text: y, image: '{wo}'}]"}, "unknown-slot", "responses.x[0].image", "who"),
        ({"responses": "x: {text: y, language: es}"}, "unknown-language", "responses.x.language", None),
        ({"responses": "x: {text: y, buttons: [{title: x, payload: /nope}]}"}, "unknown-command", "responses.x.buttons[0].payload", None),
        ({"flows": "pattern_cancle: {NOOP}"}, "unknown-pattern", "flows.pattern_cancle", "pattern_cancel"),
        ({"flows": "a b: {NOOP}"}, "bad-name", "flows.a b", None),
        ({"flows": "x: {inputs: [wo?], NOOP}"}, "unknown-slot", "flows.x.inputs[0]", "who"),
        ({"flows": "x: {outputs: [wo], NOOP}"}, "unknown-slot", "flows.x.outputs[0]", "who"),
        ({"flows": "x: {persist: [wo], NOOP}"}, "unknown-slot", "flows.x.persist[0]", "who"),
        ({"flows": "x: {on_error: b, NOOP}"}, "unknown-step", "flows.x.on_error", None),
        ({"flows": "x: {steps: [{step: end, type: noop}]}"}, "bad-name", "flows.x.steps[0].step", None),
        ({"flows": "x: {trigger: {condition: wo}, NOOP}"}, "unknown-slot", "flows.x.trigger.condition", "who"),
        ({"flows": "x: {trigger: {intents: ['to {wo}']}, NOOP}"}, "unknown-slot", "flows.x.trigger.intents[0]", "who"),
        ({"flows": "x: {trigger: {intents: ['to {']}, NOOP}"}, "invalid", "flows.x.trigger.intents[0]", None),
        ({"flows": "x: {trigger: {intents: [' ']}, NOOP}"}, "invalid", "flows.x.trigger.intents[0]", None),
        ({"flows": "x: {trigger: {intents: ['{balance}']}, NOOP}"}, "system-slot", "flows.x.trigger.intents[0]", None),
        ({"settings": "conversation: {default_flow: othr}"}, "unknown-flow", "settings.conversation.default_flow", "other"),
        ({"settings": "conversation: {fallback_flow: othr}"}, "unknown-flow", "settings.conversation.fallback_flow", "other"),
        ({"settings": "conversation: {on_no_progress: fallback}"}, "missing-key", "settings.conversation.on_no_progress", None),
        ({"settings": "security: {blocked_intents: [other, othr]}"}, "unknown-flow", "settings.security.blocked_intents[1]", "other"),
        ({"settings": "security: {allowed_actions: [pya]}"}, "unknown-action", "settings.security.allowed_actions[0]", "pay"),
    ],
)  # fmt: skip
def test_a_mistake_elsewhere_is_found(
    check: Find, sections: dict[str, str], code: str, key: str, suggestion: str | None
) -> None:
    """Names are checked wherever they stand."""
    written = {name: text.replace("NOOP", "steps: [{step: a, type: noop}]") for name, text in sections.items()}

    assert told(check(**written)) == [(code, key, suggestion)]


def test_a_button_starts_no_flow_that_no_message_may_start(check: Find) -> None:
    """Its payload would be refused; unless guardrails are off, and then that is told."""
    button = "hello: {text: y, buttons: [{title: x, payload: /start_flow shut}]}"
    shut = "shut: {description: A flow., steps: [{step: a, type: noop}]}"

    def found(settings: str) -> list[str]:
        problems = check(settings=f"security: {{{settings}}}", responses=button, flows=shut)
        return [f"{problem.code} {problem.key}" for problem in problems]

    assert found("blocked_intents: [shut]") == ["not-startable responses.hello.buttons[0].payload"]
    assert found("enable_guardrails: false, blocked_intents: [shut]") == [
        "inactive-setting settings.security.blocked_intents"
    ]


def test_an_action_gets_what_it_needs(find: Find) -> None:
    """A required input is the slot of its name, or mapped."""
    text = 'version: "1.0"\nslots: {a: {}}\nactions: {x: {inputs: [a, b, c?]}}\nflows: {f: {steps: [%s]}}'

    missing = find(text % "{step: s, type: action, call: x}")
    mapped = find(text % "{step: s, type: action, call: x, inputs: {b: 1}}")

    assert told(missing) == [("missing-input", "flows.f.steps[0].call", None)]
    assert mapped == ()


def test_patterns_read_the_context(check: Find) -> None:
    """What a pattern is about is known to patterns only, and to the responses they say."""
    pattern = (
        "pattern_clarification:\n  steps:\n    - {step: a, type: say, response: said_why, when: context.flow == 'f'}\n"
        "    - {step: b, type: say, message: '{context.flow} {user_id}', buttons: '{{ context.candidates }}'}"
    )

    assert check(flows=pattern) == ()


def test_a_hole_in_a_text_is_a_warning(check: Find) -> None:
    """A slot that nothing in sight fills leaves a hole; one that may be filled is no matter."""
    problems = check(
        "- {step: a, type: say, message: 'For {who}, {amount|some} of {balance}, {note}'}\n"
        "- {step: b, type: call, flow: other, outputs: {balance: amount}}\n"
        "- {step: c, type: handoff, message: '{tier}'}\n"
        "- {step: d, type: say, response: shown}",
        responses="shown: [{text: '{vip}'}, {text: '{tier}', when: tier is set}]",
    )

    assert [(problem.severity, problem.code, problem.key) for problem in problems] == [
        ("warning", "unset-slot", "flows.f.steps[0].message"),
        ("warning", "unset-slot", "flows.f.steps[2].message"),
        ("warning", "unset-slot", "flows.f.steps[3].response"),
    ]
    assert "{balance}" in problems[0].message


@pytest.mark.parametrize(
    "filled",
    [
        "- {step: b, type: collect, slot: tier}",
        "- {step: b, type: set, slots: {tier: gold}}",
        "- {step: b, type: action, call: pay, inputs: {who: a, amount: 1}, map_outputs: {receipt: tier}}",
        "- {step: b, type: call, flow: other, outputs: {balance: tier}}",
        "- {step: b, type: generate, instruction: x, store_as: tier}",
        "- {step: b, type: call, flow: asks}",
        "- {step: b, type: link, flow: asks}",
    ],
)
def test_what_may_be_filled_leaves_no_hole(check: Find, filled: str) -> None:
    """Flows that call or link each other count as one."""
    problems = check(
        f"- {{step: a, type: say, message: '{{tier}}'}}\n{filled}",
        flows="asks: {steps: [{step: a, type: collect, slot: tier}]}",
    )

    assert [problem.code for problem in problems if problem.severity == "warning"] == []


def test_lasting_slots_leave_no_hole(check: Find) -> None:
    """A default, a slot of the conversation, one that a flow persists, one that a pattern fills, a confirm's own."""
    problems = check(
        "- {step: a, type: say, message: '{one}{two}{three}{four}{vip}{five}'}\n- {step: b, type: confirm, slot: vip}",
        slots="one: {default: a}\ntwo: {scope: conversation}\nthree: {}\nfour: {}\nfive: {}",
        flows="p: {persist: [three], steps: [{step: a, type: noop}]}\n"
        "t: {trigger: {intents: ['{five}']}, steps: [{step: a, type: link, flow: f}]}\n"
        "pattern_session_start: {steps: [{step: a, type: set, slots: {four: x}}]}",
    )

    assert problems == ()


def test_an_inactive_setting_is_a_note(find: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is accepted and not acted on is said; the default needs no word."""
    monkeypatch.setattr("soni.config.check.INACTIVE", {"logging": "nothing is written", "runtime.turn_timeout": "none"})

    problems = find('version: "1.0"\nsettings: {runtime: {turn_timeout: 30s}, logging: {level: DEBUG}}')

    assert [(problem.severity, problem.code, problem.key, problem.message) for problem in problems] == [
        ("note", "inactive-setting", "settings.logging", "this setting has no effect yet: nothing is written")
    ]


def test_a_model_gets_no_more_time_than_the_turn_leaves_it(find: Find) -> None:
    """What is longer than that is said, with how long it is."""
    of_a_model = 'version: "1.0"\nsettings: {runtime: {turn_timeout: 10s}, models: {nlu: {provider: %s, timeout: 9s}}}'

    problems = find(of_a_model % "openai")
    beside = [problem.key for problem in find(of_a_model % "embedded") if problem.severity == "warning"]

    assert [(problem.severity, problem.code, problem.key) for problem in problems] == [
        ("warning", "inactive-setting", "settings.models.nlu.timeout")
    ]
    assert "the model gets 8s, and not 9s" in problems[0].message
    assert beside == []


def test_a_provider_that_is_nearly_one_is_told(find: Find) -> None:
    """Beside an address any name is allowed, and a slip would look for the wrong key."""
    of = 'version: "1.0"\nsettings: {models: {nlu: {provider: %s, api_base: "http://localhost:1/v1"}}}'

    (told,) = find(of % "opneai")

    assert (told.severity, told.code, told.suggestion) == ("warning", "unknown-name", "openai")
    assert find(of % "lmstudio") == ()


def test_settings_of_a_model_are_notes_without_one(find: Find) -> None:
    """They count where a model understands, and only there."""
    problems = find('version: "1.0"\nsettings: {models: {nlu: {model: large}}}')
    with_one = find('version: "1.0"\nsettings: {models: {nlu: {provider: openai, model: large}}}')

    assert [(problem.severity, problem.key) for problem in problems] == [("note", "settings.models.nlu.model")]
    assert with_one == ()


@pytest.mark.parametrize("path", [*INACTIVE, *OF_A_MODEL])
def test_inactive_settings_exist(path: str) -> None:
    """The table names settings, and not what were settings once."""
    value: object = Settings()

    for key in path.split("."):
        assert hasattr(value, key)
        value = getattr(value, key)


@pytest.mark.parametrize(
    ("server", "key", "words"),
    [
        ("{auth: {mode: jwt}}", "jwt", "auth mode jwt needs 'jwks_url' and 'audience'"),
        ("{auth: {mode: jwt}, jwt: {jwks_url: 'https://id.example/keys'}}", "jwt", "auth mode jwt needs 'audience'"),
        ("{jwt: {jwks_url: 'http://id.example/keys', audience: soni}}", "jwt.jwks_url", "begins with https://"),
        ("{jwt: {jwks_url: 'https://me@id.example/keys', audience: soni}}", "jwt.jwks_url", "begins with https://"),
        ("{jwt: {jwks_url: 'http://127.0.0.1.example/keys', audience: soni}}", "jwt.jwks_url", "begins with https://"),
        ("{jwt: {algorithms: [HS256]}}", "jwt.algorithms[0]", "HS256"),
        ("{jwt: {algorithms: [none]}}", "jwt.algorithms[0]", "none"),
        ("{metrics_auth: true}", "metrics_auth", "nobody to tell from others"),
        ("{rate_limit: {per_user: 60}}", "rate_limit.per_user", ""),
    ],
)
def test_a_service_does_not_start_half_closed(find: Find, server: str, key: str, words: str) -> None:
    """What is missing to know callers, or would let anyone in, is an error with its place."""
    (problem,) = find(f'version: "1.0"\nsettings: {{server: {server}}}')

    assert (problem.severity, problem.key) == ("error", f"settings.server.{key}")
    assert words in problem.message


@pytest.mark.parametrize("address", ["https://id.example/keys", "http://localhost:8080/jwks", "http://[::1]:1/a?b=c"])
def test_keys_come_by_tls_or_from_this_machine(find: Find, address: str) -> None:
    """Nothing is said of such an address."""
    assert find(f'version: "1.0"\nsettings: {{server: {{jwt: {{jwks_url: "{address}", audience: soni}}}}}}') == ()


def test_a_model_may_write(find: Find) -> None:
    """A generate step is well where a model is configured."""
    problems = find(
        'version: "1.0"\nsettings: {models: {nlu: {provider: openai}}}\nslots: {a: {}}\n'
        "flows: {f: {steps: [{step: g, type: generate, instruction: 'Of {a|x}.', context: [a], store_as: b}]}}"
    )

    assert [problem.key for problem in problems if problem.severity == "error"] == ["flows.f.steps[0].store_as"]


def test_words_by_a_model_need_one(find: Find) -> None:
    """The rephraser without one only has no effect, and that is said where it is written."""
    (problem,) = find('version: "1.0"\nsettings:\n  models:\n    rephraser: {enabled: true}\nflows: {}')

    assert (problem.severity, problem.code, problem.line) == ("note", "inactive-setting", 4)
    assert problem.message.startswith("this setting has no effect: the embedded understanding writes nothing")
    assert (
        find('version: "1.0"\nsettings: {models: {nlu: {provider: openai}, rephraser: {enabled: true}}}\nflows: {}')
        == ()
    )


def test_commands_are_those_of_the_dialogue() -> None:
    """A payload that passes the check is one that the dialogue understands."""
    assert set(COMMANDS) == set(DIALOGUE_COMMANDS)


def test_a_whole_configuration_can_be_checked_by_itself() -> None:
    """Programs that build an assistant get findings too."""
    config, _ = find_problems_in_text(ASSISTANT)
    assert config is not None
    flow = config.flows["other"].model_copy(update={"on_error": "nowhere"})
    broken = config.model_copy(update={"flows": {"other": flow}})

    assert check_config(config) == []
    assert check_config(broken) == [
        Finding(("flows", "other", "on_error"), "there is no step 'nowhere'", code="unknown-step")
    ]


def test_the_nearest_name_is_near() -> None:
    """A name that is far from all others is nobody's typo."""
    assert nearest("amuont", ["amount", "account"]) == "amount"
    assert nearest("Amount", ["amount"]) == "amount"
    assert nearest("xyz", ["amount"]) is None
    assert nearest("xyz", []) is None


def test_routes_are_spelled_as_authors_read_them() -> None:
    """Numbers are places in lists; true is no number."""
    assert spell(("flows", "f", "steps", 2, "cases", True)) == "flows.f.steps[2].cases.true"


def test_braces_that_are_no_slot(find: Find) -> None:
    """A text cut in two by a comma, an expression without quotes, and what looks like JSON: what to write instead."""
    head = ASSISTANT + "  f:\n    steps:\n"

    (cut,) = find(head + "      - {step: a, type: say, message: hello, bye}\n")
    (formula,) = find(head + "      - {step: a, type: set, slots: {amount: {{ amount + 1 }} }}\n")
    (json,) = find(head + "      - {step: a, type: say, message: 'as {b: 1}'}\n")
    (other,) = find(head + "      - {step: a, type: say, message: hello, bye: 1}\n")

    assert cut.message == "unknown key 'bye'; within { } a text with a comma in it needs quotes"
    assert formula.message.endswith("what begins with { needs quotes, {{ an expression }} as well")
    assert json.message == "there is no slot 'b'; where the braces themselves are meant, write {{ and }}"
    assert "comma" not in other.message
