"""Tokens (JWT, RFC 7519): whose they are, checked against the keys of their issuer."""

import hashlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

import jwt

from soni.access.callers import Caller, Scope, scopes_among
from soni.access.issuer import Issuer, open_issuer
from soni.config.settings import Jwt
from soni.errors import Unauthenticated

log = logging.getLogger("soni.access")

LONGEST: Final = 8192
"""Characters of a token."""
_REMEMBERED: Final = 10_000
"""Tokens whose signature is not checked again; a few MiB."""
_SCOPE_CLAIMS: Final = ("scope", "scp", "scopes")
"""Where issuers put scopes; the first that a token has counts. The first is the standard's (RFC 9068)."""
_LATEST: Final = 253_402_300_799
"""The end of the year 9999 in Unix time: what lies beyond is no time, but milliseconds, or a way to never end."""
_TIMES: Final = ("exp", "nbf", "iat")
_OWN: Final[frozenset[Scope]] = frozenset({"chat", "read"})
"""What a token may that says nothing of scopes."""


class _Known(NamedTuple):
    caller: Caller
    until: float
    """Unix time."""
    generation: int
    """Of the issuer's keys."""


class Tokens:
    """Knows callers by the tokens of one issuer."""

    def __init__(self, settings: Jwt, issuer: Issuer, clock: Callable[[], float] = time.time) -> None:
        assert settings.audience is not None, "checked when the settings were read"
        self._settings = settings
        self._issuer = issuer
        self._clock = clock
        self._known: dict[bytes, _Known] = {}

    @property
    def trouble(self) -> str | None:
        """Why no token can be checked."""
        return self._issuer.trouble

    async def identify(self, credential: str) -> Caller:
        """Whose token this is. Raises Unauthenticated and IssuerUnavailable."""
        # Not the token itself: what is in memory might be written out some day.
        digest = hashlib.sha256(credential.encode()).digest()
        known = self._known.get(digest)
        if known is not None and self._holds(known):
            return known.caller
        claims = await self._claims(credential)
        caller = self._caller(claims)
        if len(self._known) >= _REMEMBERED:
            del self._known[next(iter(self._known))]
        until = int(claims["exp"]) + self._settings.leeway.total_seconds()
        self._known[digest] = _Known(caller, until, self._issuer.generation)
        return caller

    def _holds(self, known: _Known) -> bool:
        """A token is not believed for longer than itself, nor than the key that signed it."""
        issuer = self._issuer
        return known.generation == issuer.generation and issuer.trouble is None and self._clock() < known.until

    async def _claims(self, token: str) -> Mapping[str, Any]:
        """What the token says, when its signature and its time are right and it is meant for us."""
        settings = self._settings
        try:
            if len(token) > LONGEST:
                raise jwt.DecodeError("too long")
            header = jwt.get_unverified_header(token)
            kid, algorithm = header.get("kid"), header.get("alg")
            if algorithm not in settings.algorithms:
                raise jwt.InvalidAlgorithmError("not allowed")
            key = await self._issuer.key(kid, algorithm)
            if key is None:
                raise jwt.InvalidKeyError("not known")
            # The algorithms are those of the settings and the key; the token's own wish is only held against them.
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key.public,
                algorithms=sorted(key.algorithms),
                audience=settings.audience,
                issuer=settings.issuer,
                leeway=settings.leeway,
                options={
                    "require": ["exp", "aud", *(["iss"] if settings.issuer is not None else [])],
                    "verify_iss": settings.issuer is not None,
                },
            )
        except jwt.PyJWTError as error:
            # The caller hears nothing of why, the operator in one word. No words of the library: they may repeat the token.
            log.info("token.refused", extra={"why": type(error).__name__})
            expired = isinstance(error, jwt.ExpiredSignatureError)
            words = "The token has expired." if expired else "The token is not valid."
            raise Unauthenticated(words, "invalid_token") from None
        return claims

    def _caller(self, claims: Mapping[str, Any]) -> Caller:
        """Whom the claims name. Raises Unauthenticated."""
        for name in _TIMES:
            if name in claims and not _is_time(claims[name]):
                raise _bad_claim(name)
        scopes = _scopes(claims)
        if scopes is None:
            raise _bad_claim("scope")
        user = claims.get(self._settings.user_claim)
        if not isinstance(user, str) or not user:
            raise _bad_claim(self._settings.user_claim)
        return Caller(f"user:{user}", scopes, user)


@asynccontextmanager
async def open_tokens(settings: Jwt) -> AsyncIterator[Tokens]:
    """Who knows the tokens of the issuer that the settings name."""
    assert settings.jwks_url is not None, "checked when the settings were read"
    async with open_issuer(settings.jwks_url, settings.algorithms) as issuer:
        yield Tokens(settings, issuer)


def _bad_claim(name: str) -> Unauthenticated:
    """The refusal; the operator hears which claim it was."""
    log.info("token.refused", extra={"why": "claim", "claim": name})
    return Unauthenticated("The token is not valid.", "invalid_token")


def _is_time(value: object) -> bool:
    """A moment as RFC 7519 has it; JSON as Python reads it knows infinity and NaN besides, and numbers of any length."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LATEST


def _scopes(claims: Mapping[str, Any]) -> frozenset[Scope] | None:
    """What the token may; ``None`` where its claim is neither a text nor a list of texts.

    A claim that is there and says nothing (``null``) is no token without the claim: its issuer meant to say what it may.
    """
    name = next((name for name in _SCOPE_CLAIMS if name in claims), None)
    if name is None:
        return _OWN
    match claims[name]:
        case str() as written:
            return scopes_among(written.split())
        case list() as written if all(isinstance(name, str) for name in written):
            return scopes_among(written)
        case _:
            return None
