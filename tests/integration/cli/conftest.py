"""A place to run commands in."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder, and we are in it; what a command imports from there is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SONI_CONFIG_PATH", raising=False)
    monkeypatch.setattr(sys, "path", sys.path[:])
    known = set(sys.modules)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if name not in known and Path(getattr(module, "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[name]
