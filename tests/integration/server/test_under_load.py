"""The load proofs of ``benchmarks/service``, rehearsed with few callers: every answer is right, and nothing is left running."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
FEW: Final = ("--conversations", "20", "--turns", "3", "--share", "0.9", "--seconds", "1", "--requests", "200")


@pytest.mark.parametrize("proof", ["conversations", "half", "memory"])
def test_rehearsal(proof: str, postgres: str) -> None:
    """What is measured at length works; times are told and not judged."""
    command = (
        sys.executable,
        "benchmarks/service",
        proof,
        "--rehearsal",
        "--postgres",
        postgres,
        "--stores",
        "postgresql",
        *FEW,
    )
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "MISSED" not in done.stdout
    assert "| errors | 0 |" in done.stdout
