"""What others notice while a service is attacked: slow heads, slow bodies, idle connections, bodies of sixty megabytes.

The service is a process of its own, as ``soni serve`` starts it, and so is the attack. The same callers are timed before,
meanwhile and afterwards.
"""

import argparse
import asyncio
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import httpx

ASSISTANT: Final = """
version: "1.0"
settings:
  server: {header_timeout: 2s, body_timeout: 2s, max_connections: 400}
  persistence: {backend: memory}
  logging: {level: WARNING}
slots:
  name: {type: string, prompt: What is your name?}
flows:
  greet:
    description: Greet someone.
    trigger: {intents: [hello, good morning, hi there]}
    steps:
      - {step: ask, type: collect, slot: name}
      - {step: done, type: say, message: "Hello {name}!"}
"""
HEAD: Final = b"POST /chat/mallory HTTP/1.1\r\nHost: soni\r\nContent-Type: application/json\r\n"
SLOW: Final = 600
"""Connections held open at once, which is more than the service holds."""
MEGABYTE: Final = b"a" * 2**20


@contextmanager
def served() -> Iterator[tuple[int, int]]:
    """The process id and port of a service."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "soni.yaml").write_text(ASSISTANT)
        soni = Path(sys.executable).parent / "soni"
        command = (str(soni), "serve", "--port", "0")
        process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            told = ""
            for line in process.stderr:
                told += line
                if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", line):
                    yield process.pid, int(found[1])
                    break
            else:
                raise SystemExit(f"The service did not start:\n{told}")
        finally:
            process.terminate()
            process.wait()


async def talk(port: int, seconds: float) -> tuple[list[float], int]:
    """Milliseconds of each turn of four callers, two of whom come anew each time; and how many turns failed."""
    took: list[float] = []
    failed = 0
    ends = time.monotonic() + seconds

    async def caller(number: int) -> None:
        nonlocal failed
        headers = {"connection": "close"} if number % 2 else {}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
            said = 0
            while time.monotonic() < ends:
                said += 1
                began = time.perf_counter()
                try:
                    answer = await client.post(f"/chat/u{number}", json={"message": "hello" if said % 2 else "Ana"})
                    failed += answer.status_code != 200
                except httpx.TransportError:
                    failed += 1
                took.append(1000 * (time.perf_counter() - began))
                await asyncio.sleep(0.02)

    await asyncio.gather(*(caller(number) for number in range(4)))
    return took, failed


def attack(port: int, seconds: float) -> None:
    asyncio.run(_attack(port, seconds))


async def _attack(port: int, seconds: float) -> None:
    ends = time.monotonic() + seconds

    async def slowly(first: bytes, then: bytes) -> None:
        while time.monotonic() < ends:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(first)
                while time.monotonic() < ends and not writer.is_closing():
                    await asyncio.sleep(0.5)
                    writer.write(then)
                    await writer.drain()
            await asyncio.sleep(0.2)

    async def hugely() -> None:
        while time.monotonic() < ends:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
                for _ in range(60):
                    writer.write(b"100000\r\n" + MEGABYTE + b"\r\n")
                    await writer.drain()
            await asyncio.sleep(0.2)

    heads = (slowly(b"GET /health HTTP/1.1\r\n", b"X-A: b\r\n") for _ in range(SLOW // 2))
    bodies = (slowly(HEAD + b"Content-Length: 60000\r\n\r\n", b"a") for _ in range(SLOW // 6))
    silent = (slowly(b"", b"") for _ in range(SLOW // 3))
    await asyncio.gather(*heads, *bodies, *silent, hugely(), hugely())


def memory(pid: int) -> float:
    """Megabytes that a process holds."""
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def connections(pid: int) -> int:
    """Open files of a process, which are connections mostly."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def told(name: str, took: list[float], failed: int, pid: int) -> None:
    ranks = statistics.quantiles(took, n=100)
    print(
        f"{name:<12} {len(took):>6} turns  p50 {ranks[49]:>7.1f} ms  p99 {ranks[98]:>7.1f} ms  failed {failed}"
        f"  memory {memory(pid):.0f} MB  open files {connections(pid)}",
        flush=True,
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=15.0, help="for each of the three phases")
    seconds: float = options.parse_args().seconds
    failures = 0
    with served() as (pid, port):
        asyncio.run(talk(port, 2))
        for name in ("before", "under attack", "afterwards"):
            attacker = multiprocessing.get_context("spawn").Process(target=attack, args=(port, seconds + 4))
            if name == "under attack":
                attacker.start()
                time.sleep(3)
            took, failed = asyncio.run(talk(port, seconds))
            told(name, took, failed, pid)
            failures += failed
            if attacker.pid is not None:
                attacker.join()
    if failures:
        raise SystemExit(f"{failures} turns of others failed")


if __name__ == "__main__":
    main()
