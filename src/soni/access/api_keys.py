"""API keys: random, held as hashes in the environment, several at once so that they can be changed one after the other."""

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from soni.access.callers import SCOPES, Caller, scopes_among
from soni.config.settings import Server
from soni.errors import ConfigurationError, Problem, Unauthenticated

log = logging.getLogger("soni.access")

PREFIX: Final = "soni_"
"""So that people and scanners of repositories know a key when they see one."""
_BYTES: Final = 32
LEAST: Final = 32
"""Characters of a key that was not made here: fewer could be guessed."""
NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_SETTING: Final = "settings.server.api_keys_env"
_MODE: Final = "settings.server.auth.mode"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key that is known, by its hash alone."""

    digest: bytes
    caller: Caller


class ApiKeys:
    """All the keys a service knows."""

    trouble: str | None = None

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._keys = tuple(keys)

    async def identify(self, credential: str) -> Caller:
        """Whose key this is. Raises Unauthenticated."""
        digest = digest_of(credential)
        found: Caller | None = None
        for key in self._keys:
            # Each is compared, also behind the one that fits: how long it takes tells nothing of where, or how nearly.
            if hmac.compare_digest(key.digest, digest):
                found = key.caller
        if found is None:
            log.info("credential.refused", extra={"why": "unknown"})
            raise Unauthenticated("The API key is not known.", "invalid_token")
        return found


def new_key() -> str:
    """A key of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(_BYTES)


def digest_of(key: str) -> bytes:
    """The hash of a key, 32 bytes.

    Plain SHA-256, because keys are not passwords: of 256 random bits nobody tries all, however fast the hash is. One that
    is slow on purpose would only cost every request its time.
    """
    return hashlib.sha256(key.encode()).digest()


def entry_of(name: str, scopes: Sequence[str], key: str) -> str:
    """What the environment says of a key: ``shop:chat,read:9f86d0…``."""
    return f"{name}:{','.join(scopes)}:{digest_of(key).hex()}"


def read_api_keys(variable: str, environ: Mapping[str, str]) -> ApiKeys:
    """The keys that this environment variable holds, and the file that ``…_FILE`` names. Reads the file.

    Raises ConfigurationError with all that is wrong, and where there is no key; what stands there is never repeated.
    """
    keys: list[ApiKey] = []
    problems: list[Problem] = []
    for source, text in _sources(variable, environ):
        for number, entry in enumerate(_entries(text), 1):
            read = _read(entry)
            if isinstance(read, str):
                problems.append(_problem(f"Entry {number} of {source} {read}."))
            elif any(key.digest == read.digest for key in keys):
                problems.append(_problem(f"Entry {number} of {source} is a key that stands there already."))
            else:
                keys.append(read)
    if not keys and not problems:
        words = (
            f"There is no API key: neither the environment variable {variable} nor the file that {variable}_FILE names"
            " has one. 'soni keys new --name NAME --scope chat' makes one."
        )
        problems.append(Problem(words, key=_SETTING, severity="warning", code="no-api-key"))
    if problems:
        raise ConfigurationError(problems=problems)
    return ApiKeys(keys)


def missing_keys(settings: Server, environ: Mapping[str, str]) -> Sequence[Problem]:
    """What keeps a service with these settings from knowing its callers by their keys here; elsewhere the environment may have others."""
    if settings.auth.mode != "api_key":
        given = [name for name in (settings.api_keys_env, f"{settings.api_keys_env}_FILE") if environ.get(name)]
        words = f"{' and '.join(given)} is set, and settings.server.auth.mode is {settings.auth.mode}: nobody is asked for a key."
        return [Problem(words, key=_MODE, severity="warning", code="unused-api-keys")] if given else ()
    try:
        read_api_keys(settings.api_keys_env, environ)
    except ConfigurationError as error:
        return error.problems
    return ()


def _sources(variable: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Where keys stand, and what stands there. Raises ConfigurationError."""
    yield variable, environ.get(variable, "")
    if file := environ.get(f"{variable}_FILE"):
        try:
            yield f"the file of {variable}_FILE", Path(file).read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            words = f"The file that {variable}_FILE names cannot be read: {why}."
            raise ConfigurationError(problems=[_problem(words)]) from None


def _problem(words: str) -> Problem:
    return Problem(words, key=_SETTING, code="no-api-key")


def _entries(text: str) -> Iterator[str]:
    """Entries stand on lines of their own, or between semicolons or spaces; from ``#`` to the end of a line is for people."""
    for line in text.splitlines():
        yield from line.partition("#")[0].replace(";", " ").split()


def _read(entry: str) -> ApiKey | str:
    """A key, or what is wrong with its entry, in words that follow its number."""
    parts = entry.split(":")
    if len(parts) != 3:
        if entry.startswith(PREFIX):
            return "is a key itself: put there what 'soni keys hash' makes of it, and make a new key if others could see it"
        return "is not of the form name:scopes:hash, as 'soni keys new' prints it"
    name, scopes, digest = parts[0], parts[1].split(","), parts[2].lower()
    if not NAME.fullmatch(name):
        return "has a name that is not 1 to 64 letters, digits and characters of _.-"
    if unknown := [scope for scope in scopes if scope not in SCOPES]:
        return f"({name}) has {len(unknown)} scope(s) that are none of {', '.join(SCOPES)}"
    if not _HASH.fullmatch(digest):
        return f"({name}) does not end in a SHA-256 hash, 64 hexadecimal digits"
    return ApiKey(bytes.fromhex(digest), Caller(f"key:{name}", scopes_among(scopes)))
