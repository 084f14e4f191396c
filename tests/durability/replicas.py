"""Replicas of a service: real uvicorn processes on ports of their own, that can be killed, asked to stop, and started anew."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from typing import Final

LIMIT: Final = 60.0
"""Seconds in which a process has to start, or to end."""
_COMPILED_ONCE: Final[Mapping[str, str]] = {
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "soni-bytecode"),
}
"""Processes are started by the hundred: where bytecode is not kept, each would compile every library anew."""


@dataclass
class Replica:
    """One process, and where it listens; the port stays the same when it is started again."""

    folder: Path
    environment: Mapping[str, str]
    port: int = field(default_factory=lambda: free_port())
    command: Sequence[str] = (sys.executable, "-m", "uvicorn", "soni.server.api:app", "--no-access-log")
    _process: asyncio.subprocess.Process | None = None
    _told: list[str] = field(default_factory=list)
    _reading: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        """The URL it answers at."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def told(self) -> str:
        """What its last process has written so far."""
        return "".join(self._told)

    @property
    def runs(self) -> bool:
        """Whether the process that was started last has not ended."""
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        """Start a process; it listens when this returns."""
        self._process = await asyncio.create_subprocess_exec(
            *self.command, "--port", str(self.port),
            cwd=self.folder, env={**os.environ, **_COMPILED_ONCE, **self.environment},
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._told.clear()
        listens = asyncio.Event()
        self._reading = asyncio.create_task(self._read(listens))
        await asyncio.wait_for(listens.wait(), LIMIT)
        assert "running on" in self._told[-1], self.told

    async def _read(self, listens: asyncio.Event) -> None:
        assert self._process is not None
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self._told.append(line.decode())
            if b"running on" in line:
                listens.set()
        listens.set()

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Wait for its end; the exit code. One that does not end is killed, and TimeoutError raised."""
        assert self._process is not None
        assert self._reading is not None
        try:
            code = await asyncio.wait_for(self._process.wait(), LIMIT)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise
        await self._reading
        return code

    async def kill(self) -> None:
        """kill -9."""
        if self._process is not None and self.runs:
            self._process.kill()
            await self.ended()


@asynccontextmanager
async def replicas(folder: Path, count: int, **environment: str) -> AsyncIterator[list[Replica]]:
    """So many replicas that listen, in the folder of one assistant; what still runs at the end is killed."""
    made = [Replica(folder, environment) for _ in range(count)]
    async with AsyncExitStack() as running:
        for replica in made:
            running.push_async_callback(replica.kill)
        await asyncio.gather(*(replica.start() for replica in made))
        yield made


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    # Below those the system gives to clients: one of them may otherwise get it while the replica is started anew, or even,
    # as it tries to connect to a port that nobody listens at, meet itself there.
    while True:
        port = SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
