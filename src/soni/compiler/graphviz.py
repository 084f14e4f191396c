"""A drawing in DOT, the language of Graphviz, whose ``dot`` makes pictures of it."""

import math
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from soni.compiler.diagram import Cluster, Diagram, Edge, Kind, Node, Way

_WRAP: Final = 30
"""Characters on a line of a box; diamonds grow fast with longer ones."""
_WRAP_WAY: Final = 22
"""Characters on a line at an arrow."""

_SIDE_BY_SIDE: Final = 1.5
"""Flows in a row for each one in a column, when there are many: about the shape of a screen."""

_GRAPH: Final = (
    'graph [rankdir=TB, newrank=false, fontname="Helvetica", fontsize=16, nodesep=0.35, ranksep=0.4, pad=0.3]',
    'node [fontname="Helvetica", fontsize=11, style=filled, fillcolor="#ffffff", color="#90a4ae", margin="0.14,0.07"]',
    'edge [fontname="Helvetica", fontsize=10, color="#546e7a", fontcolor="#37474f", arrowsize=0.7]',
)

_LOOKS: Final[Mapping[Kind, str]] = {
    "start": 'shape=box, style="rounded,filled", fillcolor="#37474f", color="#37474f", fontcolor="#ffffff"',
    "end": 'shape=box, style="rounded,filled", fillcolor="#37474f", color="#37474f", fontcolor="#ffffff"',
    "cancel_flow": 'shape=box, style="rounded,filled", fillcolor="#eceff1", color="#b71c1c", fontcolor="#b71c1c"',
    "restart": 'shape=box, style="rounded,filled", fillcolor="#eceff1", color="#37474f", fontcolor="#37474f"',
    "failure": 'shape=box, style="rounded,filled", fillcolor="#ffebee", color="#b71c1c", fontcolor="#b71c1c"',
    "flow": 'shape=box, peripheries=2, style="filled,dashed", fillcolor="#ede7f6", color="#4527a0"',
    "collect": 'shape=box, style="rounded,filled", fillcolor="#e3f2fd", color="#1565c0"',
    "say": "shape=box",
    "action": 'shape=parallelogram, fillcolor="#fff3e0", color="#e65100", margin="0,0.03"',
    "set": 'shape=box, fillcolor="#f5f5f5", color="#9e9e9e"',
    "branch": 'shape=diamond, fillcolor="#fffde7", color="#f9a825", margin="0.02,0.02"',
    "while": 'shape=hexagon, fillcolor="#fffde7", color="#f9a825", margin="0.02,0.03"',
    "confirm": 'shape=diamond, fillcolor="#e8f5e9", color="#2e7d32", margin="0,0"',
    "call": 'shape=box, peripheries=2, fillcolor="#ede7f6", color="#4527a0"',
    "link": 'shape=box, peripheries=2, fillcolor="#ede7f6", color="#4527a0"',
    "generate": 'shape=note, fillcolor="#fce4ec", color="#ad1457"',
    "noop": 'shape=box, style="rounded,filled", fillcolor="#f5f5f5", color="#9e9e9e", fontcolor="#616161"',
    "handoff": 'shape=octagon, fillcolor="#fce4ec", color="#ad1457", margin="0.02,0.02"',
}

_ARROWS: Final[Mapping[Way, str]] = {
    "next": "weight=8",
    "way": "weight=2",
    "error": 'color="#b71c1c", fontcolor="#b71c1c"',
    "call": 'style=dashed, color="#4527a0", fontcolor="#4527a0", arrowhead=open',
    "link": 'style=bold, color="#4527a0", fontcolor="#4527a0"',
}


def to_dot(diagram: Diagram) -> str:
    """The text of a DOT graph, ending with a line break; equal for equal diagrams."""
    return "".join(f"{line}\n" for line in _lines(diagram))


def escape(text: str) -> str:
    """A text as it may stand between quotes, nothing of it read as anything else: DOT knows ``\\N`` and ``&amp;``."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;").replace("\n", "\\n")


def _lines(diagram: Diagram) -> Iterator[str]:
    yield "digraph assistant {"
    for line in _GRAPH:
        yield f"  {line}"
    for cluster in diagram.clusters:
        yield from _cluster(cluster)
    for node in diagram.outside:
        yield f"  {_node(node)}"
    outside = {node.id for node in diagram.outside}
    for edge in diagram.edges:
        # A flow stands in its column, whoever calls it; one that is not drawn stands beside its caller.
        apart = edge.kind in ("call", "link") and edge.target not in outside
        yield f"  {_edge(edge, apart)}"
    for source, target in _below(diagram):
        yield f"  {source} -> {target} [style=invis, weight=0]"
    yield "}"


def _below(diagram: Diagram) -> Iterator[tuple[str, str]]:
    """What is to stand above what, so that many flows fill a page, in columns, and not one endless row."""
    sizes = [len(cluster.nodes) for cluster in diagram.clusters]
    columns = max(1, round(math.sqrt(len(sizes) * _SIDE_BY_SIDE)))
    room = max(*sizes, math.ceil(sum(sizes) / columns), 0)
    goes_on = {edge.source for edge in diagram.edges if edge.kind in ("next", "way", "error")}
    height = sizes[0]
    for above, below in pairwise(diagram.clusters):
        height += len(below.nodes)
        if height > room:
            height = len(below.nodes)
            continue
        for last in [node for node in above.nodes if node.id not in goes_on] or above.nodes[-1:]:
            yield last.id, below.nodes[0].id


def _cluster(cluster: Cluster) -> Iterator[str]:
    yield f"  subgraph cluster_{cluster.id} {{"
    yield f'    label="{escape(cluster.title)}"; style="rounded,filled"; fillcolor="#fafafa"; color="#b0bec5"'
    for node in cluster.nodes:
        yield f"    {_node(node)}"
    yield "  }"


def _node(node: Node) -> str:
    words = "\n".join(_wrapped(line, _WRAP) for line in node.lines)
    return f'{node.id} [label="{escape(words)}", tooltip="{escape(node.place)}", {_LOOKS[node.kind]}]'


def _edge(edge: Edge, apart: bool) -> str:
    # Spaces keep the words off the line.
    words = "\n".join(f" {line} " for line in _wrapped(edge.label, _WRAP_WAY).splitlines())
    label = f'label="{escape(words)}", ' if words else ""
    return f"{edge.source} -> {edge.target} [{label}{_ARROWS[edge.kind]}{', constraint=false' if apart else ''}]"


def _wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width))
