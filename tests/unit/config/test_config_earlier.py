"""Assistants in the earlier language load, are told so, and can be rewritten."""

from pathlib import Path

import pytest

from soni.config.loader import find_problems, find_problems_in_text, load_config, load_config_text
from soni.config.rewrite import rewrite
from soni.errors import ConfigurationError

from .conftest import Find

EARLIER = """\
version: "1.0"
settings:
  # who understands
  llm:           # the model
    provider: openai   # theirs
    model: gpt-4o
  rephrase_tone: formal  # please
  runtime: {turn_timeout: 5s}
  rephrase_responses: true
slots:
  a: {validation_error_message: nope}   # kept

flows:
  one:
    slots:
      - name: b    # bee
        type: float
        description: hm
      - {name: c, type: string, validation_error_message: "nó {b}"}
    steps:
      - {step: x, type: call, target: two}   # over
      - step: y
        type: branch
        slot: a
        cases:
          default:
            - {step: z, type: link, "target": two}
  two:
    slots: [{name: b, type: float, description: hm}]
    steps: [{step: n, type: noop}]
"""

PRESENT = """\
version: "1.0"
settings:
  # who understands
  models:
    nlu:           # the model
      provider: openai   # theirs
      model: gpt-4o
    rephraser:
      tone: formal  # please
      enabled: true
  runtime: {turn_timeout: 5s}
slots:
  a: {invalid_message: nope}   # kept
  b:
    type: float
    description: hm
  c:
    type: string
    invalid_message: nó {b}

flows:
  one:
    steps:
      - {step: x, type: call, flow: two}   # over
      - step: y
        type: branch
        slot: a
        cases:
          default:
            - {step: z, type: link, "flow": two}
  two:
    steps: [{step: n, type: noop}]
"""


def test_earlier_names_are_read_as_the_present_ones() -> None:
    """Both say the same."""
    assert load_config_text(EARLIER) == load_config_text(PRESENT)


def test_each_earlier_name_is_told_with_its_present_one() -> None:
    """As a note, on its line."""
    _, problems = find_problems_in_text(EARLIER)

    notes = [(problem.line, problem.message) for problem in problems if problem.code == "earlier-name"]
    assert notes == [
        (4, "'settings.llm' is an earlier name; it is 'settings.models.nlu' now"),
        (7, "'settings.rephrase_tone' is an earlier name; it is 'settings.models.rephraser.tone' now"),
        (9, "'settings.rephrase_responses' is an earlier name; it is 'settings.models.rephraser.enabled' now"),
        (11, "'validation_error_message' is an earlier name; it is 'invalid_message' now"),
        (16, "'flows.one.slots' is an earlier name; it is 'slots.b' now"),
        (16, "'flows.two.slots' is an earlier name; it is 'slots.b' now"),
        (19, "'flows.one.slots' is an earlier name; it is 'slots.c' now"),
        (19, "'validation_error_message' is an earlier name; it is 'invalid_message' now"),
        (21, "'target' is an earlier name; it is 'flow' now"),
        (27, "'target' is an earlier name; it is 'flow' now"),
    ]


def test_present_names_are_not_told() -> None:
    """There is nothing to rewrite."""
    _, problems = find_problems_in_text(PRESENT)

    assert [problem for problem in problems if problem.code == "earlier-name"] == []


