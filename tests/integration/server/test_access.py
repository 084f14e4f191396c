"""Who may what: every route of the app, with everything that somebody could show."""

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import Route

from soni.access.api_keys import entry_of, new_key
from soni.errors import ConfigurationError
from soni.server.access import CHAT, Needs, needs_of, refuse_undeclared
from soni.server.api import create_app

from .doubles import EchoRuntime, serving
from .issuers import (
    AUDIENCE,
    ISSUER,
    claims,
    ec_key,
    forged,
    issuing,
    published,
    rsa_key,
    saying_nothing,
    segment,
    signed_with_public_key,
    tampered,
    token,
)
from .listening import client_of

ASKING: Final = [
    (method, str(getattr(route, "path", "")), needs)
    for route in create_app().routes
    if (needs := needs_of(route)) is not None and needs.asks and not needs.metrics
    for method in sorted(getattr(route, "methods", ()))
]
"""Every operation that asks who calls."""
OPEN: Final = {"/health", "/ready", "/startup"}
PERSONAL: Final = [(method, path) for method, path, _ in ASKING if "{user_id}" in path]
Headers = Mapping[str, str] | Mapping[bytes, bytes]


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


INVALID: Final[Mapping[str, Callable[[], Headers]]] = {
    "expired": lambda: bearer(token(exp=1_700_000_000)),
    "without an end": lambda: bearer(token(exp=None)),
    "not valid yet": lambda: bearer(token(nbf=claims()["exp"])),
    "issued tomorrow": lambda: bearer(token(iat=claims()["exp"])),
    "alg none": lambda: bearer(forged({"alg": "none", "kid": "one"}, claims())),
    "alg None with a signature": lambda: bearer(forged({"alg": "None", "kid": "one"}, claims(), b"x" * 256)),
    "signed with the public key": lambda: bearer(signed_with_public_key()),
    "an algorithm that is not allowed": lambda: bearer(token(algorithm="PS256")),
    "an algorithm that is no text": lambda: bearer(forged({"alg": ["RS256"], "kid": "one"}, claims(), b"x" * 256)),
    "another audience": lambda: bearer(token(aud="another")),
    "no audience": lambda: bearer(token(aud=None)),
    "another issuer": lambda: bearer(token(iss="https://other.example")),
    "no issuer": lambda: bearer(token(iss=None)),
    "a key id that is not known": lambda: bearer(token(kid="nobody")),
    "somebody else's key": lambda: bearer(token(key=rsa_key("other"))),
    "a key id that is no text": lambda: bearer(forged({"alg": "RS256", "kid": 1}, claims(), b"x" * 256)),
    "tampered": lambda: bearer(tampered()),
    "without a user": lambda: bearer(token(sub="")),
    "a user that is no text": lambda: bearer(token(sub=["ana"])),
    "an end that never comes": lambda: bearer(token(exp=math.inf)),
    "an end beyond all numbers": lambda: bearer(token(exp=10**400)),
    "an end in milliseconds": lambda: bearer(token(exp=claims()["exp"] * 1000)),
    "an end that is no number": lambda: bearer(token(exp=math.nan)),
    "an end in words": lambda: bearer(token(exp=str(claims()["exp"]))),
    "an end that is a list": lambda: bearer(token(exp=[claims()["exp"]])),
    "valid from no moment": lambda: bearer(token(nbf=-math.inf)),
    "valid before all numbers": lambda: bearer(token(nbf=-(10**400))),
    "issued at no moment": lambda: bearer(token(iat=math.nan)),
    "issued before all numbers": lambda: bearer(token(iat=-(10**400))),
    "issued yes": lambda: bearer(token(iat=True)),
    "a header without end": lambda: bearer(f"{segment(b'[' * 5000)}.{segment(b'{}')}.{segment(b'x')}"),
    "scopes that are no text": lambda: bearer(token(scope={"chat": True})),
    "scopes that are nothing": lambda: bearer(saying_nothing("scope")),
    "scopes that are nothing, before some": lambda: bearer(saying_nothing("scope", scp="chat")),
    "scopes that are a number": lambda: bearer(token(scp=1)),
    "scopes that are not all text": lambda: bearer(token(scopes=["chat", None])),
    "critical headers": lambda: bearer(forged({"alg": "RS256", "kid": "one", "crit": ["x"], "x": 1}, claims(), b"x")),
    "garbage": lambda: bearer("garbage"),
    "dots": lambda: bearer(".."),
    "not ASCII": lambda: {b"Authorization": "Bearer caf\u00e9".encode()},
    "very long": lambda: bearer("a" * 20_000),
    "another scheme": lambda: {"Authorization": "Basic YTpi"},
    "no credential": lambda: {"Authorization": "Bearer"},
}


