"""Several files, and the environment, as one assistant."""

from collections.abc import Mapping
from typing import Final

from soni.config.environment import overrides
from soni.config.problems import Route, spell
from soni.config.source import compose
from soni.config.values import FromEnvironment
from soni.config.written import Entry, Written
from soni.errors import ConfigurationError, Problem
from soni.value import Scalar

SECTIONS: Final = ("settings", "responses", "slots", "actions", "flows")


def merged(trees: list[Written], problems: list[Problem]) -> Written:
    """The files as one tree, in their order; what two of them name is a problem that names both places."""
    whole = Written({}, file=trees[0].file, line=1)
    for tree in trees:
        _add(whole.entries(), tree.entries(), (), problems)
    return whole


def _add(whole: dict[Scalar, Entry], part: dict[Scalar, Entry], route: Route, problems: list[Problem]) -> None:
    for key, entry in part.items():
        if not route and key in SECTIONS and entry.node.content is None:
            continue  # a section whose lines are all comments
        before = whole.get(key)
        if before is None:
            whole[key] = _copied(entry) if _joins((*route, key)) else entry
        elif _joins((*route, key)) and isinstance(before.node.content, dict) and isinstance(entry.node.content, dict):
            _add(before.node.content, entry.node.content, (*route, key), problems)
        elif route or key != "version" or str(before.node.content) != str(entry.node.content):
            places = " and ".join(f"{one.file}:{one.line}" for one in (before, entry))
            message = f"{key!r} stands in two files: {places}"
            problems.append(Problem(message, spell((*route, key)), entry.file, entry.line, code="duplicate-key"))


def override(tree: Written, environ: Mapping[str, str], problems: list[Problem]) -> None:
    """Put what the environment says over the settings of the tree."""
    for variable, way, text in overrides(environ):
        entries = tree.entries()
        for key in ("settings", *way[:-1]):
            entry = entries.get(key)
            if entry is None or not isinstance(entry.node.content, dict):
                entry = Entry(Written({}, variable=variable), variable=variable)
                entries[key] = entry
            entries = entry.node.entries()
        entries[way[-1]] = Entry(_value(text, variable, ("settings", *way), problems), variable=variable)


def _value(text: str, variable: str, route: Route, problems: list[Problem]) -> Written:
    """The value of a variable: a list or mapping where it begins like one, otherwise a scalar typed by its setting."""
    text = text.strip()
    if text[:1] in ("[", "{"):
        try:
            return _from(variable, compose(text, None, {}, problems))
        except ConfigurationError as error:
            message = f"{variable} cannot be read: {error.problems[0].message}"
            problems.append(Problem(message, spell(route), code="syntax"))
    return Written(None if text in ("null", "~") else FromEnvironment(text), variable=variable)


def _from(variable: str, node: Written) -> Written:
    """The same without the lines, which are those of no file."""
    content = node.content
    if isinstance(content, dict):
        content = {key: Entry(_from(variable, entry.node), variable=variable) for key, entry in content.items()}
    elif isinstance(content, list):
        content = [_from(variable, item) for item in content]
    elif isinstance(content, str):
        content = FromEnvironment(content)
    return Written(content, variable=variable, size=node.size)


def _joins(route: Route) -> bool:
    """Whether the mappings of several files are one at this route: sections, and groups of settings."""
    return route[0] == "settings" or (len(route) == 1 and route[0] in SECTIONS)


def _copied(entry: Entry) -> Entry:
    """The entry with mappings of its own, to which others can be added; an alias may show the written one elsewhere."""
    node = entry.node
    if isinstance(node.content, dict):
        content = {key: _copied(inner) for key, inner in node.content.items()}
        node = Written(content, node.line, node.end, node.file, node.variable, node.flow_style, node.size)
    return Entry(node, entry.file, entry.line, entry.column, entry.variable)
