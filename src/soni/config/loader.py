"""From a file or a folder of YAML to an assistant; every problem at once, each with its file and line."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from soni.config.check import check
from soni.config.earlier import modernise
from soni.config.merge import merged, override
from soni.config.models import SoniConfig
from soni.config.problems import MOST, Finding, Route
from soni.config.scene import Names
from soni.config.shape import read_shape
from soni.config.source import files_of, is_folder, read, read_text
from soni.config.written import Written, locate, placed
from soni.errors import ConfigurationError, Problem

_PART: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")
"""A number or a name in the key of a problem."""


def load_config(path: Path | str, environ: Mapping[str, str] | None = None) -> SoniConfig:
    """The assistant in a YAML file, or in a folder of ``*.yaml`` files (``*.conversation.yaml`` are its tests).

    ``environ`` is where ``${NAME}`` and ``SONI_…__…`` are looked up; the process's own when left out.
    Raises ConfigurationError with every problem that keeps the assistant from loading.
    """
    return _loaded(*find_problems(path, environ))


def load_config_text(
    text: str, environ: Mapping[str, str] | None = None, *, name: str = "assistant.yaml", origin: str | None = None
) -> SoniConfig:
    """The assistant in a text. ``name`` stands for the file in problems; the environment is empty when left out.

    Raises ConfigurationError with every problem that keeps the assistant from loading.
    """
    return _loaded(*find_problems_in_text(text, environ, name=name, origin=origin))


def find_problems(
    path: Path | str, environ: Mapping[str, str] | None = None
) -> tuple[SoniConfig | None, tuple[Problem, ...]]:
    """The assistant, unless an error keeps it from loading, and all that is to be said about it, notes too."""
    environ = os.environ if environ is None else environ
    path = Path(path)
    problems: list[Problem] = []
    trees: list[Written] = []
    readable = True
    for file in files_of(path, problems):
        try:
            trees.append(read(file, environ, problems))
        except ConfigurationError as error:
            problems += error.problems
            readable = False
    if not readable or not trees:
        return None, _ordered(problems)
    origin = path if is_folder(path) else path.parent
    return _examined(trees, environ, problems, str(origin.resolve()))


def find_problems_in_text(
    text: str, environ: Mapping[str, str] | None = None, *, name: str = "assistant.yaml", origin: str | None = None
) -> tuple[SoniConfig | None, tuple[Problem, ...]]:
    """As ``find_problems``, for a text."""
    environ = {} if environ is None else environ
    problems: list[Problem] = []
    try:
        tree = read_text(text, Path(name), environ, problems)
    except ConfigurationError as error:
        return None, error.problems
    return _examined([tree], environ, problems, origin)


def with_places(problems: Iterable[Problem], path: Path | str) -> tuple[Problem, ...]:
    """Problems that were found later, such as missing functions, with the file and line of their keys."""
    tree = tree_of(path)
    places = [(problem, locate(tree, _route(problem.key))[0]) for problem in problems]
    return tuple(replace(problem, file=place.file, line=place.line) for problem, place in places)


def tree_of(path: Path | str) -> Written:
    """What an assistant that was loaded says, with the place of every key; what is wrong with it has been told then."""
    ignored: list[Problem] = []
    tree = merged([read(file, os.environ, ignored) for file in files_of(Path(path), ignored)], ignored)
    modernise(tree)
    return tree


def _route(key: str) -> Route:
    """``flows.pay.steps[2]`` as the keys and numbers it was spelled from."""
    return tuple(int(number) if number else name for number, name in _PART.findall(key))


def _examined(
    trees: list[Written], environ: Mapping[str, str], problems: list[Problem], origin: str | None
) -> tuple[SoniConfig | None, tuple[Problem, ...]]:
    """What the trees say, checked as far as they can be read."""
    tree = merged(trees, problems)
    findings = modernise(tree)
    override(tree, environ, problems)
    data = tree.plain()
    assert isinstance(data, dict)
    names = Names.of(data)
    shape = read_shape(data)
    findings += shape.findings
    if shape.config is not None:
        findings += check(shape.config, names, shape.damage)
    told = {problem.key for problem in problems if problem.key}
    findings = [_torn(finding, tree) if finding.code == "unknown-key" else finding for finding in findings]
    problems += [problem for finding in findings if (problem := placed(finding, tree)).key not in told]
    if shape.config is None or any(problem.severity == "error" for problem in problems):
        return None, _ordered(problems)
    return shape.config.model_copy(update={"origin": origin}), _ordered(problems)


def _torn(finding: Finding, tree: Written) -> Finding:
    """An unknown key without a value, within { }: what comes behind the comma of a text."""
    *above, key = finding.route
    node = tree
    for part in above:
        items = node.items()
        below = items[part] if isinstance(part, int) and part < len(items) else node.get(part)
        if below is None:
            return finding
        node = below
    value = node.get(key)
    if not node.flow_style or value is None or value.content is not None:
        return finding
    message = f"unknown key {str(key)!r}; within {{ }} a text with a comma in it needs quotes"
    return replace(finding, message=message)


def _ordered(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Each once, in the order in which an author reads the files; of very many, errors rather than others."""
    every = sorted(dict.fromkeys(problems), key=lambda problem: problem.severity != "error")
    told = sorted(every[: 2 * MOST], key=lambda problem: (str(problem.file or ""), problem.line or 0))
    if len(told) < len(every):
        told.append(Problem(f"there are {len(every) - len(told)} more problems", severity="note", code="more"))
    return tuple(told)


def _loaded(config: SoniConfig | None, problems: Iterable[Problem]) -> SoniConfig:
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors or config is None:
        raise ConfigurationError(problems=errors)
    return config
