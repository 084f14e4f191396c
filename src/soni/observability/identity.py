"""Conversations by a name that tells nobody who they are with: the same in logs, traces and reports."""

import hmac
import os
from functools import cache
from typing import Final

KEY: Final = "SONI_LOG_KEY"
"""The environment variable with the key; replicas that have the same one name a conversation alike."""


def conversation_key(user_id: str) -> str:
    """16 hexadecimal digits for this user: HMAC-SHA256 with the key, or with one of this process alone."""
    return hmac.digest(_key(), user_id.encode("utf-8", "surrogatepass"), "sha256").hex()[:16]


@cache
def _key() -> bytes:
    return os.environ.get(KEY, "").encode() or os.urandom(32)
