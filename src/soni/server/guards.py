"""What a request has to pass before anyone looks at what it wants: the name it calls, the page it comes from, its body."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

from soni.config.settings import Settings
from soni.server.bodies import Announced, Body
from soni.server.errors import InvalidHost, OriginRefused, error_response
from soni.server.service import Service

PROBED: Final = frozenset({"/health", "/ready", "/startup", "/metrics"})
"""Answered under any name: who looks after a service calls it by its address, and hears nothing of any conversation."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names a service is called by."""

    exact: frozenset[bytes]
    below: tuple[bytes, ...]
    """``.example.com``, for all names below it."""
    any: bool

    @classmethod
    def of(cls, patterns: Iterable[str]) -> "Hosts":
        """From ``settings.server.allowed_hosts``."""
        names = [pattern.lower().encode() for pattern in patterns]
        return cls(
            frozenset(name for name in names if not name.startswith(b"*")),
            tuple(name[1:] for name in names if name.startswith(b"*.")),
            b"*" in names,
        )

    def serve(self, scope: Scope) -> bool:
        """Whether a request is meant for one of them. One without a name, or with two, is not."""
        named = [value for name, value in scope["headers"] if name == b"host"]
        if len(named) != 1:
            return False
        host = named[0].lower()
        name = host[1:].partition(b"]")[0] if host.startswith(b"[") else host.partition(b":")[0].removesuffix(b".")
        return name in self.exact or name.endswith(self.below)


class Guards:
    """Plain ASGI, around everything that answers; an error that nobody expected becomes an answer here, too."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._settings: Settings | None = None
        self._hosts = Hosts.of("*")
        self._answer: ASGIApp = self._guarded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._service.settings is not self._settings:
            self._set_up(self._service.settings)
        await self._answer(scope, receive, send)

    def _set_up(self, settings: Settings | None) -> None:
        self._settings = settings
        origins = settings.server.cors_origins if settings is not None else ()
        self._hosts = Hosts.of(settings.server.allowed_hosts if settings is not None else "*")
        self._answer = _CrossOrigin(self._guarded, origins) if origins else self._guarded

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noting_start(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        body: Body | None = None
        hear, say = receive, noting_start
        if (announced := Announced.of(scope)) is not None:
            limits = self._service.limits
            body = Body(announced, limits.body, limits.body_seconds, receive, noting_start)
            hear, say = body.receive, body.send
        try:
            if not self._hosts.any and scope["path"] not in PROBED and not self._hosts.serve(scope):
                raise InvalidHost
            if body is not None:
                body.check()
            await self._app(scope, hear, say)
        except Exception as error:
            # All of them: this is the outermost place that can answer, and what nobody expected is an answer in the one
            # shape too. Its cause is logged there, with the traceback, and not told.
            if started:
                # Half an answer is out; only closing the connection can say that it is not whole.
                raise
            await error_response(error)(scope, hear, say)


class _CrossOrigin(CORSMiddleware):
    """Lets pages of these origins call. Cookies are never asked for, so that a page cannot use what a browser holds."""

    def __init__(self, app: ASGIApp, origins: Iterable[str]) -> None:
        super().__init__(
            app,
            allow_origins=tuple(origins),
            allow_methods=("GET", "POST", "DELETE"),
            allow_headers=("Authorization", "Content-Type", "Idempotency-Key", "X-API-Key", "X-Request-ID"),
            expose_headers=("X-Request-ID", "Idempotency-Replayed", "Retry-After"),
        )

    @override
    def preflight_response(self, request_headers: Headers) -> Response:
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:
            return answer
        told = {name: value for name, value in answer.headers.items() if not name.startswith("content-")}
        return error_response(OriginRefused(), told)
