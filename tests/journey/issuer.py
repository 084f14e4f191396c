"""An issuer of tokens on loopback: its keys are published over HTTP, as a JSON Web Key Set."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

AUDIENCE: Final = "coffee-bar"


@dataclass(frozen=True)
class Issuer:
    """Whoever is known to it gets a token."""

    address: str
    _key: rsa.RSAPrivateKey

    @property
    def jwks_url(self) -> str:
        """Where its keys are."""
        return f"{self.address}/jwks.json"

    def token(self, user: str, **claims: object) -> dict[str, str]:
        """The header with which this user may come, for an hour."""
        told = {"sub": user, "iss": self.address, "aud": AUDIENCE, "exp": int(time.time()) + 3600, **claims}
        token = jwt.encode(told, self._key, algorithm="RS256", headers={"kid": "one"})
        return {"Authorization": f"Bearer {token}"}


@contextmanager
def issuing() -> Iterator[Issuer]:
    """An issuer that answers while this is entered."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = {**RSAAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": "one", "use": "sig", "alg": "RS256"}
    keys = json.dumps({"keys": [public]}).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(keys)))
            self.end_headers()
            self.wfile.write(keys)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
            """Nothing is told."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="issuer")
        thread.start()
        try:
            yield Issuer(f"http://127.0.0.1:{server.server_port}", key)
        finally:
            server.shutdown()
            thread.join()
