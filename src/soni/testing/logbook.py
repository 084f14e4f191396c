"""What was logged while a test ran, in a few words: the error, what caused it, and where that was raised."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def logbook() -> Iterator[list[str]]:
    """Keeps warnings and errors out of the terminal; they are added to the list."""
    handler = _Keeper()
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)


class _Keeper(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")
        error = record.exc_info[1] if record.exc_info else None
        while error is not None:
            self.lines.append(f"  {type(error).__name__}: {error}{_where(error)}")
            error = error.__cause__


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
