"""An httpx transport that reaches listed hosts at checked addresses only, for each request and so for each redirect."""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpcore
import httpx

from toolmesh_core.egress.host_list import HostList
from toolmesh_core.egress.pinned_network import PinnedNetwork
from toolmesh_core.egress.targets import parse_target

_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ReadError, httpx.ReadError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
    (ssl.SSLError, httpx.ConnectError),
)


@contextmanager
def _httpx_errors() -> Iterator[None]:
    """httpcore's errors as httpx's, which is what callers of a transport expect."""
    try:
        yield
    except tuple(ours for ours, _ in _ERRORS) as error:
        theirs = next(theirs for ours, theirs in _ERRORS if isinstance(error, ours))
        raise theirs(str(error)) from error


class _Body(httpx.AsyncByteStream):
    def __init__(self, stream: AsyncIterator[bytes], response: httpcore.Response) -> None:
        self._stream = stream
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _httpx_errors():
            async for chunk in self._stream:
                yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


class GuardedTransport(httpx.AsyncBaseTransport):
    """httpx's way out; proxies of the environment are not used.

    Args:
        hosts: which hosts may be reached.
        tls: whom to trust.
        max_connections: open at a time; the rest wait.
    """

    def __init__(self, hosts: HostList, tls: ssl.SSLContext, *, max_connections: int = 50) -> None:
        self._hosts = hosts
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            network_backend=PinnedNetwork(hosts.addresses),
            max_connections=max_connections,
            keepalive_expiry=15.0,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends one request.

        Raises:
            ToolError: the host or an address of it is refused.
            httpx.TransportError: it cannot be reached, or breaks off.
        """
        target = parse_target(f"{request.url.scheme}://{request.url.netloc.decode('ascii')}/")
        self._hosts.check(target)
        # The checked spelling of the host, not the URL's, is what is connected to.
        url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=request.url.raw_path)
        assert isinstance(request.stream, httpx.AsyncByteStream)  # noqa: S101 - what an async transport is given
        with _httpx_errors():
            sent = httpcore.Request(
                method=request.method,
                url=url,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
            response = await self._pool.handle_async_request(sent)
        body = _Body(response.aiter_stream(), response)
        return httpx.Response(response.status, headers=response.headers, stream=body, extensions=response.extensions)

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._pool.aclose()
