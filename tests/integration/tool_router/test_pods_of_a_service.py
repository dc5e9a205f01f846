"""A tool service behind a name with several addresses, as a headless Service has: all its pods get calls.

The pods are processes on 127.0.0.1, 127.0.0.2, ... with one port, and the name server is here, too.
"""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from toolmesh_core.service import serving_grpc
from toolmesh_core.settings import ServiceSettings
from toolmesh_tool_router.adapters.grpc_tool_service import GrpcToolService
from toolmesh_tool_router.domain.call_events import ToolCall
from toolmesh_toolkit import tool, tool_service

_A = 1
_NAME = "greeting.tools.svc"


class NameServer(asyncio.DatagramProtocol):
    """Answers every question for an IPv4 address with those it was told, and no other question."""

    def __init__(self, addresses: list[str]) -> None:
        self.addresses = addresses
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        end = data.index(b"\0", 12) + 5
        (kind,) = struct.unpack("!H", data[end - 4 : end - 2])
        found = self.addresses if kind == _A else []
        header = data[:2] + struct.pack("!HHHHH", 0x8580, 1, len(found), 0, 0)
        records = b"".join(struct.pack("!HHHIH", 0xC00C, _A, 1, 0, 4) + socket.inet_aton(one) for one in found)
        self._transport.sendto(header + data[12:end] + records, addr)


@asynccontextmanager
async def name_server(addresses: list[str]) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: NameServer(addresses), ("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@asynccontextmanager
async def pod(host: str, port: int = 0) -> AsyncIterator[int]:
    """A process of the tool that says where it is."""

    @tool(name="where", idempotent=True, read_only=True)
    def where() -> str:
        """Say on which pod this runs."""
        return host

    settings = ServiceSettings(listen=f"{host}:{port}", max_connection_age_s=0.2)
    async with serving_grpc(tool_service([where]), settings) as running:
        yield int(running.address.rpartition(":")[2])


async def called(client: GrpcToolService) -> str:
    outcome = await client.invoke_for_result(ToolCall(tool="where", arguments_json="{}", user="ada"), 5.0)
    return outcome.output_json


async def seen(client: GrpcToolService, wanted: set[str]) -> None:
    """Calls until the answers of ten calls in a row come from these pods. TimeoutError where that never is."""
    async with asyncio.timeout(10):
        while {await called(client) for _ in range(10)} != {f'"{host}"' for host in wanted}:
            pass


async def test_calls_are_shared_out_over_all_pods_and_over_one_that_comes() -> None:
    addresses = ["127.0.0.1", "127.0.0.2"]
    async with AsyncExitStack() as pods, name_server(addresses) as dns:
        port = await pods.enter_async_context(pod("127.0.0.1"))
        await pods.enter_async_context(pod("127.0.0.2", port))
        client = GrpcToolService(f"dns://127.0.0.1:{dns}/{_NAME}:{port}", None)
        await seen(client, {"127.0.0.1", "127.0.0.2"})
        await pods.enter_async_context(pod("127.0.0.3", port))
        addresses.append("127.0.0.3")
        await seen(client, {"127.0.0.1", "127.0.0.2", "127.0.0.3"})
        await client.close()


async def test_no_call_fails_when_a_pod_goes() -> None:
    addresses = ["127.0.0.1", "127.0.0.2"]
    async with AsyncExitStack() as pods, name_server(addresses) as dns:
        port = await pods.enter_async_context(pod("127.0.0.1"))
        async with pod("127.0.0.2", port):
            client = GrpcToolService(f"dns://127.0.0.1:{dns}/{_NAME}:{port}", None)
            await seen(client, {"127.0.0.1", "127.0.0.2"})
            addresses.remove("127.0.0.2")
            await seen(client, {"127.0.0.1"})
        assert {await called(client) for _ in range(100)} == {'"127.0.0.1"'}
        await client.close()
