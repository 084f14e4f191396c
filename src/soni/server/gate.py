"""The gate that every request passes: who calls, and whether they may again so soon."""

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TypeAlias

from starlette.requests import Request

from soni.access.callers import NOBODY, Caller, Doorman
from soni.access.local import reached_here
from soni.config.settings import Server
from soni.errors import Forbidden, Unauthenticated

if TYPE_CHECKING:
    from soni.access.rates import Rates

log = logging.getLogger("soni.access")

_NOT_ASKED: Final = (
    "Nobody is asked who they are (settings.server.auth.mode is none), so the service is for this machine only, and"
)
_REMEDY: Final = "Set auth.mode to api_key or jwt; or allow_insecure, where something in front of it asks."
_NOT_ASKED_LOCALLY: Final = (
    "Nobody is asked who they are (settings.server.local is on, so auth.mode counts as none), so the service is for this"
    " machine only, and"
)
_REMEDY_LOCALLY: Final = "Turn settings.server.local off; or set allow_insecure, where something in front of it asks."

_Headers: TypeAlias = Iterable[tuple[bytes, bytes]]


def only_for_this_machine(settings: Server, deed: str) -> str:
    """Why a service that asks nobody does not do this for others (``does not listen on 0.0.0.0.``), and what to set."""
    if settings.local:
        return f"{_NOT_ASKED_LOCALLY} {deed} {_REMEDY_LOCALLY}"
    return f"{_NOT_ASKED} {deed} {_REMEDY}"


class Gate:
    """Lets requests in, or raises what they are refused with."""

    def __init__(self, settings: Server, doorman: Doorman | None = None, rates: "Rates | None" = None) -> None:
        self._doorman = doorman
        self._rates = rates
        self._only_here = settings.auth.mode == "none" and not settings.auth.allow_insecure
        self._not_for_strangers = only_for_this_machine(settings, "this request came to another address.")
        self.mode = settings.auth.mode
        self.metrics_open = not settings.metrics_auth

    @property
    def trouble(self) -> str | None:
        """Why nobody can be let in at the moment; ``None`` where they can."""
        return self._doorman.trouble if self._doorman is not None else None

    async def identify(self, request: Request) -> Caller:
        """Who calls. Raises Unauthenticated, IssuerUnavailable, Forbidden where only this machine may, and RateLimited."""
        if self._doorman is None:
            if self._only_here and not _came_from_here(request):
                log.info("caller.refused", extra={"why": "address"})
                raise Forbidden(self._not_for_strangers)
            return NOBODY
        try:
            return await self._doorman.identify(_credential(request.scope["headers"], self.mode == "api_key"))
        except Unauthenticated:
            # Behind the check and not before it: else somebody who keeps failing would shut out all who share their
            # address, and behind a proxy that may be everyone. Keys of 256 bits are not guessed by trying faster.
            if self._rates is not None:
                await self._rates.count_refused(_address(request))
            raise

    async def count(self, request: Request, caller: Caller, user_id: str | None) -> None:
        """One more request of this caller, in the conversation of this user. Raises RateLimited."""
        if self._rates is not None:
            await self._rates.count(caller.name or _address(request), user_id)


def _came_from_here(request: Request) -> bool:
    server = request.scope.get("server")
    return reached_here(tuple(server) if server is not None else None)


def _address(request: Request) -> str:
    from soni.access.rates import address_of

    return address_of(request.client.host if request.client is not None else None)


def _credential(headers: _Headers, with_api_keys: bool) -> str:
    """The API key or token of a request. Raises Unauthenticated unless there is exactly one."""
    found: list[bytes] = []
    for name, value in headers:
        if name == b"authorization":
            scheme, _, rest = value.strip().partition(b" ")
            if scheme.lower() != b"bearer" or not rest.strip():
                raise _refused("malformed", "The header Authorization must be: Bearer, a space, and the credential.")
            found.append(rest.strip())
        elif with_api_keys and name == b"x-api-key":
            found.append(value.strip())
    if not found:
        raise _refused("missing")
    if len(found) > 1:
        raise _refused("several", "More than one credential was sent.")
    return found[0].decode("latin-1")


def _refused(why: str, words: str | None = None) -> Unauthenticated:
    """The refusal; the operator hears why in a word."""
    log.info("credential.refused", extra={"why": why})
    return Unauthenticated(words, "invalid_token" if words is not None else None)
