"""OpenTelemetry's providers: those of the application that Soni is part of, or Soni's own, made as the environment says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final
from uuid import uuid4
from weakref import WeakSet

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter

from soni.observability.meters import Meters
from soni.observability.spans import SpanTracer
from soni.observability.wordless import Wordless

_SCOPE: Final = "soni"
"""Whose spans and metrics they are."""
_SPANS: Final[dict[str, Callable[[], SpanExporter]]] = {"otlp": OTLPSpanExporter, "console": ConsoleSpanExporter}
_METRICS: Final[dict[str, Callable[[], MetricExporter]]] = {
    "otlp": OTLPMetricExporter,
    "console": ConsoleMetricExporter,
}
_made: Final[WeakSet[TracerProvider | MeterProvider]] = WeakSet()
"""Soni's own: OpenTelemetry takes one for a whole process, and a second service in it must not use the first one's."""


@dataclass(frozen=True, slots=True)
class Telemetry:
    """Providers that are open, as Soni sees them."""

    tracer: SpanTracer
    close: Callable[[], None]
    """Sends what is left, and closes what Soni has opened. It may take long: there is no end to how an exporter hangs."""


def open_providers(traces: Sequence[str], measures: Sequence[str], fingerprint: str) -> Telemetry | None:
    """Providers with these exporters (``otlp``, ``console``), unless the application has its own.

    ``None`` where none are named and the application has none. ``fingerprint`` is the assistant's.
    """
    tracing, metering = trace.get_tracer_provider(), metrics.get_meter_provider()
    closing: list[Callable[[], None]] = []
    resource = _resource(fingerprint)
    if not (traces_are_theirs := isinstance(tracing, TracerProvider) and tracing not in _made):
        tracing = _tracer_provider(traces, resource, closing) if traces else trace.NoOpTracerProvider()
    if not isinstance(metering, MeterProvider) or metering in _made:
        metering = _meter_provider(measures, resource, closing) if measures else metrics.NoOpMeterProvider()
    if not (traces_are_theirs or closing):
        return None

    def close() -> None:
        for each in closing:
            each()

    release = version("soni")
    tracer = SpanTracer(tracing.get_tracer(_SCOPE, release), Meters(metering.get_meter(_SCOPE, release)))
    return Telemetry(tracer, close)


def _tracer_provider(names: Sequence[str], resource: Resource, closing: list[Callable[[], None]]) -> TracerProvider:
    # Nothing at the exit of the process: what is open is closed with the service, which has a time for it.
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    for name in names:
        provider.add_span_processor(BatchSpanProcessor(Wordless(_SPANS[name]())))
    closing.append(provider.shutdown)
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(provider)  # for what authors trace in their actions
    _made.add(provider)
    return provider


def _meter_provider(names: Sequence[str], resource: Resource, closing: list[Callable[[], None]]) -> MeterProvider:
    readers = [PeriodicExportingMetricReader(_METRICS[name]()) for name in names]
    provider = MeterProvider(readers, resource, shutdown_on_exit=False)
    closing.append(provider.shutdown)
    if not isinstance(metrics.get_meter_provider(), MeterProvider):
        metrics.set_meter_provider(provider)
    _made.add(provider)
    return provider


def _resource(fingerprint: str) -> Resource:
    """Who sends: what the environment says, and what it leaves open."""
    named = Resource.create()
    ours = {"service.version": version("soni"), "service.instance.id": str(uuid4()), "soni.assistant": fingerprint}
    if str(named.attributes["service.name"]).startswith("unknown_service"):
        named = named.merge(Resource({"service.name": "soni"}))
    return Resource(ours).merge(named)
