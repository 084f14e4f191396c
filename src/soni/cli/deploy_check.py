"""``soni deploy-check``: what a new version of the assistant makes of the conversations under way, before it is deployed."""

import asyncio
import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from soni.cli.options import DEFAULT_CONFIG

if TYPE_CHECKING:
    from soni.runtime.deploying import Place, Report


class Format(StrEnum):
    """How the report is told."""

    TEXT = "text"
    JSON = "json"


class FailOn(StrEnum):
    """What makes the exit code 1."""

    NEVER = "never"
    CANCEL = "cancel"
    RESTART = "restart"


_WORDS: Final = {"goes_on": "go on", "restart": "begin again", "cancel": "are cancelled"}


def deploy_check(
    new: Annotated[
        Path, typer.Argument(metavar="NEW", help="The new version: a YAML file, or a folder of them.")
    ] = DEFAULT_CONFIG,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="DB", help="A SQLite file or a connection string; what NEW's settings name when left out."
        ),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", "-f", help="For people, or for programs.")] = Format.TEXT,
    fail_on: Annotated[
        FailOn, typer.Option(help="Exit with 1 where a conversation would be cancelled; or also, begin a flow again.")
    ] = FailOn.NEVER,
) -> None:
    """Tell how many conversations go on, begin a flow again or lose it when NEW is deployed, by flow and step.

    The store is only read, and the service may run meanwhile. States that cannot be read at all make the exit code 1.
    """
    report = _look(new, against)
    if format_ is Format.JSON:
        typer.echo(json.dumps(as_json(report), indent=2))
    else:
        for line in as_lines(report):
            typer.echo(line)
    lost = report.count("cancel") if fail_on is not FailOn.NEVER else 0
    lost += report.count("restart") if fail_on is FailOn.RESTART else 0
    if lost or report.unreadable:
        sys.exit(1)


def _look(new: Path, against: str | None) -> "Report":
    from soni.compiler.assistant import compile_assistant
    from soni.config.loader import load_config
    from soni.persistence.reading import named, open_reading
    from soni.runtime.deploying import look_ahead

    config = load_config(new)
    assistant, settings = compile_assistant(config), config.settings.persistence
    folder = Path.cwd()
    if against is not None:
        settings = named(against, settings)

    async def look() -> "Report":
        async with open_reading(settings, folder) as reading:
            return await look_ahead(assistant, reading, _tell if sys.stderr.isatty() else lambda _: None)

    return asyncio.run(look())


def _tell(read: int) -> None:
    sys.stderr.write(f"\r{read:,} conversations read")
    sys.stderr.flush()


def as_json(report: "Report") -> dict[str, object]:
    """The report for programs."""
    return {
        "conversations": report.conversations,
        "open": report.open,
        "goes_on": report.count("goes_on"),
        "restart": report.count("restart"),
        "cancel": report.count("cancel"),
        "flows": [{**asdict(place), "conversations": number} for place, number in _sorted(report)],
        "slots_gone": dict(report.slots_gone),
        "unreadable": dict(report.unreadable),
    }


def as_lines(report: "Report") -> list[str]:
    """The report for people."""
    lines = [f"{_many(report.conversations, 'conversation')}, {report.open} of them in the middle of a flow."]
    for outcome, words in _WORDS.items():
        if number := report.count(outcome):
            lines += ["", f"{_many(number, 'flow')} {_agree(words, number)}:"]
            lines += [f"  {count:>6}  {_where(place)}" for place, count in _sorted(report) if place.outcome == outcome]
    if report.slots_gone:
        lines += ["", "Values that are forgotten, because their slot is gone:"]
        lines += [f"  {count:>6}  {slot}" for slot, count in report.slots_gone.most_common()]
    if report.unreadable:
        lines += ["", "Conversations that cannot be read, and would be answered with an error:"]
        lines += [f"  {count:>6}  {why}" for why, count in report.unreadable.items()]
    return lines


def _sorted(report: "Report") -> list[tuple["Place", int]]:
    return sorted(report.places.items(), key=lambda item: (-item[1], item[0].flow, item[0].step))


def _where(place: "Place") -> str:
    step = f"{place.inside}.{place.step}" if place.inside else place.step
    where = f"{place.flow}, at {step}"
    match place.reason:
        case "flow gone" if place.inside:
            return f"{where}: the flow {place.inside} is gone"
        case "flow gone":
            return f"{where}: the flow is gone"
        case "step gone":
            return f"{where}: the step is gone"
        case "flow changed":
            return f"{where}: the flow has changed (settings.conversation.on_flow_changed)"
        case _:
            return where


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number:,} {noun}s"


def _agree(words: str, number: int) -> str:
    """English has another verb for one."""
    if number != 1:
        return words
    return {"go on": "goes on", "begin again": "begins again", "are cancelled": "is cancelled"}[words]
