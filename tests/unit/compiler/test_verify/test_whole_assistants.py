"""Verification of whole assistants: those that are shipped, any that loads, and every rule by its name."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.compiler.assistant import compile_assistant, verify_assistant
from soni.compiler.blocks import lay_out
from soni.compiler.verify import FATAL
from soni.compiler.verify.cycles import cycles, round_trip
from soni.compiler.verify.rules import RULES
from soni.compiler.verify.ways import Plan
from soni.config.loader import find_problems_in_text
from soni.config.models import Flow, SoniConfig
from soni.config.steps import Action, Branch, Call, Confirm, Link, Set, Step, While
from soni.dialogue.flows import survey
from soni.errors import ConfigurationError
from soni.expressions import Expression

ROOT = Path(__file__).parents[4]
SOURCES = ROOT / "src" / "soni"
EXAMPLES = (
    "soni.yaml",
    "examples/banking/soni.yaml",
    "benchmarks/transfer/soni.yaml",
    "src/soni/cli/starter/soni.yaml.txt",
    "src/soni/compiler/patterns.yaml",
)


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_false_alarm(example: str) -> None:
    """Of the assistants that are shipped, nothing is told that is not so."""
    config, problems = find_problems_in_text((ROOT / example).read_text())
    assert config is not None

    told = (*problems, *verify_assistant(config))

    assert [str(problem) for problem in told] == []


def test_an_override_of_an_unknown_pattern_is_told() -> None:
    """By the checks that come before, with the nearest one."""
    flow = "{steps: [{step: a, type: noop}]}"
    _, problems = find_problems_in_text(f'version: "1.0"\nflows:\n  pattern_cancle: {flow}\n')

    assert [(problem.line, problem.code, problem.suggestion) for problem in problems] == [
        (3, "unknown-pattern", "pattern_cancel")
    ]


# --- every code has its rule -----------------------------------------------------------------------------------------


def codes_in(path: Path) -> set[str]:
    """The codes that a module tells: those written out, and the kinds of names that may be unknown."""
    codes: set[str] = set()
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.keyword) and node.arg == "code" and isinstance(node.value, ast.Constant):
            codes.add(str(node.value.value))
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            words = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if name in ("unknown", "_undeclared", "_not_of_flow") and words:
                codes.add(f"unknown-{words[0]}")
            if name in ("_tell", "_told") and words and re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", words[-1]):
                codes.add(words[-1])
    return codes


def test_every_code_has_a_rule() -> None:
    """What is told of an assistant has a sentence that explains it, and nothing else has."""
    modules = [*(SOURCES / "config").glob("*.py"), *(SOURCES / "compiler" / "verify").glob("*.py")]
    modules += [SOURCES / "actions" / "registry.py", SOURCES / "access" / "api_keys.py"]
    told = {"invalid"}.union(*map(codes_in, modules))

    assert told == RULES.keys()
    assert RULES.keys() >= FATAL
    assert all(re.fullmatch(r"[A-Z'].*\.", words) for words in RULES.values())


def test_every_code_is_documented() -> None:
    """The reference has a line for each."""
    page = (ROOT / "docs" / "reference" / "validation.md").read_text()
    lines = re.findall(
        r"^\| `([a-z0-9-]+)` \| (error|warning|note|error or warning|warning or note) \| (.+) \|$", page, re.MULTILINE
    )

    assert sorted(code for code, _, _ in lines) == sorted(RULES)
    assert all(len(words) > 10 for _, _, words in lines)


# --- any assistant ----------------------------------------------------------------------------------------------------

SLOTS = {
    "x": {"type": "integer", "prompt": "X?"},
    "y": {"type": "integer", "filled_by": "system"},
    "c": {"type": "choice", "choices": ["a", "b"], "prompt": "C?", "required": False},
    "t": {"type": "string", "scope": "conversation", "prompt": "{y}?"},
}
ACTIONS = {"read": {"inputs": ["x"], "outputs": ["y"], "effect": "read"}, "write": {"inputs": ["y?"], "outputs": ["t"]}}
NAMES = ["a", "b", "c", "d"]
FLOWS = ["f", "g", "h", "pattern_chitchat"]
CONDITIONS = st.sampled_from(["x > 3", "x > 3 and y is set", "not y", "c == 'a'", "true", "t != null", "y + x < 5"])
TARGETS = st.sampled_from([*NAMES, "end", "cancel_flow", "restart"])


@st.composite
def steps(draw: st.DrawFn, name: str, depth: int = 0) -> dict[str, object]:
    """A step of any kind that leads anywhere."""
    kinds = ["noop", "say", "collect", "set", "action", "branch", "arms", "while", "confirm", "call", "link", "handoff"]
    kind = draw(st.sampled_from(kinds if depth < 2 else kinds[:5]))
    step: dict[str, object] = {"step": name, "type": kind}
    inline = st.lists(st.integers(0, 1), min_size=1, max_size=2).map(
        lambda some: [f"{name}{at}" for at in range(len(some))]
    )

    def target() -> object:
        if depth < 2 and draw(st.booleans()):
            inlines[0] += 1
            return [draw(steps(f"{each}_{inlines[0]}", depth + 1)) for each in draw(inline)]
        return draw(TARGETS)

    inlines = [0]
    match kind:
        case "say":
            step["message"] = draw(st.sampled_from(["hi", "{x}", "{y|none} {t}"]))
        case "collect":
            step["slot"] = draw(st.sampled_from(["x", "c", "t"]))
            step["force"] = draw(st.booleans())
            step["message"] = "?"
            if draw(st.booleans()):
                step["on_invalid"] = target()
        case "set":
            step["slots"] = draw(st.sampled_from([{"x": 1}, {"x": None}, {"y": "{{ y + 1 }}", "t": "a"}]))
        case "action":
            step["call"] = draw(st.sampled_from(["read", "write"]))
            step["unconfirmed"] = draw(st.booleans())
            if draw(st.booleans()):
                step["on_error"] = target()
        case "branch":
            step["slot"] = "c"
            step["cases"] = {"a": target(), "b": target()}
        case "arms":
            arms = [
                {"condition": draw(CONDITIONS), "then": target()},
                {"condition": draw(CONDITIONS), "then": target()},
            ]
            step |= {"type": "branch", "when": arms + ([{"else": target()}] if draw(st.booleans()) else [])}
        case "while":
            step |= {"condition": draw(CONDITIONS), "do": [draw(steps(f"{name}_body", depth + 1))]}
        case "confirm":
            for key in ("on_confirm", "on_deny", "on_change"):
                if draw(st.booleans()):
                    step[key] = target()
        case "call":
            step["flow"] = draw(st.sampled_from(FLOWS[:3]))
            if draw(st.booleans()):
                step["inputs"] = {}
        case "link":
            step["flow"] = draw(st.sampled_from(FLOWS))
        case _:
            pass
    if kind not in ("arms", "while") and draw(st.booleans()):
        step["when"] = draw(CONDITIONS)
    if draw(st.integers(0, 3)) == 0:
        step["jump_to"] = draw(TARGETS)
    return step


@st.composite
def assistants(draw: st.DrawFn) -> SoniConfig:
    """Four flows that call, link and jump as they like."""
    flows = {
        name: {
            "description": draw(st.sampled_from(["", "d"])),
            "startable": draw(st.booleans()),
            "on_error": draw(st.sampled_from([None, "b"])),
            "steps": [draw(steps(step)) for step in NAMES],
        }
        for name in FLOWS
    }
    return SoniConfig.model_validate({"version": "1.0", "slots": SLOTS, "actions": ACTIONS, "flows": flows})


@given(assistants())
def test_whatever_loads_can_be_verified(config: SoniConfig) -> None:
    """Every finding has a rule, and what is refused at the start is among what is told."""
    told = verify_assistant(config)
    try:
        compile_assistant(config)
        refused: set[str] = set()
    except ConfigurationError as error:
        refused = {str(problem) for problem in error.problems}

    assert all(problem.code in RULES and problem.key.startswith("flows.") for problem in told)
    assert refused == {str(problem) for problem in told if problem.code in FATAL}


@given(assistants())
def test_reachability_agrees_with_a_walker_that_tries_everything(config: SoniConfig) -> None:
    """Who reads what was written and takes every way, as often as there are steps, comes to the same ones."""
    graphs = {name: lay_out(name, flow) for name, flow in config.flows.items()}
    plan = Plan(config, survey(config, config.flows), graphs)

    for name, flow in config.flows.items():
        written = written_ways(flow)
        seen = {flow.steps[0].step}
        for _ in written:
            seen |= {target for step in seen for target in written[step]}
        assert set(plan.reached[name]) == seen


def written_ways(flow: Flow) -> dict[str, set[str]]:
    """Where each step may lead, read off what was written, without the compiler's graph."""
    ways: dict[str, set[str]] = {}

    def read(some: tuple[Step, ...], after: str) -> None:
        for number, step in enumerate(some):
            following = some[number + 1].step if number + 1 < len(some) else after
            behind = step.jump_to or following
            ends: dict[str, str] = {}
            for key, target in step.branches():
                if not isinstance(target, str):
                    read(target, step.step if key == "do" else behind)
                ends[key] = target if isinstance(target, str) else target[0].step
            out = lead(step, behind, ends)
            if flow.on_error is not None and can_fail(step, ends):
                out.add(flow.on_error)
            if isinstance(step.when, Expression) and str(step.when) != "true":
                out.add(following)
            ways[step.step] = {flow.steps[0].step if at == "restart" else at for at in out - {"end", "cancel_flow"}}

    read(flow.steps, "end")
    return ways


