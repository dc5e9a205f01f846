"""Which IP addresses may be connected to: public ones, and private ones of hosts that were named for it."""

import ipaddress
from collections.abc import Sequence

from toolmesh_core.errors import ToolError
from toolmesh_tool_web.domain.host_names import Address

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _networks(*texts: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# Only this block of IPv6 is global unicast, so mapped (::ffff:0:0/96), NAT64 (64:ff9b::/96), link-local and the
# other special forms are out without being named.
_GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
# Called global by the standard library, and still not the public web.
_SPECIAL = _networks(
    "192.88.99.0/24",  # 6to4 relays, RFC 7526
    "168.63.129.16/32",  # the inside of one cloud, reachable from each of its machines
    "2001::/23",  # Teredo and other protocol assignments, RFC 2928
    "2002::/16",  # 6to4: an IPv4 address inside, RFC 3056
    "3fff::/20",  # documentation, RFC 9637
)
# What a host of the private list may have. Link-local is not here: there the clouds keep their credentials.
_PRIVATE = _networks(
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "::1/128", "fc00::/7"
)


def is_public(address: Address) -> bool:
    """Whether it is an ordinary address of the public internet."""
    if address.version == 6 and address not in _GLOBAL_IPV6:
        return False
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def is_private(address: Address) -> bool:
    """Whether it is of a network that an operator may open: private use, shared, or this machine."""
    return any(address in network for network in _PRIVATE)


def check_addresses(host: str, addresses: Sequence[Address], *, private_allowed: bool) -> None:
    """Passes a host all of whose addresses may be connected to.

    Raises:
        ToolError: ADDRESS_NOT_ALLOWED; one bad address among good ones is enough.
    """
    for address in addresses:
        if not is_public(address) and not (private_allowed and is_private(address)):
            raise ToolError(
                f"host {host!r} has the address {address}, which is not on the public internet: use another host",
                reason="ADDRESS_NOT_ALLOWED",
            )
