"""Around every request: its id, its line in the log, headers that make an answer safe, and a farewell while draining."""

import logging
import os
import re
import sys
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from soni.confidential import Confidential, confidential
from soni.observability.definitions import OTHER
from soni.observability.logging import request_id
from soni.observability.redaction import without_secrets
from soni.server.access import client_of
from soni.server.errors import NotFound, error_response
from soni.server.service import Service

access_log = logging.getLogger("soni.access")

_SANE: Final = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_METHODS: Final = frozenset({"GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"})
_PROBES: Final = frozenset({"/health", "/ready", "/startup", "/metrics"})
_CLIENT_GONE: Final = 499
_FAREWELL: Final = (b"connection", b"close")

SAFE: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
"""Every answer has these, unless it says otherwise itself: nobody keeps it, shows it as a page, or guesses what it is."""


class RequestContext:
    """Gives a request its id, in ``X-Request-ID`` and in all that is logged meanwhile; logs one line when it is over.

    Plain ASGI: it costs each message some microseconds.
    """

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await _refuse(WebSocket(scope, receive, send))
            else:
                await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        reference = _given_id(scope) or new_request_id()
        header = (b"x-request-id", reference.encode())
        status, whole = 0, False

        async def send_with_id(message: Message) -> None:
            nonlocal status, whole
            whole = message["type"] == "http.response.body" and not message.get("more_body")
            if message["type"] == "http.response.start":
                status = message["status"]
                given = message.get("headers", ())
                named = {name for name, _ in given}
                message["headers"] = [*given, header, *(each for each in SAFE if each[0] not in named)]
                if (insist := self._service.insistence) is not None and scope.get("scheme") == "https":
                    message["headers"].append(insist)
                if self._service.phase == "draining" and scope["http_version"].startswith("1"):
                    # Whoever keeps this connection for the next request would find it closed.
                    message["headers"].append(_FAREWELL)
            await send(message)

        token, outside = request_id.set(reference), confidential.set(Confidential())
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            # The template: a path itself names its user.
            route = getattr(scope.get("route"), "path", None)
            # Any word is a method to HTTP.
            method = scope["method"] if scope["method"] in _METHODS else OTHER
            # A stream that nobody hears to its end is not one that was.
            status, seconds = status if whole else _CLIENT_GONE, time.perf_counter() - began
            if self._service.metrics is not None:
                self._service.metrics.request_served(method, route, status, seconds)
            # Probes come every few seconds for ever: those that find all well would be most of the log.
            level = logging.DEBUG if route in _PROBES and status < 400 else logging.INFO
            if access_log.isEnabledFor(level):
                fields: dict[str, object] = {
                    "method": method,
                    "route": route,
                    "status": status,
                    "ms": round(1000 * seconds, 2),
                }
                if (client := client_of(scope)) is not None:
                    fields["client"] = client
                access_log.log(level, "request.served", extra=fields)
            request_id.reset(token)
            if sys.exc_info()[0] is None:
                # Otherwise the server logs the error, from here on: it is held against the turn it belongs to.
                confidential.reset(outside)


async def _refuse(asked: WebSocket) -> None:
    """There is nothing to talk to by WebSocket; said as any other error is, where the server can."""
    token = request_id.set(new_request_id())
    try:
        response = error_response(NotFound("There are no WebSockets here."))
        response.headers["X-Request-ID"] = request_id.get() or ""
        await asked.send_denial_response(response)
    finally:
        request_id.reset(token)


def new_request_id() -> str:
    """A ULID: 26 characters that sort by time, of which 80 bits are random."""
    number = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    return "".join(_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10))


_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS: Final = tuple(first + second for first in _CROCKFORD for second in _CROCKFORD)


def _given_id(scope: Scope) -> str | None:
    """The caller's own request id, where it is one that can safely be logged and sent back."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SANE.fullmatch(value):
            given = str(value, "ascii")
            return given if without_secrets(given) == given else None
    return None
