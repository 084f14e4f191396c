"""Actions that are a call over HTTP: JSON in, JSON out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from soni import tracing
from soni.config.models import Webhook
from soni.value import Value

if TYPE_CHECKING:
    import httpx

MAX_ANSWER: Final = 1_048_576
"""Bytes; a longer answer is a failure."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class WebhookError(Exception):
    """The service behind a webhook answered with something that is no result."""


class Webhooks:
    """The HTTP client that webhook actions share; it is opened with the first call."""

    def __init__(self) -> None:
        self._client: httpx.AsyncClient | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def call(self, webhook: Webhook, inputs: Mapping[str, Value], idempotency_key: str) -> object:
        """The parsed JSON answer. Raises WebhookError, or ConnectionError and TimeoutError where a retry may help."""
        import httpx

        if not is_safe(webhook.url):
            raise WebhookError("only https, or http to this machine, is called")
        if self._client is None:
            self._client = httpx.AsyncClient(follow_redirects=False)
        body = (
            {"params": {k: v for k, v in inputs.items() if v is not None}}
            if webhook.method == "GET"
            else {"json": dict(inputs)}
        )
        with tracing.span(webhook.method, _told(webhook), kind="client") as span:
            headers = {**tracing.headers(), **webhook.headers, "Idempotency-Key": idempotency_key}
            try:
                answer = await self._client.request(webhook.method, webhook.url, headers=headers, timeout=None, **body)
            except httpx.TimeoutException as error:
                raise TimeoutError from error
            except httpx.TransportError as error:
                raise ConnectionError(type(error).__name__) from error
            span.set({"http.response.status_code": answer.status_code})
            if answer.status_code >= 400:
                span.fail(str(answer.status_code))
        if answer.status_code in (429, 502, 503, 504):
            raise ConnectionError(f"status {answer.status_code}")
        if not answer.is_success or len(answer.content) > MAX_ANSWER:
            raise WebhookError(f"status {answer.status_code}, {len(answer.content)} bytes")
        return answer.json() if answer.content else None


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


def is_safe(url: str) -> bool:
    """True for https anywhere, and http on this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
