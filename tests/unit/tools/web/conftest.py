"""A web server on loopback that says what a test tells it to, and a client whose names a test resolves."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from toolmesh_core.egress.host_list import HostList, parse_rules
from toolmesh_tool_web.adapters.web_client import WebClient, WebLimits

Reply = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Site:
    """Replies by path; what was asked, by request line and headers."""

    port: int = 0
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def page(
        self, path: str, body: bytes, content_type: str = "text/plain", *more: str, status: str = "200 OK"
    ) -> None:
        """Answers a path with a body."""
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *more, "", ""]
        self.replies[path] = "\r\n".join(lines).encode() + body

    def redirect(self, path: str, location: str, status: str = "302 Found") -> None:
        """Answers a path with a redirect."""
        self.replies[path] = f"HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.asked.append(request)
            reply = self.replies.get(request.split()[1], b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            if isinstance(reply, bytes):
                writer.write(reply)
                await writer.drain()
            else:
                await reply(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@pytest_asyncio.fixture
async def site() -> AsyncIterator[Site]:
    started = Site()
    server = await asyncio.start_server(started.serve, "127.0.0.1", 0)
    started.port = server.sockets[0].getsockname()[1]
    async with server:
        yield started


class Names:
    """A resolver of a few names that keeps what it was asked; each name has a list of answers, the last for good."""

    def __init__(self, answers: dict[str, list[list[str]]]) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host not in self.answers:
            raise OSError(f"no such host: {host}")
        left = self.answers[host]
        return left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture
def client_for(site: Site) -> Callable[..., WebClient]:
    """A client that may read site.test and other.test, both on the loopback server, and whatever more is given."""

    def make(*, names: Names | None = None, allowed: str = "", private: str = "", **limits: float) -> WebClient:
        ours = f"site.test:{site.port},other.test:{site.port}"
        known = names or Names({"site.test": [["127.0.0.1"]], "other.test": [["127.0.0.1"]]})
        hosts = HostList(parse_rules(f"{ours},{allowed}"), parse_rules(private or ours), lookup=known)
        bounds = WebLimits(hosts, **limits)  # type: ignore[arg-type]
        return WebClient(bounds, ssl.create_default_context())

    return make