def lead(step: Step, behind: str, ends: dict[str, str]) -> set[str]:
    """Where a step leads that is not skipped and does not fail."""
    match step:
        case While():
            return {ends["do"]} | ({behind} if str(step.condition) != "true" else set())
        case Branch(when=tuple() as arms):
            return {*ends.values()} | ({behind} if arms[-1].condition is not None else set())
        case Branch():
            return {*ends.values()}
        case Confirm():
            return {*({"on_confirm": behind, "on_deny": "cancel_flow"} | ends).values()}
        case Link():
            return set()
        case _:
            return {behind, *ends.values()}


def can_fail(step: Step, ends: dict[str, str]) -> bool:
    """Whether the flow's own handler may be gone to."""
    match step:
        case Action():
            return "on_error" not in ends
        case Set():
            return any(value is not None for value in step.slots.values())
        case _:
            return isinstance(step, Call)


# --- cycles -----------------------------------------------------------------------------------------------------------


@given(st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 8), max_size=3), max_size=7))
def test_cycles_are_what_leads_back(graph: dict[int, list[int]]) -> None:
    """Two nodes are in one cycle where each leads to the other; and a way round really goes round."""
    leads = {node: set(targets) for node, targets in graph.items()}
    for _ in graph:
        leads = {node: reach.union(*(leads.get(at, set()) for at in reach)) for node, reach in leads.items()}
    expected = {
        frozenset(other for other in leads[node] if node in leads.get(other, ()))
        for node in graph
        if node in leads[node]
    }
    found = list(cycles(graph))

    assert set(found) == expected
    assert len(found) == len(expected)
    for cycle in found:
        trip = round_trip(graph, min(cycle))
        assert trip[0] == trip[-1] == min(cycle)
        assert all(after in graph[before] for before, after in pairwise(trip))


def test_what_lies_on_no_cycle_has_no_way_round() -> None:
    """To ask for one is a mistake."""
    with pytest.raises(ValueError, match="lies on no cycle"):
        round_trip({1: [2], 2: []}, 1)
