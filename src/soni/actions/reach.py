"""What webhooks may reach: https anywhere public, this machine, and the hosts an operator names; held again for the address itself."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_CARRIES_IPV4: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""Addresses by which hosts without IPv4 reach it."""
_PRIVATE: Final = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "fec0::/10")))
"""Private, or carrying who knows what, though not every Python takes them so."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Exception):
    """A webhook leads to where none may go. The words name no address: what they come to is read by others, too."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The hosts that may be called by plain http or have private addresses, besides this machine."""

    hosts: Sequence[str] = ()
    """As in ``settings.security.webhook_hosts``: names, ``*.`` and a name, ``*``."""

    def trusts(self, host: str) -> bool:
        """Whether an operator has named this host."""
        name = host.lower().removesuffix(".")
        return any(
            pattern == "*"
            or name == pattern.lower()
            or (pattern.startswith("*.") and name.endswith(pattern[1:].lower()))
            for pattern in self.hosts
        )

    def problem(self, url: str) -> str | None:
        """Why this URL is not called, as far as can be told without asking for the address of a name; ``None`` where it may be."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https") or not host:
            return "an https URL is expected"
        if self.trusts(host) or host in _LOOPBACK:
            return None
        if parts.scheme == "http":
            return "only https is called, or http on this machine; settings.security.webhook_hosts names exceptions"
        if (address := _literal(host)) is not None and not is_public(address):
            return "a private address is not called unless settings.security.webhook_hosts names it"
        return None

    async def addresses(self, host: str, port: int) -> list[str]:
        """Where to connect to, in order. Raises Unreachable where one of the addresses is private, and OSError where there is none.

        The address that is looked at is the one that is called: a name cannot have another one a moment later.
        """
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not self.trusts(host):
            fits = is_loopback if host in _LOOPBACK else is_public
            # One that does not fit among others that do is somebody's try.
            if not addresses or not all(fits(ipaddress.ip_address(address)) for address in addresses):
                raise Unreachable(
                    "its name leads to a private address, which settings.security.webhook_hosts does not allow"
                )
        return addresses


def is_public(address: Address) -> bool:
    """Whether it is anybody's on the Internet, and not a private one: by itself, or within one that carries it."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in _CARRIES_IPV4:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if any(address in network for network in _PRIVATE):
            return False
    return address.is_global and not address.is_multicast


def is_loopback(address: Address) -> bool:
    """Whether it is this machine."""
    return address.is_loopback


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
