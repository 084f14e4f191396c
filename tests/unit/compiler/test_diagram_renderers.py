"""Drawings as Mermaid and as DOT: read back by strict readers of what is written, and by Graphviz where there is one."""

import html
import re
import shutil
import subprocess
import textwrap
from pathlib import Path
from typing import Final, get_args
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soni.compiler import graphviz, mermaid
from soni.compiler.assistant import shipped_patterns
from soni.compiler.diagram import Cluster, Diagram, Edge, Kind, Node, Way, draw
from soni.config.loader import load_config

ROOT = Path(__file__).resolve().parents[3]

PRINTABLE = st.text(st.characters().filter(str.isprintable), min_size=1, max_size=30)
HOSTILE = st.text(st.sampled_from('"\\#;&<>`*_~[](){}|$%@^:-+=.1w n/N'), min_size=1, max_size=20)
LINES = (PRINTABLE | HOSTILE).map(lambda text: " ".join(text.split())).filter(bool)
"""Lines as a diagram has them: printable, without spaces at the ends."""


@st.composite
def diagrams(draw_one: st.DrawFn) -> Diagram:
    """Boxes of every kind with any words, in one flow and outside, and arrows of every kind between them."""
    count = draw_one(st.integers(1, 5))
    kinds, lines = st.sampled_from(get_args(Kind)), st.lists(LINES, min_size=1, max_size=3).map(tuple)
    nodes = tuple(Node(f"f__{n}", draw_one(kinds), draw_one(lines), draw_one(LINES)) for n in range(count))
    inside = draw_one(st.integers(1, count))
    ids = st.sampled_from([node.id for node in nodes])
    ways = st.sampled_from(get_args(Way))
    edges = st.builds(Edge, ids, ids, ways, st.just("") | LINES)
    cluster = Cluster("flow__f", draw_one(LINES), nodes[:inside])
    return Diagram((cluster,), nodes[inside:], tuple(draw_one(st.lists(edges, max_size=6))))


# --- Mermaid ---

_ID = r"([A-Za-z][A-Za-z0-9_]*)"
_QUOTED = r'"([^"]*)"'
_NODE = re.compile(
    rf"{_ID}(\(\[|\[\[|\[/|\[\\|\[|\(|\{{\{{|\{{){_QUOTED}(\]\)|\]\]|/\]|\]|\)|\}}\}}|\}}):::(is_[a-z_]+)"
)
_EDGE = re.compile(rf"{_ID} (-->|-\.->|==>)(?:\|{_QUOTED}\|)? {_ID}")
_SUBGRAPH = re.compile(rf"subgraph {_ID}\[{_QUOTED}\]")
_LOOK = re.compile(r"classDef (is_[a-z_]+) [a-z0-9#:,-]+|linkStyle [0-9]+(,[0-9]+)* [a-z0-9#:,-]+")
_REPAIRED: Final = re.compile(r"(style|classDef).*:\S*#.*;")
"""Where Mermaid takes a semicolon away before it reads."""


def read_text(written: str) -> tuple[str, ...]:
    """The lines of a text between quotes; nothing in it may mean anything but itself."""
    lines = written.split("<br/>")
    for line in lines:
        plain = re.sub(r"#[0-9]+;", "", line)
        assert not re.search(r"[#&<>`*~\[\]{}|\\;$%@^]", plain)
        assert not re.match(r"[-+=]|[0-9]+[.)]", line)
        assert not re.search(r"www\.|://", plain, re.IGNORECASE)
    return tuple(re.sub(r"#([0-9]+);", lambda match: chr(int(match[1])), line) for line in lines)


