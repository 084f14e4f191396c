"""The processes of a measured service: ``soni serve``, a model, PostgreSQL; what they take, and their end."""

import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg

ROOT: Final = Path(__file__).resolve().parents[2]
ASSISTANT: Final = ROOT / "benchmarks" / "transfer" / "soni.yaml"
START: Final = 60.0
"""Seconds in which a process has to say that it listens."""
STOP: Final = 40.0
"""Seconds in which it has to end when it is asked to."""
_BIN: Final = Path(sys.executable).parent
_EVERY: Final = 0.1
"""Seconds between two looks at the sessions of the database."""


@dataclass(frozen=True)
class Process:
    """One that listens."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Of the processor so far, in all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self) -> int:
        """Bytes of it in memory, as Linux tells it."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def soni(folder: Path, environment: Mapping[str, str], assistant: Path = ASSISTANT) -> Iterator[Process]:
    """``soni serve``, with what these variables set; its files are in the folder."""
    command = [str(_BIN / "soni"), "serve", "--port", "0", "--config", str(assistant)]
    with _listening(command, folder, {"SONI_LOGGING__LEVEL": "WARNING", **environment}) as process:
        yield process


@contextmanager
def model(folder: Path, script: Path, delay: float) -> Iterator[Process]:
    """``soni-fake-model``, which answers after so many seconds."""
    command = [str(_BIN / "soni-fake-model"), "--port", "0", "--script", str(script), "--delay", str(delay)]
    with _listening(command, folder, {}) as process:
        yield process


@contextmanager
def _listening(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[Process]:
    """The process from the moment it says where it listens; asked to end afterwards, and killed if it does not."""
    told = folder / f"{Path(command[0]).name}.log"
    with told.open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environ(environment), stdout=log, stderr=log)
    try:
        yield Process(_port(process, told), process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if lines := [line for line in told.read_text("utf-8", "replace").splitlines() if _TROUBLE.search(line)]:
            print(f"{command[0]} said {len(lines)} lines of trouble, the first: {lines[0][:300]}", file=sys.stderr)


_TROUBLE: Final = re.compile(r"\b(WARNING|ERROR|CRITICAL|Traceback)\b")


def environ(more: Mapping[str, str]) -> dict[str, str]:
    """Only what is said here counts, and not what the shell has for another service."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SONI_", "OPENAI_"))}
    return {**inherited, **more}


def _port(process: "subprocess.Popen[bytes]", told: Path) -> int:
    end = time.monotonic() + START
    while time.monotonic() < end:
        if found := re.search(
            r"(?:running|Listening) on http://127\.0\.0\.1:(\d+)", told.read_text("utf-8", "replace")
        ):
            return int(found[1])
        if process.poll() is not None:
            break
        time.sleep(0.02)
    raise SystemExit(f"{process.args} does not listen:\n{told.read_text('utf-8', 'replace')[-2000:]}")


@contextmanager
def database(server: str | None) -> Iterator[str]:
    """An empty database on a PostgreSQL that syncs every commit: the one that is named, or one of our own."""
    sys.path.insert(0, str(ROOT))
    from tests.servers import new_database, postgres_server  # found in the checkout, not installed

    with ExitStack() as stack:
        dsn = server or stack.enter_context(postgres_server())
        with psycopg.connect(dsn, autocommit=True) as connection:
            for setting in ("fsync", "synchronous_commit"):
                row = connection.execute("select current_setting(%s)", (setting,)).fetchone()
                if row != ("on",):
                    raise SystemExit(f"{setting} is not on: figures of a server that may lose commits say nothing")
        yield stack.enter_context(new_database(dsn))


@dataclass
class Sessions:
    """How many sessions a database had at once."""

    most: int = 0


@contextmanager
def sessions(dsn: str) -> Iterator[Sessions]:
    """Count those of this database, but our own, ten times a second while this is entered."""
    seen, done = Sessions(), threading.Event()
    query = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"

    def watch() -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            while not done.wait(_EVERY):
                row = connection.execute(query).fetchone()
                seen.most = max(seen.most, row[0] if row else 0)

    watcher = threading.Thread(target=watch, name="sessions")
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()


def allow_files(count: int) -> None:
    """So many open files for this process and those it starts. Ends the program where the system allows fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        if hard != resource.RLIM_INFINITY and hard < count:
            raise SystemExit(f"{count} open files are needed, and the system allows {hard} (ulimit -Hn)")
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def load() -> str:
    """How busy the machine is, for whoever reads the figures."""
    one, five, _ = os.getloadavg()
    return f"{os.cpu_count()} processors, load {one:.1f} (five minutes: {five:.1f})"
