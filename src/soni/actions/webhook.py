"""Actions that are a call over HTTP: JSON in, JSON out."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from soni import tracing
from soni.actions.reach import Reach, Unreachable
from soni.config.models import Webhook
from soni.value import Value

if TYPE_CHECKING:
    import httpcore

MAX_ANSWER: Final = 1_048_576
"""Bytes; a longer answer is a failure, and is not read further."""
TIMEOUT: Final = timedelta(seconds=10)
"""For a call and its answer, where the action has no ``timeout`` of its own."""
CONNECTIONS: Final = 100
"""At once, to all services together; further calls wait, within their time."""
_KEPT: Final = 20
_KEPT_FOR: Final = 30.0
"""Seconds that an idle connection is kept."""


class WebhookError(Exception):
    """The service behind a webhook answered with something that is no result, or may not be called."""


class Webhooks:
    """The connections that webhook actions share; they are opened with the first call."""

    def __init__(self, reach: Reach | None = None) -> None:
        self._reach = reach or Reach()
        self._pool: httpcore.AsyncConnectionPool | None = None
        self._opening = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None

    async def call(self, webhook: Webhook, inputs: Mapping[str, Value], idempotency_key: str) -> object:
        """The parsed JSON answer. Raises WebhookError, or ConnectionError and TimeoutError where a retry may help.

        Nothing is followed: a redirect is no result. No cookie is kept, and no proxy of the environment is asked. The
        words of errors have neither the URL nor any header in them.
        """
        if (problem := self._reach.problem(webhook.url)) is not None:
            raise WebhookError(problem)
        with tracing.span(webhook.method, _told(webhook), kind="client") as span:
            pool = await self._opened()
            status, body = await _exchange(pool, _request(webhook, inputs, idempotency_key))
            span.set({"http.response.status_code": status})
            if status >= 400:
                span.fail(str(status))
        if status in (429, 502, 503, 504):
            raise ConnectionError(f"status {status}")
        if not 200 <= status < 300:
            raise WebhookError(f"status {status}, {len(body)} bytes")
        return json.loads(body) if body else None

    async def _opened(self) -> "httpcore.AsyncConnectionPool":
        """The connections; what they are made of is read by the first call, in a thread, for all who come meanwhile."""
        if self._pool is not None:
            return self._pool
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncio.to_thread(_open, self._reach)
            return self._pool


def _open(reach: Reach) -> "httpcore.AsyncConnectionPool":
    """Reads the modules, and the certificates that connections are checked with: tens of milliseconds."""
    import httpcore
    import httpx

    from soni.actions.dialling import Dialling

    return httpcore.AsyncConnectionPool(
        ssl_context=httpx.create_ssl_context(),
        max_connections=CONNECTIONS,
        max_keepalive_connections=_KEPT,
        keepalive_expiry=_KEPT_FOR,
        network_backend=Dialling(reach),
    )


async def _exchange(pool: "httpcore.AsyncConnectionPool", request: "httpcore.Request") -> tuple[int, bytes]:
    """The status and body of the answer."""
    import httpcore

    try:
        answer = await pool.handle_async_request(request)
        try:
            return answer.status, await _read(answer)
        finally:
            await answer.aclose()
    except Unreachable as error:
        raise WebhookError(str(error)) from None
    except httpcore.TimeoutException as error:
        raise TimeoutError from error
    except httpcore.ConnectError as error:  # nothing was sent
        raise ConnectionRefusedError(type(error).__name__) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.PoolTimeout, OSError) as error:
        raise ConnectionError(type(error).__name__) from error


def _told(webhook: Webhook) -> tracing.Attributes:
    """Where a call goes, in OpenTelemetry's names: without the path and the query, for these may hold anything."""
    if not tracing.active():
        return {}
    parts = urlsplit(webhook.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return {
        "http.request.method": webhook.method,
        "url.scheme": parts.scheme,
        "server.address": parts.hostname or "",
        "server.port": port,
    }


def _request(webhook: Webhook, inputs: Mapping[str, Value], idempotency_key: str) -> "httpcore.Request":
    """Inputs are the query of a GET, where unset ones are left out, and the body of all others."""
    import httpcore
    import httpx

    own = {"Idempotency-Key": idempotency_key, "Accept-Encoding": "identity"}
    headers = {**tracing.headers(), **webhook.headers, **own}
    if webhook.method == "GET":
        built = httpx.Request("GET", webhook.url, headers=headers, params=_query(inputs))
    else:
        built = httpx.Request(webhook.method, webhook.url, headers=headers, json=dict(inputs))
    if built.url.userinfo:
        built = next(httpx.BasicAuth(built.url.username, built.url.password).sync_auth_flow(built))
    scheme, host, port, target = built.url.raw_scheme, built.url.raw_host, built.url.port, built.url.raw_path
    url = httpcore.URL(scheme=scheme, host=host, port=port, target=target)
    return httpcore.Request(built.method, url, headers=built.headers.raw, content=built.read())


def _query(inputs: Mapping[str, Value]) -> list[tuple[str, str | int | float | bool | None]]:
    """A list is its name several times; what is within it, and a mapping, is JSON."""
    return [
        (name, json.dumps(each) if isinstance(each, list | dict) else each)
        for name, value in inputs.items()
        for each in (value if isinstance(value, list) else [value])
        if each is not None
    ]


async def _read(answer: "httpcore.Response") -> bytes:
    """The body. Raises WebhookError for one that is too long, and for one that would have to be unpacked to know."""
    if any(name.lower() == b"content-encoding" and value.lower() != b"identity" for name, value in answer.headers):
        raise WebhookError("the answer is compressed, which was not asked for")
    body = bytearray()
    async for part in answer.aiter_stream():
        body += part
        if len(body) > MAX_ANSWER:
            raise WebhookError(f"status {answer.status}, more than {MAX_ANSWER} bytes")
    return bytes(body)
