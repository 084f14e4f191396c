"""The app around an echo, called in process."""

from collections.abc import AsyncIterator

import httpx
import pytest

from .doubles import EchoRuntime, serving


@pytest.fixture
def runtime() -> EchoRuntime:
    return EchoRuntime()


@pytest.fixture
async def client(runtime: EchoRuntime) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(runtime) as client:
        yield client
