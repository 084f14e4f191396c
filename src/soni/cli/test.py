"""``soni test``: the conversation tests, and the transcript of each that fails."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from soni.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console

    from soni.testing.playing import Result

_EX_CONFIG: Final = 78


def run_tests(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files, or folders to look in; this folder when left out.")
    ] = None,
    http: Annotated[bool, typer.Option("--http", help="Say everything over HTTP, to a server on a free port.")] = False,
    keyword: Annotated[str, typer.Option("-k", metavar="TEXT", help="Only tests with this text in their name.")] = "",
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a report in JUnit's XML.")] = None,
) -> None:
    """Run the conversation tests in *.conversation.yaml files.

    The exit code is 1 where a test fails or there is none to run, 78 where a file or its assistant cannot be loaded.
    """
    from rich.console import Console

    from soni.testing.finding import find_files
    from soni.testing.junit import write_junit

    console = Console(highlight=False, soft_wrap=True)
    began = time.perf_counter()
    results: list[tuple[Path, Result]] = []
    unreadable = 0
    for path in find_files(paths or [Path()]):
        try:
            results += [(path, result) for result in _play(console, path, keyword, http)]
        except ConfigurationError as error:
            unreadable += 1
            console.print(error.message, style="red", markup=False)
    if junit is not None:
        write_junit(junit, results)
    failed = sum(not result.passed for _, result in results)
    _sum_up(console, len(results) - failed, failed, unreadable, time.perf_counter() - began)
    if unreadable:
        sys.exit(_EX_CONFIG)
    if failed or not results:
        sys.exit(1)


def _play(console: "Console", path: Path, keyword: str, http: bool) -> "Iterator[Result]":
    """The results of a file's tests, each shown as soon as it is known. Raises ConfigurationError."""
    from soni.testing.logbook import logbook
    from soni.testing.reading import read_conversations
    from soni.testing.stage import Stage

    file = read_conversations(path)
    chosen = [test for test in file.tests if keyword.lower() in test.name.lower()]
    if not chosen:
        return
    console.print(str(path), style="bold", markup=False)
    with Stage(file, http=http) as stage:
        for test in chosen:
            with logbook() as log:
                result = stage.play(test)
            _show(console, path, result, log)
            yield result


def _show(console: "Console", path: Path, result: "Result", log: list[str]) -> None:
    from rich.text import Text

    from soni.testing.transcript import transcript

    mark = ("✓", "green") if result.passed else ("✗", "red")
    console.print(Text.assemble("  ", mark, " ", result.test.name, (f"  {result.seconds * 1000:.0f} ms", "dim")))
    if not result.passed:
        console.print()
        console.print("\n".join([transcript(result, path), *(["", *log] if log else [])]), markup=False)
        console.print()


def _sum_up(console: "Console", passed: int, failed: int, unreadable: int, seconds: float) -> None:
    told = [f"{passed} passed"] if passed else []
    told += [f"{failed} failed"] if failed else []
    told += [f"{unreadable} file{'s' * (unreadable > 1)} could not be loaded"] if unreadable else []
    style = "bold green" if passed and not failed and not unreadable else "bold red"
    console.print(f"{', '.join(told) or 'There is no test to run'}, in {seconds:.1f} s", style=style)
