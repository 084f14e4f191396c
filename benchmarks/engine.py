"""The engine alone, in process: CPU milliseconds a turn with payload commands, beside the hand-written graph.

    uv run python benchmarks/engine.py [--references FOLDER] [--conversations 200] [--rounds 3]

No HTTP and no understanding: Soni's turns are commands, the hand-written graph's understanding takes constant time.
"""

import argparse
import asyncio
import importlib.util
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from soni import Message, RuntimeLoop, load_config

HERE = Path(__file__).resolve().parent
SAID = ("I want to transfer money", "bob", "100", "yes")
COMMANDS = ("/start_flow transfer_money", "/set_slot recipient=bob", "/set_slot amount=100", "/affirm")
WARM_UP = 20
"""Conversations before the clock starts."""

Converse = Callable[[str], Awaitable[None]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--references", type=Path, default=HERE.parent.parent / "shared" / "bench")
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    figures: dict[str, list[float]] = {"handwritten, async": [], "soni, sqlite": [], "soni, memory": []}
    for _ in range(args.rounds):
        with tempfile.TemporaryDirectory() as folder:
            figures["handwritten, async"].append(
                asyncio.run(handwritten(args.references, Path(folder), args.conversations))
            )
            figures["soni, sqlite"].append(asyncio.run(soni("sqlite", Path(folder), args.conversations)))
            figures["soni, memory"].append(asyncio.run(soni("memory", Path(folder), args.conversations)))
    base = statistics.median(figures["handwritten, async"])
    print("| engine | CPU ms/turn | × handwritten |\n| --- | --- | --- |")
    for name, values in figures.items():
        print(f"| {name} | {statistics.median(values):.2f} | {statistics.median(values) / base:.2f} |")


async def soni(backend: str, folder: Path, conversations: int) -> float:
    environment = {"SONI_PERSISTENCE__BACKEND": backend, "SONI_PERSISTENCE__PATH": str(folder / "soni.db")}
    async with RuntimeLoop(load_config(HERE / "transfer" / "soni.yaml", environment)) as loop:

        async def converse(name: str) -> None:
            for text in COMMANDS:
                await loop.process_message(Message(name, text))

        return await timed(converse, conversations)


async def handwritten(references: Path, folder: Path, conversations: int) -> float:
    spec = importlib.util.spec_from_file_location("handwritten", references / "handwritten.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    async with AsyncSqliteSaver.from_conn_string(str(folder / "handwritten.db")) as saver:
        graph = module.build().compile(checkpointer=saver)

        async def converse(name: str) -> None:
            for text in SAID:
                await graph.ainvoke({"message": text}, {"configurable": {"thread_id": name}}, durability="async")

        return await timed(converse, conversations)


async def timed(converse: Converse, conversations: int) -> float:
    """CPU milliseconds a turn, all threads of this process counted."""
    for number in range(WARM_UP):
        await converse(f"warm-{number}")
    began = time.process_time()
    for number in range(conversations):
        await converse(f"user-{number}")
    return (time.process_time() - began) / conversations / len(SAID) * 1000


if __name__ == "__main__":
    main()
