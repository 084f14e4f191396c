"""The issuer of tokens over real HTTP: new keys, floods of key ids that nobody knows, and an issuer that is down."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from jwt.algorithms import RSAAlgorithm
from typing_extensions import override

from soni.access import issuer as issuing_module
from soni.access.issuer import LARGEST, LIMIT, RETRY, STALE, Issuer, open_issuer
from soni.access.tokens import Tokens
from soni.config.settings import Jwt
from soni.errors import IssuerUnavailable

from .doubles import EchoRuntime, serving
from .issuers import AUDIENCE, JwksServer, ec_key, issuing, published, rsa_key, token

ALGORITHMS = ("RS256", "ES256")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def jwks() -> Iterator[JwksServer]:
    with issuing(published("one", rsa_key("one"))) as issuer:
        yield issuer


@asynccontextmanager
async def an_issuer(jwks: JwksServer, clock: Clock) -> AsyncIterator[Issuer]:
    """The issuer as a service sees it, which is asked only when a test asks."""
    async with await asyncio.to_thread(httpx.AsyncClient) as client:
        issuer = Issuer(jwks.url, ALGORITHMS, client, clock)
        yield issuer
        await issuer.close()


@asynccontextmanager
async def a_service(jwks: JwksServer) -> AsyncIterator[httpx.AsyncClient]:
    """A service that believes this issuer."""
    jwt = {"jwks_url": jwks.url, "audience": AUDIENCE}
    async with serving(EchoRuntime({"server": {"auth": {"mode": "jwt"}, "jwt": jwt}})) as client:
        yield client


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


async def test_a_new_key_is_found(jwks: JwksServer) -> None:
    """A key id that is not known yet is looked for at once; the old key stays while the issuer publishes it."""
    clock = Clock()
    async with an_issuer(jwks, clock) as issuer:
        assert await issuer.key("one", "RS256") is not None
        generation = issuer.generation
        jwks.keys.append(published("two", rsa_key("two")))
        clock.now += RETRY
        found = await issuer.key("two", "RS256")
        jwks.keys.pop(0)
        await issuer.refresh()
        gone = await issuer.key("one", "RS256")

    assert found is not None
    assert gone is None
    assert issuer.generation == generation + 2


async def test_a_key_that_is_taken_back_ends_its_tokens(jwks: JwksServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token that was checked before is not believed any longer than its key."""
    good = token()
    async with a_service(jwks) as client:
        before = await client.get("/version", headers=bearer(good))
        again = await client.get("/version", headers=bearer(good))
        jwks.keys[:] = [published("two", rsa_key("two"))]
        monkeypatch.setattr(issuing_module, "RETRY", 0)
        # Whoever brings a key id that is not known makes the service look.
        await client.get("/version", headers=bearer(token(kid="unknown")))
        after = await client.get("/version", headers=bearer(good))

    assert (before.status_code, again.status_code, after.status_code) == (200, 200, 401)


@pytest.mark.parametrize(
    "left",
    [[], [{"kty": "oct", "kid": "one", "k": "AAAA"}], [published("one", rsa_key("one"), use="enc")]],
    ids=["none", "another kind", "for encryption"],
)
async def test_the_only_key_is_taken_back(
    jwks: JwksServer, monkeypatch: pytest.MonkeyPatch, left: list[dict[str, object]]
) -> None:
    """A set without a key that could verify anything is an answer: what was remembered is believed no longer, and it is said."""
    good = token()
    async with a_service(jwks) as client:
        before = await client.get("/version", headers=bearer(good))
        jwks.keys[:] = left
        monkeypatch.setattr(issuing_module, "RETRY", 0)
        await client.get("/version", headers=bearer(token(kid="unknown")))
        after = await client.get("/version", headers=bearer(good))
        ready = await client.get("/ready")

    assert (before.status_code, after.status_code) == (200, 503)
    assert (ready.status_code, ready.json()["details"]) == (503, {"missing": ["issuer"]})


