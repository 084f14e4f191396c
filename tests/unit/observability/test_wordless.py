"""Spans of authors, as they leave the process."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, SpanKind, StatusCode, Tracer

from soni.observability.wordless import Wordless


@pytest.fixture
def sent() -> InMemorySpanExporter:
    """What is left of each span."""
    return InMemorySpanExporter()


@pytest.fixture
def tracer(sent: InMemorySpanExporter) -> Iterator[Tracer]:
    """An author's."""
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(Wordless(sent)))
    yield provider.get_tracer("author")
    provider.shutdown()


def test_an_exception_is_told_by_its_type(sent: InMemorySpanExporter, tracer: Tracer) -> None:
    """Neither its words nor the traceback, which ends with them; and all else of the span is as it was."""
    caller = tracer.start_span("caller")
    with (
        suppress(LookupError),
        tracer.start_as_current_span(
            "post", None, SpanKind.CLIENT, {"rows": 3}, [Link(caller.get_span_context())]
        ) as span,
    ):
        span.add_event("began", {"attempt": 1})
        raise LookupError("nobody has 4111")

    (told,) = sent.get_finished_spans()
    assert [(event.name, dict(event.attributes or {})) for event in told.events] == [
        ("began", {"attempt": 1}),
        ("exception", {"exception.type": "LookupError", "exception.escaped": "False"}),
    ]
    assert (told.status.status_code, told.status.description) == (StatusCode.ERROR, None)
    assert (told.name, told.kind, dict(told.attributes or {})) == ("post", SpanKind.CLIENT, {"rows": 3})
    assert told.context == span.get_span_context()
    assert [link.context for link in told.links] == [caller.get_span_context()]
    assert told.instrumentation_scope is not None
    assert told.instrumentation_scope.name == "author"
    assert told.start_time is not None
    assert told.end_time is not None
    assert told.start_time < told.end_time


def test_a_span_without_an_exception_is_left_alone(sent: InMemorySpanExporter, tracer: Tracer) -> None:
    """What an author says of it is the author's."""
    with tracer.start_as_current_span("post") as span:
        span.add_event("note", {"message": "as it is"})

    (told,) = sent.get_finished_spans()
    assert [(event.name, dict(event.attributes or {})) for event in told.events] == [("note", {"message": "as it is"})]


def test_words_that_are_set_as_a_status_are_left_out(sent: InMemorySpanExporter, tracer: Tracer) -> None:
    """They are mostly an exception's."""
    with tracer.start_as_current_span("post") as span:
        span.set_status(StatusCode.ERROR, "nobody has 4111")

    (told,) = sent.get_finished_spans()
    assert (told.status.status_code, told.status.description) == (StatusCode.ERROR, None)
