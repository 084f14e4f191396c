"""How the service is, for those who operate it."""

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from operator import attrgetter
from typing import Final

from fastapi import APIRouter
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from soni.errors import StoreUnavailable
from soni.server.access import ANYONE, OPEN
from soni.server.errors import NotReady, error_responses
from soni.server.schemas import HealthBody, ReadyBody, RuntimePhase, StartupBody, VersionBody
from soni.server.service import Phase, Service, service_of

router = APIRouter(tags=["operations"], generate_unique_id_function=attrgetter("name"))

VERSION: Final = version("soni")
STORE_TIMEOUT: Final = 1.0
"""Seconds the store has to answer before the service counts as not ready."""
FRESH: Final = 1.0
"""Seconds in which what was found is told again: probes, of whatever number, are no load."""

_RUNTIME: Final[Mapping[Phase, RuntimePhase]] = {
    "starting": "starting",
    "serving": "initialized",
    "draining": "draining",
}


@router.get(
    "/health",
    summary="Is the process alive?",
    dependencies=[OPEN],
    response_model=HealthBody,
    responses=error_responses(405),
)
async def health(request: Request) -> Response:
    """200 while the process can serve at all. It looks at nothing outside the process."""
    service = service_of(request)
    body: HealthBody = {
        "status": "healthy",
        "version": VERSION,
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "components": {
            "runtime": _RUNTIME[service.phase],
            "checkpointer": "connected" if service.store_answers else "disconnected",
        },
    }
    return _json(body)


@router.get(
    "/ready",
    summary="Are messages answered?",
    dependencies=[OPEN],
    response_model=ReadyBody,
    responses=error_responses(405, 503),
)
async def ready(request: Request) -> Response:
    """200 when the assistant is compiled, the store answers within a second and somebody understands; 503 says what is missing.

    A model that cannot be asked leaves a service with a fallback ready, and is said.
    """
    service = service_of(request)
    await _look(service)
    if (trouble := service.gate.trouble) is not None:
        raise NotReady(trouble, {"missing": ["issuer"]})
    body: ReadyBody = {"status": "ready"}
    if (dependence := service.runtime.dependence) is not None:
        if not dependence.serves:
            raise NotReady(dependence.trouble, {"missing": ["model"]})
        body["understanding"] = "fallback" if dependence.trouble else "model"
        if dependence.trouble:
            body["trouble"] = dependence.trouble
    return _json(body)


@router.get(
    "/startup",
    summary="Has it started?",
    dependencies=[OPEN],
    response_model=StartupBody,
    responses=error_responses(405, 503),
)
async def startup(request: Request) -> Response:
    """503 until the service is ready for the first time, and 200 ever after."""
    service = service_of(request)
    if not service.was_ready:
        await _look(service)
    body: StartupBody = {"status": "started"}
    return _json(body)


@router.get(
    "/version",
    summary="What runs here?",
    dependencies=[ANYONE],
    response_model=VersionBody,
    responses=error_responses(405, 503),
)
async def versions(request: Request) -> Response:
    """The versions of the service, of the assistant, and of the language it is written in."""
    runtime = service_of(request).runtime
    body: VersionBody = {"service": VERSION, "assistant": runtime.fingerprint, "language": runtime.config.version}
    return _json(body)


@router.get("/openapi.json", dependencies=[ANYONE], include_in_schema=False)
async def description(request: Request) -> Response:
    """The description of all this, for programs."""
    return Response(to_json(request.app.openapi()), media_type="application/json")


async def _look(service: Service) -> None:
    """Note whether the service is ready. Raises NotReady with what is missing.

    Whoever asks while somebody is looking hears what that one finds. That the service goes down is no matter of looking:
    it is told at once.
    """
    runtime = service.runtime
    sight = service.sight
    async with sight.looking:
        if time.monotonic() >= sight.until:
            try:
                async with asyncio.timeout(STORE_TIMEOUT):
                    await runtime.check_store()
                service.store_answers = service.was_ready = True
            except (StoreUnavailable, TimeoutError):
                service.store_answers = False
            sight.until = time.monotonic() + FRESH
    if not service.store_answers:
        raise NotReady("The store of conversations does not answer.", {"missing": ["store"]})


def _json(body: HealthBody | ReadyBody | StartupBody | VersionBody) -> Response:
    return Response(to_json(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
