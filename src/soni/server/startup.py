"""A service that cannot start says why in words, without a traceback, and with an exit code that operators can read."""

import asyncio
import multiprocessing
import sys
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from soni.errors import ConfigurationError, SoniError
from soni.observability.redaction import without_secrets
from soni.server.draining import uvicorn_here

EX_CONFIG: Final = 78
"""From sysexits.h: found in an unconfigured or misconfigured state."""


class WordsAtStart:
    """Turns an error of the lifespan into words on stderr; a ``ConfigurationError`` ends the process with code 78.

    The outermost middleware, and in the way of nothing but the lifespan.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        failure: Message | None = None

        async def hold_back_failure(message: Message) -> None:
            nonlocal failure
            if message["type"] == "lifespan.startup.failed":
                failure = message
            else:
                await send(message)

        try:
            await self._app(scope, receive, hold_back_failure)
        except BaseException as error:
            # Whatever ended the start, cancellation too, is raised again: before that the server hears what was held back.
            if failure is None:
                raise
            try:
                if isinstance(error, SoniError):
                    # The router put a traceback into it; the error's words are better.
                    failure["message"] = ""
                    await _say(error)
            finally:
                await send(failure)
            raise


async def _say(error: SoniError) -> None:
    """Write why the service cannot start, and end the process where that is ours to do."""
    sys.stderr.write(f"Soni cannot start.\n{without_secrets(error.message)}\n")
    sys.stderr.flush()
    if isinstance(error, ConfigurationError) and _uvicorn_owns_this_process():
        loop = asyncio.get_running_loop()
        loop.call_soon(sys.exit, EX_CONFIG)
        # The loop ends here, before uvicorn can hear of the failure and end the process with its own code.
        await asyncio.sleep(0)


def _uvicorn_owns_this_process() -> bool:
    """True where the exit code is uvicorn's to choose, so that nobody else's process is ended.

    Its code for any failed start is 3, and it asks nobody. Not in a worker of several: there 3 is what makes its
    supervisor stop, where any other code makes it start the worker again, for ever.
    """
    return uvicorn_here() is not None and multiprocessing.parent_process() is None
