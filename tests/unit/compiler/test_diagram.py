"""What is drawn of flows: every step, every way out of it, and words that are short and give nothing away."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from soni.compiler.assistant import shipped_patterns
from soni.compiler.blocks import is_step, lay_out
from soni.compiler.diagram import Diagram, draw
from soni.compiler.diagram_labels import WIDTH, shorten
from soni.config.loader import load_config, load_config_text
from soni.config.models import SoniConfig

ROOT = Path(__file__).resolve().parents[3]

EVERY_KIND = """
version: "1.0"
slots:
  x: {type: integer, prompt: "X, please?"}
  y: {prompt: "Y?"}
  pin: {prompt: "PIN?", sensitive: true}
  sure: {type: boolean}
actions:
  act: {inputs: [x], outputs: [y]}
  look: {inputs: [x], outputs: [y], effect: read}
responses:
  bye: [{text: "Bye, {y|friend}."}, {text: Ciao.}]
flows:
  f:
    trigger: {intents: [do f, "f, please"]}
    on_error: failed
    steps:
      - {step: hello, type: say, message: hello}
      - {step: x, type: collect, slot: x, on_invalid: [{step: bad, type: say, message: bad, jump_to: x}], on_max_attempts: cancel_flow}
      - {step: reset, type: set, slots: {y: a, pin: "1234", sure: null, x: "{{ x + 1 }}"}, when: x > 5, jump_to: way}
      - {step: tidy, type: set, slots: {y: b}, condition: x > 6}
      - {step: act, type: action, call: act, on_error: [{step: tried, type: noop}]}
      - {step: look, type: action, call: look, when: x > 7}
      - step: way
        type: branch
        slot: x
        cases: {1: [{step: one, type: noop}, {step: uno, type: noop}], 2: last, ">9": last, default: end}
      - step: arms
        type: branch
        when: [{condition: x > 3, then: loop}, {condition: x > 2, then: sure}]
      - step: arms_with_else
        type: branch
        when: [{condition: x > 3, then: loop}, {else: sure}]
      - {step: guarded, type: branch, evaluate: x + 1, cases: {1: loop, "": body}, when: x is set}
      - step: loop
        type: while
        condition: x < 3
        do: [{step: body, type: noop}]
        exit_to: sub
      - {step: skipped, type: noop, jump_to: hello}
      - {step: sub, type: call, flow: g}
      - {step: sure, type: confirm, message: "Sure about {x:.2f}?", slot: sure, on_deny: restart, on_change: x}
      - {step: really, type: confirm, on_confirm: last}
      - {step: text, type: generate, instruction: A poem, store_as: y}
      - {step: last, type: link, flow: g, when: x > 1}
      - {step: picture, type: say, image: "https://example.org/a.png"}
      - {step: failed, type: say, response: bye}
      - {step: person, type: handoff, queue: cards, message: A moment.}
  g: {startable: false, steps: [{step: hello, type: handoff}]}
