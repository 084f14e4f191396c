"""``soni test``: the conversation tests, the transcript of each that fails, and how much of the flows they go through."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from soni.cli.options import DEFAULT_CONFIG, ConfigOption
from soni.errors import ConfigurationError

if TYPE_CHECKING:
    from rich.console import Console

    from soni.testing.asking import Ask
    from soni.testing.coverage import Tallies
    from soni.testing.playing import Result
    from soni.testing.stage import Stage

_EX_CONFIG: Final = 78


def run_tests(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files, or folders to look in; this folder when left out. With --record also the id of a user.",
        ),
    ] = None,
    http: Annotated[bool, typer.Option("--http", help="Say everything over HTTP, to a server on a free port.")] = False,
    keyword: Annotated[str, typer.Option("-k", metavar="TEXT", help="Only tests with this text in their name.")] = "",
    exit_first: Annotated[bool, typer.Option("-x", "--exitfirst", help="Stop at the first that fails.")] = False,
    list_only: Annotated[bool, typer.Option("--list", help="Name the tests, and run none.")] = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a report in JUnit's XML.")] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Show the steps and the ways of each flow that no test has gone.")
    ] = False,
    coverage_json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the coverage as JSON.")] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", min=0, max=100, help="Exit with 1 where fewer of the steps were run."),
    ] = None,
    fail_under_ways: Annotated[
        float | None,
        typer.Option(metavar="PERCENT", min=0, max=100, help="Exit with 1 where fewer of the ways were taken."),
    ] = None,
    record: Annotated[
        bool,
        typer.Option(
            "--record",
            help="Ask the language model for what is not recorded yet, and record it. With the id of a user instead of"
            " paths: run nothing, and write the stored conversation of this user as a test.",
        ),
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Ask the language model for everything, and record nothing.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to record to; the terminal otherwise.")
    ] = None,
    db: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The SQLite file to record from, instead of the settings' store."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Run the conversation tests in *.conversation.yaml files, or record one.

    Where a language model understands, it is not asked: what it says is recorded beside each file, in *.cassette.json.

    Each file is about the assistant nearest to it; --config is for the conversations of a user. The exit code is 1 where
    a test fails, where there is none to run, or where less was covered than it should be; 78 where a file or its
    assistant cannot be loaded.
    """
    if record and live:
        raise typer.BadParameter("--record and --live: only one of them can be meant.")
    if record and (user := _user(paths or [], named=output is not None or db is not None)) is not None:
        _record(user, config, db, output)
        return
    from rich.console import Console

    from soni.testing.coverage import Tallies
    from soni.testing.coverage_report import coverage_lines, shortfall, write_coverage
    from soni.testing.finding import find_files
    from soni.testing.junit import write_junit

    ask: Ask = "missing" if record else "always" if live else "never"
    run = _Run(Console(highlight=False, soft_wrap=True), keyword, http, exit_first, ask)
    if coverage or coverage_json is not None or fail_under is not None or fail_under_ways is not None:
        run.tallies = Tallies()
    files = find_files(paths or [Path()])
    if list_only:
        run.name_all(files)
        sys.exit(run.exit_code())
    run.play(files)
    if junit is not None:
        write_junit(junit, run.results, run.unreadable)
    less = None
    if run.tallies is not None:
        covered = run.tallies.coverage()
        lines = list(coverage_lines(covered))
        run.console.print("\n".join(["", *(lines if coverage else lines[-1:])]), markup=False)
        less = shortfall(covered, fail_under, fail_under_ways)
        if coverage_json is not None:
            write_coverage(coverage_json, covered)
    run.sum_up()
    if less is not None:
        run.console.print(less, style="bold red", markup=False)
    sys.exit(run.exit_code() or (1 if less is not None else 0))


