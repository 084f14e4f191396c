"""Texts without the secrets among them."""

from collections.abc import Iterable
from typing import Final

HIDDEN: Final = "…"
"""Stands where something sensitive was said."""


def masked(text: str, secrets: Iterable[str]) -> str:
    """The text without these values, the longest first."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text
