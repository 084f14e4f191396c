"""Every form, with its figure; 1 where a canary was found, or where nobody was told what they were to be told."""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .leaving import Leavings, service_leavings, start_leavings
from .planted import CANARIES, QUIET, STARTING, found


def main() -> int:
    """Every form, with its figure."""
    problems = 0
    for style in ("json", "console"):
        for level in ("INFO", "DEBUG"):
            with tempfile.TemporaryDirectory(prefix="soni-canaries-") as folder:
                left = service_leavings(Path(folder), style, level)
            hits = found(CANARIES, left.everything)
            hits += found(QUIET, left.elsewhere if level == "DEBUG" else left.everything)
            problems += _report(f"{style} at {level}", len(CANARIES) + len(QUIET), hits, left)
            problems += _report_missing(left)
    with tempfile.TemporaryDirectory(prefix="soni-canaries-") as folder:
        left = start_leavings(Path(folder))
    hits = found((*CANARIES, *STARTING), left.everything)
    problems += _report("services that cannot start", len(STARTING), hits, left)
    return 1 if problems else 0


def _report(what: str, planted: int, hits: Sequence[str], left: Leavings) -> int:
    searched = ", ".join(f"{name} {len(text):,}" for name, text in left.everything.items() if text)
    told = f"{len(left.spans):,} spans, {len(left.reports):,} reports"
    _say(f"{what}: {planted} planted, {len(hits)} found (characters searched: {searched}; {told})")
    for hit in hits:
        _say("  " + hit)
    return len(hits)


def _report_missing(left: Leavings) -> int:
    for missing in left.missing:
        _say(f"  proves nothing: there is no {missing}")
    return len(left.missing)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
