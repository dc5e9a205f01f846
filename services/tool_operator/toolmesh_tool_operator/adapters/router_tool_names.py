"""Asks the tool router which tools a discovered service lists."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh.tool_router.v1 import tool_router_service_pb2_grpc
from toolmesh_core.channel import TlsFiles, connect
from toolmesh_core.errors import ToolMeshError

_PAGE = 1000


class RouterToolNames:
    """ToolNames by the router's list of tool services, where it names discovered ones NAMESPACE_NAME."""

    def __init__(self, stub: Any, timeout_s: float) -> None:
        self._stub = stub
        self._timeout_s = timeout_s

    async def tools_of(self, namespace: str, name: str) -> list[str] | None:
        """Names of the tools; None where the router does not answer or does not know the service yet."""
        token = ""
        while True:
            request = pb.ListToolServicesRequest(page_size=_PAGE, page_token=token)
            try:
                page = await self._stub.ListToolServices(request, timeout=self._timeout_s)
            except ToolMeshError:
                # Names are for a person to read; a router that is away must not hold up the rest.
                return None
            for service in page.tool_services:
                if service.name == f"{namespace}_{name}":
                    return list(service.tools)
            token = page.next_page_token
            if not token:
                return None


@asynccontextmanager
async def open_router_tool_names(
    address: str, timeout_s: float, tls: TlsFiles | None = None
) -> AsyncIterator[RouterToolNames]:
    """The router at an address, for the life of the service."""
    channel = connect(address, tls=tls)
    try:
        yield RouterToolNames(tool_router_service_pb2_grpc.ToolRouterServiceStub(channel), timeout_s)
    finally:
        await channel.close(None)
