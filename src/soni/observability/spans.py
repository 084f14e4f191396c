"""Soni's spans as OpenTelemetry's: the tracer behind ``soni.tracing``, for whoever has ``soni[otel]``."""

import time
from collections.abc import Mapping
from contextvars import Token
from types import TracebackType
from typing import Final, Self

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from soni.events import (
    BreakerChanged,
    CommandDropped,
    Event,
    FlowStarted,
    HandedOff,
    PatternRan,
    StepRan,
    UnderstoodBy,
    ValueRefused,
)
from soni.observability.meters import Meters
from soni.tracing import Attribute, Attributes, Kind

_KINDS: Final[Mapping[Kind, SpanKind]] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
}
# Not the configured propagator: baggage is whatever callers put into it, and would go on to every webhook.
_W3C: Final = TraceContextTextMapPropagator()
_FAILED: Final = Status(StatusCode.ERROR)
"""Without words: those of an exception may repeat what was said."""


class SpanTracer:
    """A ``Tracer`` whose spans are OpenTelemetry's; the durations of some of them are metrics."""

    def __init__(self, tracer: trace.Tracer, meters: Meters | None = None) -> None:
        self._tracer = tracer
        self._meters = meters

    def span(self, name: str, attributes: Attributes, kind: Kind, caller: Mapping[str, str]) -> "OpenSpan":
        """A span below the current one; else below the caller's; else the first of its trace."""
        around = None
        if caller and not trace.get_current_span().get_span_context().is_valid:
            around = _W3C.extract(caller)
        return OpenSpan(self._tracer, self._meters, name, attributes, kind, around)

    def note(self, name: str, attributes: Attributes) -> None:
        """An event of the current span."""
        trace.get_current_span().add_event(name, attributes)

    def tell(self, event: Event) -> None:
        """What happened to the conversation, as events of the current span; what has spans of its own is left out."""
        current = trace.get_current_span()
        if not current.is_recording():
            return
        if (told := _told(event)) is not None:
            current.add_event(*told)

    def headers(self) -> Mapping[str, str]:
        """``traceparent``, and ``tracestate`` where the caller gave one."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier

    def ids(self) -> tuple[str, str] | None:
        """The current trace and span."""
        current = trace.get_current_span().get_span_context()
        if not current.is_valid:
            return None
        return trace.format_trace_id(current.trace_id), trace.format_span_id(current.span_id)


class OpenSpan:
    """One of OpenTelemetry's spans, current while it is entered."""

    __slots__ = (
        "_around",
        "_attributes",
        "_began",
        "_family",
        "_kind",
        "_meters",
        "_name",
        "_span",
        "_token",
        "_tracer",
    )

    def __init__(
        self,
        tracer: trace.Tracer,
        meters: Meters | None,
        name: str,
        attributes: Attributes,
        kind: Kind,
        around: Context | None,
    ) -> None:
        self._tracer, self._meters, self._around = tracer, meters, around
        self._name, self._kind = name, kind
        self._attributes: dict[str, Attribute] = dict(attributes)
        self._span: trace.Span = trace.INVALID_SPAN
        self._token: Token[Context] | None = None
        self._began = 0.0

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        self._span = self._tracer.start_span(
            self._name,
            self._around,
            _KINDS[self._kind],
            self._attributes,
            record_exception=False,
            set_status_on_exception=False,
        )
        self._token = contexts.attach(trace.set_span_in_context(self._span, self._around))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None and self._token is not None:
            self._span.add_event("exception", {"exception.type": kind.__qualname__})
            self.fail(kind.__qualname__)
        self.end()

    def set(self, attributes: Attributes) -> None:
        """Say more about it."""
        self._attributes.update(attributes)
        self._span.set_attributes(attributes)

    def rename(self, name: str) -> None:
        """Call it otherwise."""
        self._span.update_name(name)

    def fail(self, kind: str) -> None:
        """It has failed in this way."""
        if "error.type" not in self._attributes:
            self.set({"error.type": kind})
        self._span.set_status(_FAILED)

    def end(self) -> None:
        """It is over, and no longer current."""
        if self._token is None:
            return
        contexts.detach(self._token)
        self._token = None
        self._span.end()
        if self._meters is not None:
            self._meters.ended(self._name, self._kind, time.perf_counter() - self._began, self._attributes)


def _told(event: Event) -> tuple[str, Attributes] | None:
    """An event as a span has it: names out of the YAML and of Soni, and nothing that a user could have written."""
    match event:
        case StepRan(flow, step, outcome, to):
            return "soni.step", {"soni.flow": flow, "soni.step": step, "soni.outcome": outcome, "soni.to": to}
        case FlowStarted(flow):
            return "soni.flow_started", {"soni.flow": flow}
        case PatternRan(pattern):
            return "soni.pattern", {"soni.pattern": pattern}
        case CommandDropped(command, reason):
            return "soni.command_dropped", {"soni.command": command, "soni.reason": reason}
        case ValueRefused(slot, reason):
            return "soni.value_refused", {"soni.slot": slot, "soni.reason": reason}
        case UnderstoodBy(source, reason):
            return "soni.understood_by", {"soni.source": source, "soni.reason": reason}
        case BreakerChanged(model, state):
            return "soni.breaker", {"soni.model": model, "soni.state": state}
        case HandedOff():
            return "soni.handed_off", {}
        case _:
            return None