"""


@pytest.fixture(scope="module")
def every_kind() -> SoniConfig:
    # Not loaded: a `generate` step would need a language model in the settings.
    return SoniConfig.model_validate(yaml.safe_load(EVERY_KIND))


def ways(diagram: Diagram) -> set[tuple[str, str, str, str]]:
    """Each arrow as source, target, kind and words, without the name of the flow f."""
    return {
        (edge.source.removeprefix("f__"), edge.target.removeprefix("f__"), edge.kind, edge.label)
        for edge in diagram.edges
    }


def words(diagram: Diagram) -> dict[str, tuple[str, ...]]:
    return {node.place: node.lines for node in diagram.nodes()}


def test_every_way_out_of_every_step_is_drawn(every_kind: SoniConfig) -> None:
    """Ways that are written, and those that are so without being written."""
    assert ways(draw(every_kind, every_kind.flows)) == {
        ("start", "hello", "next", ""),
        ("hello", "x", "next", ""),
        ("x", "reset", "next", ""),
        ("x", "bad", "error", "invalid"),
        ("x", "cancel_flow", "error", "too many attempts"),
        ("bad", "x", "next", ""),
        ("reset", "way", "next", ""),
        ("reset", "tidy", "way", "skipped"),
        ("tidy", "act", "next", ""),
        ("act", "tried", "error", "fails"),
        ("act", "look", "next", ""),
        ("tried", "look", "next", ""),
        ("look", "way", "next", ""),
        ("way", "one", "way", "1"),
        ("way", "last", "way", "2 or >9"),
        ("way", "end", "way", "otherwise"),
        ("one", "uno", "next", ""),
        ("uno", "arms", "next", ""),
        ("arms", "loop", "way", "x > 3"),
        ("arms", "sure", "way", "x > 2"),
        ("arms", "arms_with_else", "way", "otherwise"),
        ("arms_with_else", "loop", "way", "x > 3"),
        ("arms_with_else", "sure", "way", "otherwise"),
        ("guarded", "loop", "way", "1 or skipped"),
        ("guarded", "body", "way", '""'),
        ("loop", "body", "way", "yes"),
        ("loop", "sub", "way", "no"),
        ("body", "loop", "next", ""),
        ("skipped", "hello", "next", ""),
        ("sub", "g__start", "call", "calls"),
        ("sub", "sure", "next", ""),
        ("sure", "really", "way", "yes"),
        ("sure", "restart", "way", "no"),
        ("sure", "x", "way", "something else is changed"),
        ("really", "last", "way", "yes"),
        ("really", "cancel_flow", "way", "no"),
        ("text", "last", "next", ""),
        ("last", "g__start", "link", "links"),
        ("last", "picture", "way", "skipped"),
        ("picture", "failed", "next", ""),
        ("failed", "person", "next", ""),
        ("person", "end", "way", "when it is handed back"),
        ("failure", "failed", "error", ""),
        ("g__start", "g__hello", "next", ""),
        ("g__hello", "g__end", "way", "when it is handed back"),
    }


def test_boxes_say_what_their_steps_do(every_kind: SoniConfig) -> None:
    """Questions, effects, conditions; a sensitive slot's value is never drawn."""
    said = words(draw(every_kind, every_kind.flows))

    assert {place.removeprefix("f."): lines for place, lines in said.items() if place.startswith("f.")} == {
        "hello": ("hello",),
        "x": ("X, please?", "→ x"),
        "bad": ("bad",),
        "reset": ('y = "a"', "pin = •••", "sure = unset", "x = x + 1", "only when x > 5"),
        "tidy": ('y = "b"', "only when x > 6"),
        "act": ("act", "(writes)"),
        "tried": ("tried",),
        "look": ("look", "(reads)", "only when x > 7"),
        "way": ("x?",),
        "one": ("one",),
        "uno": ("uno",),
        "arms": ("arms",),
        "arms_with_else": ("arms_with_else",),
        "guarded": ("x + 1", "only when x is set"),
        "loop": ("while x < 3",),
        "body": ("body",),
        "skipped": ("skipped",),
        "sub": ("call g",),
        "sure": ("Sure about {x}?", "→ sure"),
        "really": ("Is that right?",),
        "text": ("write: A poem", "→ y"),
        "last": ("go over to g", "only when x > 1"),
        "picture": ("picture",),
        "failed": ("Bye, {y}.",),
        "person": ("a person takes over: cards", "A moment."),
    }
    assert said["g.hello"] == ("a person takes over",)


def test_a_flow_begins_with_what_a_user_says(every_kind: SoniConfig) -> None:
    """One that is only called begins silently."""
    diagram = draw(every_kind, every_kind.flows)

    assert [cluster.title for cluster in diagram.clusters] == ["f", "g"]
    assert [cluster.nodes[0].lines for cluster in diagram.clusters] == [("“do f”",), ("start",)]


def test_flows_that_are_not_drawn_stand_outside(every_kind: SoniConfig) -> None:
    """Each once, however often it is called or linked to."""
    diagram = draw(every_kind, {"f": every_kind.flows["f"]})

    assert [(node.kind, node.lines) for node in diagram.outside] == [("flow", ("g",))]
    assert {edge.source for edge in diagram.edges if edge.target == diagram.outside[0].id} == {"f__sub", "f__last"}


def test_of_many_values_the_first_are_told() -> None:
    """A box stays a box."""
    slots = ", ".join(f"s{number}: {number}" for number in range(6))
    text = f'version: "1.0"\nslots: {{{", ".join(f"s{n}: {{type: integer}}" for n in range(6))}}}\n'
    config = load_config_text(f"{text}flows: {{f: {{steps: [{{step: a, type: set, slots: {{{slots}}}}}]}}}}")

    assert words(draw(config, config.flows))["f.a"] == ("s0 = 0", "s1 = 1", "s2 = 2", "and 3 more")


