"""httpx through the guarded transport, also where httpx itself follows redirects."""

import asyncio
import ssl
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from toolmesh_core.egress.guarded_transport import GuardedTransport
from toolmesh_core.egress.host_list import HostList, parse_rules
from toolmesh_core.errors import ToolError

TLS = ssl.create_default_context()
REPLIES = {
    "/": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "/away": b"HTTP/1.1 302 Found\r\nLocation: http://unlisted.test/\r\nContent-Length: 0\r\n\r\n",
    "/cut": b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi",
    "/ssh": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
}


class Peer:
    """Answers by path, and counts connections."""

    def __init__(self) -> None:
        self.port = 0
        self.connections = 0
        self.asked: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                request = (await reader.readuntil(b"\r\n\r\n")).decode()
                self.asked.append(request)
                path = request.split()[1]
                writer.write(REPLIES[path])
                await writer.drain()
                if path not in ("/", "/away"):
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@pytest_asyncio.fixture
async def peer() -> AsyncIterator[Peer]:
    started = Peer()
    server = await asyncio.start_server(started.serve, "127.0.0.1", 0)
    started.port = server.sockets[0].getsockname()[1]
    async with server:
        yield started


def client(peer: Peer, *, private: bool = True, answers: list[list[str]] | None = None) -> httpx.AsyncClient:
    left = answers if answers is not None else [["127.0.0.1"]]

    async def lookup(host: str, port: int) -> list[str]:
        assert host == "site.test"
        return left.pop(0) if len(left) > 1 else left[0]

    rules = parse_rules(f"site.test:{peer.port}")
    hosts = HostList(rules, rules if private else (), lookup=lookup)
    return httpx.AsyncClient(transport=GuardedTransport(hosts, TLS), base_url=f"http://site.test:{peer.port}")


async def test_a_listed_host_is_reached_by_its_name_over_one_connection(peer: Peer) -> None:
    async with client(peer) as http:
        assert [(await http.get("/")).text for _ in range(3)] == ["hi"] * 3
    assert peer.connections == 1
    assert f"Host: site.test:{peer.port}" in peer.asked[0]


async def test_a_redirect_that_httpx_follows_is_checked(peer: Peer) -> None:
    async with client(peer) as http:
        with pytest.raises(ToolError) as caught:
            await http.get("/away", follow_redirects=True)
    assert caught.value.reason == "HOST_NOT_ALLOWED"


async def test_a_private_address_is_refused(peer: Peer) -> None:
    async with client(peer, private=False) as http:
        with pytest.raises(ToolError) as caught:
            await http.get("/")
    assert (caught.value.reason, peer.asked) == ("ADDRESS_NOT_ALLOWED", [])


async def test_the_checked_address_is_the_one_that_is_connected_to(peer: Peer) -> None:
    async with client(peer, answers=[["127.0.0.1"], ["169.254.169.254"]]) as http:
        assert (await http.get("/")).text == "hi"


async def test_one_refused_address_refuses_the_host(peer: Peer) -> None:
    async with client(peer, answers=[["127.0.0.1", "169.254.169.254"]]) as http:
        with pytest.raises(ToolError) as caught:
            await http.get("/")
    assert (caught.value.reason, peer.asked) == ("ADDRESS_NOT_ALLOWED", [])


async def test_the_spelling_of_the_host_that_was_checked_is_the_one_that_is_looked_up(peer: Peer) -> None:
    async with client(peer) as http:
        assert (await http.get(f"http://SITE.test.:{peer.port}/")).text == "hi"


async def test_a_numeric_host_in_an_odd_spelling_is_refused(peer: Peer) -> None:
    async with client(peer) as http:
        with pytest.raises(ToolError) as caught:
            await http.get(f"http://2130706433:{peer.port}/")
    assert caught.value.reason == "BAD_URL"


@pytest.mark.parametrize("path", ["/cut", "/ssh"])
async def test_a_host_that_breaks_the_protocol_is_an_error_of_httpx(peer: Peer, path: str) -> None:
    async with client(peer) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            await http.get(path)


async def test_a_host_that_is_not_there_is_an_error_of_httpx(peer: Peer) -> None:
    async with client(peer, answers=[["::1"]]) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("/")
