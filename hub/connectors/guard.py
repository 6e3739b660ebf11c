"""Which network addresses a channel may be called at: public ones, and those let through."""

import ipaddress
import socket
from collections.abc import Collection

import anyio

from hub.connectors.base import ChannelError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_host(host: str, allowed: Collection[str], approved: Collection[str] | None) -> None:
    """Raises ChannelError for a host that the connector's file does not name, or that no
    administrator approved; `approved` None is any."""
    if host not in allowed:
        raise ChannelError(f"{host} is not among allowed_hosts.")
    if approved is not None and host not in approved:
        raise ChannelError(
            f"{host} is not approved. An administrator approves the hosts that connectors may call."
        )


async def callable_addresses(
    host: str, port: int, private_hosts: frozenset[str]
) -> list[IPAddress]:
    """What a host resolves to, in the resolver's order. Who connects must use one of these rather
    than the name, which may resolve to something else the next time.

    Raises ChannelError if any of them is not public and `host:port` is not let through, and
    OSError for a name that is not found.
    """
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(each[4][0]) for each in found]
    if f"{host}:{port}" not in private_hosts and not all(map(is_public, addresses)):
        raise ChannelError(
            f"{host}:{port} is a private address. If this hub may call it, "
            "add it to HUB_PRIVATE_HOSTS."
        )
    return addresses


_TRANSLATED = [ipaddress.ip_network(n) for n in ("::/96", "64:ff9b::/96", "64:ff9b:1::/48")]
# Metadata of some clouds stands here; older Pythons take all but its first eight for global.
_PROTOCOL_ASSIGNMENTS = ipaddress.ip_network("192.0.0.0/24")


def is_public(address: IPAddress) -> bool:
    """Whether an address is of the public internet, also inside an IPv6 wrapping."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner or address.teredo or any(address in network for network in _TRANSLATED):
            return False
        if address.is_site_local:
            return False
    if address in _PROTOCOL_ASSIGNMENTS:
        return False
    return address.is_global and not address.is_multicast
