"""A client of the fake model."""

from typing import Any

import httpx

from soni.testing import FakeModel

LIMIT = 30.0
"""Seconds that an answer may take on a busy machine."""


def ask(
    fake: FakeModel, /, said: str = "hello", timeout: float = LIMIT, key: str | None = None, **more: Any
) -> httpx.Response:
    """Post a request in which the user says this."""
    body = {"model": "any", "messages": [{"role": "user", "content": said}], **more}
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx.post(f"{fake.api_base}/chat/completions", json=body, headers=headers, timeout=timeout, trust_env=False)


def told(response: httpx.Response) -> str:
    """The text of an answer."""
    return str(response.json()["choices"][0]["message"]["content"])
