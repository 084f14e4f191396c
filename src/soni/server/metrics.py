"""``GET /metrics``, for Prometheus; and the metrics of a service, from its start to its end."""

import asyncio
import logging
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from soni.server.access import METRICS
from soni.server.errors import NotReady, error_responses
from soni.server.service import Runtime, Service, service_of

if TYPE_CHECKING:
    from soni.observability.metrics import Metrics

log = logging.getLogger("soni.server")

router = APIRouter(tags=["operations"], generate_unique_id_function=attrgetter("name"))

_EVERY: Final = 5.0
"""Seconds between two looks of a worker at itself, where others may be asked for it."""


@router.get(
    "/metrics",
    summary="What happens here, in numbers",
    dependencies=[METRICS],
    response_class=Response,
    responses={
        200: {
            "description": "The metrics in Prometheus' text format, or in OpenMetrics' where that is asked for.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **error_responses(405, 503),
    },
)
async def metrics(request: Request) -> Response:
    """For Prometheus. It answers while the service drains, too."""
    service = service_of(request)
    if service.metrics is None:
        raise NotReady(f"The service is {service.phase}.", {"missing": ["assistant"]})
    accept = request.headers.get("accept", "")
    body, media_type = await asyncio.to_thread(_scraped, service.metrics, service, accept)
    # As it is, for Prometheus' versions and charsets are part of it.
    return Response(body, headers={"Content-Type": media_type, "Cache-Control": "no-store"})


@asynccontextmanager
async def counting(service: Service, runtime: Runtime, metrics: "Metrics") -> AsyncIterator[None]:
    """Count what happens in this service until the context ends."""
    runtime.listen(metrics)
    service.metrics = metrics
    looking = asyncio.create_task(_keep_looking(service, metrics)) if metrics.shared else None
    if looking is None and multiprocessing.parent_process() is not None:
        log.warning("metrics.alone", extra={"hint": "set PROMETHEUS_MULTIPROC_DIR: each worker counts for itself"})
    try:
        yield
    finally:
        if looking is not None:
            looking.cancel()
            await asyncio.wait([looking])
        service.metrics = None
        await asyncio.to_thread(metrics.close)


def _scraped(metrics: "Metrics", service: Service, accept: str) -> tuple[bytes, str]:
    _look(metrics, service)
    return metrics.exposition(accept)


def _look(metrics: "Metrics", service: Service) -> None:
    load = service.load
    metrics.look(
        in_flight=service.turns, waiting=load.waiting, answering=load.answering, store_up=service.store_answers
    )


async def _keep_looking(service: Service, metrics: "Metrics") -> None:
    while True:
        await asyncio.to_thread(_look, metrics, service)
        await asyncio.sleep(_EVERY)
