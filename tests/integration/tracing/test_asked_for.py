"""OpenTelemetry when nobody asks for it, when what is asked for cannot be had, and when nobody listens."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.integration.server.processes import ASSISTANT, UVICORN, run, served
from tests.receiving import receiving, spans_in

from soni.errors import ConfigurationError
from soni.observability.telemetry import FAREWELL, Wanted, wanted

from .shop import SEND, say, shop

NOBODY = "http://127.0.0.1:9"
TALK = """
import asyncio, sys
from soni.server.api import create_app
import httpx

async def main():
    app = create_app()
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://soni") as client:
            answer = await client.post("/chat/ana", json={"message": "hello"})
            assert answer.status_code == 200, answer.text

asyncio.run(main())
"""
PROVIDER = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
"""
TALKED = """
print(*(span.name for span in spans.get_finished_spans()))
spans.clear()
trace.get_tracer("host").start_span("afterwards").end()
print(*(span.name for span in spans.get_finished_spans()))
"""
LOADED = """
always = ("definitions", "identity", "incidents", "known_secrets", "logging", "metrics", "redaction", "telemetry", "turns")
known = {"soni.observability." + name for name in always}
print(*sorted(name for name in sys.modules if name not in known))
"""


def without(module: str) -> tuple[str, ...]:
    """The service, in an environment in which this module is not installed."""
    code = f"import sys; sys.modules[{module!r}] = None; import uvicorn; uvicorn.run('soni.server.api:app', port=0)"  # fmt: skip
    return sys.executable, "-c", code


def test_nothing_is_loaded_unless_it_is_asked_for(tmp_path: Path) -> None:
    """Neither exporters nor meters nor Soni's tracer, nor Sentry's SDK. FastAPI and LangChain load the rest for themselves."""
    (tmp_path / "soni.yaml").write_text(ASSISTANT % "memory")
    done = subprocess.run(
        [sys.executable, "-c", TALK + LOADED], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    loaded = done.stdout.split()
    heavy = ("opentelemetry.exporter", "opentelemetry.sdk.metrics", "soni.observability.", "sentry_sdk")
    assert [name for name in loaded if name.startswith(heavy)] == []


@pytest.mark.parametrize(
    ("environ", "asked"),
    [
        ({}, Wanted()),
        ({"OTEL_SERVICE_NAME": "shop"}, Wanted()),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY}, Wanted(("otlp",), ("otlp",))),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY, "OTEL_SDK_DISABLED": "True"}, Wanted()),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY, "OTEL_METRICS_EXPORTER": "none"}, Wanted(("otlp",), ())),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": NOBODY}, Wanted((), ("otlp",))),
        ({"OTEL_TRACES_EXPORTER": "console, otlp"}, Wanted(("console", "otlp"), ())),
    ],
)
def test_the_standard_variables_say_what_is_sent(environ: dict[str, str], asked: Wanted) -> None:
    """An endpoint, or an exporter by name; a name for the service alone asks for nothing."""
    assert wanted(environ) == asked


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER: Soni has no exporter 'zipkin'"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": NOBODY, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "OTEL_EXPORTER_OTLP_PROTOCOL: Soni speaks http/protobuf, not 'grpc'",
        ),
    ],
)
def test_what_soni_cannot_send_is_said(environ: dict[str, str], words: str) -> None:
    """A service that is to be watched, and is not, would be noticed in the wrong night."""
    with pytest.raises(ConfigurationError, match=words):
        wanted(environ)


def test_what_is_not_installed_is_said_at_the_start(tmp_path: Path) -> None:
    """With what to install, and the exit code of a configuration that is at fault."""
    (tmp_path / "soni.yaml").write_text(ASSISTANT % "memory")
    traces = run(tmp_path, without("opentelemetry.sdk"), OTEL_EXPORTER_OTLP_ENDPOINT=NOBODY)
    reports = run(tmp_path, without("sentry_sdk"), SENTRY_DSN="http://key@127.0.0.1:9/1")

    assert "install soni[otel], or set OTEL_SDK_DISABLED=true" in traces.stderr
    assert "install soni[sentry]" in reports.stderr
    assert (traces.returncode, reports.returncode) == (78, 78)


def test_an_application_s_own_providers_are_used(tmp_path: Path) -> None:
    """Where Soni is part of something that is traced already, its spans go where the others go, and nothing is closed."""
    (tmp_path / "soni.yaml").write_text(ASSISTANT % "memory")
    done = subprocess.run(
        [sys.executable, "-c", PROVIDER + TALK + TALKED], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == [
        "soni.lock soni.load soni.understand soni.run soni.commit soni.turn POST /chat/{user_id}",
        "afterwards",
    ]


def test_a_collector_that_is_down_hurts_nobody(tmp_path: Path) -> None:
    """Turns are answered, and the service ends in its time, with everything still to be sent."""
    (tmp_path / "soni.yaml").write_text(ASSISTANT % "memory")
    with served(tmp_path, UVICORN, OTEL_EXPORTER_OTLP_ENDPOINT=NOBODY, OTEL_BSP_SCHEDULE_DELAY="50") as service:
        answers = [service.client.post(f"/chat/user{n}", json={"message": "hello"}) for n in range(20)]
        assert [answer.status_code for answer in answers] == [200] * 20

        began = time.monotonic()
        assert service.stop() == 0
        # A bound, not a speed: the exporters would try again for ten seconds each.
        assert time.monotonic() - began < FAREWELL + 15


def test_what_is_not_sampled_is_not_sent_but_passed_on(tmp_path: Path) -> None:
    """OTEL_TRACES_SAMPLER decides; the webhook hears of the decision, and metrics count every turn."""
    with receiving() as collector, receiving() as bank:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_TRACES_SAMPLER": "always_off"}
        with shop(tmp_path, bank.url, **environ) as (service, _):
            say(service, SEND)
            say(service, "/affirm")
            assert service.stop() == 0

    assert spans_in(collector) == []
    assert int(bank.posts[0][1]["traceparent"].rpartition("-")[2], 16) & 1 == 0
    assert any(path == "/v1/metrics" and b"soni.turn.duration" in body for path, _, body in collector.posts)