@pytest.fixture(scope="module")
def by_token() -> Iterator[httpx.Client]:
    """A service that believes an issuer."""
    with issuing(published("one", rsa_key("one")), published("two", ec_key("two"))) as issuer:
        jwt = {"jwks_url": issuer.url, "audience": AUDIENCE, "issuer": ISSUER, "algorithms": ["RS256", "ES256"]}
        runtime = EchoRuntime({"server": {"auth": {"mode": "jwt"}, "jwt": jwt}})
        with client_of(runtime) as client:
            client.post("/chat/ana", json={"message": "hello"}, headers=bearer(token("ana"))).raise_for_status()
            client.post("/chat/bob", json={"message": "hello"}, headers=bearer(token("bob"))).raise_for_status()
            yield client


KEYS: Final = {scope: new_key() for scope in ("chat", "read", "admin")}


@pytest.fixture(scope="module")
def by_key() -> Iterator[httpx.Client]:
    """A service that knows a key for each scope."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SONI_API_KEYS", "; ".join(entry_of(scope, [scope], key) for scope, key in KEYS.items()))
        with client_of(EchoRuntime({"server": {"auth": {"mode": "api_key"}}})) as client:
            client.post("/chat/ana", json={"message": "hello"}, headers=bearer(KEYS["chat"])).raise_for_status()
            yield client


def call(client: httpx.Client, method: str, path: str, headers: Headers, user: str = "ana") -> httpx.Response:
    """One request; those that say something say hello."""
    body = {"message": "hello"} if path.startswith("/chat") else None
    return client.request(method, path.format(user_id=user), json=body, headers=headers)


def test_every_route_declares_who_may() -> None:
    """No route of the app is forgotten, and the open ones are the probes."""
    routes = create_app().routes

    assert [route for route in routes if needs_of(route) is None] == []
    assert {getattr(route, "path", "") for route in routes if needs_of(route) == Needs(asks=False)} == OPEN
    assert len(PERSONAL) >= 6


def test_a_route_that_declares_nothing_stops_the_app() -> None:
    """What nobody thought of is not open: the app does not come into being."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @app.get("/declared", dependencies=[CHAT])
    async def declared() -> None: ...

    refuse_undeclared(app.routes)
    app.router.routes.append(Route("/forgotten", lambda request: Response()))

    with pytest.raises(TypeError, match="/forgotten does not declare"):
        refuse_undeclared(app.routes)


@pytest.mark.parametrize("case", INVALID)
def test_what_is_not_valid_is_refused_everywhere(by_token: httpx.Client, case: str) -> None:
    """On every route: 401, the challenge of RFC 6750, the one shape of errors, and nothing of the token."""
    headers = INVALID[case]()
    for method, path, _ in ASKING:
        response = call(by_token, method, path, headers)

        assert response.status_code == 401, (method, path)
        assert response.headers["www-authenticate"].startswith('Bearer realm="soni", error="invalid_token"')
        if method != "HEAD":
            body = response.json()
            assert (body["type"], body["code"], body["details"]) == ("Unauthenticated", "unauthenticated", {})
            assert ("expired" in body["error"]) == (case == "expired")


