"""Spans of whoever traces in this process, without the words of exceptions: OpenTelemetry writes them down unasked."""

from collections.abc import Sequence
from typing import Final

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Status
from typing_extensions import override

_WORDS: Final = frozenset({"exception.message", "exception.stacktrace"})
"""Attributes of an event; the traceback ends with the words, and with those of all causes."""


class Wordless(SpanExporter):
    """Passes spans on to an exporter. A span that an exception has left tells its type and no more, whoever opened it."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return self._exporter.export([_without_words(span) for span in spans])

    @override
    def shutdown(self) -> None:
        self._exporter.shutdown()

    @override
    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)


def _without_words(span: ReadableSpan) -> ReadableSpan:
    if not span.status.description and not any(_has_words(event) for event in span.events):
        return span
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=span.attributes,
        events=[_typed(event) if _has_words(event) else event for event in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _has_words(event: Event) -> bool:
    return not _WORDS.isdisjoint(event.attributes or {})


def _typed(event: Event) -> Event:
    told = {name: value for name, value in (event.attributes or {}).items() if name not in _WORDS}
    return Event(event.name, told, event.timestamp)
