"""DNS by the operating system's resolver."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

from toolmesh_core.errors import ToolError
from toolmesh_tool_web.domain.host_names import Address


class SystemResolver:
    """Looks names up with getaddrinfo, off the event loop."""

    async def addresses(self, host: str) -> Sequence[Address]:
        """All addresses of a name, in the system's order.

        Raises:
            ToolError: HOST_NOT_FOUND, or DNS_FAILED where trying again may help.
        """
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise _failure(host, error) from error
        except UnicodeError as error:
            raise ToolError(f"host {host!r} is not a name DNS can hold", reason="HOST_NOT_FOUND") from error
        return [ipaddress.ip_address(entry[4][0]) for entry in found]


def _failure(host: str, error: socket.gaierror) -> ToolError:
    if error.errno == socket.EAI_AGAIN:
        return ToolError(
            f"the address of host {host!r} cannot be looked up now: try again later",
            reason="DNS_FAILED",
            retryable=True,
        )
    return ToolError(f"host {host!r} is not known to DNS: check its spelling", reason="HOST_NOT_FOUND")
