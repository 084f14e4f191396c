"""Opens the gate that the settings describe, or refuses to start a service that would be less closed than it shall be."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from soni.access.callers import Doorman
from soni.access.local import listens_beyond
from soni.config.settings import Server
from soni.errors import ConfigurationError, Problem
from soni.server.draining import uvicorn_here
from soni.server.gate import Gate, only_for_this_machine

if TYPE_CHECKING:
    from soni.access.rates import Rates

log = logging.getLogger("soni.server")


@asynccontextmanager
async def open_gate(settings: Server) -> AsyncIterator[Gate]:
    """The gate that the settings describe. Raises ConfigurationError where the service would not be as closed as it shall be."""
    # What a mode needs is imported only for it, and in a thread: modules are files, and nothing here may block.
    async with AsyncExitStack() as opened:
        doorman: Doorman | None = None
        match settings.auth.mode:
            case "none":
                _refuse_strangers(settings)
            case "api_key":
                from soni.access.api_keys import read_api_keys

                doorman = await asyncio.to_thread(read_api_keys, settings.api_keys_env, os.environ)
            case "jwt":
                await asyncio.to_thread(import_module, "soni.access.tokens")
                from soni.access.tokens import open_tokens

                doorman = await opened.enter_async_context(open_tokens(settings.jwt))
        rates: Rates | None = None
        if settings.rate_limit is not None:
            await asyncio.to_thread(import_module, "soni.access.rates")
            from soni.access.rates import open_rates

            rates = await opened.enter_async_context(open_rates(settings.rate_limit))
        yield Gate(settings, doorman, rates)


def _refuse_strangers(settings: Server) -> None:
    """Where the server says that it listens for others, it is not started; requests are looked at one by one, too."""
    server = uvicorn_here()
    beyond = listens_beyond(server.config) if server is not None else None
    if beyond is not None:
        refuse_beyond(settings, beyond)
        log.warning("access.open", extra={"host": beyond})


def refuse_beyond(settings: Server, host: str) -> None:
    """Raises ConfigurationError where a service with these settings must not listen there, beyond this machine."""
    if settings.auth.mode == "none" and not settings.auth.allow_insecure:
        words = only_for_this_machine(settings, f"does not listen on {host}.")
        key = "settings.server.local" if settings.local else "settings.server.auth.mode"
        raise ConfigurationError(problems=[Problem(words, key=key)])
