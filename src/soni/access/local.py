"""Whether an address is this machine's alone."""

import ipaddress
import os
import socket
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uvicorn import Config


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a service that listens there; a name other than ``localhost`` may be anybody's."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def listens_beyond(config: "Config") -> str | None:
    """Where this uvicorn listens that is not this machine alone; ``None`` where it is, or cannot be told beforehand."""
    if config.uds is not None:
        return None
    if config.fd is not None:
        with socket.socket(fileno=os.dup(config.fd)) as listener:
            name = listener.getsockname()
        return name[0] if isinstance(name, tuple) and not is_loopback(name[0]) else None
    return None if is_loopback(config.host) else config.host or "every address"


@lru_cache(64)
def reached_here(server: tuple[str, int | None] | None) -> bool:
    """Whether a request came to an address of this machine alone: ASGI's ``server``, as sockets say it.

    A path without a port is a Unix socket. A bare name, without a dot, is that of a caller in the same process: no
    socket has one. What is not known counts as reached from anywhere.
    """
    if server is None:
        return False
    host, port = server
    if port is None and (not host or host[0] in "/\0"):
        return True
    return is_loopback(host) or (bool(host) and not set(host) & set(".:"))
