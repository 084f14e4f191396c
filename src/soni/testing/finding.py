"""Where conversation tests are, and which assistant each file of them is about."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from soni.errors import ConfigurationError, Problem
from soni.testing.conversations import SUFFIX

ASSISTANT: Final = "soni.yaml"
_FLOWS: Final = re.compile(rb"^flows[ \t]*:", re.MULTILINE)
_TOP: Final = (".git", "pyproject.toml")
"""A folder that has one of these is a project; nothing above it is looked at."""


def find_files(paths: Iterable[Path]) -> list[Path]:
    """The conversation files among these paths and in the folders among them, each once, in name order.

    Raises ConfigurationError for a path that is neither.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        if not path.is_dir() and not (path.is_file() and path.name.endswith(SUFFIX)):
            words = f"is no *{SUFFIX}" if path.exists() else "is not there"
            raise ConfigurationError(problems=[Problem(words, file=path, code="unreadable")])
        for file in _walk(path) if path.is_dir() else (path,):
            found.setdefault(file.resolve(), file)
    return list(found.values())


def find_assistant(path: Path) -> Path | None:
    """The assistant a conversation file is about: the nearest one, from its own folder up to the top of the project.

    In a folder that is ``soni.yaml``, or else the folder itself where one of its ``*.yaml`` files has flows.
    """
    for folder in path.resolve().parents:
        if (folder / ASSISTANT).is_file():
            return folder / ASSISTANT
        if any(_has_flows(file) for file in folder.glob("*.yaml")):
            return folder
        if any((folder / name).exists() for name in _TOP):
            return None
    return None


def _has_flows(file: Path) -> bool:
    if file.name.startswith(".") or file.name.endswith(SUFFIX) or not file.is_file():
        return False
    return _FLOWS.search(file.read_bytes()) is not None


def _walk(folder: Path) -> Iterator[Path]:
    """Conversation files in a folder and below; not in hidden folders, nor where others' packages are."""
    for current, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_foreign(Path(current), name))
        yield from (Path(current, name) for name in sorted(files) if name.endswith(SUFFIX))


def _is_foreign(parent: Path, name: str) -> bool:
    return name.startswith(".") or name in ("node_modules", "__pycache__") or (parent / name / "pyvenv.cfg").exists()
