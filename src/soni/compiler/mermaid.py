"""A drawing as a Mermaid flowchart, which GitHub, GitLab and most editors show in Markdown."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from soni.compiler.diagram import Cluster, Diagram, Edge, Kind, Node, Way

MOST_EDGES: Final = 500
"""Mermaid's own ``maxEdges``: a page shows an error instead of a drawing with more, and a drawing cannot ask for more."""
MOST_CHARACTERS: Final = 50_000
"""Mermaid's own ``maxTextSize``, likewise."""

_SHAPES: Final[Mapping[Kind, tuple[str, str]]] = {
    "start": ("([", "])"),
    "end": ("([", "])"),
    "cancel_flow": ("([", "])"),
    "restart": ("([", "])"),
    "failure": ("([", "])"),
    "flow": ("[[", "]]"),
    "collect": ("(", ")"),
    "say": ("[", "]"),
    "action": ("[/", "/]"),
    "set": ("[", "]"),
    "branch": ("{", "}"),
    "while": ("{{", "}}"),
    "confirm": ("{", "}"),
    "call": ("[[", "]]"),
    "link": ("[[", "]]"),
    "generate": ("[", "]"),
    "noop": ("(", ")"),
    "handoff": ("[\\", "/]"),
}

_COLOURS: Final[Mapping[Kind, str]] = {
    "start": "fill:#37474f,stroke:#37474f,color:#ffffff",
    "end": "fill:#37474f,stroke:#37474f,color:#ffffff",
    "cancel_flow": "fill:#eceff1,stroke:#b71c1c,color:#b71c1c",
    "restart": "fill:#eceff1,stroke:#37474f,color:#37474f",
    "failure": "fill:#ffebee,stroke:#b71c1c,color:#b71c1c",
    "flow": "fill:#ede7f6,stroke:#4527a0,color:#212121,stroke-dasharray:4",
    "collect": "fill:#e3f2fd,stroke:#1565c0,color:#212121",
    "say": "fill:#ffffff,stroke:#90a4ae,color:#212121",
    "action": "fill:#fff3e0,stroke:#e65100,color:#212121",
    "set": "fill:#f5f5f5,stroke:#9e9e9e,color:#212121",
    "branch": "fill:#fffde7,stroke:#f9a825,color:#212121",
    "while": "fill:#fffde7,stroke:#f9a825,color:#212121",
    "confirm": "fill:#e8f5e9,stroke:#2e7d32,color:#212121",
    "call": "fill:#ede7f6,stroke:#4527a0,color:#212121",
    "link": "fill:#ede7f6,stroke:#4527a0,color:#212121",
    "generate": "fill:#fce4ec,stroke:#ad1457,color:#212121",
    "noop": "fill:#f5f5f5,stroke:#9e9e9e,color:#616161",
    "handoff": "fill:#fce4ec,stroke:#ad1457,color:#212121",
}

_ARROWS: Final[Mapping[Way, str]] = {"next": "-->", "way": "-->", "error": "-->", "call": "-.->", "link": "==>"}

# Inside quotes Mermaid still reads: entities (#…;), HTML, Markdown (lists, emphasis, links, code), formulas ($$) and
# comments (%%); and it repairs what looks like a style, so that a colon stays only where a space follows it.
_SPECIAL: Final = re.compile(
    r'["#&<>`*~\[\]{}|\\;$%@^]|:(?! )|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|^[-+=]|^[0-9]+[.)]|[wW]{3}\.'
)
"""The last character of what it finds is written as its number."""


def to_mermaid(diagram: Diagram) -> str:
    """The text of a Mermaid flowchart, ending with a line break; equal for equal diagrams."""
    return "".join(f"{line}\n" for line in _lines(diagram))


def escape(text: str) -> str:
    """A text as it may stand on one line between quotes, nothing of it read as anything else."""
    return _SPECIAL.sub(lambda match: f"{match[0][:-1]}#{ord(match[0][-1])};", text)


def _lines(diagram: Diagram) -> Iterator[str]:
    yield "flowchart TB"
    for cluster in diagram.clusters:
        yield from _cluster(cluster)
    for node in diagram.outside:
        yield f"  {_node(node)}"
    for edge in diagram.edges:
        yield f"  {_edge(edge)}"
    kinds = {node.kind for node in diagram.nodes()}
    for kind, colours in _COLOURS.items():
        if kind in kinds:
            yield f"  classDef {_class(kind)} {colours}"
    errors = [str(number) for number, edge in enumerate(diagram.edges) if edge.kind == "error"]
    if errors:
        yield f"  linkStyle {','.join(errors)} stroke:#b71c1c,color:#b71c1c"


def _cluster(cluster: Cluster) -> Iterator[str]:
    yield f'  subgraph {cluster.id}["{escape(cluster.title)}"]'
    for node in cluster.nodes:
        yield f"    {_node(node)}"
    yield "  end"


def _node(node: Node) -> str:
    opens, closes = _SHAPES[node.kind]
    return f'{node.id}{opens}"{_text(node.lines)}"{closes}:::{_class(node.kind)}'


def _edge(edge: Edge) -> str:
    words = f'|"{escape(edge.label)}"|' if edge.label else ""
    return f"{edge.source} {_ARROWS[edge.kind]}{words} {edge.target}"


def _text(lines: Iterable[str]) -> str:
    return "<br/>".join(escape(line) for line in lines)


def _class(kind: Kind) -> str:
    """``end`` and ``call`` are words of Mermaid."""
    return f"is_{kind}"
