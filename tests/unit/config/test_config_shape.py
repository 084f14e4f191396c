"""What is wrong with the shape of an assistant is told once, where it stands, in an author's words."""

import pytest

from soni.config.problems import MOST
from soni.errors import Problem

from .conftest import Find


def told(problems: tuple[Problem, ...]) -> list[tuple[str, str, str | None]]:
    return [(problem.code, problem.key, problem.suggestion) for problem in problems]


@pytest.mark.parametrize(
    ("written", "code", "key", "suggestion"),
    [
        ("flowz: {}", "unknown-key", "flowz", "flows"),
        ("origin: /tmp", "unknown-key", "origin", None),
        ("settings: {persistance: {}}", "unknown-key", "settings.persistance", "persistence"),
        ("settings: {models: {nlu: {temprature: 0}}}", "unknown-key", "settings.models.nlu.temprature", "temperature"),
        ("settings: {models: {nlu: {zzz: 0}}}", "unknown-key", "settings.models.nlu.zzz", None),
        ("settings: {server: {rate_limit: {per_usr: 1}}}", "unknown-key", "settings.server.rate_limit.per_usr", "per_user"),
        ("slots: {a: {requird: true}}", "unknown-key", "slots.a.requird", "required"),
        ("slots: {a: {type: choice, choices: [{vlue: x}]}}", "unknown-key", "slots.a.choices[0].vlue", "value"),
        ("actions: {a: {http: {url: 'https://x', headrs: {}}}}", "unknown-key", "actions.a.http.headrs", "headers"),
        ("responses: {a: [{text: x, butons: []}]}", "unknown-key", "responses.a[0].butons", "buttons"),
        ("responses: {a: {txt: x}}", "unknown-key", "responses.a.txt", "text"),
        ("responses: {a: {text: x, buttons: [{titel: x, payload: y}]}}", "unknown-key", "responses.a.buttons[0].titel", "title"),
        ("flows: {f: {stepps: []}}", "unknown-key", "flows.f.stepps", "steps"),
        ("flows: {f: {triger: {}, steps: [{step: a, type: noop}]}}", "unknown-key", "flows.f.triger", "trigger"),
        ("settings: {models: {nlu: {temperature: 3}}}", "invalid", "settings.models.nlu.temperature", None),
        ("settings: {models: {nlu: {retries: -1}}}", "invalid", "settings.models.nlu.retries", None),
        ("settings: {models: {nlu: {retries: 11}}}", "invalid", "settings.models.nlu.retries", None),
        ("settings: {models: {nlu: {timeout: 121s}}}", "invalid", "settings.models.nlu.timeout", None),
        ("settings: {models: {nlu: {provider: openia}}}", "invalid", "settings.models.nlu.provider", "openai"),
        ("settings: {models: {nlu: {fallback: none}}}", "wrong-value", "settings.models.nlu.fallback", None),
        ("settings: {runtime: {turn_timeout: 30}}", "invalid", "settings.runtime.turn_timeout", None),
        ("settings: {runtime: {turn_timeout: 0s}}", "invalid", "settings.runtime.turn_timeout", None),
        ("settings: {runtime: {max_step_executions: 0}}", "invalid", "settings.runtime.max_step_executions", None),
        ("settings: {runtime: {max_step_executions: true}}", "wrong-type", "settings.runtime.max_step_executions", None),
        ("settings: {persistence: {pool: {min_size: 9, max_size: 2}}}", "invalid", "settings.persistence.pool.min_size", None),
        ("settings: {persistence: {path: ''}}", "invalid", "settings.persistence.path", None),
        ("settings: {persistence: {path: 5}}", "wrong-type", "settings.persistence.path", None),
        ("settings: {persistence: {backend: postgresql}}", "invalid", "settings.persistence.connection_string", None),
        ("settings: {persistence: {backend: postgres}}", "wrong-value", "settings.persistence.backend", "postgresql"),
        ("settings: {i18n: {default_language: de}}", "invalid", "settings.i18n.default_language", None),
        ("settings: {i18n: {supported_languages: []}}", "invalid", "settings.i18n.supported_languages", None),
        ("settings: {i18n: {supported_languages: en}}", "wrong-type", "settings.i18n.supported_languages", None),
        ("settings: {server: {auth: {mode: jwt}}}", "invalid", "settings.server.jwt", None),
        ("settings: {server: {max_body_size: huge}}", "invalid", "settings.server.max_body_size", None),
        ("settings: {server: {inspector: maybe}}", "invalid", "settings.server.inspector", None),
        ("settings: {server: {api_keys_env: a b}}", "invalid", "settings.server.api_keys_env", None),
        ("settings: {server: {rate_limit: {per_user: 60}}}", "wrong-type", "settings.server.rate_limit.per_user", None),
        ("settings: {server: {rate_limit: {per_user: 60/m}}}", "invalid", "settings.server.rate_limit.per_user", None),
        ("settings: {server: {rate_limit: {storage: disk}}}", "invalid", "settings.server.rate_limit.storage", None),
        ("settings: {server: {jwt: {algorithms: [none]}}}", "wrong-value", "settings.server.jwt.algorithms[0]", None),
        ("settings: {logging: {level: info}}", "wrong-value", "settings.logging.level", "INFO"),
        ("settings: [a]", "wrong-type", "settings", None),
        ("slots: {a: {type: flaot}}", "wrong-value", "slots.a.type", "float"),
        ("slots: {a: {required: yes}}", "wrong-type", "slots.a.required", None),
        ("slots: {a: {type: choice}}", "invalid", "slots.a.choices", None),
        ("slots: {a: {type: string, choices: [a]}}", "invalid", "slots.a.choices", None),
        ("slots: {a: {type: choice, choices: [[a]]}}", "wrong-type", "slots.a.choices[0]", None),
        ("slots: {a: {type: choice, choices: [{value: [a]}]}}", "invalid", "slots.a.choices[0].value", None),
        ("slots: {a: {prompt: '{b'}}", "invalid", "slots.a.prompt", None),
        ("slots: {a: {examples: [50]}}", "wrong-type", "slots.a.examples[0]", None),
        ("slots: {a: {min: [1]}}", "invalid", "slots.a.min", None),
        ("slots: {a: {default: {1: x}}}", "invalid", "slots.a.default", None),
        ("slots: {5: {}}", "wrong-type", "slots.5", None),
        ("slots: {a: text}", "wrong-type", "slots.a", None),
        ("actions: {a: {effect: wirte}}", "wrong-value", "actions.a.effect", "write"),
        ("actions: {a: {retry: {max_attempts: 11}}}", "invalid", "actions.a.retry.max_attempts", None),
        ("actions: {a: {http: {}}}", "missing-key", "actions.a.http.url", None),
        ("actions: {a: {http: {url: ftp://x}}}", "invalid", "actions.a.http.url", None),
        ("actions: {a: {http: {url: 'https://x', headers: {a: 1}}}}", "wrong-type", "actions.a.http.headers.a", None),
        ("responses: {a: []}", "invalid", "responses.a", None),
        ("responses: {a: 5}", "wrong-type", "responses.a", None),
        ("responses: {a: {when: vip}}", "missing-key", "responses.a.text", None),
        ("responses: {a: {text: x, buttons: x}}", "invalid", "responses.a.buttons", None),
        ("flows: {f: {steps: []}}", "invalid", "flows.f.steps", None),
        ("flows: {f: {}}", "missing-key", "flows.f.steps", None),
        ("flows: {f: null}", "wrong-type", "flows.f", None),
    ],
)  # fmt: skip
def test_one_mistake_is_one_problem(find: Find, written: str, code: str, key: str, suggestion: str | None) -> None:
    """Whatever Pydantic makes of it, an author reads of it once, with the nearest known name."""
    problems = [problem for problem in find(f'version: "1.0"\n{written}') if problem.severity == "error"]

    assert told(tuple(problems)) == [(code, key, suggestion)]
    assert problems[0].line == 2
    assert "Input should" not in problems[0].message


