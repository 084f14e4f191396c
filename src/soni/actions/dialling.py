"""Connecting to where a webhook leads, and to nowhere else."""

from collections.abc import Iterable

import httpcore
from typing_extensions import override

from soni.actions.reach import Reach


class Dialling(httpcore.AsyncNetworkBackend):
    """Connects to the very addresses that were looked at. The certificate is held against the name all the same."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._network = httpcore.AnyIOBackend()

    @override
    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises Unreachable, OSError where the name has no address, or what httpcore raises for the last address that was tried."""
        *others, last = await self._reach.addresses(host, port)
        for address in others:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except httpcore.ConnectError:
                continue
        return await self._network.connect_tcp(last, port, timeout, local_address, socket_options)

    @override
    async def sleep(self, seconds: float) -> None:
        await self._network.sleep(seconds)
