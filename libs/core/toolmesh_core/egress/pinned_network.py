"""Opens connections to the very addresses that were checked, so that a name cannot change its mind in between."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import httpcore

CheckedAddresses = Callable[[str, int], Awaitable[list[str]]]


class PinnedNetwork(httpcore.AsyncNetworkBackend):
    """httpcore's way to the network; the name stays what TLS verifies, the address is the checked one."""

    def __init__(self, addresses_of: CheckedAddresses) -> None:
        self._addresses_of = addresses_of
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connects to the first checked address that answers.

        Raises:
            httpcore.ConnectError, httpcore.ConnectTimeout: none does.
            ToolError: an address is refused.
        """
        addresses = await self._addresses_of(host.strip("[]"), port)
        for address in addresses[:-1]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Refused: no URL means a socket of this machine."""
        raise httpcore.ConnectError(f"a socket of this machine is no host: {path}")

    async def sleep(self, seconds: float) -> None:
        """Waits; httpcore does between retries."""
        await self._network.sleep(seconds)
