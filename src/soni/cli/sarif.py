"""Problems as SARIF 2.1.0, which code hosts and editors show beside the lines they are about."""

import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import quote

from soni.compiler.verify.rules import RULES
from soni.errors import Problem

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_sarif(problems: Sequence[Problem], path: Path) -> dict[str, object]:
    """A log with one run. Files are told relative to the folder we are in; ``path`` is what was validated.

    A problem that has no file, such as one with an environment variable, is told of ``path`` itself.
    """
    numbers = {code: number for number, code in enumerate(RULES)}
    rules = [
        {
            "id": code,
            "shortDescription": {"text": words},
            "help": {"text": f"{words} See docs/reference/validation.md."},
        }
        for code, words in RULES.items()
    ]
    driver = {"name": "soni validate", "version": version("soni"), "rules": rules}
    results = [_result(problem, numbers[problem.code], path) for problem in problems]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _result(problem: Problem, rule: int, path: Path) -> dict[str, object]:
    physical: dict[str, object] = {"artifactLocation": {"uri": _uri(problem.file or path)}}
    if problem.file is not None and problem.line is not None:
        physical["region"] = {"startLine": problem.line}
    location: dict[str, object] = {"physicalLocation": physical}
    if problem.key:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.key}]
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": problem.words},
        "locations": [location],
    }


def _uri(file: Path) -> str:
    return quote(Path(os.path.relpath(file)).as_posix())
