"""One GET by httpcore: no redirects, cookies, proxies or reuse of connections, and a body with a limit."""

import ssl
from collections.abc import Sequence
from contextlib import aclosing

import httpcore

from toolmesh_core.errors import ToolError
from toolmesh_tool_web.adapters.bounded_body import ACCEPT_ENCODING, BoundedBody
from toolmesh_tool_web.adapters.pinned_connections import PinnedBackend
from toolmesh_tool_web.app.ports import Reply
from toolmesh_tool_web.domain.content_types import is_readable, media_type
from toolmesh_tool_web.domain.host_names import Address
from toolmesh_tool_web.domain.web_urls import WebUrl

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_ACCEPT = "text/html, application/json, application/xml;q=0.9, text/*;q=0.8"


class HttpFetcher:
    """Fetches over connections of their own, so that no answer of one host is read as another's."""

    def __init__(self, tls: ssl.SSLContext, *, max_body_bytes: int, connect_timeout_s: float) -> None:
        self._tls = tls
        self._max_body_bytes = max_body_bytes
        self._connect_timeout_s = connect_timeout_s

    async def fetch(self, url: WebUrl, addresses: Sequence[Address]) -> Reply:
        """One GET over a connection to one of the addresses.

        Raises:
            ToolError: no connection, no TLS, no HTTP, or a body that cannot be unpacked.
        """
        network = PinnedBackend(addresses, self._connect_timeout_s)
        try:
            async with (
                httpcore.AsyncConnectionPool(ssl_context=self._tls, network_backend=network) as pool,
                pool.stream(
                    "GET", _request_url(url), headers=_headers(url), extensions=self._connect_limit()
                ) as response,
            ):
                return await self._reply(response)
        except httpcore.ConnectTimeout as error:
            raise ToolError(f"TLS with {url.host} took too long", reason="TIMEOUT", retryable=True) from error
        except httpcore.ConnectError as error:
            # The backend answers for TCP with a ToolError, so this is TLS.
            raise ToolError(
                f"no secure connection to {url.host!r} ({error}): use another host", reason="TLS_ERROR"
            ) from error
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            raise ToolError(
                f"{url.host} broke off or did not answer in HTTP ({error})", reason="BAD_RESPONSE", retryable=True
            ) from error

    def _connect_limit(self) -> dict[str, dict[str, float]]:
        return {"timeout": {"connect": self._connect_timeout_s}}

    async def _reply(self, response: httpcore.Response) -> Reply:
        headers = {name.lower(): value.decode("latin-1") for name, value in reversed(response.headers)}
        content_type = headers.get(b"content-type", "")
        location = headers.get(b"location", "")
        if response.status in _REDIRECTS and location:
            return Reply(response.status, content_type, _utf8(location))
        if media_type(content_type) and not is_readable(media_type(content_type)):
            return Reply(response.status, content_type)
        body = BoundedBody(headers.get(b"content-encoding", ""), self._max_body_bytes)
        async with aclosing(response.aiter_stream()) as pieces:  # type: ignore[type-var]  # it is a generator
            async for piece in pieces:
                body.add(piece)
                if body.cut:
                    break
        return Reply(response.status, content_type, body=body.finish(), cut=body.cut)


def _utf8(header: str) -> str:
    """A header whose bytes are UTF-8, as many servers send their redirects; else as it is."""
    try:
        return header.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return header


def _request_url(url: WebUrl) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.scheme.encode(), host=url.host.encode(), port=url.port, target=url.target.encode("ascii")
    )


def _headers(url: WebUrl) -> list[tuple[str, str]]:
    return [
        ("Host", url.authority),
        ("User-Agent", "ToolMesh"),
        ("Accept", _ACCEPT),
        ("Accept-Encoding", ACCEPT_ENCODING),
        ("Connection", "close"),
    ]
