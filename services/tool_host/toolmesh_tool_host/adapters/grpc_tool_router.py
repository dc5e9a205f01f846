"""The tool router over gRPC, and tool services asked directly."""

from collections.abc import Mapping

import grpc

from toolmesh.tool.v1 import tool_service_pb2
from toolmesh.tool.v1.tool_service_pb2_grpc import ToolServiceStub
from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh.tool_router.v1.tool_router_service_pb2_grpc import ToolRouterServiceStub
from toolmesh_core.call_context import calling
from toolmesh_core.channel import connect

_SERVICE = "toolmesh.tool_router.v1.ToolRouterService"
RETRIED = tuple(f"{_SERVICE}/{name}" for name in ("ListToolServices", "RegisterToolService", "UnregisterToolService"))
_TIMEOUT_S = 10.0
_PAGE = 1000


class GrpcToolRouter:
    """The ToolRouter port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = ToolRouterServiceStub(channel)

    async def services(self) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """Address and tools of every tool service, by name."""
        found: dict[str, tuple[str, tuple[str, ...]]] = {}
        token = ""
        while True:
            request = pb.ListToolServicesRequest(page_size=_PAGE, page_token=token)
            page = await self._stub.ListToolServices(request, timeout=_TIMEOUT_S)
            found |= {service.name: (service.address, tuple(service.tools)) for service in page.tool_services}
            token = page.next_page_token
            if not token:
                return found

    async def register(self, name: str, address: str) -> tuple[str, ...]:
        """Adds or replaces a tool service."""
        request = pb.RegisterToolServiceRequest(name=name, address=address)
        response = await self._stub.RegisterToolService(request, timeout=_TIMEOUT_S)
        return tuple(response.tool_service.tools)

    async def unregister(self, name: str) -> None:
        """Forgets a tool service."""
        await self._stub.UnregisterToolService(pb.UnregisterToolServiceRequest(name=name), timeout=_TIMEOUT_S)

    async def tools_at(self, address: str) -> tuple[str, ...]:
        """The names of the tools that a process offers."""
        async with connect(address) as channel:
            stub = ToolServiceStub(channel)
            with calling(timeout_s=_TIMEOUT_S):
                page = await stub.ListTools(tool_service_pb2.ListToolsRequest(page_size=_PAGE))
        return tuple(tool.name for tool in page.tools)
