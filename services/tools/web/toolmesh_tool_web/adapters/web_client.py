"""Reads one page within the bounds: listed host, checked address, few redirects, little time, few bytes."""

import asyncio
import ssl
from dataclasses import dataclass

import httpcore

from toolmesh_core.egress.body_reader import read_body
from toolmesh_core.egress.host_list import HostList
from toolmesh_core.egress.pinned_network import PinnedNetwork
from toolmesh_core.egress.targets import Target, parse_target, redirected
from toolmesh_core.errors import ToolError
from toolmesh_tool_web.domain.page_text import check_media_type

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRY_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class WebLimits:
    """The bounds of one page.

    Attributes:
        timeout_s: for all of it, redirects included.
        max_bytes: of the body, after unpacking; the rest is left.
    """

    hosts: HostList
    timeout_s: float = 10.0
    max_bytes: int = 1_000_000
    max_redirects: int = 5


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it came.

    Attributes:
        url: where it was found in the end.
        truncated: there was more than max_bytes.
    """

    url: str
    media_type: str
    content_type: str
    body: bytes
    truncated: bool


class WebClient:
    """Fetches pages; each request has a connection of its own."""

    def __init__(self, limits: WebLimits, tls: ssl.SSLContext) -> None:
        self._limits = limits
        self._tls = tls

    async def get(self, url: str) -> Page:
        """The page of a URL.

        Raises:
            ToolError: what is refused, not found, too slow or not text.
        """
        target = parse_target(url)
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                return await self._follow(target)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise ToolError(
                f"{target.host} took over {self._limits.timeout_s:g} s to answer", reason="TIMEOUT", retryable=True
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError) as error:
            raise ToolError(
                f"{target.host} cannot be read: {error or type(error).__name__}", reason="NO_ANSWER", retryable=True
            ) from error

    async def _follow(self, target: Target) -> Page:
        for _ in range(self._limits.max_redirects + 1):
            self._limits.hosts.check(target)
            found = await self._get_once(target)
            if isinstance(found, Page):
                return found
            target = found
        raise ToolError(
            f"{target.host} redirects more than {self._limits.max_redirects} times", reason="TOO_MANY_REDIRECTS"
        )

    async def _get_once(self, target: Target) -> Page | Target:
        network = PinnedNetwork(self._limits.hosts.addresses)
        async with (
            httpcore.AsyncConnectionPool(ssl_context=self._tls, network_backend=network) as pool,
            pool.stream("GET", target.url, headers=_headers(target), extensions=self._timeouts()) as response,
        ):
            headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            if response.status in _REDIRECTS and "location" in headers:
                return redirected(target, headers["location"])
            _check_status(response.status, target)
            media_type = check_media_type(headers.get("content-type", ""))
            body, truncated = await read_body(
                response.aiter_stream(), headers.get("content-encoding", ""), self._limits.max_bytes
            )
        return Page(target.url, media_type, headers.get("content-type", ""), body, truncated)

    def _timeouts(self) -> dict[str, dict[str, float]]:
        return {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._limits.timeout_s)}


def _headers(target: Target) -> dict[bytes | str, bytes | str]:
    return {
        "Host": target.authority,
        "User-Agent": "ToolMesh/0.1 (http_get)",
        "Accept": "text/html, application/json, text/plain;q=0.9, text/*;q=0.8, application/xml;q=0.7",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def _check_status(status: int, target: Target) -> None:
    if not 200 <= status < 300:
        raise ToolError(
            f"{target.host} answered with HTTP status {status}", reason="HTTP_STATUS", retryable=status in _TRY_AGAIN
        )
