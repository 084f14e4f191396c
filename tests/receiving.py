"""Who receives what a service tells of itself: a collector, Sentry, and the bank behind a webhook; all of them on loopback."""

import gzip
import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, TypeAlias

from google.protobuf.json_format import MessageToJson
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

_OTLP: Final[dict[str, type[ExportTraceServiceRequest] | type[ExportMetricsServiceRequest]]] = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
}

Told: TypeAlias = dict[str, object]
"""Attributes."""


@dataclass(frozen=True)
class Seen:
    """A span that has come."""

    name: str
    trace: str
    id: str
    parent: str
    kind: str
    failed: bool
    status_words: str
    told: Told
    events: list[tuple[str, Told]]
    service: Told
    state: str
    """``tracestate``."""


class Receiver(ThreadingHTTPServer):
    """Takes whatever is posted to it, and keeps it as it came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        """Path, headers in small letters, and body of each."""
        self.came = threading.Condition()
        self.answers: list[int] = []
        """Statuses for the next posts; 200 when there are none."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def bodies(self) -> bytes:
        """Everything that has come, in one piece."""
        return b"\n".join(body for _, _, body in self.posts)

    def wait_for(self, number: int) -> None:
        """Until so many posts have come."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.posts) >= number, timeout=30)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        status = self.server.answers.pop(0) if self.server.answers else 200
        with self.server.came:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.server.posts.append((self.path, headers, body))
            self.server.came.notify_all()
        answer = b"" if self.path.startswith("/v1/") else b'{"receipt": "r1"}'
        self.send_response(status)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        pass


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def spans_in(collector: Receiver) -> list[Seen]:
    """The spans that have come over OTLP, in the order they began."""
    found: list[tuple[int, Seen]] = []
    for path, _, body in collector.posts:
        if path == "/v1/traces":
            for of_service in ExportTraceServiceRequest.FromString(body).resource_spans:
                service = _told(of_service.resource.attributes)
                spans = [span for scope in of_service.scope_spans for span in scope.spans]
                found += [(span.start_time_unix_nano, _seen(span, service)) for span in spans]
    return [span for _, span in sorted(found, key=lambda each: each[0])]


def metrics_in(collector: Receiver) -> dict[str, list[tuple[Told, int, float]]]:
    """The newest of each metric that has come: attributes, count and sum of each point."""
    found: dict[str, list[tuple[Told, int, float]]] = {}
    for path, _, body in collector.posts:
        if path == "/v1/metrics":
            for of_service in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for metric in (metric for scope in of_service.scope_metrics for metric in scope.metrics):
                    points = metric.histogram.data_points
                    found[metric.name] = [(_told(point.attributes), point.count, point.sum) for point in points]
    return found


def reports_in(sentry: Receiver) -> list[dict[str, Any]]:
    """The events in the envelopes that Sentry has got."""
    found: list[dict[str, Any]] = []
    for path, _, body in sentry.posts:
        assert path == "/api/1/envelope/"
        lines = body.split(b"\n")
        for head, item in zip(lines[1::2], lines[2::2], strict=False):
            assert json.loads(head)["type"] == "event"
            found.append(json.loads(item))
    return found


def everything_in(receiver: Receiver, but: str = "") -> str:
    """All that has come, to be read: paths, headers (``but`` one), and bodies; those of OTLP as JSON."""
    found: list[str] = []
    for path, headers, body in receiver.posts:
        found += [path, *(f"{name}: {value}" for name, value in headers.items() if name != but)]
        if (kind := _OTLP.get(path)) is not None:
            found.append(MessageToJson(kind.FromString(body), ensure_ascii=False))
        else:
            found.append(body.decode())
    return "\n".join(found)


def _seen(span: Span, service: Told) -> Seen:
    return Seen(
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        span.status.code == Status.STATUS_CODE_ERROR,
        span.status.message,
        _told(span.attributes),
        [(event.name, _told(event.attributes)) for event in span.events],
        service,
        span.trace_state,
    )


def _told(attributes: Iterable[KeyValue]) -> Told:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: AnyValue) -> object:
    if value.WhichOneof("value") == "array_value":
        return [_value(item) for item in value.array_value.values]
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind else None
