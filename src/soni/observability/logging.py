"""Log lines as events with fields: readable for people, or one JSON object a line for machines."""

import logging
import logging.handlers
import queue
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Final

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter
from typing_extensions import override

from soni import tracing
from soni.config.settings import Logging

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request being answered; it is in every line that is logged meanwhile."""

_ROTATE_AT: Final = 10 * 1024 * 1024
_KEPT_FILES: Final = 5
# They bring handlers and lines of their own; the access log has users' names in its paths.
_SERVER_LOGGERS: Final = ("uvicorn", "uvicorn.error", "uvicorn.access")
# What these say is a line for each thing they do, with what it is done to.
_CHATTY: Final = ("aiosqlite", "httpx", "httpcore", "watchfiles")


@contextmanager
def logging_as(settings: Logging) -> Iterator[None]:
    """Log as the settings say, through the root logger, until the context ends; then everything is as it was.

    Lines go to stderr, and also to ``settings.file`` where one is named: it rotates at 10 MiB, and five old files are
    kept. Raises OSError when that file cannot be opened.
    """
    with ExitStack() as cleanup:
        handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
        if settings.file is not None:
            handlers.append(cleanup.enter_context(_in_background(_file_handler(settings))))
        for handler in handlers:
            handler.setFormatter(formatter(settings.format))
            handler.addFilter(_add_context)
        root = logging.getLogger()
        for logger in (root, *map(logging.getLogger, (*_SERVER_LOGGERS, *_CHATTY))):
            cleanup.callback(_restore, logger, logger.handlers[:], logger.level, logger.propagate, logger.disabled)
        root.handlers[:] = handlers
        root.setLevel(settings.level)
        for name in _SERVER_LOGGERS:
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = name != "uvicorn.access"
        for name in _CHATTY:
            logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
        yield


def formatter(style: str) -> logging.Formatter:
    """How a line looks: ``json`` or ``console``."""
    if style == "json":
        return JsonFormatter(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger", "message": "event"},
            timestamp="time",
        )
    return ConsoleFormatter()


class ConsoleFormatter(logging.Formatter):
    """``12:30:01.250 INFO  soni.access request.served method=POST status=200``."""

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        extra = ((key, value) for key, value in record.__dict__.items() if key not in _RESERVED and value is not None)
        fields = "".join(f" {key}={_plain(value)}" for key, value in extra)
        return f"{clock}.{int(record.msecs):03} {record.levelname:<7} {record.name} {record.message}{fields}"


# uvicorn gives some lines a second, coloured version of themselves.
_RESERVED: Final = frozenset({*RESERVED_ATTRS, "taskName", "color_message"})


def _plain(value: object) -> str:
    """A value that cannot be mistaken for the next field, nor for another line."""
    text = str(value)
    return text if text.isprintable() and " " not in text and text else repr(text)


def _add_context(record: logging.LogRecord) -> bool:
    if (current := request_id.get()) is not None:
        record.request_id = current
    if (ids := tracing.ids()) is not None:
        record.trace_id, record.span_id = ids
    record.__dict__.pop("color_message", None)
    return True


def _file_handler(settings: Logging) -> logging.Handler:
    assert settings.file is not None
    handler = logging.handlers.RotatingFileHandler(
        settings.file, maxBytes=_ROTATE_AT, backupCount=_KEPT_FILES, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler


@contextmanager
def _in_background(handler: logging.Handler) -> Iterator[logging.Handler]:
    """The same handler, run by a thread: a slow disk must not hold up a turn."""
    lines: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    listener = logging.handlers.QueueListener(lines, handler)
    listener.start()
    try:
        yield logging.handlers.QueueHandler(lines)
    finally:
        listener.stop()
        handler.close()


def _restore(
    logger: logging.Logger, handlers: list[logging.Handler], level: int, propagate: bool, disabled: bool
) -> None:
    logger.handlers[:] = handlers
    logger.setLevel(level)
    logger.propagate = propagate
    logger.disabled = disabled
