"""The issuer of tokens: its keys, fetched before they are needed, and kept while it is down."""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from soni.access.jwks import BadKeySet, KeySet, NoKeys, VerifyingKey, choose, read_key_set
from soni.errors import IssuerUnavailable

log = logging.getLogger("soni.access")

FRESH: Final = 300.0
"""Seconds after which the keys are fetched again: a key that the issuer takes back is trusted no longer than that."""
RETRY: Final = 10.0
"""Seconds between two fetches at the least, whatever tokens come: a stranger who makes up key ids asks nothing of the issuer."""
STALE: Final = 24 * 3600.0
"""Seconds for which keys are used while the issuer cannot be asked. It issues nothing meanwhile, and tokens end by themselves."""
LIMIT: Final = 5.0
"""Seconds that a fetch may take."""
LARGEST: Final = 256 * 1024
"""Bytes that a JWKS document may have."""


class Issuer:
    """Publishes the keys that its tokens are signed with."""

    def __init__(
        self,
        url: str,
        algorithms: Sequence[str],
        client: httpx.AsyncClient,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._algorithms = tuple(algorithms)
        self._client = client
        self._clock = clock
        self._keys: KeySet = ()
        self._fetched = -math.inf
        self._asked = -math.inf
        self._failure: str | None = None
        self._fetching: asyncio.Task[None] | None = None
        self.generation = 0
        """Another number whenever the keys, or what they may verify, are others."""

    @property
    def trouble(self) -> str | None:
        """Why no token can be checked, in words; ``None`` while there are keys."""
        return None if self.keys else "The keys of the tokens' issuer are not there."

    @property
    def keys(self) -> KeySet:
        """The keys, while they may be used."""
        return self._keys if self._clock() - self._fetched < STALE else ()

    async def key(self, kid: str | None, algorithm: str) -> VerifyingKey | None:
        """The key for this token; ``None`` where the issuer has no such key. Raises IssuerUnavailable.

        A key id that is not known may be a new one: the issuer is asked, by the first who needs it, for all.
        """
        if (found := choose(self.keys, kid, algorithm)) is not None:
            return found
        if self._fetching is not None or self._clock() - self._asked >= RETRY:
            await self.refresh()
            if (found := choose(self.keys, kid, algorithm)) is not None:
                return found
        if self._failure is not None:
            # It may well be a good token: who holds it shall keep it and come again.
            raise IssuerUnavailable(max(1, math.ceil(self._asked + RETRY - self._clock())))
        return None

    async def refresh(self) -> None:
        """Fetch the keys; who comes meanwhile waits for the same answer."""
        if self._fetching is None:
            self._asked = self._clock()
            self._fetching = asyncio.create_task(self._fetch(), name="soni-jwks")
            self._fetching.add_done_callback(self._forget)
        # One of those who wait may go away; the others still want to know.
        await asyncio.shield(self._fetching)

    async def watch(self) -> None:
        """Keep the keys fresh, for ever: also where no token comes, so that readiness is known, and nobody has to wait."""
        while True:
            await self.refresh()
            await asyncio.sleep(FRESH if self._failure is None else RETRY)

    async def close(self) -> None:
        """End what is under way."""
        if self._fetching is not None:
            self._fetching.cancel()
            await asyncio.wait([self._fetching])

    def _forget(self, _: asyncio.Task[None]) -> None:
        self._fetching = None

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(LIMIT):
                keys = read_key_set(await self._document(), self._algorithms)
        except TimeoutError:
            self._fail(f"no answer within {LIMIT:g} s")
        except NoKeys as error:
            # Not a failure to ask, but an answer: who takes back the only key says it so, and means the key we hold.
            self._take(())
            self._fail(str(error))
        except (BadKeySet, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            self._fail(" ".join(str(error).split()) or type(error).__name__)
        except Exception as error:  # noqa: BLE001 - the watch must go on: else a key that is taken back is trusted for ever
            self._fail(type(error).__name__, unforeseen=error)
        else:
            if self._failure is not None:
                log.info("issuer.available", extra={"url": self._url})
            self._failure, self._fetched = None, self._clock()
            self._take(keys)

    def _take(self, keys: KeySet) -> None:
        """From now on these are the keys."""
        if _identity(keys) != _identity(self._keys):
            self.generation += 1
        self._keys = keys

    async def _document(self) -> bytes:
        """What stands at the address. Raises BadKeySet or httpx.HTTPError."""
        async with self._client.stream("GET", self._url, headers={"Accept": "application/json"}) as response:
            if response.status_code != httpx.codes.OK:
                # Redirects too: who can send us elsewhere could send us to keys of their own.
                raise BadKeySet(f"it answers with status {response.status_code}")
            document = bytearray()
            async for chunk in response.aiter_bytes():
                document += chunk
                if len(document) > LARGEST:
                    raise BadKeySet(f"it is larger than {LARGEST} bytes")
        return bytes(document)

    def _fail(self, why: str, unforeseen: Exception | None = None) -> None:
        """Told when it begins, and not at every try; with its traceback where nobody has thought of it."""
        if self._failure != why:
            details = {"url": self._url, "why": why, "keys": len(self.keys)}
            log.error("issuer.unavailable", extra=details, exc_info=unforeseen)
        self._failure = why


@asynccontextmanager
async def open_issuer(url: str, algorithms: Sequence[str]) -> AsyncIterator[Issuer]:
    """The issuer whose keys stand at this address; its first fetch begins at once, and nobody waits for it."""
    # In a thread: it reads the certificates that connections are checked with.
    client = await asyncio.to_thread(httpx.AsyncClient, timeout=LIMIT, follow_redirects=False)
    async with client:
        issuer = Issuer(url, algorithms, client)
        watch = asyncio.create_task(issuer.watch(), name="soni-issuer")
        try:
            yield issuer
        finally:
            watch.cancel()
            await asyncio.wait([watch])
            await issuer.close()


def _identity(keys: KeySet) -> set[tuple[str | None, frozenset[str], bytes]]:
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {(key.kid, key.algorithms, key.public.public_bytes(*form)) for key in keys}
