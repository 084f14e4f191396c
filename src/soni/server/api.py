"""The HTTP service: ``create_app()``, and ``app`` for ``uvicorn soni.server.api:app``."""

import asyncio
import gc
import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from typing_extensions import override

from soni.errors import ConfigurationError, Problem, SoniError
from soni.events import Listener
from soni.observability.incidents import incidents
from soni.observability.known_secrets import known_secrets
from soni.observability.logging import logging_as, take_over
from soni.observability.telemetry import telemetry
from soni.observability.turns import TurnLog
from soni.server import chat, conversations, health, metrics, stream
from soni.server.access import describe_access, refuse_undeclared
from soni.server.connections import Patience, guarding_connections
from soni.server.draining import MARGIN, draining_on_signal, starting_until_signal
from soni.server.errors import answer_http_exception, answer_invalid_request, answer_soni_error
from soni.server.guards import Guards
from soni.server.middleware import RequestContext
from soni.server.opening import open_gate
from soni.server.posture import say_what_is_off, say_what_is_unread
from soni.server.schemas import request_schemas
from soni.server.service import Runtime, Service
from soni.server.spans import RequestSpans
from soni.server.startup import WordsAtStart

if TYPE_CHECKING:
    from fastapi.telemetry import TelemetryConfig  # since 0.142; earlier ones keep what they do not know

    from soni.observability.metrics import Metrics

log = logging.getLogger("soni.server")

DEFAULT_CONFIG: Final = "./soni.yaml"
# Its spans have the whole path, which names the user, and its logs the words of exceptions. Ours are in soni.server.spans.
_NOT_BY_FASTAPI: Final["TelemetryConfig"] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}


def create_app(config_path: Path | None = None, runtime: Runtime | None = None) -> FastAPI:
    """The service, not started yet: its lifespan loads the assistant, opens its store, and closes it again.

    The assistant is ``runtime`` where one is given (it is entered and left by the service, and logging stays as it is);
    else it is loaded from ``config_path``, else from ``SONI_CONFIG_PATH``, else from ``./soni.yaml``. A service that
    cannot start raises ConfigurationError or StoreUnavailable from its lifespan; under uvicorn its words are printed
    and the process ends, with exit code 78 where the configuration is at fault.
    """
    service = Service()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as opened:
            async with starting_until_signal():
                with _born_to_stay():
                    assistant = runtime
                    if assistant is None:
                        path = config_path or Path(os.environ.get("SONI_CONFIG_PATH") or DEFAULT_CONFIG)
                        assistant = await asyncio.to_thread(_load, path)
                        await _log_as_configured(assistant, opened)
                        # The store may be waited for: who looks sees what comes up meanwhile.
                        log.info(
                            "service.starting", extra={"version": health.VERSION, "assistant": assistant.fingerprint}
                        )
                        await asyncio.to_thread(say_what_is_unread, path, assistant.config.settings)
                    await opened.enter_async_context(telemetry(assistant.fingerprint))
                    await opened.enter_async_context(incidents(assistant.fingerprint))
                    gate = await opened.enter_async_context(open_gate(assistant.config.settings.server))
                    await opened.enter_async_context(assistant)
                    counted = await asyncio.to_thread(_open_metrics, assistant)
            opened.enter_context(_collecting_seldom())
            take_over()
            assistant.listen(TurnLog())
            await opened.enter_async_context(metrics.counting(service, assistant, counted))
            opened.callback(service.close)
            # Turns that were cut off at the very end still give back their locks, before the store is closed.
            opened.push_async_callback(service.abandon)
            opened.push_async_callback(service.empty, MARGIN)
            opened.callback(service.drain)
            say_what_is_off(assistant.config.settings)
            service.serve(assistant, gate)
            opened.push_async_callback(_end, asyncio.create_task(_watch_model(assistant, counted)))
            turn_timeout = assistant.config.settings.runtime.turn_timeout.total_seconds()
            server = assistant.config.settings.server
            # Before the signals are ours: by them it is known which uvicorn this is.
            opened.enter_context(
                guarding_connections(Patience(server.header_timeout.total_seconds(), server.max_connections))
            )
            await opened.enter_async_context(draining_on_signal(service, turn_timeout))
            yield

    app = _Api(
        title="Soni",
        version=health.VERSION,
        description="Task-oriented assistants: one conversation per user, one turn per message.",
        lifespan=lifespan,
        openapi_url=None,  # a route of ours has it, and asks who calls
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NOT_BY_FASTAPI,
    )
    app.state.service = service
    for part in (chat, stream, conversations, health, metrics):
        # Flat, and not by include_router: routers in routers cost every request a second search for its route.
        app.router.routes.extend(part.router.routes)
    refuse_undeclared(app.routes)
    app.add_exception_handler(SoniError, answer_soni_error)
    app.add_exception_handler(HTTPException, answer_http_exception)
    app.add_exception_handler(RequestValidationError, answer_invalid_request)
    app.add_middleware(Guards, service=service)
    app.add_middleware(RequestContext, service=service)
    app.add_middleware(RequestSpans)
    app.add_middleware(WordsAtStart)
    return app