def test_nothing_of_the_settings_is_drawn() -> None:
    """Keys and connection strings stay where they are."""
    config = SoniConfig.model_validate(
        {
            "version": "1.0",
            "settings": {"persistence": {"backend": "postgresql", "connection_string": "postgresql://u:hunter2@h/d"}},
            "actions": {"a": {"http": {"url": "https://example.org/hidden-path", "headers": {"key": "hunter2"}}}},
            "flows": {"f": {"steps": [{"step": "a", "type": "action", "call": "a", "inputs": {"k": "hunter2"}}]}},
        }
    )
    drawn = repr(draw(config, config.flows))

    assert "hunter2" not in drawn
    assert "hidden-path" not in drawn


@pytest.mark.parametrize("place", [ROOT / "soni.yaml", ROOT / "examples" / "banking"], ids=["flights", "banking"])
def test_whole_assistants_are_drawn_in_reading_order(place: Path) -> None:
    """Every step of every flow and pattern once, and every way the engine knows of."""
    config = load_config(place, {})
    flows = {**shipped_patterns(), **config.flows}
    diagram = draw(config, flows)
    places = [node.place for node in diagram.nodes() if "." in node.place]

    assert places == [f"{name}.{step}" for name, flow in flows.items() for step in lay_out(name, flow).placed]
    check_whole(diagram)
    assert draw(config, flows) == diagram
    drawn = {(edge.source, edge.target) for edge in diagram.edges}
    ids = {node.place: node.id for node in diagram.nodes() if "." in node.place}
    for name, flow in flows.items():
        for step, placed in lay_out(name, flow).placed.items():
            for target in filter(is_step, placed.exits.values()):
                assert (ids[f"{name}.{step}"], ids[f"{name}.{target}"]) in drawn


def check_whole(diagram: Diagram) -> None:
    """Ids are plain and unique, arrows lead from box to box, boxes have words that can be shown."""
    ids = [node.id for node in diagram.nodes()] + [cluster.id for cluster in diagram.clusters]
    assert len(ids) == len({name.lower() for name in ids})
    assert all(name.isascii() and name.isidentifier() and "__" in name for name in ids)
    known = {node.id for node in diagram.nodes()}
    assert all({edge.source, edge.target} <= known for edge in diagram.edges)
    lines = [line for node in diagram.nodes() for line in node.lines]
    assert all(lines)
    assert all(line.isprintable() and len(line) <= WIDTH for line in lines)


NAMES = st.sampled_from(
    ["end", "END", "a.b", "a-b", "a_b", "a b", "node", "subgraph", "ü", "1", "a", "a__b", "x", "(start)"]
)
STEP_IDS = st.sampled_from(["end_", "a.b", "a-b", "a_b", "b", "b__a", "graph", "start", "failure", "End", "END", "x"])
TEXTS = st.text(min_size=1, max_size=200).filter(lambda text: "{" not in text and "}" not in text)


@st.composite
def assistants(draw_one: st.DrawFn) -> SoniConfig:
    """Flows with names that collide once they are made plain, and with texts of any kind."""
    flows: dict[str, Any] = {}
    names = draw_one(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    for name in names:
        ids = draw_one(st.lists(STEP_IDS, min_size=1, max_size=4, unique=True))
        steps = [{"step": step, "type": "say", "message": draw_one(TEXTS)} for step in ids]
        called = {"step": "called", "type": "link", "flow": draw_one(st.sampled_from(names))}
        flows[name] = {"steps": [*steps, called], "on_error": ids[0], "trigger": {"intents": [draw_one(TEXTS)]}}
    return SoniConfig.model_validate({"version": "1.0", "flows": flows})


@given(assistants())
def test_any_names_and_texts_make_a_whole_drawing(config: SoniConfig) -> None:
    """Whatever flows and steps are called, no two places share an id."""
    check_whole(draw(config, config.flows))
    one = next(iter(config.flows))
    check_whole(draw(config, {one: config.flows[one]}))


@given(st.text(), st.integers(2, 50))
def test_long_texts_are_cut(text: str, width: int) -> None:
    """Never longer than asked, on one line; what fits stays."""
    short = shorten(text, width)

    assert len(short) <= width
    assert short.isprintable()
    assert short.endswith("…") or short == " ".join("".join(c if c.isprintable() else " " for c in text).split())


def test_texts_are_cut_between_words() -> None:
    """Unless a word is as long as the line."""
    assert shorten("one two three", 10) == "one two…"
    assert shorten("x" * 20, 10) == "x" * 9 + "…"
