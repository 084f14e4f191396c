"""Errors told to Sentry, where ``SENTRY_DSN`` names one: where they happened, and nothing of what was said.

What is sent is made here, and nowhere else: the SDK's own client is kept private, and none of its integrations runs.
"""

import asyncio
import logging
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar, Token
from importlib.metadata import version
from importlib.util import find_spec
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, cast

from typing_extensions import override

from soni import tracing
from soni.actions.threads import in_thread
from soni.errors import ConfigurationError, SoniError
from soni.events import Event
from soni.observability.logging import request_id
from soni.tracing import NOTHING, Attributes, Kind, Span, Tracer

if TYPE_CHECKING:
    import sentry_sdk
    from sentry_sdk.types import Event as Report
    from sentry_sdk.types import Hint

FAREWELL: Final = 2.0
"""Seconds in which the last reports may be sent while the service ends."""
MOST: Final = 10
"""Reports a second; in a storm the first ones tell what there is to know, and each costs the processor a millisecond."""

_IGNORED: Final = ("sentry_sdk", "urllib3", "opentelemetry")
"""Loggers of those who send: their failures are in the log, and reporting them would make more of them."""
_KEPT: Final = frozenset({
    "event_id", "timestamp", "level", "platform", "logger", "logentry", "exception", "tags", "contexts",
    "release", "environment", "server_name", "sdk",
})  # fmt: skip
"""Of a report; whatever else the SDK may find is left out."""
_FRAME: Final = frozenset({
    "filename", "abs_path", "function", "module", "lineno", "pre_context", "context_line", "post_context", "in_app",
})  # fmt: skip
"""Of a stack frame: code, and no variables."""

_about: ContextVar[dict[str, str] | None] = ContextVar("incident_tags", default=None)
"""What is known of the request that is being answered; all that answers it writes into the same."""


@asynccontextmanager
async def incidents(fingerprint: str, environ: Mapping[str, str] = os.environ) -> AsyncIterator[None]:
    """Report what is logged as an error while this is entered, where ``SENTRY_DSN`` is set; ``fingerprint`` is the assistant's.

    Where the application that Soni is part of has set up Sentry itself, that is left as it is, and nothing is reported twice.
    Raises ConfigurationError where the SDK is not installed, or the DSN is none.
    """
    dsn = environ.get("SENTRY_DSN", "").strip()
    if not dsn:
        yield
        return
    if find_spec("sentry_sdk") is None:
        raise ConfigurationError("SENTRY_DSN is set, and Sentry's SDK is not installed: install soni[sentry].")
    client = await asyncio.to_thread(_open, dsn, fingerprint, environ)
    if client is None:
        yield
        return
    reporter, root = _Reporter(client), logging.getLogger()
    root.addHandler(reporter)
    try:
        with tracing.traced_by(_Bystander()):
            yield
    finally:
        root.removeHandler(reporter)
        with suppress(TimeoutError):
            async with asyncio.timeout(2 * FAREWELL):
                await in_thread(client.close, (), {"timeout": FAREWELL})


def _open(dsn: str, fingerprint: str, environ: Mapping[str, str]) -> "sentry_sdk.Client | None":
    """The client, or ``None`` where the application has its own. Raises ConfigurationError."""
    import sentry_sdk
    from sentry_sdk.utils import BadDsn

    if sentry_sdk.get_client().is_active():
        return None
    try:
        return sentry_sdk.Client(
            dsn,
            release=environ.get("SENTRY_RELEASE") or f"soni@{version('soni')}+{fingerprint}",
            environment=environ.get("SENTRY_ENVIRONMENT") or "production",
            before_send=_scrubbed,
            default_integrations=False,
            auto_enabling_integrations=False,
            auto_session_tracking=False,
            send_default_pii=False,
            include_local_variables=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            propagate_traces=False,
            send_client_reports=False,
            enable_backpressure_handling=False,
            spotlight=False,
        )
    except BadDsn:
        raise ConfigurationError(
            "SENTRY_DSN is no DSN: it looks like https://KEY@HOST/PROJECT, as Sentry shows it in a project's settings."
        ) from None


