"""YAML as it was written: values that know their places."""

from dataclasses import dataclass
from pathlib import Path

from soni.config.problems import Finding, Route
from soni.config.values import case_key
from soni.errors import Problem
from soni.value import Scalar


@dataclass(slots=True, eq=False)
class Written:
    """A value and where it stands; what an alias points to is one object in several places."""

    content: "Scalar | list[Written] | dict[Scalar, Entry] | None"
    line: int | None = None
    """Counted from one."""
    end: int = 0
    """The last line of it."""
    file: Path | None = None
    variable: str | None = None
    """The environment variable it comes from, instead of a file."""
    flow_style: bool = False
    """Written with brackets or braces."""
    size: int = 1
    """How many values it holds, itself included."""

    def plain(self) -> object:
        """The value without its places."""
        return _plain(self, {})

    def depth(self) -> int:
        """How many levels of lists and mappings it has."""
        if not isinstance(self.content, dict | list):
            return 0
        nodes = self.items() or [entry.node for entry in self.entries().values()]
        return 1 + max((node.depth() for node in nodes), default=0)

    def entries(self) -> "dict[Scalar, Entry]":
        """The entries of a mapping; none where it is something else."""
        return self.content if isinstance(self.content, dict) else {}

    def items(self) -> "list[Written]":
        """The items of a list; none where it is something else."""
        return self.content if isinstance(self.content, list) else []

    def get(self, *keys: Scalar) -> "Written | None":
        """What stands under these keys, if it is there."""
        node: Written | None = self
        for key in keys:
            entry = node.entries().get(key) if node else None
            node = entry.node if entry else None
        return node


@dataclass(slots=True, eq=False)
class Entry:
    """A key of a mapping, where it stands, and what stands under it."""

    node: Written
    file: Path | None = None
    line: int | None = None
    column: int = 0
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written."""

    file: Path | None
    line: int | None
    variable: str | None = None


def locate(tree: Written, route: Route) -> tuple[Place, str]:
    """The place of a route, and the route as it was written: ``flows.transfer.steps[2].slot``.

    A route may say more than the author did: a response that is a mere text has no ``[0].text`` in the file.
    """
    node, key = tree, ""
    place = Place(node.file, node.line, node.variable)
    for number, part in enumerate(route):
        content = node.content
        if isinstance(content, dict):
            if (entry := content.get(part)) is not None:
                node, place = entry.node, Place(entry.file, entry.line, entry.variable)
                if isinstance(part, int):  # Pydantic, like Python, takes true for 1
                    part = next(key for key in content if key == part)
            elif isinstance(part, int) and number + 1 < len(route):
                continue  # one thing where a list of them may stand
            key += f".{case_key(part)}"
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            node = content[part]
            place = Place(node.file, node.line, node.variable)
            key += f"[{part}]"
        else:
            break
    return place, key.removeprefix(".")


def placed(finding: Finding, tree: Written) -> Problem:
    """A finding with its file and line."""
    place, key = locate(tree, finding.route)
    message = finding.message
    if place.variable is not None:
        message = f"{message} (from the environment variable {place.variable})"
    return Problem(message, key, place.file, place.line, finding.suggestion, finding.severity, finding.code)


def _plain(node: Written, done: dict[int, object]) -> object:
    if isinstance(node.content, dict | list):
        if id(node) not in done:
            if isinstance(node.content, dict):
                done[id(node)] = {key: _plain(entry.node, done) for key, entry in node.content.items()}
            else:
                done[id(node)] = [_plain(item, done) for item in node.content]
        return done[id(node)]
    return node.content
