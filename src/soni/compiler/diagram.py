"""Flows as a drawing that knows no renderer: boxes, arrows, and a frame around each flow."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from soni.compiler.blocks import FlowGraph, Placed, is_step, lay_out
from soni.compiler.diagram_labels import label, opening, shorten
from soni.config.models import Flow, SoniConfig
from soni.config.steps import Action, Branch, Call, Collect, Confirm, Handoff, Link, While
from soni.config.values import case_key

Kind: TypeAlias = Literal[
    "start", "end", "cancel_flow", "restart", "failure", "flow",
    "collect", "say", "action", "set", "branch", "while", "confirm", "call", "link", "generate", "noop", "handoff",
]  # fmt: skip
"""A step's type; a place that no step stands at; or ``flow``: one that is called or linked to, and not drawn itself."""

Way: TypeAlias = Literal["next", "way", "error", "call", "link"]
"""The flow goes on; a way is chosen; something went wrong; another flow runs and comes back; it takes over."""

WAY_WIDTH: Final = 40
"""Characters of a condition on an arrow: more would push boxes apart."""


@dataclass(frozen=True, slots=True)
class Node:
    """A box."""

    id: str
    """ASCII letters, digits and underscores, unique in the diagram, and no word of any drawing language."""
    kind: Kind
    lines: tuple[str, ...]
    """What stands in it: printable characters, nothing escaped."""
    place: str
    """The flow, and the step where it is one: ``transfer_money.ask_amount``."""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow."""

    source: str
    target: str
    kind: Way
    label: str = ""
    """What stands on it: printable characters, nothing escaped."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A flow, and all that is in it."""

    id: str
    """As a node's; no node has the same."""
    title: str
    nodes: tuple[Node, ...]
    """In reading order."""


@dataclass(frozen=True, slots=True)
class Diagram:
    """Everything that is drawn, in reading order."""

    clusters: tuple[Cluster, ...]
    outside: tuple[Node, ...]
    """Flows that are only called or linked to."""
    edges: tuple[Edge, ...]

    def nodes(self) -> Iterator[Node]:
        """Every box, first those in flows."""
        for cluster in self.clusters:
            yield from cluster.nodes
        yield from self.outside


def draw(config: SoniConfig, flows: Mapping[str, Flow]) -> Diagram:
    """The drawing of these flows of an assistant that was loaded without problems."""
    graphs = [lay_out(name, flow) for name, flow in flows.items()]
    ids = _Ids()
    for graph in graphs:  # steps first: so they have the plain ids, whatever else is drawn
        for step in graph.placed:
            ids.add((graph.name, step))
    drawn = {graph.name: _nodes(graph, config, ids) for graph in graphs}
    clusters = tuple(Cluster(ids.add((name,)), shorten(name), nodes) for name, nodes in drawn.items())
    outside: dict[str, Node] = {}
    for graph in graphs:
        for placed in graph.placed.values():
            if isinstance(placed.step, Call | Link) and (name := placed.step.flow) not in flows:
                outside.setdefault(name, Node(ids.add((name, "(start)")), "flow", (shorten(name),), name))
    edges = (edge for graph in graphs for edge in _edges(graph, ids))
    return Diagram(clusters, tuple(outside.values()), tuple(_merged(edges)))


