"""Looks up a host's addresses once, and gives only those that may be connected to."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from toolmesh_core.errors import ToolError
from toolmesh_tool_web.domain.addresses import may_connect

Lookup = Callable[[str, int], Awaitable[list[str]]]


async def system_lookup(host: str, port: int) -> list[str]:
    """The addresses by the system's resolver, in its order."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def checked_addresses(host: str, port: int, lookup: Lookup, *, private_allowed: bool) -> list[str]:
    """All addresses of a host; one refused address refuses the host.

    Raises:
        ToolError: UNKNOWN_HOST, ADDRESS_NOT_ALLOWED.
    """
    try:
        addresses = await lookup(host, port)
    except (OSError, UnicodeError) as error:
        raise ToolError(f"the host {host} is not known", reason="UNKNOWN_HOST", retryable=True) from error
    if not addresses:
        raise ToolError(f"the host {host} has no address", reason="UNKNOWN_HOST")
    if not all(may_connect(address, private_allowed=private_allowed) for address in addresses):
        raise ToolError(
            f"{host} lies in a private or reserved network, which is refused; whoever runs ToolMesh "
            "can allow a private "
            "host with TOOLMESH_TOOL_WEB_PRIVATE_HOSTS",
            reason="ADDRESS_NOT_ALLOWED",
        )
    return addresses
