"""The keys that an issuer publishes (RFC 7517), and which of them may verify what."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from pydantic_core import from_json

log = logging.getLogger("soni.access")

_MOST: Final = 100
"""Keys; issuers publish a handful."""
_LEAST_BITS: Final = 2048
"""Of an RSA key (RFC 7518, 3.3)."""
_CURVES: Final[Mapping[str, str]] = {"P-256": "ES256", "P-384": "ES384", "P-521": "ES512", "Ed25519": "EdDSA"}
"""A curve → the one algorithm it is for (RFC 7518, 3.4)."""


class BadKeySet(Exception):
    """What the issuer publishes cannot be used; the words say why."""


class NoKeys(BadKeySet):
    """It is a set of keys, and none of them may verify anything here: those that were there before are taken back."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key, and the algorithms it may verify."""

    kid: str | None
    algorithms: frozenset[str]
    public: Any


KeySet: TypeAlias = Sequence[VerifyingKey]


def read_key_set(document: bytes, allowed: Sequence[str]) -> KeySet:
    """The keys of a JWKS document that may verify one of the allowed algorithms. Raises BadKeySet, and NoKeys where there is none.

    Left out are symmetric keys, those for encryption, and RSA keys that are too short.
    """
    try:
        published = from_json(document)
    except ValueError:
        raise BadKeySet("it is not JSON") from None
    entries = published.get("keys") if isinstance(published, dict) else None
    if not isinstance(entries, list):
        raise BadKeySet("it is no JWKS document: it has no list 'keys'")
    keys = [key for entry in entries[:_MOST] if isinstance(entry, dict) and (key := _read(entry, allowed)) is not None]
    if not keys:
        raise NoKeys(f"none of its {len(entries)} keys can verify {', '.join(allowed)}")
    return keys


def choose(keys: KeySet, kid: str | None, algorithm: str) -> VerifyingKey | None:
    """The key of this id. Without an id, the one for the algorithm, where there is only one."""
    fitting = [key for key in keys if algorithm in key.algorithms]
    if kid is not None:
        fitting = [key for key in fitting if key.kid == kid]
    return fitting[0] if fitting and (kid is not None or len(fitting) == 1) else None


def _read(entry: Mapping[str, Any], allowed: Sequence[str]) -> VerifyingKey | None:
    operations = entry.get("key_ops")
    if entry.get("use", "sig") != "sig" or (isinstance(operations, list) and "verify" not in operations):
        return None
    algorithms = _algorithms(entry) & set(allowed)
    if not algorithms:
        return None
    try:
        public = jwt.PyJWK(dict(entry), min(algorithms)).key
    except (jwt.PyJWTError, ValueError, TypeError, KeyError):
        log.warning("issuer.key_unreadable", extra={"kid": _kid(entry)})
        return None
    if hasattr(public, "private_numbers") or hasattr(public, "private_bytes"):
        # Whoever reads it could sign with it, so that its signatures say nothing.
        log.error("issuer.key_private", extra={"kid": _kid(entry)})
        return None
    if isinstance(public, RSAPublicKey) and public.key_size < _LEAST_BITS:
        log.warning("issuer.key_short", extra={"kid": _kid(entry), "bits": public.key_size})
        return None
    return VerifyingKey(_kid(entry), frozenset(algorithms), public)


def _algorithms(entry: Mapping[str, Any]) -> set[str]:
    """All that a key of this kind may verify. HMAC is never among them: then a public key would be the secret."""
    match entry.get("kty"):
        case "RSA":
            fitting = {f"{family}{bits}" for family in ("RS", "PS") for bits in (256, 384, 512)}
        case "EC" | "OKP":
            fitting = {algorithm for curve, algorithm in _CURVES.items() if curve == entry.get("crv")}
        case _:
            return set()
    return fitting & {entry["alg"]} if isinstance(entry.get("alg"), str) else fitting


def _kid(entry: Mapping[str, Any]) -> str | None:
    kid = entry.get("kid")
    return kid if isinstance(kid, str) else None
