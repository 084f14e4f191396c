"""A span around every request that has to do with a conversation, below that of whoever called."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from soni import tracing
from soni.observability.redaction import without_secrets

_PROBES: Final = frozenset({"/health", "/ready", "/startup", "/metrics", "/version"})
"""Asked every few seconds by machines, and of interest to none."""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CALLER: Final = frozenset({b"traceparent", b"tracestate"})


class RequestSpans:
    """Traces requests, with the names of OpenTelemetry's conventions for HTTP.

    Neither paths nor addresses are told: a path names its user. Plain ASGI, and where nobody traces, one call.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not tracing.active() or scope["type"] != "http" or scope["path"] in _PROBES:
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        begun = {
            "http.request.method": method,
            "url.scheme": scope.get("scheme", "http"),
            "network.protocol.version": scope["http_version"],
        }
        with tracing.span(method, begun, kind="server", caller=_caller(scope)) as span:
            status = 0

            async def watch(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                    span.set({"http.response.status_code": status, **_reference(message)})
                await send(message)

            try:
                await self._app(scope, receive, watch)
            finally:
                if (route := getattr(scope.get("route"), "path", None)) is not None:
                    span.rename(f"{method} {route}")
                    span.set({"http.route": route})
                if status >= 500:
                    span.fail(str(status))


def _caller(scope: Scope) -> dict[str, str]:
    """The headers with which the caller names its own span."""
    carrier: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name in _CALLER:
            key, text = name.decode("ascii"), value.decode("latin-1")
            carrier[key] = f"{carrier[key]},{text}" if key in carrier else text
    if (state := carrier.get("tracestate")) is not None and without_secrets(state) != state:
        # Callers may write anything there, and it is sent to collectors and webhooks as it is.
        del carrier["tracestate"]
    return carrier


def _reference(message: Message) -> dict[str, str]:
    """The request's id, as the answer has it."""
    for name, value in message.get("headers", ()):
        if name == b"x-request-id":
            return {"soni.request_id": value.decode("latin-1")}
    return {}