@dataclass
class _Run:
    """The tests that are asked for, and how they went so far."""

    console: "Console"
    keyword: str
    http: bool
    exit_first: bool
    ask: "Ask" = "never"
    tallies: "Tallies | None" = None
    results: "list[tuple[Path, Result]]" = field(default_factory=list)
    unreadable: dict[Path, ConfigurationError] = field(default_factory=dict)
    listed: int = 0
    began: float = field(default_factory=time.perf_counter)

    @property
    def failed(self) -> int:
        return sum(not result.passed for _, result in self.results)

    def name_all(self, files: list[Path]) -> None:
        """Name the tests, as pytest does."""
        from soni.testing.reading import read_conversations

        for path in files:
            try:
                names = [test.name for test in read_conversations(path).tests if self._is_meant(test.name)]
            except ConfigurationError as error:
                self._complain(path, error)
                continue
            self.listed += len(names)
            for name in names:
                self.console.print(f"{path}::{name}", markup=False)

    def play(self, files: list[Path]) -> None:
        """Run the tests of these files."""
        for path in files:
            try:
                self.results += [(path, result) for result in self._play(path)]
            except ConfigurationError as error:
                self._complain(path, error)
            if self.exit_first and (self.failed or self.unreadable):
                break

    def _play(self, path: Path) -> "Iterator[Result]":
        """The results of a file's tests, each shown as soon as it is known. Raises ConfigurationError."""
        from soni.testing.logbook import logbook
        from soni.testing.reading import read_conversations
        from soni.testing.stage import Stage

        file = read_conversations(path)
        chosen = [test for test in file.tests if self._is_meant(test.name)]
        if not chosen:
            return
        self.console.print(str(path), style="bold", markup=False)
        listeners = () if self.tallies is None else (self.tallies.of(file),)
        if self.ask == "missing" and not file.asks_model:
            words = "nothing to record: the embedded understanding asks no model, and always answers the same"
            self.console.print(f"  {words}", style="dim", markup=False)
        with Stage(file, http=self.http, listeners=listeners, ask=self.ask) as stage:
            whole = len(chosen) == len(file.tests)
            for test in chosen:
                with logbook() as log:
                    result = stage.play(test)
                if (misconfigured := _misconfigured(result)) is not None:
                    raise misconfigured  # it would be the same with every message
                self._show(path, result, log)
                yield result
                whole = whole and result.passed  # one that failed may have stopped before it asked for the rest
                if self.exit_first and not result.passed:
                    break
            if self.ask == "missing":
                self._tell_recorded(stage, whole=whole)

    def _tell_recorded(self, stage: "Stage", *, whole: bool) -> None:
        """What the cassette has gained; what no test asks for any more goes, where all of them ran to their end."""
        if (cassette := stage.cassette) is None:
            return
        dropped = cassette.drop_unused() if whole else 0
        cassette.save()
        told = [f"{cassette.added} recorded"] if cassette.added else []
        told += [f"{dropped} dropped that no test used"] if dropped else []
        told = told or ["nothing was missing" if whole else "nothing recorded"]
        words = f"{cassette.path.name}: {', '.join(told)}"
        self.console.print(f"  {words}", style="dim", markup=False)

    def _is_meant(self, name: str) -> bool:
        return self.keyword.lower() in name.lower()

    def _complain(self, path: Path, error: ConfigurationError) -> None:
        self.unreadable[path] = error
        self.console.print(error.message, style="red", markup=False)

    def _show(self, path: Path, result: "Result", log: list[str]) -> None:
        from rich.text import Text

        from soni.testing.transcript import transcript

        mark = ("✓", "green") if result.passed else ("✗", "red")
        seconds = (f"  {result.seconds * 1000:.0f} ms", "dim")
        self.console.print(Text.assemble("  ", mark, " ", result.test.name, seconds))
        if not result.passed:
            self.console.print()
            self.console.print("\n".join([transcript(result, path), *(["", *log] if log else [])]), markup=False)
            self.console.print()

    def sum_up(self) -> None:
        """How it went, in one line."""
        failed, unreadable = self.failed, len(self.unreadable)
        passed = len(self.results) - failed
        told = [f"{passed} passed"] if passed else []
        told += [f"{failed} failed"] if failed else []
        told += [f"{unreadable} file{'s' * (unreadable > 1)} could not be loaded"] if unreadable else []
        style = "bold green" if passed and not failed and not unreadable else "bold red"
        seconds = time.perf_counter() - self.began
        self.console.print(f"{', '.join(told) or 'There is no test to run'}, in {seconds:.1f} s", style=style)

    def exit_code(self) -> int:
        """78 where a file cannot be loaded, 1 where a test failed or there is none."""
        if self.unreadable:
            return _EX_CONFIG
        return 0 if (self.results or self.listed) and not self.failed else 1


def _misconfigured(result: "Result") -> ConfigurationError | None:
    """Why the model cannot be asked at all: there is no key to it, say."""
    from soni.testing.cassette import CannotRecord

    error = result.failure.cause if result.failure is not None else None
    cause = error.__cause__ if isinstance(error, CannotRecord) else None
    return cause if isinstance(cause, ConfigurationError) else None


def _user(paths: list[Path], *, named: bool) -> str | None:
    """The user whose conversation is to be written, ``None`` where paths are meant.

    One word that is no file or folder is a user; with ``named``, which only a conversation needs, it always is.
    """
    from soni.testing.conversations import SUFFIX

    if not named and (len(paths) != 1 or paths[0].exists() or len(paths[0].parts) != 1):
        return None
    if not named and paths[0].name.endswith(SUFFIX):
        return None
    if len(paths) != 1:
        raise typer.BadParameter("--record with --output or --db takes the id of one user.")
    return str(paths[0])


def _record(user: str, config: Path, db: Path | None, output: Path | None) -> None:
    """Write the stored conversation of this user as a test."""
    from soni.config.loader import load_config
    from soni.testing.conversations import SUFFIX
    from soni.testing.recording import assistant_for, record, stored_dialogue, write_recording

    assistant = load_config(config)
    persistence = assistant.settings.persistence
    if db is not None:
        persistence = persistence.model_copy(update={"backend": "sqlite", "path": db})
    dialogue = stored_dialogue(persistence, user)
    recording = record(dialogue, user, assistant, assistant_for(output or Path(f"x{SUFFIX}"), config))
    if output is None:
        typer.echo(recording.text, nl=False)
    else:
        write_recording(recording, output)
    told = [f"{recording.messages} message{'s' * (recording.messages != 1)} of {user}"]
    told += [f"{recording.masked} to be filled in: they were not kept"] if recording.masked else []
    told += [f"not complete: {recording.missing} before or between them are missing"] if recording.missing else []
    typer.echo("; ".join(told), err=True)