async def _watch_model(runtime: Runtime, counted: Listener) -> None:
    """Say at once, and not at the first message, that a model cannot be asked; and notice when it can again.

    The start does not wait for it. A service that is not ready gets no messages that could find out. What happens then
    counts as in a turn: a breaker that only this has closed is not reported as open for ever.
    """
    dependence = runtime.dependence
    if dependence is None:
        return
    await dependence.probe(counted)
    while (pause := dependence.looks_again_after) is not None:
        await asyncio.sleep(pause)
        if dependence.trouble:
            await dependence.probe(counted)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@contextmanager
def _born_to_stay() -> Iterator[None]:
    """What is made while the service starts lives as long as it does: the garbage collector need not look at it.

    Not searching a growing heap again and again makes the start a tenth shorter, and every full collection later cheap.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if collects:
            gc.enable()


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    """A turn makes thousands of objects, and next to none that refer to each other in a circle.

    To look for such every 700 objects, as Python does, takes a thirtieth of a turn's processor time; so seldom, next to
    nothing, and what waits to be found is a few megabytes at most.
    """
    before = gc.get_threshold()
    gc.set_threshold(_COLLECT_AFTER, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


_COLLECT_AFTER: Final = 20_000
"""Objects that were made and not given up since the last time."""


def _load(path: Path) -> Runtime:
    """The assistant, read but not opened. Raises ConfigurationError."""
    # Here and not above: it brings LangGraph and NumPy, and whoever only imports this module needs neither.
    from soni.runtime.loop import RuntimeLoop

    return RuntimeLoop.from_path(path)


def _open_metrics(assistant: Runtime) -> "Metrics":
    # Here and not above: it brings prometheus-client.
    from soni.observability.metrics import Metrics

    return Metrics(assistant.config, health.VERSION)


class _Api(FastAPI):
    """Describes what FastAPI cannot see: the body of a message, which is read without it because that is faster; and who may."""

    @override
    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            super().openapi()["components"]["schemas"] |= request_schemas()
        schema = super().openapi()
        describe_access(schema, self.routes, self.state.service.mode)
        return schema


async def _log_as_configured(runtime: Runtime, opened: AsyncExitStack) -> None:
    settings = runtime.config.settings.logging
    logging_context = logging_as(settings, known_secrets(runtime.config, os.environ))
    try:
        # In a thread: it may open a file, and at the end waits until the last line is in it.
        await asyncio.to_thread(logging_context.__enter__)
    except OSError as error:
        problem = Problem(f"{settings.file} cannot be written: {error.strerror}.", key="settings.logging.file")
        raise ConfigurationError(problems=[problem]) from None
    opened.push_async_callback(asyncio.to_thread, logging_context.__exit__, None, None, None)


app = create_app()
