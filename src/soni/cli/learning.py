"""What ``soni eval`` and ``soni optimize`` show while they work."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

    from soni.config.models import SoniConfig
    from soni.optimizing.gathering import Gathered


def progress() -> "Progress":
    """Bars on the error output, where there is a terminal; they go when the work is done."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    # The output as it is now: while an optimizer runs, what it writes is turned away.
    console = Console(file=sys.stderr, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(
        *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False,
        disable=not console.is_terminal,
    )  # fmt: skip


def gather_shown(assistant: "SoniConfig", config: Path, paths: Sequence[Path] | None, now: datetime) -> "Gathered":
    """The examples of an assistant, while the tests that are played are counted. Raises ConfigurationError."""
    from soni.optimizing.gathering import gather

    folder = config if config.is_dir() else config.parent
    with progress() as shown:
        task = shown.add_task("playing the conversation tests", total=None)
        return gather(assistant, paths or [folder], now, lambda _: shown.advance(task))
