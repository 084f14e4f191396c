"""Scores for people, as tables, and for programs, as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.table import Table

from soni.errors import SoniError
from soni.optimizing.scoring import Scores, Tally
from soni.value import Value

MOST_CONFUSED: Final = 12
"""Lines of what was taken for what."""


def score_table(scores: Mapping[str, Scores]) -> Table:
    """Precision, recall and F1 by command; several scores stand side by side, each under its title."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("command", no_wrap=True)
    for title in scores:
        for number, measure in enumerate(("precision", "recall", "F1")):
            heading = f"{title}\n{measure}" if title and number == 0 else f"\n{measure}" if title else measure
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("\nof" if title else "of", justify="right", no_wrap=True)
    names = list(dict.fromkeys(name for each in scores.values() for name in each.kinds))
    for name in names:
        table.add_row(name, *_cells([each.kinds.get(name, Tally()) for each in scores.values()]))
    table.add_row("all", *_cells([each.overall for each in scores.values()]), style="bold")
    return table


def score_lines(scores: Scores, title: str = "") -> Iterator[str]:
    """What a table has no place for: exact turns, failures."""
    before = f"{title}: " if title else ""
    yield f"{before}{scores.exact} of {scores.turns} turns exact ({percent(scores.exactness)})"
    if scores.failed:
        yield f"{before}{scores.failed} could not be understood at all: the model failed"


def confusion_table(scores: Scores) -> Table | None:
    """What was taken for what; ``None`` where nothing was."""
    if not scores.confused:
        return None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("expected", "got"):
        table.add_column(heading)
    table.add_column("times", justify="right")
    for (expected, got), times in list(scores.confused.items())[:MOST_CONFUSED]:
        table.add_row(expected, got, str(times))
    if (more := len(scores.confused) - MOST_CONFUSED) > 0:
        table.add_row(f"and {more} more", "", "", style="dim")
    return table


def as_json(scores: Scores) -> dict[str, Value]:
    """Everything, for programs."""
    confused: list[Value] = [
        {"expected": expected, "got": got, "times": times} for (expected, got), times in scores.confused.items()
    ]
    return {
        "turns": scores.turns,
        "exact": scores.exact,
        "failed": scores.failed,
        "overall": _numbers(scores.overall),
        "commands": {name: _numbers(tally) for name, tally in scores.kinds.items()},
        "confused": confused,
    }


def write_json(path: Path, told: Mapping[str, Value]) -> None:
    """Write it. Raises SoniError where that cannot be done."""
    try:
        path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise SoniError(f"{path} cannot be written: {error.strerror}.") from None


def percent(share: float) -> str:
    """Rounded down: what is not whole is never called 100 %."""
    return f"{int(share * 100 + 1e-9)} %"


def _cells(tallies: Sequence[Tally]) -> Iterator[str]:
    for tally in tallies:
        expected, got = tally.right + tally.missed, tally.right + tally.invented
        yield f"{tally.precision:.2f}" if got else "–"
        yield f"{tally.recall:.2f}" if expected else "–"
        yield f"{tally.f1:.2f}" if expected or got else "–"
        yield str(expected)


def _numbers(tally: Tally) -> dict[str, Value]:
    return {
        "precision": round(tally.precision, 4),
        "recall": round(tally.recall, 4),
        "f1": round(tally.f1, 4),
        "right": tally.right,
        "missed": tally.missed,
        "invented": tally.invented,
    }