@pytest.mark.parametrize(
    ("written", "code", "key"),
    [
        ("settings: {llm: {model: a}, models: {nlu: {model: b}}}", "unknown-key", "settings.llm"),
        ("settings: {llm: {model: a}, models: x}", "unknown-key", "settings.llm"),
        ("slots: {a: {validation_error_message: x, invalid_message: y}}", "unknown-key", "slots.a.validation_error_message"),
        ("slots: {b: {type: date}}\nflows: {f: {slots: [{name: b}], steps: [{step: n, type: noop}]}}", "duplicate-key", "slots.b"),
        ("flows: {f: {slots: [{type: date}], steps: [{step: n, type: noop}]}}", "unknown-key", "flows.f.slots"),
        ("flows: {f: {slots: {b: {}}, steps: [{step: n, type: noop}]}}", "unknown-key", "flows.f.slots"),
        ("slots: [a]\nflows: {f: {slots: [{name: b}], steps: [{step: n, type: noop}]}}", "wrong-type", "slots"),
        ("flows: {f: {steps: [{step: n, type: noop, target: x}]}}", "unknown-key", "flows.f.steps[0].target"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_as_present_is_told(find: Find, written: str, code: str, key: str) -> None:
    """Two names for one thing, or an earlier name where it never stood, are mistakes."""
    problems = [problem for problem in find(f'version: "1.0"\n{written}') if problem.severity == "error"]

    assert (code, key) in [(problem.code, problem.key) for problem in problems]


def test_a_flows_own_slots_need_no_section() -> None:
    """The section is made for them."""
    config = load_config_text(
        'version: "1.0"\nflows: {f: {slots: [{name: b, type: date}], steps: [{step: n, type: noop}]}}'
    )

    assert config.slots["b"].type == "date"


def test_rewriting_keeps_comments_and_layout(tmp_path: Path) -> None:
    """Only the names change, and what has moved is where it belongs."""
    path = tmp_path / "soni.yaml"
    path.write_text(EARLIER)

    done = rewrite(path)

    assert path.read_text() == PRESENT
    assert (done.files, done.left) == ((path,), ())


def test_rewriting_twice_changes_nothing(tmp_path: Path) -> None:
    """A file with present names is not written again."""
    path = tmp_path / "soni.yaml"
    path.write_text(PRESENT)

    assert rewrite(tmp_path).files == ()
    assert path.read_text() == PRESENT


def test_rewriting_makes_a_section_for_slots(tmp_path: Path) -> None:
    """In front of the flows."""
    path = tmp_path / "soni.yaml"
    path.write_bytes(
        b'version: "1.0"\r\nflows:\r\n  f:\r\n    slots:\r\n      - {name: b, type: date}\r\n    steps: [{step: n, type: noop}]\r\n'
    )
    before = load_config(path, {})

    rewrite(path)

    assert load_config(path, {}) == before
    assert path.read_bytes().startswith(b'version: "1.0"\r\nslots:\n  b:\n    type: date\n')


@pytest.mark.parametrize(
    "written",
    [
        "settings: {llm: {model: a}}",
        "settings:\n  llm: {model: a}\n  models: {rephraser: {tone: formal}}",
        "slots: {a: {}}\nflows:\n  f:\n    slots: [{name: b}]\n    steps: [{step: n, type: noop}]",
        "flows: {f: {slots: [{name: b}], steps: [{step: n, type: noop}]}}",
        "settings:\n  llm: &l\n    model: a\n  logging: {level: INFO}\nresponses: {a: {text: x, custom: *l}}",
        "settings:\n  llm:\n    model: &m a\n  rephrase_tone: formal\nresponses: {a: *m}",
        "flows:\n  f:\n    slots: &s [{name: b}]\n    steps: [{step: n, type: say, message: x, custom: {a: *s}}]",
        "flows:\n  f:\n    slots: [{name: b}] # why\n    # how\n    steps: [{step: n, type: noop}]\n"
        "  g: {slots: [{name: c}], steps: [{step: n, type: noop}]}",
        'flows:\n  f:\n    slots: [{name: b, examples: ["1e3"]}]\n    steps: [{step: n, type: noop}]',
        "settings:\n  llm:\n    model: |-\n      a\n  logging: {level: INFO}",
        'flows:\n  f:\n    slots: [{name: b, examples: [0o7, "0o7", yes]}]\n    steps: [{step: n, type: noop}]',
    ],
)
def test_rewriting_never_changes_the_meaning(tmp_path: Path, written: str) -> None:
    """What cannot be surely rewritten is left, and said to be."""
    path = tmp_path / "soni.yaml"
    path.write_text(f'version: "1.0"\n{written}\n')
    before, _ = find_problems(path, {})

    done = rewrite(path)

    after, problems = find_problems(path, {})
    assert after == before
    assert [problem.key for problem in problems if problem.code == "earlier-name"] == [left.key for left in done.left]


def test_what_is_no_yaml_is_not_rewritten(tmp_path: Path) -> None:
    """The mistake comes first."""
    path = tmp_path / "soni.yaml"
    path.write_text("a: b: c")

    with pytest.raises(ConfigurationError):
        rewrite(path)
