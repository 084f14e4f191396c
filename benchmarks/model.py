"""What understanding by a language model costs besides the model: time, tokens and memory, with a model that answers at once.

    uv run python benchmarks/model.py [--turns 10000]

The model is ``soni-fake-model`` in a process of its own, over real HTTP. What a bare call
takes is measured beside it. Prints one line a figure, with its limit; ends with 1 where one is beyond it.
"""

import argparse
import asyncio
import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import httpx

from soni import Message, RuntimeLoop, load_config
from soni.config.loader import load_config_text
from soni.config.models import SoniConfig
from soni.config.settings import Persistence
from soni.events import Event, ModelCalled

HERE: Final = Path(__file__).resolve().parent
WARM: Final = 500
"""Turns before anything is measured."""
MOST_MS: Final = 8.0
"""Half of all turns take at most so long besides the call."""
MOST_GROWTH: Final = 1.05
"""Of the resident memory over all turns, after the first tenth."""
MOST_TOKENS: Final = 1.5
"""A thousand flows in tokens, of what twenty cost."""


def main() -> None:
    """Measure, print, and say whether all limits hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=10_000)
    turns = parser.parse_args().turns
    with fake_model() as address, TemporaryDirectory() as folder:
        kept = asyncio.run(measure(address, Path(folder), turns))
    sys.exit(0 if all(kept) else 1)


@contextmanager
def fake_model() -> Iterator[str]:
    """The address of a model that answers everything at once, with small talk."""
    script = HERE / "model.script.yaml"
    command = [str(Path(sys.executable).with_name("soni-fake-model")), "--port", "0", "--script", str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


async def measure(address: str, folder: Path, turns: int) -> Sequence[bool]:
    """All figures; whether each keeps to its limit."""
    banking = load_config(HERE.parent / "examples" / "banking")
    took, grown, calls = await talk(asking(banking, address, folder / "banking.db"), turns)
    whole, bare = statistics.median(took), statistics.median(await bare_calls(address))
    at_the_model = statistics.median(call.seconds for call in calls)
    few, many = [await tokens(asking(assistant_of(number), address, folder / f"{number}.db")) for number in (20, 1000)]
    return [
        told("a whole turn, p50", whole * 1000, None, "ms"),
        told("a whole turn, p99", statistics.quantiles(took, n=100)[98] * 1000, None, "ms"),
        told("a bare call of the model with httpx, p50", bare * 1000, None, "ms"),
        told("a whole turn without the model, p50", (whole - bare) * 1000, MOST_MS, "ms"),
        told("of it in the call of the model, p50", at_the_model * 1000, None, "ms"),
        told(f"memory after {turns} turns, of that after {turns // 10}", grown, MOST_GROWTH, "x"),
        told("tokens of a prompt, 20 flows", few, None, ""),
        told("tokens of a prompt, 1,000 flows of 20", many / few, MOST_TOKENS, "x"),
    ]


async def talk(config: SoniConfig, turns: int) -> tuple[list[float], float, list[ModelCalled]]:
    """Seconds of each turn, how the memory has grown, and the calls of the model."""
    took: list[float] = []
    calls: list[ModelCalled] = []

    def listen(event: Event) -> None:
        if isinstance(event, ModelCalled):
            calls.append(event)

    async with RuntimeLoop(config, listeners=[listen]) as loop:
        for number in range(WARM):
            await loop.process_message(Message(f"user{number % 100}", f"good day {number}"))
        calls.clear()
        early = 0.0
        for number in range(turns):
            began = time.perf_counter()
            await loop.process_message(Message(f"user{number % 100}", f"good morning {number}"))
            took.append(time.perf_counter() - began)
            if number == turns // 10:
                early = resident()
                calls.clear()
        assert len(calls) >= turns * 0.89, "every message is asked"
        return took, resident() / early, calls


async def bare_calls(address: str) -> list[float]:
    """Seconds of calls that do nothing but call: what is left of a turn's time is ours."""
    took = []
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "good morning " * 400}]}
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(1000):
            began = time.perf_counter()
            (await client.post(f"{address}/chat/completions", json=body)).raise_for_status()
            took.append(time.perf_counter() - began)
    return took


async def tokens(config: SoniConfig) -> int:
    """What the prompt of a first message costs."""
    calls: list[ModelCalled] = []

    def listen(event: Event) -> None:
        if isinstance(event, ModelCalled):
            calls.append(event)

    async with RuntimeLoop(config, listeners=[listen]) as loop:
        await loop.process_message(Message("user", "good evening to everybody"))
    return calls[0].prompt_tokens


def asking(config: SoniConfig, address: str, store: Path) -> SoniConfig:
    """The assistant, kept in this file, with the model at this address."""
    settings = config.settings
    nlu = settings.models.nlu
    nlu = nlu.model_copy(
        update={"provider": "openai", "api_base": address, "cache": nlu.cache.model_copy(update={"size": 1000})}
    )
    models = settings.models.model_copy(update={"nlu": nlu})
    # Small talk is no progress, and after some of it a person would take over.
    patient = settings.conversation.model_copy(update={"max_turns_without_progress": 1_000_000})
    changed = {"models": models, "conversation": patient, "persistence": Persistence(backend="sqlite", path=store)}
    return config.model_copy(update={"settings": settings.model_copy(update=changed)})


def assistant_of(flows: int) -> SoniConfig:
    """An assistant with so many flows that are alike in length."""
    written = "".join(
        f"\n  flow_{number:04}:\n    description: Order part {number:04} of the catalogue.\n"
        f"    trigger: {{intents: ['order part {number:04}', 'I need a {number:04}']}}\n"
        f"    steps: [{{step: done, type: say, message: Ordered.}}]"
        for number in range(flows)
    )
    return load_config_text(f'version: "1.0"\nflows:{written}\n')


def resident() -> float:
    """Bytes of this process in memory, after what is garbage is gone."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def told(what: str, figure: float, limit: float | None, unit: str) -> bool:
    """Print a figure; whether it keeps to its limit."""
    kept = limit is None or figure <= limit
    beside = "" if limit is None else f"   (at most {limit:g}{': kept' if kept else ': NOT KEPT'})"
    print(f"{what:<48} {figure:10.2f} {unit}{beside}")
    return kept


if __name__ == "__main__":
    main()
