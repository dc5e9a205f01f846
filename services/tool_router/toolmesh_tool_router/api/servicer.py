"""The servicer of toolmesh.tool_router.v1.ToolRouterService: unpacks, calls the use cases, packs."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

import grpc

from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh.tool_router.v1 import tool_router_service_pb2_grpc
from toolmesh_core.paging import decode_page_token, encode_page_token, page_size_of
from toolmesh_tool_router.api.messages import endpoint_message, event_message, tool_call, tool_message, watch_message
from toolmesh_tool_router.app.invoke_tool import InvokeTool
from toolmesh_tool_router.app.register_tool_service import RegisterToolService
from toolmesh_tool_router.app.tool_directory import ToolDirectory
from toolmesh_tool_router.domain.call_events import Finished
from toolmesh_tool_router.domain.tool_registry import ToolChange

Context = grpc.aio.ServicerContext[Any, Any]
T = TypeVar("T")


class ToolRouterServicer(tool_router_service_pb2_grpc.ToolRouterServiceServicer):
    """Each RPC does what its comment in the contract says."""

    def __init__(self, directory: ToolDirectory, invoke: InvokeTool, register: RegisterToolService) -> None:
        self._directory = directory
        self._invoke = invoke
        self._register = register

    async def ListTools(self, request: pb.ListToolsRequest, context: Context) -> pb.ListToolsResponse:
        """Lists the callable tools by name."""
        wanted = set(request.tags)
        tools = [tool.definition for tool in self._directory.callable_tools() if wanted.issubset(tool.definition.tags)]
        page, token = _page(tools, request.page_size, request.page_token, lambda tool: tool.name)
        return pb.ListToolsResponse(tools=[tool_message(tool) for tool in page], next_page_token=token)

    async def GetTool(self, request: pb.GetToolRequest, context: Context) -> pb.GetToolResponse:
        """Returns one tool, callable or not."""
        tool = self._directory.find(request.tool)
        return pb.GetToolResponse(tool=tool_message(tool.definition), tool_service=tool.service)

    async def WatchTools(self, request: pb.WatchToolsRequest, context: Context) -> AsyncIterator[pb.WatchToolsResponse]:
        """Follows the callable tools."""
        async for item in self._directory.feed.watch():
            if isinstance(item, ToolChange):
                yield watch_message(item)
            else:
                yield pb.WatchToolsResponse(snapshot=pb.ToolSnapshot(tools=[tool_message(tool) for tool in item]))

    async def InvokeTool(self, request: pb.InvokeToolRequest, context: Context) -> AsyncIterator[pb.InvokeToolResponse]:
        """Calls a tool."""
        metadata = dict(context.invocation_metadata() or ())
        async for event in self._invoke(tool_call(request, metadata)):
            if isinstance(event, Finished) or not request.result_only:
                yield event_message(event)

    async def RegisterToolService(
        self, request: pb.RegisterToolServiceRequest, context: Context
    ) -> pb.RegisterToolServiceResponse:
        """Adds or replaces a tool service."""
        service = await self._register.register(request.name, request.address)
        return pb.RegisterToolServiceResponse(tool_service=endpoint_message(service))

    async def UnregisterToolService(
        self, request: pb.UnregisterToolServiceRequest, context: Context
    ) -> pb.UnregisterToolServiceResponse:
        """Forgets a tool service."""
        await self._register.unregister(request.name)
        return pb.UnregisterToolServiceResponse()

    async def ListToolServices(
        self, request: pb.ListToolServicesRequest, context: Context
    ) -> pb.ListToolServicesResponse:
        """Lists the tool services by name."""
        services = [service for _, service in sorted(self._directory.registry.services.items())]
        page, token = _page(services, request.page_size, request.page_token, lambda service: service.name)
        return pb.ListToolServicesResponse(
            tool_services=[endpoint_message(service) for service in page], next_page_token=token
        )


def _page(items: Sequence[T], size: int, token: str, name_of: Callable[[T], str]) -> tuple[Sequence[T], str]:
    """The items after the token's name, and the next token; empty on the last page."""
    size = page_size_of(size)
    after = decode_page_token(token)
    rest = [item for item in items if not after or name_of(item) > str(after[0])]
    page = rest[:size]
    return page, encode_page_token(name_of(page[-1])) if len(rest) > size else ""
