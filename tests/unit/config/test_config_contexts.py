"""A repair pattern reads only the keys of ``context`` that it has."""

import re
from pathlib import Path

import pytest

from soni.config.contexts import ANY, CONTEXTS
from soni.config.models import PATTERNS

from .conftest import Find

REFERENCE = (Path(__file__).parents[3] / "docs" / "reference" / "patterns.md").read_text()


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_keys_are_those_of_the_reference(pattern: str) -> None:
    """What is said to be read of each pattern is what the code knows of it."""
    section = re.search(rf"^### {pattern}\n(.*?)(?=^##|\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
    assert section is not None
    (reads,) = re.findall(r"- \*\*Reads\*\*(.*?)\n- \*\*", section[1], re.DOTALL)

    assert {*re.findall(r"context\.(\w+)", reads), "flow", "title"} == CONTEXTS[pattern]


def pattern(name: str, step: str) -> str:
    return f"{name}: {{steps: [{{step: a, {step}}}]}}\n"


@pytest.mark.parametrize(
    ("step", "severity", "suggestion"),
    [
        ("type: say, message: 'Back: {context.titel}'", "error", "context.title"),
        ("type: say, message: 'Back: {context.titel|it}'", "error", "context.title"),
        ("type: say, message: x, when: context.reson == 'ended'", "error", "context.reason"),
        ("type: say, message: x, buttons: [{title: '{context.titel}', payload: x}]", "error", "context.title"),
        ("type: say, message: x, buttons: '{{ context.candidates }}'", "warning", None),
        ("type: branch, when: [{condition: context.slot is set, then: end}]", "warning", None),
    ],
)
def test_a_key_that_is_never_there_is_told(check: Find, step: str, severity: str, suggestion: str | None) -> None:
    """With the one that was meant; one that other patterns have is a warning."""
    (problem,) = check(flows=pattern("pattern_resumed", step))

    assert (problem.code, problem.severity) == ("unknown-name", severity)
    assert suggestion is None or problem.suggestion == suggestion
    assert "'pattern_resumed', only context.flow, context.old, context.reason, context.title" in problem.message


@pytest.mark.parametrize("name", PATTERNS)
def test_every_key_of_a_pattern_can_be_read(check: Find, name: str) -> None:
    """In texts and conditions, also by key."""
    text = " ".join(f"{{context.{key}}}" for key in sorted(CONTEXTS[name]))

    assert check(flows=pattern(name, f"type: say, message: '{text}', when: 'context[flow] is set'")) == ()


def test_a_pattern_reads_what_is_handed_to_it(check: Find) -> None:
    """Who links to it, directly or through a flow, hands over what it reads itself."""
    direct = pattern("pattern_invalid_value", "type: link, flow: pattern_human_handoff")
    through = pattern("pattern_invalid_value", "type: link, flow: between") + pattern(
        "between", "type: link, flow: pattern_human_handoff"
    )
    reading = pattern("pattern_human_handoff", "type: say, message: '{context.slot}'")

    assert [problem.code for problem in check(flows=reading)] == ["unknown-name"]
    assert check(flows=direct + reading) == ()
    assert check(flows=through + reading) == ()


def test_a_response_reads_what_one_of_its_patterns_has(check: Find) -> None:
    """Of those that say it; of a response that none says, any key will do."""
    resumed = pattern("pattern_resumed", "type: say, response: r")
    invalid = pattern("pattern_invalid_value", "type: say, response: r")

    def found(response: str, flows: str) -> list[tuple[str, str, str | None]]:
        return [(each.severity, each.key, each.suggestion) for each in check(flows=flows, responses=f"r: '{response}'")]

    assert found("{context.slot}", "") == []
    assert found("{context.slot}", resumed + invalid) == []
    assert found("{context.title} {context.old}", resumed) == []
    assert found("{context.candidates}", resumed)[0][:2] == ("warning", "responses.r")
    assert found("{context.titel}", "") == [("error", "responses.r", "context.title")]


def test_nothing_is_concluded_from_what_cannot_be_read(check: Find) -> None:
    """Another flow, if it could be read, might have led to this pattern."""
    reading = pattern("pattern_human_handoff", "type: say, message: '{context.slot}'")

    problems = check(flows=reading + pattern("broken", "type: sya"))

    assert [problem.code for problem in problems] == ["wrong-value"]
    assert ANY.keys >= CONTEXTS["pattern_correction"]