@pytest.mark.parametrize(
    ("step", "code", "key", "suggestion"),
    [
        ("{step: a, type: sayy, message: x}", "wrong-value", ".type", "say"),
        ("{step: a, type: 5}", "wrong-value", ".type", None),
        ("{step: a}", "missing-key", ".type", None),
        ("{step: a, typ: noop}", "unknown-key", ".typ", "type"),
        ("{type: noop}", "missing-key", ".step", None),
        ("{stp: a, type: noop}", "unknown-key", ".stp", "step"),
        ("{step: a b, type: noop}", "invalid", ".step", None),
        ("{step: 5, type: noop}", "wrong-type", ".step", None),
        (f"{{step: {'a' * 129}, type: noop}}", "invalid", ".step", None),
        ("words", "wrong-type", "", None),
        ("[a]", "wrong-type", "", None),
        ("{step: a, type: say}", "invalid", "", None),
        ("{step: a, type: say, message: x, response: y}", "invalid", "", None),
        ("{step: a, type: say, message: {amount}}", "invalid", ".message", None),
        ("{step: a, type: say, mesage: x}", "unknown-key", ".mesage", "message"),
        ("{step: a, type: say, message: x, custom: [1]}", "wrong-type", ".custom", None),
        ("{step: a, type: say, message: x, custom: {a: {1: x}}}", "invalid", ".custom.a", None),
        ("{step: a, type: say, message: x, when: 'a >'}", "invalid", ".when", None),
        ("{step: a, type: collect}", "missing-key", ".slot", None),
        ("{step: a, type: collect, slot: x, force: yes}", "wrong-type", ".force", None),
        ("{step: a, type: collect, slot: x, rejections: [{message: x}]}", "missing-key", ".rejections[0].when", None),
        ("{step: a, type: collect, slot: x, rejections: [{when: a, message: x, response: y}]}", "invalid", ".rejections[0]", None),
        ("{step: a, type: collect, slot: x, on_invalid: 5}", "wrong-type", ".on_invalid", None),
        ("{step: a, type: collect, slot: x, on_invalid: {step: b, type: noop}}", "wrong-type", ".on_invalid", None),
        ("{step: a, type: collect, slot: x, on_invalid: [b]}", "wrong-type", ".on_invalid[0]", None),
        ("{step: a, type: collect, slot: x, on_invalid: [{step: b, type: sy}]}", "wrong-value", ".on_invalid[0].type", "say"),
        ("{step: a, type: action}", "missing-key", ".call", None),
        ("{step: a, type: action, call: x, map_outputs: {a: 1}}", "wrong-type", ".map_outputs.a", None),
        ("{step: a, type: action, call: x, timeout: 5}", "invalid", ".timeout", None),
        ("{step: a, type: set}", "missing-key", ".slots", None),
        ("{step: a, type: set, slots: {x: '{{ 1 + }}'}}", "invalid", ".slots.x", None),
        ("{step: a, type: set, slots: {x: 1}, when: y, condition: z}", "invalid", "", None),
        ("{step: a, type: branch}", "invalid", "", None),
        ("{step: a, type: branch, slot: x}", "invalid", ".cases", None),
        ("{step: a, type: branch, slot: x, evaluate: y, cases: {a: end}}", "invalid", "", None),
        ("{step: a, type: branch, slot: x, when: [{else: end}]}", "invalid", "", None),
        ("{step: a, type: branch, slot: x, cases: {true: 5}}", "wrong-type", ".cases.true", None),
        ("{step: a, type: branch, slot: n, cases: {9: [{step: b, type: sy}]}}", "wrong-value", ".cases.9[0].type", "say"),
        ("{step: a, type: branch, when: []}", "invalid", ".when", None),
        ("{step: a, type: branch, when: [{else: end}, {condition: a, then: b}]}", "invalid", ".when", None),
        ("{step: a, type: branch, when: [{condition: a, then: b, else: c}]}", "invalid", ".when[0]", None),
        ("{step: a, type: branch, when: [{condition: a}]}", "invalid", ".when[0]", None),
        ("{step: a, type: branch, when: [{condition: a, thn: b}]}", "unknown-key", ".when[0].thn", "then"),
        ("{step: a, type: branch, when: [{condition: a, then: [{step: b, typ: noop}]}]}", "unknown-key", ".when[0].then[0].typ", "type"),
        ("{step: a, type: while, condition: b, do: []}", "invalid", ".do", None),
        ("{step: a, type: while, condition: b, do: [{step: c, type: nop}]}", "wrong-value", ".do[0].type", "noop"),
        ("{step: a, type: confirm, on_deni: end}", "unknown-key", ".on_deni", "on_deny"),
        ("{step: a, type: call}", "missing-key", ".flow", None),
        ("{step: a, type: link, flow: [a]}", "wrong-type", ".flow", None),
        ("{step: a, type: generate}", "missing-key", ".instruction", None),
        ("{step: a, type: handoff, context: a}", "wrong-type", ".context", None),
    ],
)  # fmt: skip
def test_one_mistake_in_a_step_is_one_problem(
    find: Find, step: str, code: str, key: str, suggestion: str | None
) -> None:
    """A step is judged as the kind it says it is, and by nothing else."""
    problems = find(
        f'version: "1.0"\nslots: {{x: {{prompt: X?}}, a: {{}}, b: {{}}, n: {{type: integer}}}}\n'
        f"actions: {{x: {{}}}}\nflows:\n  f:\n    steps:\n      - {step}\n"
    )

    assert told(problems) == [(code, f"flows.f.steps[0]{key}", suggestion)]
    assert problems[0].line == 7
    assert "Input should" not in problems[0].message