def read_mermaid(text: str) -> tuple[dict[str, tuple[str, ...]], list[tuple[str, str, str]], dict[str, str]]:
    """Boxes with their lines, arrows, and the flow each box is in. Fails at the first line that it does not know."""
    first, *lines = text.removesuffix("\n").split("\n")
    assert first == "flowchart TB"
    nodes: dict[str, tuple[str, ...]] = {}
    edges: list[tuple[str, str, str]] = []
    inside: dict[str, str] = {}
    flow: str | None = None
    for line in map(str.strip, lines):
        assert not _REPAIRED.search(line)
        if match := _NODE.fullmatch(line):
            assert match[1] not in nodes
            nodes[match[1]] = read_text(match[3])
            if flow is not None:
                inside[match[1]] = flow
        elif match := _EDGE.fullmatch(line):
            edges.append((match[1], match[4], "".join(read_text(match[3] or ""))))
        elif match := _SUBGRAPH.fullmatch(line):
            (flow,) = read_text(match[2])
        elif line == "end":
            flow = None
        else:
            assert _LOOK.fullmatch(line), line
    return nodes, edges, inside


@given(diagrams())
def test_mermaid_says_what_the_diagram_says(diagram: Diagram) -> None:
    """Whatever stands in boxes and at arrows comes out as it went in."""
    nodes, edges, inside = read_mermaid(mermaid.to_mermaid(diagram))

    assert nodes == {node.id: node.lines for node in diagram.nodes()}
    assert edges == [(edge.source, edge.target, edge.label) for edge in diagram.edges]
    assert inside == {node.id: cluster.title for cluster in diagram.clusters for node in cluster.nodes}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('say "hi"', "say #34;hi#34;"),
        ("a|b [c] {d}", "a#124;b #91;c#93; #123;d#125;"),
        ("How much? (in euros)", "How much? (in euros)"),
        ("transfer_funds, _private_", "transfer_funds, #95;private#95;"),
        ("Today: 5%; a #1", "Today: 5#37;#59; a #35;1"),
        ("a:b", "a#58;b"),
        ("1. first", "1#46; first"),
        ("2) second", "2#41; second"),
        ("- item", "#45; item"),
        ("see www.example.org", "see www#46;example.org"),
        ("¿Cuánto? 5 €", "¿Cuánto? 5 €"),
    ],
)
def test_mermaid_reads_nothing_into_words(text: str, written: str) -> None:
    """What Mermaid or Markdown would read as something else is written as its number; the rest stays readable."""
    assert mermaid.escape(text) == written


# --- DOT ---

_STRING = r'"((?:[^"\\]|\\["\\n])*)"'
_ATTRIBUTE = re.compile(rf"([a-z]+)=(?:{_STRING}|[a-z0-9.]+)(?:, |; |$)")
_BOX = re.compile(r"([A-Za-z][A-Za-z0-9_]*) \[(.*)\]")
_ARROW = re.compile(r"([A-Za-z][A-Za-z0-9_]*) -> ([A-Za-z][A-Za-z0-9_]*) \[(.*)\]")


def unescape(written: str) -> str:
    return html.unescape(re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], written))


def attributes(written: str) -> dict[str, str]:
    """Names and strings; fails where anything is left that is neither."""
    assert not _ATTRIBUTE.sub("", written), written
    return {match[1]: unescape(match[2] or "") for match in _ATTRIBUTE.finditer(written)}


