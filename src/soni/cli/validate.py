"""``soni validate`` and ``soni schema``: what is wrong with an assistant, and what may be written at all."""

import json
import os
import sys
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from soni.cli.options import DEFAULT_CONFIG
from soni.errors import ConfigurationError, Problem

if TYPE_CHECKING:
    from soni.config.models import SoniConfig


class Format(StrEnum):
    """How problems are told."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


def validate(
    path: Annotated[
        Path, typer.Argument(envvar="SONI_CONFIG_PATH", help="The assistant: a YAML file, or a folder of them.")
    ] = DEFAULT_CONFIG,
    format_: Annotated[Format, typer.Option("--format", "-f", help="For people, or for programs.")] = Format.TEXT,
    rewrite: Annotated[
        bool, typer.Option("--rewrite", help="First write present names where earlier ones stand, in place.")
    ] = False,
    online: Annotated[
        bool, typer.Option("--online", help="Ask the language model once, where one is configured: key, address, name.")
    ] = False,
) -> None:
    """Say everything that is wrong with an assistant, with file and line, and which settings do nothing yet.

    Where it can be read, its flows are walked too: steps that nothing leads to, ways without an end, effects before a yes.
    The exit code is 1 where there is an error.
    """
    if rewrite:
        _rewrite(path)
    config, problems = _find(path)
    if online and config is not None:
        problems = (*problems, *_find_online(config, path))
    failed = any(problem.severity == "error" for problem in problems)
    if format_ is Format.JSON:
        typer.echo(json.dumps({"valid": not failed, "problems": [_as_json(problem) for problem in problems]}, indent=2))
    elif format_ is Format.SARIF:
        from soni.cli.sarif import as_sarif

        typer.echo(json.dumps(as_sarif(problems, path), indent=2))
    else:
        for problem in problems:
            typer.echo(_as_line(problem))
        typer.echo(_summary(path, config, problems))
    if failed:
        sys.exit(1)


def schema() -> None:
    """Print the JSON Schema of assistants, for editors that complete and check while one types."""
    from soni.config.schema import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


def _rewrite(path: Path) -> None:
    """Write present names, and say in which files; a file that cannot be read is for the check that follows."""
    from soni.config.rewrite import rewrite

    try:
        rewriting = rewrite(path)
    except (ConfigurationError, OSError, UnicodeDecodeError):
        return
    for file in rewriting.files:
        typer.echo(f"{file}: rewritten", err=True)


def _find(path: Path) -> "tuple[SoniConfig | None, Sequence[Problem]]":
    """The assistant where it can be loaded, and all that is to be said about it, its flows and its Python functions."""
    from soni.access.api_keys import missing_keys
    from soni.actions.registry import load_registry
    from soni.compiler.assistant import verify_assistant
    from soni.config.loader import find_problems, tree_of, with_places
    from soni.config.unread import unread_variables

    config, problems = find_problems(path)
    if config is None:
        return None, problems
    try:
        load_registry(config)
    except ConfigurationError as error:
        problems += with_places(error.problems, path)
    problems += with_places(missing_keys(config.settings.server, os.environ), path)
    problems += tuple(each.problem for each in unread_variables(path, config.settings, os.environ))
    return config, (*problems, *verify_assistant(config, tree_of(path)))


def _find_online(config: "SoniConfig", path: Path) -> "Sequence[Problem]":
    """What keeps the model from being asked, with the places of its settings."""
    import asyncio

    from soni.config.loader import with_places
    from soni.understanding.online import check_online

    return with_places(asyncio.run(check_online(config)), path)


def _as_line(problem: Problem) -> str:
    """``soni.yaml:12: error: flows.pay.steps[0]: …``, as compilers write it and editors read it."""
    place = ":".join(str(part) for part in (problem.file, problem.line) if part is not None)
    key = f"{problem.key}: " if problem.key else ""
    return f"{place}: {problem.severity}: {key}{problem.words}".removeprefix(": ")


def _as_json(problem: Problem) -> dict[str, str | int | None]:
    return {
        "severity": problem.severity,
        "code": problem.code,
        "message": problem.message,
        "key": problem.key,
        "file": str(problem.file) if problem.file is not None else None,
        "line": problem.line,
        "suggestion": problem.suggestion,
    }


def _summary(path: Path, config: "SoniConfig | None", problems: Sequence[Problem]) -> str:
    counts = Counter(problem.severity for problem in problems)
    told = ", ".join(_count(counts[kind], kind) for kind in ("error", "warning", "note") if counts[kind])
    if config is None:
        return f"{path} cannot be loaded: {told}."
    if counts["error"]:
        return f"{path} is not valid: {told}."
    parts = {"flow": len(list(config.user_flows())), "slot": len(config.slots), "action": len(config.actions)}
    content = ", ".join(_count(number, name) for name, number in parts.items())
    return f"{path} is valid: {content}" + (f" ({told})." if told else ".")


def _count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"
