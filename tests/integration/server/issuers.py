"""An issuer of tokens on loopback: it publishes real keys over real HTTP, changes them, fails, and counts who asks."""

import base64
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

ISSUER = "https://id.example"
AUDIENCE = "soni"


@cache
def rsa_key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """A key of this name: the same one each time, because making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def published(kid: str | None, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, **more: object) -> dict[str, Any]:
    """A key as an issuer publishes it."""
    if isinstance(key, rsa.RSAPrivateKey):
        entry: dict[str, Any] = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    else:
        entry = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**entry, "use": "sig", **({"kid": kid} if kid is not None else {}), **more}


@dataclass
class JwksServer:
    """Publishes ``keys``; ``asked`` counts how often it was asked for them."""

    keys: list[dict[str, Any]]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Instead of the keys."""
    asked: int = 0
    url: str = ""
    gate: threading.Event = field(default_factory=threading.Event)
    """It answers once this is set."""

    def __post_init__(self) -> None:
        self.gate.set()


@contextmanager
def issuing(*keys: dict[str, Any]) -> Iterator[JwksServer]:
    """An issuer that answers while this is entered."""
    issuer = JwksServer(list(keys))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            issuer.gate.wait(30)
            body = issuer.body if issuer.body is not None else json.dumps({"keys": issuer.keys}).encode()
            self.send_response(issuer.status)
            for name, value in {"Content-Length": str(len(body)), **issuer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        issuer.url = f"http://127.0.0.1:{server.server_port}/jwks"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield issuer
        finally:
            issuer.gate.set()
            server.shutdown()
            thread.join()


def claims(user: str = "ana", **changes: object) -> dict[str, Any]:
    """What a good token says; a change to ``None`` leaves a claim out."""
    now = int(time.time())
    said: dict[str, Any] = {"sub": user, "iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + 600, **changes}
    return {name: value for name, value in said.items() if value is not None}


def token(
    user: str = "ana", *, kid: str | None = "one", key: Any = None, algorithm: str = "RS256", **said: object
) -> str:
    """A token, good unless something is changed."""
    headers = {"kid": kid} if kid is not None else None
    return jwt.encode(claims(user, **said), key if key is not None else rsa_key("one"), algorithm, headers)


def saying_nothing(claim: str, **said: object) -> str:
    """A token whose claim is there, and ``null``."""
    return jwt.encode({**claims(), **said, claim: None}, rsa_key("one"), "RS256", {"kid": "one"})


def forged(header: Mapping[str, object], said: Mapping[str, object], signature: bytes = b"") -> str:
    """A token put together by hand, as libraries refuse to."""
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in (header, said)]
    return ".".join(segment(part) for part in [*parts, signature])


def signed_with_public_key() -> str:
    """HMAC with the issuer's public key as its secret: who takes the algorithm from the token believes it."""
    import hashlib
    import hmac

    secret = rsa_key("one").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    unsigned = forged({"alg": "HS256", "typ": "JWT", "kid": "one"}, claims()).removesuffix(".")
    return f"{unsigned}.{segment(hmac.digest(secret, unsigned.encode(), hashlib.sha256))}"


def tampered() -> str:
    """A good token in which somebody has put another user."""
    header, _, signature = token().split(".")
    return f"{header}.{segment(json.dumps(claims('bob')).encode())}.{signature}"


def segment(part: bytes) -> str:
    """As the parts of a token are written."""
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
