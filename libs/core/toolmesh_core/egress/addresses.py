"""Which IP addresses may be connected to: public ones, and private ones of hosts named for it."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

_PRIVATE = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
    IPv4Network("127.0.0.0/8"),
    IPv6Network("::1/128"),
    IPv6Network("fc00::/7"),
)
"""What a host that is named for it may have. Link-local is not among them: clouds keep their secrets there."""

_NEVER = (
    IPv6Network("::/96"),
    IPv6Network("::ffff:0:0/96"),
    IPv6Network("64:ff9b::/96"),
    IPv6Network("64:ff9b:1::/48"),
    IPv6Network("2001::/32"),
    IPv6Network("2002::/16"),
    IPv6Network("fec0::/10"),
    IPv4Network("192.88.99.0/24"),
    IPv4Network("168.63.129.16/32"),
)
"""Ways round the checks: IPv6 that carries an IPv4 address (compatible, mapped, NAT64, Teredo, 6to4 with its relays),
site-local, and the one public address by which a cloud's machines reach its inside."""


def may_connect(address: str, *, private_allowed: bool) -> bool:
    """Whether a connection to the address is allowed; text that is no address is not.

    Args:
        private_allowed: the host is named as one that lies in the private network.
    """
    try:
        parsed: Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.scope_id is not None:
        return False
    if any(parsed in network for network in _PRIVATE):
        return private_allowed
    if any(parsed in network for network in _NEVER):
        return False
    return parsed.is_global and not (parsed.is_multicast or parsed.is_reserved or parsed.is_unspecified)
