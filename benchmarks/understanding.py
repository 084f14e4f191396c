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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path

from soni.config.models import SoniConfig
from soni.dialogue.commands import Clarify, SetSlot, StartFlow
from soni.understanding.base import Briefing, Expectation
from soni.understanding.embedded.understander import build
from soni.understanding.values import Moment, answer

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
    offered: float
    """Of the in-scope messages that are asked about, those whose right flow is among the two or three offered."""
    saved: float
    """Of the in-scope messages whose likeliest flow is not the right one, those whose right flow is offered."""
    bothered: float
    """Of the in-scope messages whose likeliest flow is the right one, those that are asked about all the same."""

    def row(self, name: str) -> str:
        """A line of the table."""
        parts = (self.accuracy, self.started, self.clarified, self.wrong, self.rejected, self.oos)
        return (
            f"{name:<34}"
            + "".join(f"{part:>9.3f}" for part in parts)
            + f"{self.learned:>9.2f}{self.p50:>8.2f}{self.p99:>8.2f}"
        )

    def choices(self, name: str) -> str:
        """A line of the table of what is asked about."""
        parts = (self.clarified, self.offered, self.saved, self.bothered)
        return f"{name:<34}" + "".join(f"{part:>13.3f}" for part in parts)


CHOICES = f"{'asking which flow is meant':<34}" + "".join(
    f"{name:>13}" for name in ("asked", "right offered", "saved", "needlessly")
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


async def measure(examples: Labelled, inside: Labelled, outside: Sequence[str]) -> Score:
    """One assistant on messages in and out of its scope."""
    config = assistant(examples)
    began = time.perf_counter()
    understander = build(config)
    learned = time.perf_counter() - began
    briefing = Briefing(now=NOW, flows=frozenset(config.flows))
    took: list[float] = []

    async def outcome(text: str, intent: str) -> str:
        began = time.perf_counter()
        commands = await understander.understand(text, briefing)
        took.append(time.perf_counter() - began)
        match commands:
            case [StartFlow(flow), *_]:
                return "right" if flow == intent else "wrong"
            case [Clarify(flows), *_]:
                return "offered" if intent in flows else "clarify"
        return "refused"

    outcomes = [await outcome(text, intent) for text, intent in inside]
    likeliest = [understander.likeliest(text, briefing) == intent for text, intent in inside]
    right = [outcome for outcome, best in zip(outcomes, likeliest, strict=True) if best]
    others = [outcome for outcome, best in zip(outcomes, likeliest, strict=True) if not best]
    foreign = [await outcome(text, "") for text in outside]
    ordered = sorted(took)
    return Score(
        accuracy=statistics.mean(likeliest),
        started=_share(outcomes, "right"),
        clarified=_share(outcomes, "clarify") + _share(outcomes, "offered"),
        wrong=_share(outcomes, "wrong"),
        rejected=_share(outcomes, "refused"),
        oos=_share(foreign, "refused"),
        learned=learned,
        p50=1000 * ordered[len(ordered) // 2],
        p99=1000 * ordered[int(len(ordered) * 0.99)],
        offered=outcomes.count("offered") / max(1, outcomes.count("offered") + outcomes.count("clarify")),
        saved=_share(others, "offered"),
        bothered=_share(right, "clarify") + _share(right, "offered"),
    )


def clinc(folder: Path, seed: int) -> tuple[Labelled, Labelled, Sequence[str]]:
    """150 intents, ten examples each; val; the out-of-scope part of val."""
    data = json.loads((folder / "clinc150" / "data.json").read_text())
    drawn, _ = _draw([(text, intent) for text, intent in data["train"]], seed, SHOTS, 0)
    return drawn, [(text, intent) for text, intent in data["val"]], [text for text, _ in data["oos_val"]]


def banking(folder: Path, seed: int) -> tuple[Labelled, Labelled, Sequence[str]]:
    """77 intents of one bank, ten examples each; ten others each; what CLINC150 calls out of scope."""
    with (folder / "banking77" / "train.csv").open(newline="") as file:
        rows = [(row["text"].strip(), row["category"]) for row in csv.DictReader(file)]
    drawn, held = _draw(rows, seed, SHOTS, SHOTS)
    data = json.loads((folder / "clinc150" / "data.json").read_text())
    return drawn, held, [text for text, _ in data["oos_val"]]


def small(folder: Path, seed: int) -> Iterable[tuple[Labelled, Labelled, Sequence[str]]]:
    """Assistants as authors write them: eight intents of one domain, six examples each; foreign is every other domain, too."""
    data = json.loads((folder / "clinc150" / "data.json").read_text())
    domains: Mapping[str, list[str]] = json.loads((folder / "clinc150" / "domains.json").read_text())
    for domain in sorted(domains.keys() - {"small_talk", "meta"}):
        chance = random.Random(f"{domain}{seed}")
        intents = set(chance.sample(sorted(domains[domain]), 8))
        drawn, _ = _draw([(text, intent) for text, intent in data["train"] if intent in intents], seed, 6, 0)
        inside = [(text, intent) for text, intent in data["val"] if intent in intents]
        elsewhere = [text for text, intent in data["val"] if intent not in domains[domain]]
        yield drawn, inside, [text for text, _ in data["oos_val"]] + chance.sample(elsewhere, 200)


RESTAURANT = {
    "version": "1.0",
    "slots": {
        "people": {"type": "integer", "description": "how many people come"},
        "date": {"type": "date"},
        "time": {"type": "time"},
        "first_name": {"type": "string"},
        "last_name": {"type": "string"},
    },
    "flows": {
        "reserve": {
            "description": "Reserve a table.",
            "trigger": {"intents": ["reserve a table", "I would like to book a table"]},
            "steps": [
                {"step": f"ask_{slot}", "type": "collect", "slot": slot}
                for slot in ("people", "date", "time", "first_name", "last_name")
            ],
        }
    },
}


async def values(folder: Path) -> None:
    """Answers to a question that was asked: is what is filled what the marked words alone would mean?"""
    config = SoniConfig.model_validate(RESTAURANT)
    understander = build(config)
    moment = Moment(NOW, "en")
    right: dict[str, list[bool]] = {}
    took: list[float] = []
    for item in json.loads((folder / "restaurant8k" / "train_3.json").read_text()):
        text, requested = item["userInput"]["text"], item.get("context", {}).get("requestedSlots", [])
        marked = {
            label["slot"]: text[label["valueSpan"].get("startIndex", 0) : label["valueSpan"]["endIndex"]]
            for label in item.get("labels", [])
            if label["slot"] in requested
        }
        if not marked:
            continue
        briefing = Briefing(
            now=NOW, active_flow="reserve", expected=Expectation("reserve", requested[0]), flows=frozenset(config.flows)
        )
        began = time.perf_counter()
        commands = await understander.understand(text, briefing)
        took.append(time.perf_counter() - began)
        filled: dict[str, object] = {}
        for command in commands:
            if isinstance(command, SetSlot | StartFlow):
                filled.update(command.slots)
        for name, words in marked.items():
            slot = config.slots[name]
            wanted = words if slot.type == "string" else answer(slot, words, moment)
            right.setdefault(name, []).append(str(filled.get(name)).casefold() == str(wanted).casefold())
    print(f"\n{'restaurant8k, asked slots':<34}{'right':>9}{'of':>7}")
    for name, each in sorted(right.items()):
        print(f"{name:<34}{statistics.mean(each):>9.3f}{len(each):>7}")
    print(f"understand(): p50 {1000 * statistics.median(took):.2f} ms")


def _draw(rows: Labelled, seed: int, shots: int, held: int) -> tuple[Labelled, Labelled]:
    """So many utterances of each intent to learn, and so many others."""
    by_intent: dict[str, list[str]] = {}
    for text, intent in rows:
        by_intent.setdefault(intent, []).append(text)
    chance = random.Random(seed)
    drawn: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    for intent in sorted(by_intent):
        picked = chance.sample(by_intent[intent], min(shots + held, len(by_intent[intent])))
        drawn += [(text, intent) for text in picked[:shots]]
        others += [(text, intent) for text in picked[shots:]]
    return drawn, others


def _share(outcomes: Sequence[str], kind: str) -> float:
    return outcomes.count(kind) / len(outcomes) if outcomes else float("nan")


def _mean(scores: Sequence[Score]) -> Score:
    return Score(*(statistics.mean(getattr(score, field.name) for score in scores) for field in fields(Score)))


async def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    args = parser.parse_args()
    means: list[tuple[str, Score]] = []
    print(HEAD)
    for name, draw in (("CLINC150, 150 flows x 10", clinc), ("BANKING77, 77 flows x 10", banking)):
        scores: list[Score] = []
        for seed in args.seeds:
            scores.append(await measure(*draw(args.data, seed)))
            print(scores[-1].row(f"{name}, seed {seed}"))
        means.append((f"{name}, mean", _mean(scores)))
        print(means[-1][1].row(means[-1][0]))
    scores = [await measure(*each) for seed in args.seeds for each in small(args.data, seed)]
    means.append((f"one domain, 8 flows x 6, mean of {len(scores)}", _mean(scores)))
    print(means[-1][1].row(means[-1][0]))
    print("", CHOICES, *(score.choices(name) for name, score in means), sep="\n")
    await values(args.data)


if __name__ == "__main__":
    asyncio.run(main())