@given(diagrams())
def test_dot_says_what_the_diagram_says(diagram: Diagram) -> None:
    """Whatever stands in boxes and at arrows comes out as it went in, but for the ends of lines."""
    nodes: dict[str, list[str]] = {}
    edges: list[tuple[str, str, list[str]]] = []
    titles: list[str] = []
    for line in map(str.strip, graphviz.to_dot(diagram).removesuffix("\n").split("\n")):
        if match := _ARROW.fullmatch(line):
            edges.append((match[1], match[2], attributes(match[3]).get("label", "").split()))
        elif line.startswith("label="):
            titles.append(attributes(line)["label"])
        elif (match := _BOX.fullmatch(line)) and "__" in match[1]:
            nodes[match[1]] = attributes(match[2])["label"].split()
        else:
            assert re.match(r"digraph assistant \{|\}|subgraph cluster_flow__f \{|(graph|node|edge) \[", line), line

    assert titles == [cluster.title for cluster in diagram.clusters]
    assert {i: "".join(said) for i, said in nodes.items()} == {
        node.id: "".join("".join(node.lines).split()) for node in diagram.nodes()
    }
    assert [(s, t, "".join(said)) for s, t, said in edges] == [
        (edge.source, edge.target, "".join(edge.label.split())) for edge in diagram.edges
    ]


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_what_is_meant() -> None:
    """Every hostile word stands in the picture as it was written."""
    texts = ['a "b" \\N \\n \\', "&amp; &#39; <b>", "|{x}| [y]", "ü € 漢字 😀", "#;%:-->", "label=1", "// no comment"]
    nodes = tuple(Node(f"f__{n}", "say", (text,), text) for n, text in enumerate(texts))
    diagram = Diagram((Cluster("flow__f", texts[0], nodes),), (), (Edge("f__0", "f__1", "next", texts[1]),))
    done = subprocess.run(
        ["dot", "-Tsvg"], input=graphviz.to_dot(diagram).encode(), capture_output=True, check=True, timeout=60
    )
    found = [
        element.text or "" for element in ElementTree.fromstring(done.stdout).iter("{http://www.w3.org/2000/svg}text")
    ]

    assert done.stderr == b""
    assert sorted(text.replace("\xa0", " ").strip() for text in found) == sorted([*texts, texts[0], texts[1]])


def test_many_flows_fill_a_page() -> None:
    """Without any help, Graphviz would put them in one row: invisible arrows put some below others."""
    config = load_config(ROOT / "examples" / "banking", {})
    text = graphviz.to_dot(draw(config, config.flows))
    below = [line.split()[2] for line in text.splitlines() if "style=invis" in line]

    assert len(set(below)) > len(config.flows) / 2
    assert all(target.endswith("__start") for target in below)


def test_a_flow_that_never_ends_has_something_below_it_too() -> None:
    """Its last step stands above the next flow."""
    loop = Cluster("flow__a", "a", (Node("a__1", "say", ("x",), "a.1"), Node("a__2", "say", ("y",), "a.2")))
    big = Cluster("flow__b", "b", tuple(Node(f"b__{n}", "say", ("x",), "b") for n in range(9)))
    small = Cluster("flow__c", "c", (Node("c__1", "say", ("x",), "c.1"),))
    edges = (Edge("a__1", "a__2", "next"), Edge("a__2", "a__1", "next"))
    text = graphviz.to_dot(Diagram((loop, small, big), (), edges))

    assert "a__2 -> c__1 [style=invis, weight=0]" in text
    assert "a__1 -> c__1" not in text


@pytest.mark.parametrize("place", [ROOT / "soni.yaml", ROOT / "examples" / "banking"], ids=["flights", "banking"])
def test_whole_assistants_can_be_read_back(place: Path) -> None:
    """With every pattern, in both languages, and the same twice."""
    config = load_config(place, {})
    flows = {**shipped_patterns(), **config.flows}
    diagram = draw(config, flows)
    nodes, edges, inside = read_mermaid(mermaid.to_mermaid(diagram))

    assert nodes == {node.id: node.lines for node in diagram.nodes()}
    assert len(edges) == len(diagram.edges)
    assert set(inside.values()) == set(flows)
    assert graphviz.to_dot(diagram) == graphviz.to_dot(draw(config, flows))


def test_words_are_wrapped_in_pictures() -> None:
    """A box is not as wide as its question is long."""
    question = "How much would you like to send to your friend this time?"
    diagram = Diagram((Cluster("flow__f", "f", (Node("f__1", "collect", (question,), "f.1"),)),), (), ())

    assert "\\n".join(textwrap.wrap(question, 30)) in graphviz.to_dot(diagram)
