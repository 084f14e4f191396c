"""Log lines as events with fields: readable for people, or one JSON object a line for machines."""

import logging
import logging.handlers
import os
import queue
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter
from typing_extensions import override

from soni import tracing
from soni.confidential import Confidential, confidential
from soni.config.settings import Logging
from soni.observability.identity import conversation_key
from soni.observability.redaction import Masks, redacted, redacted_traceback, redacted_value

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The request being answered; it is in every line that is logged meanwhile."""

NAMES_ONLY: Final = frozenset({"request.served", "turn.answered", "turn.replayed", "turn.failed", "turn.cancelled"})
"""Lines of ours that hold numbers, and names that the author gave: a user may have said such a name, too."""

_OURS: Final = frozenset({"soni.access", "soni.turns"})

IN_WORDS: Final = "in_words"
"""A field of a record whose line says in words what its exception is, and leaves out the traceback."""
_ROTATE_AT: Final = 10 * 1024 * 1024
_KEPT_FILES: Final = 5
# They bring handlers and lines of their own; the access log has users' names in its paths.
_SERVER_LOGGERS: Final = ("uvicorn", "uvicorn.error", "uvicorn.access")
# What these say is a line for each thing they do, with what it is done to: statements, addresses, prompts.
_CHATTY: Final = (
    "LiteLLM", "LiteLLM Proxy", "LiteLLM Router", "aiosqlite", "anthropic", "asyncio", "dspy", "httpcore", "httpx",
    "langchain", "langchain_core", "langgraph", "lm15", "openai", "opentelemetry", "psycopg", "psycopg.pool", "redis",
    "sentry_sdk.errors", "urllib3", "watchfiles",
)  # fmt: skip
# These bring handlers when they are imported, which write past ours.
_SELF_WRITING: Final = ("dspy", "LiteLLM", "LiteLLM Proxy", "LiteLLM Router", "litellm")


@contextmanager
def logging_as(settings: Logging, known: Iterable[str] = ()) -> Iterator[None]:
    """Log as the settings say, through the root logger, until the context ends; then everything is as it was.

    Lines go to stderr, and also to ``settings.file`` where one is named: it rotates at 10 MiB, and five old files are
    kept. ``known`` are secrets that no line may have. Raises OSError when that file cannot be opened.
    """
    with ExitStack() as cleanup:
        handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
        if settings.file is not None:
            handlers.append(cleanup.enter_context(_in_background(_file_handler(settings))))
        for handler in handlers:
            handler.setFormatter(formatter(settings.format))
        root = logging.getLogger()
        for logger in (root, *map(logging.getLogger, (*_SERVER_LOGGERS, *_CHATTY, *_SELF_WRITING))):
            cleanup.callback(_restore, logger, logger.handlers[:], logger.level, logger.propagate, logger.disabled)
        # Warnings of libraries may repeat values, and would go to stderr as they are.
        logging.captureWarnings(True)
        cleanup.callback(logging.captureWarnings, False)
        root.handlers[:] = [Redacting(handlers, known, private=settings.level != "DEBUG")]
        root.setLevel(settings.level)
        for name in _SERVER_LOGGERS:
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = name != "uvicorn.access"
        # Where a service listens is told at any level: with --port 0, nobody could know otherwise.
        logging.getLogger("uvicorn.error").setLevel(logging.INFO)
        for name in _CHATTY:
            logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
        take_over()
        yield


def take_over() -> None:
    """Let libraries that write by themselves write as everyone does: once at the start, and again when they are imported."""
    for name in _SELF_WRITING:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True


class Redacting(logging.Handler):
    """Passes a copy of each record on to others: with what it belongs to, and without what must not be told.

    The record itself stays as it is, for whoever else listens.
    """

    def __init__(self, handlers: Sequence[logging.Handler], known: Iterable[str] = (), *, private: bool = True) -> None:
        """``known`` are secrets that no line may have; ``private`` leaves out also what is said and known, but not sensitive."""
        super().__init__()
        self._handlers = tuple(handlers)
        self._known = tuple(sorted(known, key=len, reverse=True))
        self._always = Masks(self._known)
        self._private = private
        self._last: tuple[Confidential | None, int, Masks] = (None, 0, self._always)

    @override
    def createLock(self) -> None:
        # It keeps nothing that two threads could spoil; those behind it have locks of their own.
        self.lock = None

    @override
    def emit(self, record: logging.LogRecord) -> None:
        told = _copy(record)
        turn = confidential.get()
        if record.name not in _OURS or record.msg not in NAMES_ONLY:
            self._redact(told, self._masks(turn))
        if (current := request_id.get()) is not None:
            told.request_id = current
        if (ids := tracing.ids()) is not None:
            told.trace_id, told.span_id = ids
        if turn is not None and turn.user_id:
            if turn.conversation is None:
                turn.conversation = conversation_key(turn.user_id)
            told.conversation = turn.conversation
            if turn.turn is not None:
                told.turn = turn.turn
        for handler in self._handlers:
            handler.handle(told)

    def _redact(self, told: logging.LogRecord, masks: Masks) -> None:
        private = self._private
        try:
            message = told.getMessage()
        except (TypeError, ValueError, KeyError):
            # logging would complain on stderr, with all the arguments.
            message = f"{told.msg} (its arguments do not fit)"
        told.msg, told.args = redacted(message, masks, private=private), None
        if told.__dict__.pop(IN_WORDS, False):
            told.exc_info = None
        elif told.exc_info:
            told.exc_text = _TRACEBACKS.formatException(told.exc_info)
            told.exc_info = None
        if told.exc_text:
            told.exc_text = redacted_traceback(told.exc_text, masks, private=private)
        if told.stack_info:
            told.stack_info = redacted_traceback(told.stack_info, masks, private=private)
        fields = told.__dict__
        for key in fields.keys() - _RESERVED:
            fields[key] = redacted_value(fields[key], masks, private=private)

    def _masks(self, turn: Confidential | None) -> Masks:
        """What must not be in a line of this turn; looked up again only when more has become known."""
        if turn is None:
            return self._always
        known, changes, masks = self._last
        if known is not turn or changes != turn.changes:
            of_turn = Masks.of(turn)
            masks = Masks((*self._known, *of_turn.sensitive), of_turn.private)
            self._last = (turn, turn.changes, masks)
        return masks


def formatter(style: str) -> logging.Formatter:
    """How a line looks: ``json`` or ``console``."""
    if style == "json":
        return JsonFormatter(
            "%(time)s %(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger", "message": "event"},
            timestamp="time",
            reserved_attrs=sorted(_RESERVED),
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
_TRACEBACKS: Final = logging.Formatter()


def _plain(value: object) -> str:
    """A value that cannot be mistaken for the next field, nor for another line."""
    text = str(value)
    return text if text.isprintable() and " " not in text and text else repr(text)


def _copy(record: logging.LogRecord) -> logging.LogRecord:
    """Another record with the same fields; copy.copy takes five times as long."""
    told = logging.LogRecord.__new__(logging.LogRecord)
    told.__dict__.update(record.__dict__)
    told.__dict__.pop("color_message", None)
    return told


def _file_handler(settings: Logging) -> logging.Handler:
    assert settings.file is not None
    handler = SharedFileHandler(settings.file, maxBytes=_ROTATE_AT, backupCount=_KEPT_FILES, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler


class SharedFileHandler(logging.handlers.RotatingFileHandler):
    """Goes on in the new file when another worker, or logrotate, has moved the old one away.

    Else each worker would write into a file of its own, under names that say nothing, and each would move the others'.
    """

    @override
    def emit(self, record: logging.LogRecord) -> None:
        try:
            if (stream := self.stream) is not None and not _stands_at(stream.fileno(), self.baseFilename):
                stream.close()
                self.stream = self._open()
        except OSError:
            self.handleError(record)
        else:
            super().emit(record)


def _stands_at(descriptor: int, path: str) -> bool:
    """Whether the open file is still the one at this path."""
    try:
        return os.path.samestat(os.fstat(descriptor), Path(path).stat())
    except FileNotFoundError:
        return False


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
