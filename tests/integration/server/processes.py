"""Services as processes of their own, over real HTTP."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

UVICORN = (sys.executable, "-m", "uvicorn", "soni.server.api:app", "--port", "0")
SONI = (str(Path(sys.executable).parent / "soni"),)
LIMIT = 60
"""Seconds after which a process that hangs is killed."""

ASSISTANT = """
version: "1.0"
settings:
  persistence: {backend: %s, path: ./soni.db}
slots:
  name: {type: string, prompt: What is your name?, filled_by: user}
flows:
  greet:
    description: Greet someone.
    trigger: {intents: [hello, good morning, hi there]}
    steps:
      - {step: ask, type: collect, slot: name}
      - {step: done, type: say, message: "Hello {name}!"}
"""


@dataclass
class Service:
    """A service that runs; ``told`` is what it has written to stderr so far."""

    process: subprocess.Popen[str]
    client: httpx.Client
    told: list[str] = field(default_factory=list)

    def stop(self) -> int:
        """Ask it to stop, as an operator does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(LIMIT)
        assert self.process.stderr is not None
        self.told += self.process.stderr.readlines()
        return code


@contextmanager
def served(
    folder: Path, command: Sequence[str] = UVICORN, limit: float = LIMIT, /, **environ: str
) -> Iterator[Service]:
    """A service that runs in this folder, from the moment it listens; killed at the end, or after ``limit`` seconds."""
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **environ}, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    watchdog = threading.Timer(limit, process.kill)
    watchdog.start()
    told: list[str] = []
    try:
        with httpx.Client(base_url=_address(process, told), timeout=LIMIT) as client:
            yield Service(process, client, told)
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def run(
    folder: Path, command: Sequence[str] = UVICORN, stdin: str = "", **environ: str
) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environ}, input=stdin, capture_output=True, text=True, timeout=LIMIT
    )


def _address(process: subprocess.Popen[str], told: list[str]) -> str:
    """Where it listens, as soon as it says so."""
    assert process.stderr is not None
    for line in process.stderr:
        told.append(line)
        if found := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
            return found[1]
    raise AssertionError(f"It did not start:\n{''.join(told)}")