def test_the_log_names_the_key(by_key: httpx.Client, by_token: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    """Who calls is told by the name of their key, also where they may not; not the key, and not the user of a token."""
    caplog.set_level(logging.INFO, "soni.access")
    path = "/conversations/ana/export"
    for key in (KEYS["admin"], KEYS["read"], "soni_unknown"):
        by_key.get(path, headers=bearer(key))
    by_token.get("/conversations/ana", headers=bearer(token()))

    lines = [record for record in caplog.records if record.message == "request.served"]
    assert [getattr(line, "client", None) for line in lines] == ["admin", "read", None, None]
    assert not any(key in str(vars(line)) for line in lines for key in KEYS.values())


@pytest.mark.parametrize(
    ("headers", "method", "path", "told"),
    [
        ({}, "GET", "/version", ("credential.refused", {"why": "missing"})),
        ({"Authorization": "Basic YTpi"}, "GET", "/version", ("credential.refused", {"why": "malformed"})),
        ({"Authorization": KEYS["read"]}, "GET", "/version", ("credential.refused", {"why": "malformed"})),
        (
            {**bearer(KEYS["read"]), "X-API-Key": KEYS["read"]},
            "GET",
            "/version",
            ("credential.refused", {"why": "several"}),
        ),
        (bearer("soni_swordfish"), "GET", "/version", ("credential.refused", {"why": "unknown"})),
        ({"X-API-Key": ""}, "GET", "/version", ("credential.refused", {"why": "unknown"})),
        (bearer(KEYS["read"]), "POST", "/chat/ana", ("caller.refused", {"why": "scope", "scope": "chat"})),
    ],
    ids=["missing", "another scheme", "no scheme", "several", "unknown", "empty", "scope"],
)
def test_the_log_says_why_a_key_was_refused(
    by_key: httpx.Client,
    caplog: pytest.LogCaptureFixture,
    headers: Headers,
    method: str,
    path: str,
    told: tuple[str, dict[str, str]],
) -> None:
    """Beside the line of the request, one with the reason, and nothing of what was shown."""
    caplog.set_level(logging.INFO, "soni.access")
    response = call(by_key, method, path, headers)

    event, why = told
    lines = [vars(record) for record in caplog.records if record.name == "soni.access"]
    lines = [line for line in lines if line["message"] != "request.served"]  # it may come later
    assert response.status_code in (401, 403)
    assert [line["message"] for line in lines] == [event]
    assert {name: lines[0].get(name) for name in why} == why
    assert not any(shown in str(line) for line in lines for shown in ("swordfish", "YTpi", KEYS["read"]))


def test_the_log_says_why_a_token_was_refused(by_token: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    """One that has expired as well, and one that is good but speaks for somebody else."""
    caplog.set_level(logging.INFO, "soni.access")
    for credential in (token(exp=1_700_000_000), token(exp=10**400), token("bob")):
        call(by_token, "GET", "/conversations/{user_id}", bearer(credential))

    lines = [vars(record) for record in caplog.records if record.name == "soni.access"]
    assert [(line["message"], line["why"]) for line in lines if "why" in line] == [
        ("token.refused", "ExpiredSignatureError"),
        ("token.refused", "claim"),
        ("caller.refused", "user"),
    ]


@pytest.mark.parametrize("service", ["by_token", "by_key"])
def test_without_a_credential(service: str, request: pytest.FixtureRequest) -> None:
    """Whoever shows nothing is told what to show, before the body is looked at; probes are open."""
    client: httpx.Client = request.getfixturevalue(service)
    for method, path, _ in ASKING:
        response = call(client, method, path, {})

        assert (response.status_code, response.headers["www-authenticate"]) == (401, 'Bearer realm="soni"')
    assert client.post("/chat/ana", content=b"no json").status_code == 401
    assert client.post("/chat/" + "x" * 200).status_code == 401
    assert [client.get(path).status_code for path in sorted(OPEN)] == [200, 200, 200]


@pytest.mark.parametrize(("method", "path"), PERSONAL)
def test_another_users_token(by_token: httpx.Client, method: str, path: str) -> None:
    """A token speaks for its own user, whatever else is right, and whether or not the other user exists."""
    for user in ("ana", "nobody"):
        response = call(by_token, method, path, bearer(token("bob")), user)

        assert response.status_code == 403
        assert (response.json()["type"], response.json()["code"]) == ("Forbidden", "forbidden")
        assert 'error="insufficient_scope"' in response.headers["www-authenticate"]


EXPECTED: Final = {
    ("POST", "/chat/{user_id}"): ("chat", "chat"),
    ("POST", "/chat/{user_id}/stream"): ("chat", "chat"),
    ("GET", "/conversations/{user_id}"): ("read", "read"),
    ("GET", "/conversations/{user_id}/messages"): ("read", "read"),
    ("GET", "/conversations/{user_id}/export"): ("admin", "admin"),
    ("DELETE", "/conversations/{user_id}"): ("admin", "chat"),
    ("DELETE", "/conversations/{user_id}?erase=true"): ("admin", "admin"),
    ("POST", "/conversations/{user_id}/resume"): ("admin", "admin"),
    ("GET", "/version"): (None, None),
    ("GET", "/openapi.json"): (None, None),
}
"""The scope that an operation takes, of a key and of a token in its own conversation; ``None``: any."""
OPERATIONS: Final = [(method, path) for method, path, _ in ASKING] + [("DELETE", "/conversations/{user_id}?erase=true")]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("scope", KEYS)
def test_the_scope_of_a_key(by_key: httpx.Client, method: str, path: str, scope: str) -> None:
    """A key may what its scopes say, for any user, in either header; admin may everything."""
    needed = EXPECTED[method, path][0]
    allowed = scope == "admin" or needed in (None, scope)
    for headers in (bearer(KEYS[scope]), {"X-API-Key": KEYS[scope]}):
        by_key.post("/chat/ana", json={"message": "hello"}, headers=bearer(KEYS["chat"]))
        response = call(by_key, method, path, headers)

        assert response.status_code in ((200, 204) if allowed else (403,))
        if not allowed:
            assert response.json()["error"] == f"This needs the scope {needed}."


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
@pytest.mark.parametrize("scope", KEYS)
def test_the_scope_of_a_token(by_token: httpx.Client, method: str, path: str, scope: str) -> None:
    """A token may what its scopes say, for its own user."""
    by_token.post("/chat/ana", json={"message": "hello"}, headers=bearer(token("ana")))
    response = call(by_token, method, path, bearer(token("ana", scope=f"openid {scope}")))

    needed = EXPECTED[method, path][1]
    assert response.status_code in ((200, 204) if scope == "admin" or needed in (None, scope) else (403,))


def test_an_admins_token_may_for_everyone(by_token: httpx.Client) -> None:
    """The scope admin reaches other users' conversations."""
    by_token.post("/chat/ana", json={"message": "hello"}, headers=bearer(token("ana")))
    response = by_token.get("/conversations/ana/export", headers=bearer(token("root", scope="admin")))

    assert (response.status_code, response.json()["user_id"]) == (200, "ana")


@pytest.mark.parametrize(
    ("said", "chat", "read"),
    [
        ({}, 200, 200),
        ({"scope": "chat"}, 200, 403),
        ({"scope": ""}, 403, 403),
        ({"scope": "openid profile"}, 403, 403),
        ({"scope": ["read"]}, 403, 200),
        ({"scp": ["chat", "read"]}, 200, 200),
        ({"scp": "chat read"}, 200, 200),
        ({"scopes": ["chat"]}, 200, 403),
        ({"scope": "chat", "scp": ["read"]}, 200, 403),
    ],
)
def test_where_tokens_keep_their_scopes(by_token: httpx.Client, said: dict[str, Any], chat: int, read: int) -> None:
    """The first of scope, scp and scopes counts, as a text or a list; without any, a user may talk and read."""
    headers = bearer(token("ana", **said))

    assert by_token.post("/chat/ana", json={"message": "hello"}, headers=headers).status_code == chat
    assert by_token.get("/conversations/ana/messages", headers=headers).status_code == read


def test_an_elliptic_key(by_token: httpx.Client) -> None:
    """Every algorithm of the settings is taken, with the key that is made for it."""
    good = token("ana", kid="two", key=ec_key("two"), algorithm="ES256")
    crossed = token("ana", kid="one", key=ec_key("two"), algorithm="ES256")

    assert call(by_token, "GET", "/version", bearer(good)).status_code == 200
    assert call(by_token, "GET", "/version", bearer(crossed)).status_code == 401


def test_a_token_ends_while_it_is_remembered(by_token: httpx.Client) -> None:
    """A token that was checked a moment ago is not believed for longer than it says, less the leeway for clocks."""
    within = token(exp=claims()["iat"] - 20)
    beyond = token(exp=claims()["iat"] - 40)

    assert [call(by_token, "GET", "/version", bearer(within)).status_code for _ in range(2)] == [200, 200]
    assert call(by_token, "GET", "/version", bearer(beyond)).status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "soni_unknown"},
        {"X-API-Key": ""},
        {"Authorization": "Basic YTpi"},
        {"Authorization": KEYS["admin"]},
        {"Authorization": f"Bearer {KEYS['admin']}x"},
        {"Authorization": f"Bearer {KEYS['admin'].upper()}"},
        {"Authorization": f"Bearer {KEYS['admin']}", "X-API-Key": KEYS["chat"]},
    ],
)
def test_what_is_no_key(by_key: httpx.Client, headers: Headers) -> None:
    """A key is whole, in one header, and the only one."""
    response = call(by_key, "GET", "/version", headers)

    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["www-authenticate"]
    assert "soni_" not in response.text


