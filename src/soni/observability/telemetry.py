"""OpenTelemetry, where the environment asks for it: its standard variables say what is sent, how much, and where to."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from soni.actions.threads import in_thread
from soni.errors import ConfigurationError
from soni.tracing import traced_by

if TYPE_CHECKING:
    from soni.observability.providers import Telemetry

FAREWELL: Final = 5.0
"""Seconds in which the last spans and metrics may be sent while the service ends."""

_EXPORTERS: Final = ("otlp", "console", "none")
_PROTOCOL: Final = "http/protobuf"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is sent where: each is some of ``otlp`` and ``console``."""

    traces: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.traces or self.metrics)


def wanted(environ: Mapping[str, str]) -> Wanted:
    """What the environment asks for: nothing, unless it names an endpoint or an exporter.

    Raises ConfigurationError for an exporter or a protocol that Soni does not have.
    """
    if _is_off(environ):
        return Wanted()
    return Wanted(_exporters(environ, "TRACES"), _exporters(environ, "METRICS"))


@asynccontextmanager
async def telemetry(fingerprint: str, environ: Mapping[str, str] = os.environ) -> AsyncIterator[None]:
    """Traces and metrics while this is entered, where the environment asks for them; ``fingerprint`` is the assistant's.

    What is left is sent at the end, for which ``FAREWELL`` seconds are given. Where the application that Soni is part of has
    set up OpenTelemetry itself, its providers are used, whatever the environment says, and stay open. Raises ConfigurationError.
    """
    asked = wanted(environ)
    if not asked and (_is_off(environ) or not _is_set_up()):
        yield
        return
    if not _is_installed():
        raise ConfigurationError(
            "The environment asks for OpenTelemetry (OTEL_…), which is not installed: install soni[otel],"
            " or set OTEL_SDK_DISABLED=true."
        )
    # Importing it takes a while, and its exporters start threads.
    opened = await asyncio.to_thread(_open, asked, fingerprint)
    if opened is None:
        yield
        return
    try:
        with traced_by(opened.tracer):
            yield
    finally:
        # In a thread that nobody waits for when the process ends: an exporter may hang as long as it likes.
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await in_thread(opened.close, (), {})


def _is_off(environ: Mapping[str, str]) -> bool:
    return environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


def _exporters(environ: Mapping[str, str], signal: str) -> tuple[str, ...]:
    """Where to send traces or metrics: what is named, or OTLP where it has an endpoint."""
    endpoints = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    variable = f"OTEL_{signal}_EXPORTER"
    written = environ.get(variable, "").strip() or ("otlp" if any(map(environ.get, endpoints)) else "none")
    names = tuple(dict.fromkeys(name.strip().lower() for name in written.split(",")))
    if unknown := [name for name in names if name not in _EXPORTERS]:
        raise ConfigurationError(f"{variable}: Soni has no exporter {unknown[0]!r}; it has {', '.join(_EXPORTERS)}.")
    if "otlp" in names:
        _check_protocol(environ, signal)
    return tuple(name for name in names if name != "none")


def _check_protocol(environ: Mapping[str, str], signal: str) -> None:
    for variable in (f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if written := environ.get(variable, "").strip():
            if written != _PROTOCOL:
                raise ConfigurationError(
                    f"{variable}: Soni speaks {_PROTOCOL}, not {written!r}; collectors take it on port 4318."
                )
            return


def _is_installed() -> bool:
    # Not the package itself, a namespace that any of its parts brings.
    return find_spec("opentelemetry") is not None and all(
        find_spec(f"opentelemetry.{part}") is not None for part in ("sdk", "exporter")
    )


def _is_set_up() -> bool:
    """Whether somebody in this process has set up traces. That the SDK is loaded says nothing: LangChain loads it."""
    sdk = sys.modules.get("opentelemetry.sdk.trace")
    if sdk is None:
        return False
    from opentelemetry import trace

    return isinstance(trace.get_tracer_provider(), sdk.TracerProvider)


def _open(asked: Wanted, fingerprint: str) -> "Telemetry | None":
    from soni.observability.providers import open_providers

    return open_providers(asked.traces, asked.metrics, fingerprint)
