"""Where a graph goes round: its strongly connected components, after Tarjan."""

from collections.abc import Collection, Hashable, Iterator, Mapping
from typing import TypeVar

_Node = TypeVar("_Node", bound=Hashable)


def cycles(graph: Mapping[_Node, Collection[_Node]]) -> Iterator[frozenset[_Node]]:
    """Every largest set of nodes that lead to each other; a node alone only where it leads to itself.

    ``graph`` says where each node leads; places that are no key of it lead nowhere.
    """
    number: dict[_Node, int] = {}
    lowest: dict[_Node, int] = {}
    open_: dict[_Node, None] = {}
    for start in graph:
        if start in number:
            continue
        path: list[tuple[_Node, Iterator[_Node]]] = []
        _enter(start, graph, number, lowest, open_, path)
        while path:
            node, ahead = path[-1]
            target = next(ahead, None)
            if target is not None:
                if target not in number:
                    _enter(target, graph, number, lowest, open_, path)
                elif target in open_:
                    lowest[node] = min(lowest[node], number[target])
                continue
            path.pop()
            if path:
                lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[node])
            if lowest[node] == number[node]:
                found = _leave(node, open_)
                if len(found) > 1 or node in graph[node]:
                    yield found


def round_trip(graph: Mapping[_Node, Collection[_Node]], start: _Node) -> tuple[_Node, ...]:
    """A shortest way from a node back to itself, both ends told; the node must lie on a cycle."""
    came: dict[_Node, _Node] = {}
    waiting = [start]
    for node in waiting:
        for target in graph.get(node, ()):
            if target == start:
                way = [start, node]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return tuple(reversed(way))
            if target not in came:
                came[target] = node
                waiting.append(target)
    raise ValueError(f"{start!r} lies on no cycle")


def _enter(
    node: _Node,
    graph: Mapping[_Node, Collection[_Node]],
    number: dict[_Node, int],
    lowest: dict[_Node, int],
    open_: dict[_Node, None],
    path: list[tuple[_Node, Iterator[_Node]]],
) -> None:
    number[node] = lowest[node] = len(number)
    open_[node] = None
    path.append((node, iter([target for target in graph[node] if target in graph])))


def _leave(node: _Node, open_: dict[_Node, None]) -> frozenset[_Node]:
    found: set[_Node] = set()
    while node not in found:
        found.add(open_.popitem()[0])
    return frozenset(found)
