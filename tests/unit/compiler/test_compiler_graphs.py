"""Compiling: blocks are straight runs, every step can be entered, and nothing that is written is changed by it."""

import copy
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.actions.registry import Registry
from soni.actions.runner import Actions
from soni.compiler.assistant import Assistant, compile_assistant, shipped_patterns
from soni.compiler.blocks import END, FlowGraph, is_step, lay_out
from soni.compiler.subgraph import state_graph
from soni.config.loader import load_config, load_config_text
from soni.config.models import PATTERNS, Flow, SoniConfig
from soni.dialogue.state import Dialogue, Utterance
from soni.events import Event, StepRan
from soni.responses import Responses
from soni.toolbox import Meter, Toolbox

ROOT = Path(__file__).parents[3]
EVERY_KIND = """
version: "1.0"
slots: {x: {type: integer, prompt: X?}, y: {prompt: Y?}}
actions: {act: {inputs: [x], outputs: [y]}}
flows:
  f:
    on_error: failed
    steps:
      - {step: hello, type: say, message: hello}
      - {step: x, type: collect, slot: x, on_invalid: [{step: bad, type: say, message: bad, jump_to: x}], on_max_attempts: cancel_flow}
      - {step: reset, type: set, slots: {y: a}, when: x > 5}
      - {step: act, type: action, call: act, on_error: [{step: tried, type: noop}]}
      - step: way
        type: branch
        slot: x
        cases: {1: [{step: one, type: noop}, {step: uno, type: noop}], 2: last, default: end}
      - step: loop
        type: while
        condition: x < 3
        do: [{step: body, type: noop}, {step: inner, type: while, condition: "false", do: [{step: deep, type: noop}]}]
        exit_to: sub
      - {step: skipped, type: noop, jump_to: hello}
      - {step: sub, type: call, flow: g}
      - {step: sure, type: confirm, on_deny: restart, on_change: x}
      - {step: last, type: link, flow: g}
      - {step: failed, type: say, message: failed}
  g: {steps: [{step: only, type: handoff}]}
"""


@pytest.fixture(scope="module")
def every_kind() -> FlowGraph:
    return lay_out("f", load_config_text(EVERY_KIND).flows["f"])


def examples() -> list[SoniConfig]:
    """The assistants that come with the project."""
    places = (ROOT / "soni.yaml", ROOT / "examples" / "banking", ROOT / "benchmarks" / "transfer" / "soni.yaml")
    return [load_config(place, {}) for place in places]


# --- the control-flow graph ---


def test_every_way_out_of_every_step(every_kind: FlowGraph) -> None:
    """Jumps, targets, inline steps and bodies lead where the language says."""
    ways = {step: (placed.next, placed.following, dict(placed.exits)) for step, placed in every_kind.placed.items()}

    assert ways == {
        "hello": ("x", "x", {}),
        "x": ("reset", "reset", {"on_invalid": "bad", "on_max_attempts": "cancel_flow"}),
        "bad": ("x", "reset", {}),
        "reset": ("act", "act", {}),
        "act": ("way", "way", {"on_error": "tried"}),
        "tried": ("way", "way", {}),
        "way": ("loop", "loop", {"cases.1": "one", "cases.2": "last", "cases.default": "end"}),
        "one": ("uno", "uno", {}),
        "uno": ("loop", "loop", {}),
        "loop": ("sub", "skipped", {"do": "body", "exit_to": "sub"}),
        "body": ("inner", "inner", {}),
        "inner": ("loop", "loop", {"do": "deep"}),
        "deep": ("inner", "inner", {}),
        "skipped": ("hello", "sub", {}),
        "sub": ("sure", "sure", {}),
        "sure": ("last", "last", {"on_deny": "restart", "on_change": "x"}),
        "last": ("failed", "failed", {}),
        "failed": (END, END, {}),
    }
    assert every_kind.bodies == {"loop": {"body", "inner", "deep"}, "inner": {"deep"}}
    assert every_kind.placed["deep"].loops == ("loop", "inner")


def test_what_can_still_be_reached_without_going_back(every_kind: FlowGraph) -> None:
    """Forward only: a step that jumps back reaches nothing by it."""
    assert every_kind.ahead["failed"] == {"failed"}
    assert every_kind.ahead["last"] == {"last", "failed"}
    assert "hello" not in every_kind.ahead["skipped"]
    assert every_kind.ahead["hello"] == set(every_kind.placed)


