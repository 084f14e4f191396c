"""What a page shows and what there was: the same, but for what is told apart by nobody who reads it."""

import difflib
import json
import re
from collections.abc import Sequence
from typing import Final

from soni.value import Value

_VOLATILE: Final = (
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?"), "TIME"),
    (re.compile(r"\b\d\d:\d\d:\d\d\.\d{3}\b"), "TIME"),
    (re.compile(r"\b01[0-9A-HJKMNP-TV-Z]{24}\b"), "ID"),
    (re.compile(r"(\b\d+(\.\d+)?|…) ?(ms|s)\b"), "SOON"),
    (re.compile(r"\bms=[\d.]+"), "ms=SOON"),
    (re.compile(r"\[\d+\]"), "[PID]"),
)
_ANYTHING: Final = "…"


def differences(shown: str, there_was: str) -> str:
    """Why the text that is shown is not what there was; nothing where it is.

    ``…`` within a line stands for anything, alone on a line for any lines. Times, request ids and how long something
    took are not compared, nor is space at the ends of lines.
    """
    wanted, got = _tidy(shown), _tidy(there_was)
    if _fits(wanted, got):
        return ""
    return "\n".join(difflib.unified_diff(wanted, got, "shown", "in truth", lineterm="", n=1))


def differences_of_json(shown: str, there_was: str) -> str:
    """The same for JSON: ``"…"`` stands for any value."""
    wanted = json.loads(shown)
    try:
        got = json.loads(there_was)
    except ValueError:
        return f"what there was is no JSON: {there_was[:500]!r}"
    if _equal(wanted, got):
        return ""
    told, true = (
        json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False).splitlines() for value in (wanted, got)
    )
    return "\n".join(difflib.unified_diff(told, true, "shown", "in truth", lineterm="", n=1))


def _tidy(text: str) -> list[str]:
    for pattern, instead in _VOLATILE:
        text = pattern.sub(instead, text)
    return [line.rstrip() for line in text.strip("\n").split("\n")]


def _fits(wanted: Sequence[str], got: Sequence[str]) -> bool:
    if not wanted:
        return not got
    first, rest = wanted[0], wanted[1:]
    if first.strip() in (_ANYTHING, "..."):
        return any(_fits(rest, got[begin:]) for begin in range(len(got) + 1))
    if not got:
        return False
    line = re.escape(first).replace(_ANYTHING, ".*")
    return re.fullmatch(line, got[0]) is not None and _fits(rest, got[1:])


def _equal(wanted: Value, got: Value) -> bool:
    match wanted, got:
        case "…", _:
            return True
        case dict(), dict():
            return wanted.keys() == got.keys() and all(_equal(wanted[key], got[key]) for key in wanted)
        case list(), list():
            return len(wanted) == len(got) and all(map(_equal, wanted, got))
        case str(), str():
            return _fits(_tidy(wanted), _tidy(got))
        case _:
            return type(wanted) is type(got) and wanted == got
