"""What the description of the API allows, and what it does not: Schemathesis on a service, with all its checks."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.fuzzing.checks import INSTEAD

LONGEST: Final = 3600
"""Seconds after which a run counts as hanging."""


async def fuzz_described(
    address: str, examples: int, seed: int, folder: Path, headers: Mapping[str, str] | None = None
) -> str:
    """All checks on every operation, with so many examples of each; what was done, in words.

    ``headers`` go with every request, to show who asks. Raises AssertionError with what Schemathesis says.
    """
    report = folder / "report.json"
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/openapi.json",
        "--checks", "all", "--exclude-checks", ",".join(INSTEAD), "--max-examples", str(examples), "--seed", str(seed),
        "--continue-on-failure", "--no-color", "--output-truncate", "false", "--generation-database", "none",
        "--report", "json", "--report-json-path", str(report),
    ]  # fmt: skip
    for name, value in (headers or {}).items():
        command += ["--header", f"{name}: {value}"]
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={"PATH": "", "PYTHONPATH": str(Path(__file__).parents[2]), "SCHEMATHESIS_HOOKS": "tests.fuzzing.checks"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(LONGEST):
            told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, told.decode()
    found = json.loads(report.read_text())
    operations, cases = found["operations"], found["test_cases"]
    assert found["complete"], told.decode()
    assert operations["tested"] == operations["total"] > 0, told.decode()
    assert (found["failures"], found["errors"], cases["errored"]) == ([], [], 0), told.decode()
    return f"{operations['tested']} operations × {examples} examples, {cases['generated']:,} requests, 0 failures"