class _Reporter(logging.Handler):
    """Sends what is logged as an error."""

    def __init__(self, client: "sentry_sdk.Client") -> None:
        super().__init__(logging.ERROR)
        self._client = client
        self._second, self._sent = 0, 0

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in _IGNORED or not self._may_send():
            return
        from sentry_sdk.utils import event_from_exception

        report: Report = {"logger": record.name, "tags": _tags()}
        hint: Hint = {}
        if record.exc_info is not None and record.exc_info[0] is not None:
            options, how = self._client.options, {"type": "logging", "handled": True}
            found, hint = event_from_exception(record.exc_info, client_options=options, mechanism=how)
            report["exception"] = found["exception"]
        report["level"] = "fatal" if record.levelno >= logging.CRITICAL else "error"
        if (words := _template(record)) is not None:
            # As it is written in the code, without what is filled in.
            report["logentry"] = {"message": words}
        if (ids := tracing.ids()) is not None:
            report["contexts"] = {"trace": {"trace_id": ids[0], "span_id": ids[1]}}
        self._client.capture_event(report, hint)

    def _may_send(self) -> bool:
        now = int(time.monotonic())
        if now != self._second:
            self._second, self._sent = now, 0
        self._sent += 1
        return self._sent <= MOST


def _tags() -> dict[str, str]:
    found = dict(_about.get() or {})
    if (request := request_id.get()) is not None:
        found["request_id"] = request
    return found


def _template(record: logging.LogRecord) -> str | None:
    """The words of a line of Soni's own; authors and libraries may write into theirs whatever they have at hand."""
    ours = record.name.startswith("soni.") and not record.name.startswith("soni.actions.")
    return record.msg if ours and isinstance(record.msg, str) else None


def _scrubbed(report: "Report", _hint: "Hint") -> "Report":
    """The last door: only what is known to say nothing of a conversation goes out."""
    kept: dict[str, Any] = {key: value for key, value in report.items() if key in _KEPT}
    for raised in kept.get("exception", {}).get("values", ()):
        raised["value"] = _words(raised.get("module"), raised.get("type"))
        stack = raised.get("stacktrace") or {}
        stack["frames"] = [{k: v for k, v in frame.items() if k in _FRAME} for frame in stack.get("frames", ())]
        raised["stacktrace"] = stack
        raised["mechanism"] = {k: v for k, v in (raised.get("mechanism") or {}).items() if k not in ("data", "meta")}
    return cast("Report", kept)


def _words(module: object, kind: object) -> str:
    """What an error of Soni's says in general; of any other nothing, for its words may repeat what was said."""
    found = getattr(sys.modules.get(str(module)), str(kind), None)
    if isinstance(found, type) and issubclass(found, SoniError) and found.__module__.partition(".")[0] == "soni":
        return (found.__doc__ or "").strip().partition("\n")[0]
    return ""


class _Bystander(Tracer):
    """A ``Tracer`` that only remembers which conversation, and which of its turns, a request is about."""

    @override
    def span(self, name: str, attributes: Attributes, kind: Kind, caller: Mapping[str, str]) -> Span:
        """What is remembered lasts as long as the request, for it may fail when its turn is over."""
        return _Remembered(attributes) if kind == "server" or name == "soni.turn" else NOTHING

    @override
    def note(self, name: str, attributes: Attributes) -> None:
        """Nothing is kept of it."""

    @override
    def tell(self, event: Event) -> None:
        """Nothing is kept of it."""

    @override
    def headers(self) -> Mapping[str, str]:
        """None of its own."""
        return {}

    @override
    def ids(self) -> tuple[str, str] | None:
        """None of its own."""
        return None


class _Remembered:
    """A request or a turn, of which is known who it is about."""

    _TAGS: Final = {"soni.conversation": "conversation", "soni.turn": "turn"}

    def __init__(self, attributes: Attributes) -> None:
        self._begun = attributes
        self._token: Token[dict[str, str] | None] | None = None
        self._tags: dict[str, str] = {}

    def __enter__(self) -> Self:
        if (around := _about.get()) is not None:
            self._tags = around
        else:
            self._token = _about.set(self._tags)
        self.set(self._begun)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _about.reset(self._token)

    def set(self, attributes: Attributes) -> None:
        """Remember what it is about."""
        for name, tag in self._TAGS.items():
            if name in attributes:
                self._tags[tag] = str(attributes[name])

    def rename(self, name: str) -> None:
        """Nothing is kept of it."""

    def fail(self, kind: str) -> None:
        """Nothing is kept of it."""

    def end(self) -> None:
        """It is left in any case."""