def test_an_empty_way_leads_behind_its_step() -> None:
    """Where nothing stands, nothing happens."""
    flow = Flow.model_validate(
        {
            "steps": [
                {"step": "b", "type": "branch", "evaluate": "1", "cases": {1: "end"}},
                {"step": "c", "type": "noop"},
            ]
        }
    )
    step = flow.steps[0].model_copy(update={"cases": {1: (), "default": "c"}})
    graph = lay_out("f", flow.model_copy(update={"steps": (step, *flow.steps[1:])}))

    assert graph.placed["b"].exits == {"cases.1": "c", "cases.default": "c"}


# --- blocks ---


def check_blocks(graph: FlowGraph) -> None:
    """Blocks hold every step once, in order, and ways enter them only at their first step."""
    order, steps = list(graph.placed), [step for block in graph.blocks.values() for step in block]
    assert sorted(steps) == sorted(graph.placed)
    assert graph.block_of == {step: leader for leader, block in graph.blocks.items() for step in block}
    for leader, block in graph.blocks.items():
        assert block[0] == leader
        for before, after in pairwise(block):
            assert graph.placed[before].next == after, "a block is a straight run"
    for step, placed in graph.placed.items():
        for target in placed.exits.values():
            assert not is_step(target) or target in graph.blocks, "a way that is chosen enters at the beginning"
        behind = order[order.index(step) + 1] if step != order[-1] else END
        for target in {placed.next, placed.following} - {behind}:
            assert not is_step(target) or target in graph.blocks, "and so does one from elsewhere than the step before"
        assert step in graph.blocks[graph.block_of[step]]


def test_blocks_are_straight_runs(every_kind: FlowGraph) -> None:
    """Broken only where a way enters or leaves."""
    check_blocks(every_kind)

    assert list(every_kind.blocks) == [
        "hello", "x", "bad", "reset", "tried", "way", "one", "loop", "body", "inner", "deep", "skipped", "sub",
        "sure", "last", "failed",
    ]  # fmt: skip
    assert every_kind.blocks["reset"] == ("reset", "act")
    assert every_kind.blocks["one"] == ("one", "uno")


@pytest.mark.parametrize("at", range(3))
def test_blocks_of_whole_assistants_are_straight_runs(at: int) -> None:
    """Each flow of each example, as ``check_blocks`` asserts it; and there are fewer blocks than steps."""
    graphs = [lay_out(name, flow) for name, flow in examples()[at].flows.items()]
    for graph in graphs:
        check_blocks(graph)

    assert sum(len(graph.blocks) for graph in graphs) < sum(len(graph.placed) for graph in graphs)


STEPS = ["a", "b", "c", "d"]
TARGET = st.sampled_from([*STEPS, "end", "cancel_flow", "restart"])


@st.composite
def small_flows(draw: st.DrawFn) -> Flow:
    """Four steps that jump anywhere, with inline steps of their own."""
    steps: list[dict[str, object]] = []
    for name in STEPS:
        kind = draw(st.sampled_from(["noop", "noop", "branch", "confirm", "inline", "while"]))
        step: dict[str, object] = {"step": name, "type": "noop"}
        if kind == "branch":
            step = {
                "step": name,
                "type": "branch",
                "evaluate": "1",
                "cases": {"1": draw(TARGET), "default": draw(TARGET)},
            }
        elif kind == "confirm":
            step = {"step": name, "type": "confirm", "on_deny": draw(TARGET)}
        elif kind == "inline":
            inner = [{"step": f"{name}1", "type": "noop"}, {"step": f"{name}2", "type": "noop"}]
            step = {"step": name, "type": "confirm", "on_deny": inner}
        elif kind == "while":
            step = {"step": name, "type": "while", "condition": "false", "do": [{"step": f"{name}1", "type": "noop"}]}
        if kind in ("noop", "confirm") and draw(st.booleans()):
            step["jump_to"] = draw(TARGET)
        steps.append(step)
    return Flow.model_validate({"steps": steps})


@given(small_flows())
def test_blocks_of_any_flow_are_straight_runs(flow: Flow) -> None:
    """However steps jump, no step is lost and none is in two blocks: ``check_blocks`` asserts it."""
    graph = lay_out("f", flow)
    check_blocks(graph)

    assert len(graph.blocks) <= len(graph.placed)


# --- compiling ---