def test_an_assistant_says_its_version(find: Find) -> None:
    """Without quotes it is meant all the same; another one is not known."""
    assert told(find("slots: {}")) == [("missing-key", "version", None)]
    assert told(find('version: "2.0"')) == [("wrong-value", "version", "1.0")]
    assert told(find("version: [1]")) == [("wrong-value", "version", None)]
    assert find("version: 1.0") == ()


def test_sections_may_be_empty(find: Find) -> None:
    """All lines of a section may be comments."""
    assert find('version: "1.0"\nslots:\n  # a: {}\nflows:\nsettings:\n') == ()


def test_what_follows_from_a_mistake_is_not_told(find: Find) -> None:
    """A key that is taken out leaves a gap that is not the author's."""
    problems = find(
        'version: "1.0"\nslots: {a: {}}\nflows: {f: {steps: [{step: s, type: collect, slot: a, mesage: x}]}}'
    )

    assert told(problems) == [("unknown-key", "flows.f.steps[0].mesage", "message")]


def test_names_are_checked_in_what_is_well(find: Find) -> None:
    """One broken step keeps nobody from hearing of the others."""
    problems = find(
        'version: "1.0"\n'
        "flows:\n"
        "  f:\n"
        "    steps:\n"
        "      - {step: a, type: nop}\n"
        "      - {step: b, type: say, message: '{nme}', jump_to: a}\n"
        "      - {step: c, type: say, message: hi, jump_to: d}\n"
        "  g: {stps: []}\n"
        "  h: {steps: [{step: a, type: call, flow: g}]}\n"
    )

    assert told(problems) == [
        ("wrong-value", "flows.f.steps[0].type", "noop"),
        ("unknown-slot", "flows.f.steps[1].message", None),
        ("unknown-step", "flows.f.steps[2].jump_to", None),
        ("unknown-key", "flows.g.stps", "steps"),
    ]


