"""Coverage in words, for a terminal, and as JSON, for programs."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from soni.errors import SoniError
from soni.testing.coverage import AssistantCoverage, Count, FlowCoverage, Missed, total
from soni.value import Value


def coverage_lines(coverage: Sequence[AssistantCoverage]) -> Iterator[str]:
    """A table for each assistant: its flows, what was missed in them with file and line, and its repair patterns."""
    for each in coverage:
        yield from _assistant(each)
    steps, ways = total(coverage)
    yield f"Coverage: {_in_words(steps, 'steps')}, {_in_words(ways, 'ways')}"


def write_coverage(report: Path, coverage: Sequence[AssistantCoverage]) -> None:
    """Write it as JSON. Raises SoniError where the report cannot be written."""
    steps, ways = total(coverage)
    told = {"steps": _numbers(steps), "ways": _numbers(ways), "assistants": [_as_json(each) for each in coverage]}
    try:
        report.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise SoniError(f"{report} cannot be written: {error.strerror}.") from None


def shortfall(coverage: Sequence[AssistantCoverage], steps: float | None, ways: float | None = None) -> str | None:
    """What is less than it should be, in percent; ``None`` where nothing is, and ``None`` asks for nothing."""
    had_steps, had_ways = total(coverage)
    wanted = ((had_steps, steps, "steps"), (had_ways, ways, "ways"))
    told = [
        f"{_percent(had)} of {what} is less than {least:g} %"
        for had, least, what in wanted
        if least is not None and had.percent < least
    ]
    return f"{'; '.join(told)}." if told else None


# --- in words ------------------------------------------------------------------------------------------------------


def _assistant(coverage: AssistantCoverage) -> Iterator[str]:
    yield f"Coverage of {_shown(coverage.assistant)}"
    yield ""
    width = max((len(flow.flow) for flow in coverage.flows), default=0)
    for flow in coverage.flows:
        ways = f"{_column(flow.ways)} ways" if flow.ways.of else "no choices"
        yield f"  {flow.flow:<{width}}  {_column(flow.steps)} steps  {ways:>18}"
        for missed in flow.missed:
            yield f"      {_place(flow, missed)}  {_words_of(missed)}"
    yield ""
    ran = [name for name, did in coverage.patterns.items() if did]
    yield f"  {len(ran)} of {len(coverage.patterns)} shipped repair patterns ran"
    if silent := [name for name, did in coverage.patterns.items() if not did]:
        yield f"      not: {', '.join(silent)}"
    yield ""


def _words_of(missed: Missed) -> str:
    if (way := missed.way) is None:
        return missed.step
    return f"{missed.step} → {way.to} ({way.key})" if way.to else f"{missed.step} ({way.key})"


def _place(flow: FlowCoverage, missed: Missed) -> str:
    return ":".join(str(part) for part in (_shown(flow.file) if flow.file else None, missed.line) if part is not None)


def _column(count: Count) -> str:
    told = f"{count.had}/{count.of}"
    return f"{told:>7} {_percent(count):>5}"


def _in_words(count: Count, what: str) -> str:
    return f"{count.had} of {count.of} {what} ({_percent(count)})"


def _percent(count: Count) -> str:
    """Rounded down: what is not whole is never called 100 %."""
    return f"{int(count.percent)} %"


def _shown(path: Path) -> str:
    """As short as it can be from here."""
    whole = path.resolve()
    return str(whole.relative_to(Path.cwd()) if whole.is_relative_to(Path.cwd()) else whole)


# --- as JSON -------------------------------------------------------------------------------------------------------


def _as_json(coverage: AssistantCoverage) -> dict[str, Value]:
    return {
        "assistant": _shown(coverage.assistant),
        "steps": _numbers(coverage.steps),
        "ways": _numbers(coverage.ways),
        "flows": {flow.flow: _flow_as_json(flow) for flow in coverage.flows},
        "patterns": dict(coverage.patterns),
    }


def _flow_as_json(flow: FlowCoverage) -> dict[str, Value]:
    steps = [missed for missed in flow.missed if missed.way is None]
    ways: list[Value] = [
        {"step": missed.step, "line": missed.line, "way": missed.way.key, "to": missed.way.to or None}
        for missed in flow.missed
        if missed.way is not None
    ]
    return {
        "file": _shown(flow.file) if flow.file else None,
        "line": flow.line,
        "steps": _numbers(flow.steps),
        "ways": _numbers(flow.ways),
        "missed_steps": [{"step": missed.step, "line": missed.line} for missed in steps],
        "missed_ways": ways,
    }


def _numbers(count: Count) -> dict[str, Value]:
    return {"had": count.had, "of": count.of, "percent": round(count.percent, 2)}