def drawing(assistant: Assistant) -> dict[str, tuple[set[str], set[tuple[str, str]]]]:
    """Nodes and edges of every subgraph."""
    graphs = {name: state_graph(graph).compile().get_graph() for name, graph in assistant.graphs.items()}
    return {name: (set(g.nodes), {(edge.source, edge.target) for edge in g.edges}) for name, g in graphs.items()}


@pytest.mark.parametrize("at", range(3))
def test_compiling_does_not_change_what_was_written(at: int) -> None:
    """The configuration is deeply equal before and after."""
    config = examples()[at]
    before, dumped = copy.deepcopy(config), config.model_dump_json(by_alias=True)
    compile_assistant(config)

    assert config == before
    assert config.model_dump_json(by_alias=True) == dumped


def test_compiling_twice_or_by_many_at_once_gives_the_same_graphs() -> None:
    """Nodes and edges are equal, whoever compiled."""
    config = load_config_text(EVERY_KIND)
    together = threading.Barrier(8)

    def compile_together(_: int) -> Assistant:
        together.wait()
        return compile_assistant(config)

    with ThreadPoolExecutor(8) as pool:
        many = list(pool.map(compile_together, range(8)))
    drawings = [drawing(assistant) for assistant in (compile_assistant(config), compile_assistant(config), *many)]

    assert all(each == drawings[0] for each in drawings)
    assert len({id(assistant.subgraphs["f"]) for assistant in many}) == 8


def test_the_drawing_is_the_drawing_of_the_decisions(every_kind: FlowGraph) -> None:
    """A node for each block; an edge for each way between them."""
    nodes, edges = drawing(compile_assistant(load_config_text(EVERY_KIND)))["f"]

    assert nodes == {*every_kind.blocks, "__start__", "__end__"}
    assert {
        ("reset", "way"),
        ("way", "one"),
        ("way", "last"),
        ("way", "__end__"),
        ("one", "loop"),
        ("deep", "inner"),
    } <= edges
    assert {("sure", "hello"), ("sure", "x"), ("reset", "tried"), ("reset", "failed")} <= edges
    assert ("hello", "failed") in edges, "on_error of the flow holds for every block"
    assert all(("__start__", block) in edges for block in every_kind.blocks), "a frame may resume anywhere"


def test_every_shipped_pattern_is_there() -> None:
    """One flow for each name of the language, and no other."""
    assert sorted(shipped_patterns()) == sorted(PATTERNS)


def test_an_authors_pattern_takes_the_place_of_the_shipped_one() -> None:
    """The others stay."""
    text = 'version: "1.0"\nflows: {pattern_cancel: {steps: [{step: mine, type: noop}]}}'
    assistant = compile_assistant(load_config_text(text))

    assert list(assistant.graphs["pattern_cancel"].placed) == ["mine"]
    assert assistant.subgraphs.keys() == set(PATTERNS)
    assert assistant.flows["pattern_cancel"].silent
    assert not assistant.flows["pattern_correction"].silent


# --- entering ---

STRAIGHT = """
version: "1.0"
slots: {x: {prompt: X?}}
flows:
  f:
    steps:
      - {step: a, type: say, message: a}
      - {step: b, type: say, message: b}
      - {step: c, type: say, message: c}
      - {step: d, type: branch, evaluate: "1", cases: {1: [{step: e, type: say, message: e}, {step: f, type: say, message: f}]}}
      - {step: g, type: say, message: g}
"""


@pytest.mark.parametrize(
    ("step", "said"),
    [("a", "abcefg"), ("b", "bcefg"), ("c", "cefg"), ("d", "efg"), ("e", "efg"), ("f", "fg"), ("g", "g")],
)
async def test_a_frame_may_resume_at_any_step_inside_a_block(step: str, said: str) -> None:
    """The block runs from the frame's step on, and nothing before it."""
    config = load_config_text(STRAIGHT)
    assistant = compile_assistant(config)
    events: list[Event] = []
    toolbox = Toolbox(
        user_id="ana",
        turn=1,
        acted=0,
        flows=assistant.flows,
        actions=Actions({}, Registry()),
        responses=Responses.of(config),
        now=datetime(2030, 1, 1, tzinfo=UTC),
        meter=Meter(100),
        emit=events.append,
    )
    frame = replace(assistant.flows["f"].frame(), step=step)
    dialogue = await assistant.subgraphs["f"].run(Dialogue().push(frame), toolbox)

    assert dialogue.stack == ()
    assert dialogue.said == tuple(Utterance(text) for text in said)
    assert next(event.step for event in events if isinstance(event, StepRan)) == step
