"""A service that is given secrets wherever they could come from tells none of them to anybody."""

import gzip
import json
from pathlib import Path

import httpx
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.canaries.leaving import Leavings, service_leavings
from tests.canaries.planted import CANARIES, QUIET, found
from tests.receiving import receiving


def test_no_canary_is_found(tmp_path: Path) -> None:
    """In log, metrics, errors, traces and Sentry, where actions, model and store fail; scripts/canaries has all forms."""
    left = service_leavings(tmp_path, "json", "INFO", every=5)

    assert found((*CANARIES, *QUIET), left.everything) == []
    for sign in (
        '"turn.answered"',
        '"request.failed"',
        "cannot use …",
        "using … in …",
        '"conversation"',
        "StoreUnavailable",
    ):
        assert sign in left.lines.replace("\\u2026", "…")
    assert left.file.count("\n") > 100
    assert "soni_actions_total{" in left.metrics
    assert len(left.errors) > 20
    assert left.missing == []
    assert len(left.spans) > 500


def test_a_canary_that_is_there_is_found() -> None:
    """The search finds them also quoted and without their spaces."""
    left = Leavings(
        lines="paid with 4111111111111111", errors=["q=kestrel/heron%26wren%3D1", 'a "blue \\"velvet\\" door"']
    )

    assert len(found(CANARIES, left.everything)) == 3


def test_a_canary_is_found_wherever_a_collector_or_sentry_gets_it() -> None:
    """In every text and number of spans and metrics, in headers, and in compressed envelopes."""
    traces, metrics, left = ExportTraceServiceRequest(), ExportMetricsServiceRequest(), Leavings()
    of_service = traces.resource_spans.add()
    of_service.resource.attributes.add(key="a").value.string_value = "marzipan-otter"
    scope = of_service.scope_spans.add()
    scope.scope.name = "zoe.quark@example.org"
    span = scope.spans.add(name="Querétaro 1987", trace_state="v=tango'd giraffe")
    span.attributes.add(key='blue "velvet" door').value.int_value = 73119046
    span.attributes.add(key="b").value.array_value.values.add().string_value = "ÑANDÚ de plata"
    span.events.add(name="lavender\\smoke").attributes.add(key="c").value.double_value = 8213.75
    span.links.add().attributes.add(key="d").value.string_value = "kestrel/heron&wren=1"
    span.status.message = "GB29NWBK60161331926819"
    metric = metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="e")
    metric.histogram.data_points.add().attributes.add(key="f").value.string_value = "swordfish forever"
    envelope = "\n".join(map(json.dumps, ({}, {"type": "event"}, {"a": [{"b": "pin 90214457"}]})))
    with receiving() as collector, receiving() as sentry:
        for path, body in (("/v1/traces", traces), ("/v1/metrics", metrics)):
            httpx.post(collector.url + path, content=body.SerializeToString(), headers={"baggage": "a=quinoa-42"})
        packed = {"content-encoding": "gzip", "x-more": "378282246310005"}
        httpx.post(f"{sentry.url}/api/1/envelope/", content=gzip.compress(envelope.encode()), headers=packed)
        left.hear(collector, sentry)

    assert len(found((*CANARIES, *QUIET), {"traces": left.traces})) == 13
    assert len(found((*CANARIES, *QUIET), {"sentry": left.sentry})) == 2
