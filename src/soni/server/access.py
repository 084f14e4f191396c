"""What each route asks of its callers, declared where the route is; a route that declares nothing is refused.

``dependencies=[CHAT]`` at a route is all it takes: the caller is known, may do this and not too often, before any of the
body is read; and the description of the API says so.
"""

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Depends
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.routing import BaseRoute
from starlette.types import Scope as ASGIScope

from soni.access.callers import Caller, Scope
from soni.errors import Forbidden
from soni.server.errors import error_responses
from soni.server.schemas import USER_ID
from soni.server.service import service_of

log = logging.getLogger("soni.access")

_CALLER: Final = "soni.caller"
_USER_ID: Final = re.compile(USER_ID)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a route asks of its callers."""

    scope: Scope | None = None
    """What it takes; ``None``: any identity will do."""
    own: Scope | None = None
    """What it takes where callers mean the one user they speak for; ``None`` where that makes no difference."""
    asks: bool = True
    """Whether it asks at all."""
    metrics: bool = False
    """Whether ``settings.server.metrics_auth`` says if it asks."""

    async def __call__(self, request: Request) -> None:
        """Let the request in. Raises Unauthenticated, Forbidden, RateLimited, IssuerUnavailable or NotReady."""
        if not self.asks:
            return
        gate = service_of(request).gate
        if self.metrics and gate.metrics_open:
            return
        caller = await gate.identify(request)
        request.scope[_CALLER] = caller  # also of one who may not, for the log
        user_id = request.path_params.get("user_id")
        try:
            caller.must(self.scope, user_id, self.own)
        except Forbidden as error:
            another = caller.user_id is not None and user_id is not None and user_id != caller.user_id
            log.info("caller.refused", extra={"why": "user" if another else "scope", "scope": error.scope})
            raise
        # Whoever operates the service is not kept from a conversation by what its user does too often. What is no
        # user id is refused further on, and is not worth remembering.
        counted = user_id if self.scope != "admin" and user_id is not None and _USER_ID.fullmatch(user_id) else None
        await gate.count(request, caller, counted)


OPEN: Final = Depends(Needs(asks=False))
"""Anyone may: probes."""
ANYONE: Final = Depends(Needs())
"""Whoever has shown who they are."""
CHAT: Final = Depends(Needs("chat", own="chat"))
"""Talking."""
READ: Final = Depends(Needs("read", own="read"))
"""Looking at a conversation, and reading it."""
RESET: Final = Depends(Needs("admin", own="chat"))
"""Beginning anew, which users may do for themselves."""
ADMIN: Final = Depends(Needs("admin"))
"""What is for those who operate the service."""
METRICS: Final = Depends(Needs("admin", metrics=True))
"""For those who operate it, unless ``metrics_auth`` is false."""


def caller_of(request: Request) -> Caller:
    """Who calls, on a route that asks."""
    caller = request.scope[_CALLER]
    assert isinstance(caller, Caller)
    return caller


def client_of(scope: ASGIScope) -> str | None:
    """The name of the API key that a request showed; ``None`` where it showed none that is known, or was a user's own."""
    caller = scope.get(_CALLER)
    if isinstance(caller, Caller) and caller.user_id is None and caller.name.startswith("key:"):
        return caller.name.removeprefix("key:")
    return None


def needs_of(route: BaseRoute) -> Needs | None:
    """What a route declares; ``None`` where it forgot to."""
    declared = [each.dependency for each in _dependencies(route)]
    return next((each for each in declared if isinstance(each, Needs)), None)


def refuse_undeclared(routes: Iterable[BaseRoute]) -> None:
    """Raises TypeError where a route does not say who may use it: what nobody thought of shall not be open."""
    for route in routes:
        if needs_of(route) is None:
            path = getattr(route, "path", route)
            raise TypeError(
                f"{path} does not declare who may use it: dependencies=[…] of soni.server.access is missing"
            )


def describe_access(schema: dict[str, Any], routes: Iterable[BaseRoute], mode: str) -> None:
    """Add to a description of the API who may do what, and what the others are told. May be called again."""
    schema["components"]["securitySchemes"] = {_BEARER: _SCHEMES[_BEARER]} if mode == "jwt" else dict(_SCHEMES)
    ways = list(schema["components"]["securitySchemes"])
    for route in routes:
        needs = needs_of(route)
        if not isinstance(route, APIRoute) or needs is None or not needs.asks or not route.include_in_schema:
            continue
        for method in route.methods or ():
            operation = schema["paths"][route.path_format][method.lower()]
            scopes = [needs.scope] if needs.scope is not None else []
            operation["security"] = [{way: scopes} for way in ways]
            if mode == "none" or needs.metrics:
                operation["security"].insert(0, {})
            operation["responses"] = dict(sorted({**operation["responses"], **dict(_refusals())}.items()))


_BEARER: Final = "bearer"
_SCHEMES: Final[Mapping[str, Any]] = {
    _BEARER: {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, or a token of the issuer, as `settings.server.auth.mode` says.",
    },
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
}
_CHALLENGE: Final = {"description": "What is missing (RFC 6750).", "schema": {"type": "string"}}


def _refusals() -> Iterator[tuple[str, dict[str, Any]]]:
    for status, response in error_responses(401, 403, 429, 503).items():
        headers = dict(response.get("headers", {}))
        if status in (401, 403):
            headers["WWW-Authenticate"] = _CHALLENGE
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
        described = {"description": response["description"], "content": content}
        yield str(status), described | ({"headers": headers} if headers else {})


def _dependencies(route: BaseRoute) -> Iterable[Dependency]:
    return route.dependencies if isinstance(route, APIRoute) else ()
