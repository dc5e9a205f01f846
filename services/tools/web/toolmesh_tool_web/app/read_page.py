"""Reads one page: follows its redirects, with every rule checked again at each, and finds its text."""

import asyncio
from dataclasses import dataclass

from toolmesh_core.errors import ToolError
from toolmesh_tool_web.app.ports import Fetcher, HtmlReader, HtmlText, Reply, Resolver
from toolmesh_tool_web.domain.addresses import check_addresses
from toolmesh_tool_web.domain.allowed_hosts import HostRule, check_allowed
from toolmesh_tool_web.domain.content_types import decode, is_html, is_readable, media_type
from toolmesh_tool_web.domain.host_names import address_of
from toolmesh_tool_web.domain.web_urls import WebUrl, parse_url, redirected


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one page may cost."""

    timeout_s: float
    max_redirects: int
    max_text_chars: int
    max_pages_at_once: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was found."""

    url: str
    status: int
    content_type: str
    title: str
    text: str
    truncated: bool


class PageReader:
    """Reads pages of allowed hosts.

    Args:
        allowed: hosts and ports that may be asked.
        private: those of them that may have private addresses.
    """

    def __init__(
        self,
        allowed: tuple[HostRule, ...],
        private: tuple[HostRule, ...],
        bounds: Bounds,
        *,
        resolver: Resolver,
        fetcher: Fetcher,
        html: HtmlReader,
    ) -> None:
        self._allowed = allowed
        self._private = private
        self._bounds = bounds
        self._resolver = resolver
        self._fetcher = fetcher
        self._html = html
        self._turns = asyncio.Semaphore(bounds.max_pages_at_once)

    async def read(self, text: str) -> Page:
        """The page at a URL.

        Raises:
            ToolError: the URL, its host or an address is refused, or the page cannot be had or read.
        """
        url = parse_url(text)
        check_allowed(self._allowed, url)
        try:
            async with asyncio.timeout(self._bounds.timeout_s) as scope, self._turns:
                url, reply = await self._follow(url)
                return await self._page(url, reply)
        except TimeoutError as error:
            if not scope.expired():
                raise
            raise ToolError(
                f"{url.host} did not give the page within {self._bounds.timeout_s:g} s: try again later",
                reason="TIMEOUT",
                retryable=True,
            ) from error

    async def _follow(self, first: WebUrl) -> tuple[WebUrl, Reply]:
        url, reply = first, await self._ask(first)
        for _ in range(self._bounds.max_redirects):
            if not reply.location:
                return url, reply
            try:
                url = redirected(url, reply.location)
                reply = await self._ask(url)
            except ToolError as error:
                raise ToolError(
                    f"{first} redirects to another page: {error.message}",
                    reason=error.reason,
                    retryable=error.retryable,
                ) from error
        if reply.location:
            raise ToolError(
                f"{first} redirects more than {self._bounds.max_redirects} times: give the URL of the page itself",
                reason="TOO_MANY_REDIRECTS",
            )
        return url, reply

    async def _ask(self, url: WebUrl) -> Reply:
        """One request. The addresses are looked up once, and the connection goes to those that were checked."""
        check_allowed(self._allowed, url)
        literal = address_of(url.host)
        addresses = [literal] if literal else await self._resolver.addresses(url.host)
        private_allowed = any(rule.names(url.host) and rule.opens(url.port) for rule in self._private)
        check_addresses(url.host, addresses, private_allowed=private_allowed)
        return await self._fetcher.fetch(url, addresses)

    async def _page(self, url: WebUrl, reply: Reply) -> Page:
        media = media_type(reply.content_type)
        if reply.status < 300 and not is_readable(media) and (reply.body or media):
            raise ToolError(
                f"{url} is of the type {media or 'unknown'!r}: only text, HTML, JSON and XML can be read",
                reason="UNSUPPORTED_CONTENT_TYPE",
            )
        # Old encodings take some ms a megabyte, too long for the event loop.
        text = await asyncio.to_thread(decode, reply.body, reply.content_type)
        found = await self._html.read(text) if is_html(media) and text else HtmlText("", text)
        room = self._bounds.max_text_chars
        truncated = reply.cut or len(found.text) > room
        return Page(str(url), reply.status, media, found.title, found.text[:room], truncated)
