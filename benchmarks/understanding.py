#!/usr/bin/env python3
"""How well, and how fast, the embedded understanding understands: few-shot intents, out of scope, values.

    nice uv run python benchmarks/understanding.py --data FOLDER

FOLDER holds ``clinc150/data.json`` and ``domains.json``, ``banking77/train.csv`` and ``restaurant8k/train_3.json`` as their
authors published them. Every figure goes through the whole ``understand()``: an assistant is written with one flow an
intent, the drawn examples as its triggers, and nothing else. Examples are drawn from train with the seeds given; what is
measured on is CLINC150's val, and utterances of BANKING77's train that were not drawn.
"""

import argparse
import asyncio
import csv
import json
import random
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from soni.config.models import Slot, SoniConfig
from soni.dialogue.commands import Clarify, StartFlow
from soni.understanding.base import Briefing
from soni.understanding.embedded.understander import EmbeddedUnderstander, build
from soni.understanding.values import Moment, answer, prepare

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SEEDS = (0, 1, 2)
SHOTS = 10

Labelled = Sequence[tuple[str, str]]
"""Utterances with their intents."""


@dataclass(frozen=True)
class Score:
    """One assistant, measured."""

    accuracy: float
    """In-scope messages whose likeliest flow is the right one."""
    started: float
    """In-scope messages that start the right flow."""
    clarified: float
    """In-scope messages answered by asking which of two or three."""
    wrong: float
    """In-scope messages that start another flow."""
    rejected: float
    """In-scope messages that are refused."""
    oos: float
    """Out-of-scope messages that are refused: neither started nor asked about."""
    learned: float
    """Seconds to build the understander."""
    p50: float
    p99: float
    """Milliseconds of understand()."""

    def row(self, name: str) -> str:
        """A line of the table."""
        percents = (self.accuracy, self.started, self.clarified, self.wrong, self.rejected, self.oos)
        return (
            f"{name:<34}"
            + "".join(f"{'' if p != p else f'{p:.3f}':>9}" for p in percents)
            + f"{self.learned:>9.2f}{self.p50:>8.2f}{self.p99:>8.2f}"
        )


HEAD = f"{'':<34}" + "".join(
    f"{name:>{width}}"
    for name, width in (
        ("accuracy", 9), ("started", 9), ("clarify", 9), ("wrong", 9), ("rejected", 9), ("oos rec.", 9),
        ("build s", 9), ("p50 ms", 8), ("p99 ms", 8),
    )
)  # fmt: skip


def assistant(examples: Labelled) -> SoniConfig:
    """An assistant with one flow an intent."""
    flows: dict[str, object] = {}
    by_intent: dict[str, list[str]] = {}
    for text, intent in examples:
        by_intent.setdefault(intent, []).append(text.replace("{", "(").replace("}", ")"))
    for intent, texts in by_intent.items():
        steps = [{"step": "done", "type": "say", "message": "Done."}]
        flows[intent] = {"trigger": {"intents": texts}, "steps": steps}
    return SoniConfig.model_validate({"version": "1.0", "flows": flows})


def measure(examples: Labelled, inside: Labelled, outside: Sequence[str]) -> Score:
    """One assistant on messages in and out of its scope."""
    config = assistant(examples)
    began = time.perf_counter()
    understander = build(config)
    learned = time.perf_counter() - began
    briefing = Briefing(now=NOW, flows=frozenset(config.flows))
    took: list[float] = []
    outcomes = [_outcome(understander, text, intent, briefing, took) for text, intent in inside]
    foreign = [_outcome(understander, text, "", briefing, took) for text in outside]
    right = [understander.likeliest(text, briefing) == intent for text, intent in inside]
    ordered = sorted(took)
    return Score(
        accuracy=statistics.mean(right),
        started=_share(outcomes, "right"),
        clarified=_share(outcomes, "clarify"),
        wrong=_share(outcomes, "wrong"),
        rejected=_share(outcomes, "refused"),
        oos=_share(foreign, "refused") if foreign else float("nan"),
        learned=learned,
        p50=1000 * ordered[len(ordered) // 2],
        p99=1000 * ordered[int(len(ordered) * 0.99)],
    )


def _outcome(understander: EmbeddedUnderstander, text: str, intent: str, briefing: Briefing, took: list[float]) -> str:
    began = time.perf_counter()
    commands = asyncio.run_coroutine(understander.understand(text, briefing)) if False else _run(understander, text, briefing)
    took.append(time.perf_counter() - began)
    match commands:
        case [StartFlow(flow), *_]:
            return "right" if flow == intent else "wrong"
        case [Clarify(), *_]:
            return "clarify"
        case _:
            return "refused"