async def test_the_description_says_who_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each operation names its ways and its scope; the probes name none."""
    monkeypatch.setenv("SONI_API_KEYS", entry_of("shop", ["chat"], KEYS["chat"]))
    async with serving(EchoRuntime({"server": {"auth": {"mode": "api_key"}}})) as client:
        schema = (await client.get("/openapi.json", headers=bearer(KEYS["chat"]))).json()

    assert set(schema["components"]["securitySchemes"]) == {"bearer", "api_key"}
    for method, path, needs in ASKING:
        if path in schema["paths"]:
            scopes = [needs.scope] if needs.scope is not None else []
            operation = schema["paths"][path][method.lower()]
            assert operation["security"] == [{"bearer": scopes}, {"api_key": scopes}]
    assert all("security" not in schema["paths"][path]["get"] for path in OPEN)


async def test_a_request_to_another_address_is_refused() -> None:
    """Without auth, a request that reached the service from outside is told what to set; probes are not."""
    async with serving(EchoRuntime()) as client:
        client.base_url = httpx.URL("http://192.0.2.1")
        refused = [await client.request(m, p.format(user_id="ana"), json={"message": "a"}) for m, p, _ in ASKING]
        probes = [(await client.get(path)).status_code for path in OPEN]
        client.base_url = httpx.URL("http://[::1]")
        local = await client.get("/version")

    assert {response.status_code for response in refused} == {403}
    assert "settings.server.auth.mode is none" in refused[0].json()["error"]
    assert (probes, local.status_code) == ([200, 200, 200], 200)


async def test_an_open_door_on_purpose() -> None:
    """With allow_insecure anyone may, from anywhere."""
    async with serving(EchoRuntime({"server": {"auth": {"allow_insecure": True}}})) as client:
        client.base_url = httpx.URL("http://192.0.2.1")
        response = await client.delete("/conversations/ana?erase=true")

    assert response.status_code == 204


async def test_without_keys_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that shall know keys, and has none, does not start; nor with words that are no keys."""
    monkeypatch.delenv("SONI_API_KEYS", raising=False)
    app = create_app(runtime=EchoRuntime({"server": {"auth": {"mode": "api_key"}}}))
    with pytest.raises(ConfigurationError, match="There is no API key"):
        async with app.router.lifespan_context(app):
            pass
    monkeypatch.setenv("SONI_API_KEYS", KEYS["chat"])
    with pytest.raises(ConfigurationError, match="Entry 1 of SONI_API_KEYS is a key itself") as refused:
        async with app.router.lifespan_context(app):
            pass

    assert KEYS["chat"] not in refused.value.message
