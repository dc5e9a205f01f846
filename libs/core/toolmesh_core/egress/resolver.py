"""Looks up the addresses of a host."""

import asyncio
import socket
from collections.abc import Awaitable, Callable

from toolmesh_core.errors import ToolError

Lookup = Callable[[str, int], Awaitable[list[str]]]


async def system_lookup(host: str, port: int) -> list[str]:
    """The addresses by the system's resolver, in its order."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def look_up(host: str, port: int, lookup: Lookup) -> list[str]:
    """At least one address of a host.

    Raises:
        ToolError: UNKNOWN_HOST.
    """
    try:
        addresses = await lookup(host, port)
    except (OSError, UnicodeError) as error:
        raise ToolError(f"the host {host} is not known", reason="UNKNOWN_HOST", retryable=True) from error
    if not addresses:
        raise ToolError(f"the host {host} has no address", reason="UNKNOWN_HOST")
    return addresses
