"""Synchronous functions beside the event loop."""

import asyncio
import subprocess
import sys
from contextvars import ContextVar
from threading import Event, current_thread

import pytest

from soni.actions.threads import in_thread

WHO: ContextVar[str] = ContextVar("WHO", default="nobody")


async def test_a_function_runs_in_a_thread_of_its_own_and_sees_its_caller() -> None:
    """Positional and named arguments, the caller's context, and a name for whoever looks at threads."""
    WHO.set("ana")

    def look(first: int, *, second: int) -> tuple[int, str, str, bool]:
        thread = current_thread()
        return first + second, WHO.get(), thread.name, thread.daemon

    assert await in_thread(look, (1,), {"second": 2}) == (3, "ana", "soni-look", True)


@pytest.mark.parametrize(("raised", "seen"), [(ValueError("no"), ValueError), (StopIteration(), RuntimeError)])
async def test_what_it_raises_is_raised(raised: Exception, seen: type[Exception]) -> None:
    """Also what no future can carry."""

    def fail() -> None:
        raise raised

    with pytest.raises(seen):
        await in_thread(fail, (), {})


async def test_many_that_hang_keep_nobody_waiting() -> None:
    """More of them than a thread pool would have: one more is answered at once."""
    gate = Event()
    hanging = [asyncio.create_task(in_thread(gate.wait, (), {})) for _ in range(64)]
    answer = await in_thread(lambda: "here", (), {})
    gate.set()
    await asyncio.gather(*hanging)

    assert answer == "here"


async def test_whoever_gives_up_is_not_told_any_more() -> None:
    """The function ends by itself; its result goes nowhere."""
    gate, over = Event(), Event()

    def hang() -> None:
        gate.wait()
        over.set()

    waiting = asyncio.create_task(in_thread(hang, (), {}))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    gate.set()
    await asyncio.to_thread(over.wait)
    await asyncio.sleep(0)

    assert waiting.cancelled()


def test_one_that_hangs_does_not_keep_the_process() -> None:
    """The process ends with its event loop."""
    program = (
        "import asyncio, threading\n"
        "from soni.actions.threads import in_thread\n"
        "async def main():\n"
        "    try:\n"
        "        async with asyncio.timeout(0.01): await in_thread(threading.Event().wait, (), {})\n"
        "    except TimeoutError: print('gave up')\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)

    assert (ended.stdout, ended.stderr) == ("gave up\n", "")