class _Ids:
    """A readable id for every place: ``transfer_money__ask_amount``."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, ...], str] = {}
        self._taken: set[str] = set()

    def __getitem__(self, place: tuple[str, ...]) -> str:
        return self._of[place]

    def add(self, place: tuple[str, ...]) -> str:
        """The id of a place, made where it has none yet."""
        if place in self._of:
            return self._of[place]
        # With two underscores it is no keyword, neither `end` of Mermaid nor `node` of DOT.
        joined = "__".join(("flow", *place) if len(place) == 1 else place)
        plain = re.sub(r"[^A-Za-z0-9_]", "_", re.sub(r"[()]", "", joined))
        plain = plain if plain[0].isalpha() else f"f_{plain}"
        name, number = plain, 2
        while name.lower() in self._taken:
            name, number = f"{plain}_{number}", number + 1
        self._taken.add(name.lower())
        self._of[place] = name
        return name


def _nodes(graph: FlowGraph, config: SoniConfig, ids: _Ids) -> tuple[Node, ...]:
    """A box for the beginning, one for every step, and one for every other place where a way of them leads."""
    name = graph.name
    nodes = [Node(ids.add((name, "(start)")), "start", (opening(graph.flow),), name)]
    for step, placed in graph.placed.items():
        nodes.append(Node(ids[name, step], placed.step.type, label(placed.step, config), f"{name}.{step}"))
    reached = {target for placed in graph.placed.values() for target, _, _ in _ways(placed)}
    if graph.flow.on_error is not None:
        reached |= {graph.flow.on_error}
        nodes.append(Node(ids.add((name, "(failure)")), "failure", ("when a step fails",), name))
    places: tuple[tuple[Kind, str], ...] = (("end", "end"), ("cancel_flow", "cancelled"), ("restart", "from the start"))
    nodes += [Node(ids.add((name, f"({kind})")), kind, (words,), name) for kind, words in places if kind in reached]
    return tuple(nodes)


def _edges(graph: FlowGraph, ids: _Ids) -> Iterator[Edge]:
    name = graph.name

    def id_of(target: str) -> str:
        return ids[name, target if is_step(target) else f"({target})"]

    yield Edge(ids[name, "(start)"], ids[name, next(iter(graph.placed))], "next")
    for step, placed in graph.placed.items():
        for target, kind, words in _ways(placed):
            yield Edge(ids[name, step], id_of(target), kind, shorten(words, WAY_WIDTH))
        if isinstance(placed.step, Call | Link):
            yield Edge(ids[name, step], ids[placed.step.flow, "(start)"], placed.step.type, f"{placed.step.type}s")
    if graph.flow.on_error is not None:
        yield Edge(ids[name, "(failure)"], id_of(graph.flow.on_error), "error")


def _ways(placed: Placed) -> Iterator[tuple[str, Way, str]]:
    """Every way out of a step that stays in its flow: where to, of which kind, and in which words."""
    step = placed.step
    goes_on = ""
    match step:
        case Collect():
            yield from _exits(placed, "error", on_invalid="invalid", on_max_attempts="too many attempts")
        case Action():
            yield from _exits(placed, "error", on_error="fails")
        case Branch():
            yield from _choices(step, placed)
            goes_on = "otherwise"
        case While():
            yield placed.exits["do"], "way", "yes"
            goes_on = "no"
        case Confirm():
            yield from _exits(placed, "way", on_confirm="yes")
            yield placed.exits.get("on_deny", "cancel_flow"), "way", "no"
            yield from _exits(placed, "way", on_change="something else is changed")
            goes_on = "yes"
        case Handoff():
            goes_on = "when it is handed back"
        case _:
            pass
    passes = _passes(placed)
    if passes:
        yield placed.next, "way" if goes_on else "next", goes_on
    guarded = step.when is not None and not isinstance(step.when, tuple)
    if guarded and not (passes and not goes_on and placed.following == placed.next):
        yield placed.following, "way", "skipped"


def _passes(placed: Placed) -> bool:
    """Whether the step, where it is not skipped, can go on to the one behind it."""
    match placed.step:
        case Link():
            return False
        case Confirm():
            return "on_confirm" not in placed.exits
        case Branch(when=tuple() as arms):
            return arms[-1].condition is not None
        case Branch():
            return False  # what no case fits is an error
        case _:
            return True


def _exits(placed: Placed, kind: Way, **words: str) -> Iterator[tuple[str, Way, str]]:
    return ((placed.exits[key], kind, said) for key, said in words.items() if key in placed.exits)


def _choices(step: Branch, placed: Placed) -> Iterator[tuple[str, Way, str]]:
    arms = step.when if isinstance(step.when, tuple) else ()
    for number, arm in enumerate(arms):
        words = arm.condition.text if arm.condition is not None else "otherwise"
        yield placed.exits[f"when[{number}]"], "way", words
    for case in step.cases:
        written = case_key(case)
        words = "otherwise" if case == "default" else written or '""'
        yield placed.exits[f"cases.{written}"], "way", words


def _merged(edges: Iterable[Edge]) -> Iterator[Edge]:
    """Arrows of one kind between the same two boxes as one."""
    kept: dict[tuple[str, str, Way], Edge] = {}
    for edge in edges:
        key = (edge.source, edge.target, edge.kind)
        if (known := kept.get(key)) is None:
            kept[key] = edge
        elif edge.label != known.label:
            kept[key] = replace(known, label=f"{known.label} or {edge.label}")
    yield from kept.values()