def test_very_many_mistakes_are_cut_short(find: Find) -> None:
    """Nobody reads thousands of problems, and finding them all would take its time."""
    problems = find('version: "1.0"\nslots:\n' + "".join(f"  s{n}: {{a: 1}}\n" for n in range(5000)))

    assert len([problem for problem in problems if problem.severity == "error"]) == MOST
    assert [problem.code for problem in problems if problem.severity == "note"] == ["more"]


def test_very_many_mistakes_in_yaml_are_cut_short_too(find: Find) -> None:
    """Duplicate keys are found while reading."""
    problems = find('version: "1.0"\n' + "slots: {}\n" * 1000)

    assert len(problems) == 2 * MOST + 1
    assert problems[-1].message == "there are 599 more problems"


def test_a_step_with_a_broken_id_is_one_problem(find: Find) -> None:
    """What stands in for a step that was taken out never collides with another."""
    steps = "".join("      - {step: a, type: branch, slot: b, cases: {x: [end], y: [end]}}\n" for _ in range(2))

    problems = find(f'version: "1.0"\nflows:\n  f:\n    steps:\n{steps}')

    assert [problem.code for problem in problems] == [
        *["wrong-type", "wrong-type", "unknown-slot"],
        *["wrong-type", "wrong-type", "duplicate-step", "unknown-slot"],
    ]
