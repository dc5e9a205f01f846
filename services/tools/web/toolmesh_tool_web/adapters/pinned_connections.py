"""Connects to the addresses that were checked, whatever DNS says by then; TLS still verifies the host's name."""

from collections.abc import Iterable, Sequence

import httpcore

from toolmesh_core.errors import ToolError
from toolmesh_tool_web.domain.host_names import Address

MAX_ADDRESSES = 4


class PinnedBackend(httpcore.AsyncNetworkBackend):
    """The network as one request sees it: only the given addresses are there, tried in order."""

    def __init__(self, addresses: Sequence[Address], connect_timeout_s: float) -> None:
        self._addresses = addresses[:MAX_ADDRESSES]
        self._connect_timeout_s = connect_timeout_s
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first of the addresses that answers; the host's name is only for messages.

        Raises:
            ToolError: CONNECTION_REFUSED, CONNECTION_FAILED or TIMEOUT, as the last address failed.
        """
        failure = ToolError(f"host {host!r} has no address", reason="HOST_NOT_FOUND")
        for address in self._addresses:
            try:
                return await self._network.connect_tcp(
                    str(address), port, self._connect_timeout_s, local_address, socket_options
                )
            except httpcore.ConnectTimeout:
                failure = _failure(host, port, f"did not answer within {self._connect_timeout_s:g} s", "TIMEOUT")
            except httpcore.ConnectError as error:
                failure = _refusal(host, port, error)
        raise failure

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """There are no files in this network."""
        raise ToolError(f"{path!r} is not on the web", reason="CONNECTION_FAILED")


def _refusal(host: str, port: int, error: BaseException | None) -> ToolError:
    while error is not None:
        if isinstance(error, ConnectionRefusedError):
            return _failure(host, port, "refused the connection", "CONNECTION_REFUSED")
        error = error.__cause__ or error.__context__
    return _failure(host, port, "cannot be reached", "CONNECTION_FAILED")


def _failure(host: str, port: int, what: str, reason: str) -> ToolError:
    return ToolError(
        f"port {port} of host {host!r} {what}: try again later, or another host", reason=reason, retryable=True
    )
