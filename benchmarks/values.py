"""How well values are found in what people say: restaurant8k, a table on standard output.

Run with ``uv run python benchmarks/values.py FOLDER [-v]``, where FOLDER holds ``restaurant8k/train_3.json``.

A span is found where a value with a score of 0.5 or more overlaps it, or where its slot is being asked for and the text
answers it. Names are looked for only where they are asked for. Utterances that answer another question are not counted
as being without a value: *6* is a number of people as much as a time.
"""

import json
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from pydantic import BaseModel, Field

from soni.config.models import Slot
from soni.understanding.values import Found, Moment, answer, find, prepare
from soni.value import Value

MOMENT = Moment(datetime(2018, 8, 1, 12, tzinfo=UTC), "en")
"""About when the utterances were collected."""

SLOTS = {
    "people": Slot(type="integer", description="how many people"),
    "date": Slot(type="date"),
    "time": Slot(type="time"),
    "first_name": Slot(type="string", description="the first name of the guest"),
    "last_name": Slot(type="string", description="the last name of the guest"),
}
TYPED = ("people", "date", "time")


class _Span(BaseModel):
    start: int = Field(0, alias="startIndex")
    end: int = Field(alias="endIndex")


class _Label(BaseModel):
    slot: str
    span: _Span = Field(alias="valueSpan")


class _Input(BaseModel):
    text: str


class _Context(BaseModel):
    requested: list[str] = Field([], alias="requestedSlots")


class _Utterance(BaseModel):
    input: _Input = Field(alias="userInput")
    context: _Context = _Context(requestedSlots=[])
    labels: list[_Label] = []


@dataclass
class _Tally:
    """What became of one slot's labels."""

    spans: int = 0
    overlapping: int = 0
    judged: int = 0
    exact: int = 0
    unlabelled: int = 0
    invented: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    made_up: list[str] = field(default_factory=list)


def main(folder: Path) -> None:
    """Measure and print."""
    written = json.loads((folder / "restaurant8k" / "train_3.json").read_text())
    utterances = [_Utterance.model_validate(entry) for entry in written]
    prepare(SLOTS.values(), MOMENT.language)
    tallies = {name: _Tally() for name in SLOTS}
    for utterance in utterances:
        _judge(utterance, tallies)
    milliseconds = sorted(_timed(utterances))
    _print(tallies, milliseconds, verbose="-v" in sys.argv)


def _judge(utterance: _Utterance, tallies: dict[str, _Tally]) -> None:
    text, asked = utterance.input.text, utterance.context.requested
    for name, slot in SLOTS.items():
        tally = tallies[name]
        labelled = [label.span for label in utterance.labels if label.slot == name]
        if name not in TYPED and name not in asked:
            continue
        found = [one for one in find(slot, text, MOMENT) if one.score >= 0.5] if name in TYPED else []
        if name in asked and (said := answer(slot, text, MOMENT)) is not None:
            start, end = _place(name, text, said)
            found.append(Found(start, end, said, 1.0))
        if not labelled and not any(other in TYPED for other in asked):
            tally.unlabelled += 1
            tally.invented += bool(found)
            if found:
                tally.made_up.append(f"{text!r} -> {[(text[f.start : f.end], f.value) for f in found]}")
        for span in labelled:
            _judge_span(tally, name, text, span, found)


def _place(name: str, text: str, said: Value) -> tuple[int, int]:
    """Where an answer stands: a name where it is written, a value of another type somewhere in the text."""
    if name in TYPED or not isinstance(said, str) or said not in text:
        return 0, len(text)
    return text.index(said), text.index(said) + len(said)


def _judge_span(tally: _Tally, name: str, text: str, span: _Span, found: list[Found]) -> None:
    tally.spans += 1
    hits = [one for one in found if one.start < span.end and span.start < one.end]
    tally.overlapping += bool(hits)
    label = text[span.start : span.end]
    if not hits:
        tally.missed.append(f"{label!r} in {text!r}")
    if (meant := _meant(name, label)) is not None:
        tally.judged += 1
        right = any(_equal(name, one.value, meant) for one in hits)
        tally.exact += right
        if hits and not right:
            tally.wrong.append(f"{text!r}: {meant} is not {[one.value for one in hits]}")


def _meant(name: str, label: str) -> object:
    """The value of a label that is told by digits alone, read without any of the code under test; ``None`` for all others."""
    plain = label.strip(" .").lower()
    if name == "people" and (match := re.fullmatch(r"(?:a |the )?(\d+)(?: people| person| adults)?", plain)):
        return int(match[1])
    if name == "time" and (match := re.fullmatch(r"(\d{1,2})(?:[:.]?(\d\d))?\s*(am|pm|a\.m|p\.m)?", plain)):
        hour, minute = int(match[1]), int(match[2] or 0)
        if match[3]:
            hour = hour % 12 + (12 if match[3].startswith("p") else 0)
        return hour, minute, bool(match[3])
    if name == "date" and (match := re.fullmatch(r"(\d{4})/(\d\d)/(\d\d)", plain)):
        return "-".join(match.groups())
    if name == "date":
        for form in ("%A, %B %d, %Y", "%a, %d %b %Y", "%B %d, %Y", "%d %b %Y"):
            try:
                return datetime.strptime(re.sub(r"(\d)(st|nd|rd|th)", r"\1", plain), form).date().isoformat()
            except ValueError:
                continue
    return plain if name in ("first_name", "last_name") else None


def _equal(name: str, value: object, meant: object) -> bool:
    if name == "time" and isinstance(value, str) and isinstance(meant, tuple):
        hour, minute = (int(part) for part in value.split(":")[:2])
        told = meant[0] % 24
        return minute == meant[1] and (hour == told or (not meant[2] and hour % 12 == told % 12))
    return value == meant or (isinstance(value, str) and value.lower() == meant)


def _timed(utterances: list[_Utterance]) -> Iterator[float]:
    for utterance in utterances:
        before = time.perf_counter()
        for slot in SLOTS.values():
            find(slot, utterance.input.text, MOMENT)
        yield 1000 * (time.perf_counter() - before)


def _print(tallies: dict[str, _Tally], milliseconds: list[float], *, verbose: bool) -> None:
    print("| slot | labelled spans | found | value right, of those that digits tell | found where none is labelled |")
    print("|---|---|---|---|---|")
    for name, tally in tallies.items():
        print(
            f"| {name} | {tally.spans} | {_share(tally.overlapping, tally.spans)} | {_share(tally.exact, tally.judged)} of {tally.judged} "
            f"| {_share(tally.invented, tally.unlabelled)} of {tally.unlabelled} |"
        )
    print(
        f"\nfind() over the five slots: p50 {median(milliseconds):.2f} ms, p99 {quantiles(milliseconds, n=100)[98]:.2f} ms a message"
    )
    if verbose:
        for name, tally in tallies.items():
            print(f"\n{name} missed", *tally.missed, sep="\n  ")
            print(f"\n{name} wrong", *tally.wrong, sep="\n  ")
            print(f"\n{name} made up", *tally.made_up, sep="\n  ")


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "n/a"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
