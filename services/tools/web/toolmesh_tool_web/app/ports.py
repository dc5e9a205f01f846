"""What reading a page needs from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from toolmesh_tool_web.domain.host_names import Address
from toolmesh_tool_web.domain.web_urls import WebUrl


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to one request.

    Attributes:
        location: where it redirects to; empty where it does not.
        body: empty where it redirects or its type is not one that is read.
        cut: the body went on.
    """

    status: int
    content_type: str
    location: str = ""
    body: bytes = b""
    cut: bool = False


@dataclass(frozen=True, slots=True)
class HtmlText:
    """What a reader of a page sees."""

    title: str
    text: str


class Resolver(Protocol):
    """DNS."""

    async def addresses(self, host: str) -> Sequence[Address]:
        """All addresses of a name, the preferred first; ToolError where there are none."""
        ...


class Fetcher(Protocol):
    """HTTP."""

    async def fetch(self, url: WebUrl, addresses: Sequence[Address]) -> Reply:
        """One GET over a connection to one of the addresses; redirects are not followed."""
        ...


class HtmlReader(Protocol):
    """HTML."""

    async def read(self, html: str) -> HtmlText:
        """Title and visible text; ToolError where it takes too much time or memory."""
        ...