async def test_a_key_that_may_do_less_ends_its_tokens(jwks: JwksServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is the same, but it is for another algorithm now."""
    jwks.keys.append(published("two", rsa_key("two")))
    good = token()
    async with a_service(jwks) as client:
        before = await client.get("/version", headers=bearer(good))
        jwks.keys[0] = published("one", rsa_key("one"), alg="RS512")
        monkeypatch.setattr(issuing_module, "RETRY", 0)
        await client.get("/version", headers=bearer(token(kid="unknown")))
        after = await client.get("/version", headers=bearer(good))

    assert (before.status_code, after.status_code) == (200, 401)


async def test_what_is_remembered_ends_with_the_keys(jwks: JwksServer) -> None:
    """An issuer that is down for longer than its keys are used takes the tokens along that were checked before."""
    clock = Clock()
    settings = Jwt(jwks_url=jwks.url, audience=AUDIENCE, leeway=timedelta(days=7))
    async with an_issuer(jwks, clock) as issuer:
        tokens, good = Tokens(settings, issuer), token()
        caller = await tokens.identify(good)
        jwks.status = 500
        clock.now += STALE - 1
        kept = await tokens.identify(good)
        clock.now += 1
        with pytest.raises(IssuerUnavailable):
            await tokens.identify(good)

    assert caller is kept


async def test_a_flood_of_unknown_keys_asks_once(jwks: JwksServer) -> None:
    """Whoever makes up key ids asks nothing of the issuer: it is asked once in so many seconds, for all of them."""
    clock = Clock()
    async with an_issuer(jwks, clock) as issuer:
        await issuer.key("one", "RS256")
        clock.now += RETRY
        found = await asyncio.gather(*(issuer.key(f"no-{number}", "RS256") for number in range(200)))
        later = [await issuer.key(f"none-{number}", "RS256") for number in range(200)]

    assert {*found, *later} == {None}
    assert jwks.asked == 2


async def test_many_who_come_first_ask_once(jwks: JwksServer) -> None:
    """Nobody knows the keys yet: all wait for the same answer, and one who goes away does not take it along."""
    jwks.gate.clear()
    async with an_issuer(jwks, Clock()) as issuer:
        first = asyncio.create_task(issuer.key("one", "RS256"))
        others = [asyncio.create_task(issuer.key("one", "RS256")) for _ in range(50)]
        await asyncio.sleep(0)
        first.cancel()
        jwks.gate.set()
        found = await asyncio.gather(*others)

    assert None not in found
    assert first.cancelled()
    assert jwks.asked == 1


async def test_old_keys_are_used_while_the_issuer_is_down(jwks: JwksServer, caplog: pytest.LogCaptureFixture) -> None:
    """For a day and no longer; a key id that is not known may be a new one, and is told to come again."""
    caplog.set_level(logging.INFO)
    clock = Clock()
    async with an_issuer(jwks, clock) as issuer:
        await issuer.refresh()
        jwks.status = 500
        clock.now += STALE - 1
        await issuer.refresh()
        await issuer.refresh()
        kept = await issuer.key("one", "RS256")
        with pytest.raises(IssuerUnavailable) as unknown:
            await issuer.key("two", "RS256")
        fine = issuer.trouble
        clock.now += 1
        trouble = issuer.trouble
        with pytest.raises(IssuerUnavailable):
            await issuer.key("one", "RS256")
        jwks.status = 200
        clock.now += RETRY
        back = await issuer.key("one", "RS256")

    assert kept is not None
    assert back is not None
    assert (fine, trouble) == (None, "The keys of the tokens' issuer are not there.")
    assert unknown.value.retry_after == RETRY
    told = [(record.message, vars(record).get("why")) for record in caplog.records if record.name == "soni.access"]
    assert told == [("issuer.unavailable", "it answers with status 500"), ("issuer.available", None)]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": 404}, "it answers with status 404"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}, "it answers with status 302"),
        ({"body": b"<html>"}, "it is not JSON"),
        ({"body": b"[]"}, "it is no JWKS document: it has no list 'keys'"),
        ({"body": b'{"keys": {}}'}, "it is no JWKS document: it has no list 'keys'"),
        ({"body": b'{"keys": [1, {"kty": "oct", "k": "AAAA"}]}'}, "none of its 2 keys can verify RS256, ES256"),
        ({"body": b" " * (LARGEST + 1)}, f"it is larger than {LARGEST} bytes"),
    ],
)
async def test_what_is_no_set_of_keys(
    jwks: JwksServer, changes: dict[str, object], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is told in words, and nobody is believed."""
    for name, value in changes.items():
        setattr(jwks, name, value)
    async with an_issuer(jwks, Clock()) as issuer:
        with pytest.raises(IssuerUnavailable):
            await issuer.key("one", "RS256")

    assert [vars(record).get("why") for record in caplog.records if record.name == "soni.access"] == [why]
    assert jwks.asked == 1


async def test_which_keys_are_taken(jwks: JwksServer) -> None:
    """Public keys for signatures, of the kinds the settings allow, long enough; each for its own algorithms."""
    jwks.keys[:] = [
        published("encrypts", rsa_key("one"), use="enc"),
        published("signs", rsa_key("one"), key_ops=["sign"]),
        published("short", rsa_key("short", 1024)),
        published("other", rsa_key("one"), alg="RS512"),
        {"kty": "oct", "kid": "secret", "k": "AAAA", "alg": "HS256"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {"kty": "EC", "kid": "curve", "crv": "secp256k1"},
        {**RSAAlgorithm.to_jwk(rsa_key("one"), as_dict=True), "kid": "private"},
        published("good", rsa_key("two"), alg="RS256"),
        published("curved", ec_key("two")),
    ]
    async with an_issuer(jwks, Clock()) as issuer:
        await issuer.refresh()

    assert [(key.kid, set(key.algorithms)) for key in issuer.keys] == [("good", {"RS256"}), ("curved", {"ES256"})]


async def test_a_token_without_a_key_id(jwks: JwksServer) -> None:
    """Where there is one key for its algorithm it is that one; where there are several, none."""
    async with a_service(jwks) as client:
        alone = await client.get("/version", headers=bearer(token(kid=None)))
    jwks.keys.append(published("two", rsa_key("two")))
    async with a_service(jwks) as client:
        several = await client.get("/version", headers=bearer(token(kid=None)))

    assert (alone.status_code, several.status_code) == (200, 401)


async def test_an_issuer_that_is_down_at_the_start(jwks: JwksServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The service starts, is not ready, and says so; it looks again by itself, without anyone bringing a token."""
    monkeypatch.setattr(issuing_module, "RETRY", 0.01)
    jwks.status = 503
    async with a_service(jwks) as client:
        refused = await client.post("/chat/ana", json={"message": "hello"}, headers=bearer(token()))
        not_ready = await client.get("/ready")
        alive = await client.get("/health")
        jwks.status = 200
        for _ in range(2000):
            if (ready := await client.get("/ready")).status_code == 200:
                break
            await asyncio.sleep(0.01)  # the service looks again meanwhile
        answered = await client.post("/chat/ana", json={"message": "hello"}, headers=bearer(token()))

    assert (refused.status_code, refused.json()["code"]) == (503, "issuer_unavailable")
    assert int(refused.headers["retry-after"]) >= 1
    assert (not_ready.status_code, not_ready.json()["details"]) == (503, {"missing": ["issuer"]})
    assert (alive.status_code, ready.status_code, answered.status_code) == (200, 200, 200)


async def test_the_start_does_not_wait_for_the_issuer(jwks: JwksServer) -> None:
    """An issuer that takes the connection and says nothing: the service is there, not ready, and says what is missing."""
    jwks.gate.clear()
    async with asyncio.timeout(LIMIT), a_service(jwks) as client:
        alive = await client.get("/health")
        not_ready = await client.get("/ready")
        asked = asyncio.create_task(client.get("/version", headers=bearer(token())))
        jwks.gate.set()
        answered = await asked
        ready = await client.get("/ready")

    assert (alive.status_code, not_ready.status_code) == (200, 503)
    assert not_ready.json()["details"] == {"missing": ["issuer"]}
    assert (answered.status_code, ready.status_code) == (200, 200)


class Failing(httpx.AsyncBaseTransport):
    """A network that breaks in a way nobody has thought of, and then works."""

    def __init__(self) -> None:
        self.asked = 0
        self._network = httpx.AsyncHTTPTransport()

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.asked <= 2:
            raise RuntimeError("nobody thought of this")
        return await self._network.handle_async_request(request)

    @override
    async def aclose(self) -> None:
        await self._network.aclose()


async def test_whatever_fails_the_keys_are_fetched_again(
    jwks: JwksServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault that nobody has thought of is told with its traceback, and does not end the watch over the keys."""
    monkeypatch.setattr(issuing_module, "RETRY", 0.01)
    transport = await asyncio.to_thread(Failing)
    async with httpx.AsyncClient(transport=transport) as client:
        issuer = Issuer(jwks.url, ALGORITHMS, client)
        watch = asyncio.create_task(issuer.watch())
        async with asyncio.timeout(30):
            while issuer.trouble is not None:
                await asyncio.wait([watch], timeout=0.01)
                assert not watch.done()
        watch.cancel()
        await issuer.close()

    told = [record for record in caplog.records if record.name == "soni.access"]
    assert [(record.message, vars(record)["why"], record.exc_info is not None) for record in told] == [
        ("issuer.unavailable", "RuntimeError", True)
    ]
    assert transport.asked == 3


async def test_an_address_that_cannot_be_called(caplog: pytest.LogCaptureFixture) -> None:
    """A slip in the setting is told in words, and tokens are told to come again."""
    async with open_issuer("https://id.example:jwks", ALGORITHMS) as issuer:
        with pytest.raises(IssuerUnavailable):
            await issuer.key("one", "RS256")

    told = [(record.message, vars(record)["why"]) for record in caplog.records if record.name == "soni.access"]
    assert told == [("issuer.unavailable", "Invalid port: 'jwks'")]


async def test_an_issuer_that_is_not_there(unused_tcp_port: int, caplog: pytest.LogCaptureFixture) -> None:
    """A refused connection is an issuer that is down, in words."""
    async with open_issuer(f"http://127.0.0.1:{unused_tcp_port}/jwks", ALGORITHMS) as issuer:
        with pytest.raises(IssuerUnavailable):
            await issuer.key("one", "RS256")

    assert [record.message for record in caplog.records if record.name == "soni.access"] == ["issuer.unavailable"]


async def test_an_issuer_that_hangs(jwks: JwksServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for longer than the limit."""
    monkeypatch.setattr(issuing_module, "LIMIT", 0.05)
    jwks.gate.clear()
    async with an_issuer(jwks, Clock()) as issuer:
        with pytest.raises(IssuerUnavailable):
            await issuer.key("one", "RS256")


async def test_no_token_is_in_the_log(jwks: JwksServer, caplog: pytest.LogCaptureFixture) -> None:
    """Good or bad, a credential is never written, nor any piece of it; why it was refused is, in a word."""
    caplog.set_level(logging.DEBUG)
    good, bad = token(), token(aud="another")
    async with a_service(jwks) as client:
        await client.get("/version", headers=bearer(good))
        await client.get("/version", headers=bearer(bad))

    told = " ".join(str(vars(record)) for record in caplog.records)
    assert "InvalidAudienceError" in told
    assert [part for each in (good, bad) for part in each.split(".")[1:] if part in told] == []
