"""The servicer of toolmesh.tool_router.v1.ToolRouterService: unpacks, calls the use cases, packs."""

from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

import grpc

from toolmesh.tool_router.v1 import tool_router_service_pb2 as pb
from toolmesh.tool_router.v1 import tool_router_service_pb2_grpc
from toolmesh_core.channel import MAX_MESSAGE_BYTES
from toolmesh_core.paging import decode_page_token, encode_page_token, page_size_of
from toolmesh_tool_router.api.messages import (
    endpoint_message,
    event_message,
    fitting,
    tool_call,
    tool_message,
    watch_message,
)
from toolmesh_tool_router.app.invoke_tool import InvokeTool
from toolmesh_tool_router.app.register_tool_service import RegisterToolService
from toolmesh_tool_router.app.tool_directory import ToolDirectory
from toolmesh_tool_router.domain.call_events import Finished
from toolmesh_tool_router.domain.tool_registry import RegisteredTool, ToolChange

Context = grpc.aio.ServicerContext[Any, Any]
T = TypeVar("T")


class ToolRouterServicer(tool_router_service_pb2_grpc.ToolRouterServiceServicer):
    """Each RPC does what its comment in the contract says.

    Args:
        most_tools_bytes: of the tools in one message; half of what a message may have.
    """

    def __init__(
        self,
        directory: ToolDirectory,
        invoke: InvokeTool,
        register: RegisterToolService,
        *,
        most_tools_bytes: int = MAX_MESSAGE_BYTES // 2,
    ) -> None:
        self._directory = directory
        self._invoke = invoke
        self._register = register
        self._most_tools_bytes = most_tools_bytes

    async def ListTools(self, request: pb.ListToolsRequest, context: Context) -> pb.ListToolsResponse:
        """Lists the callable tools by name."""
        wanted, tools = set(request.tags), self._directory.callable_tools()
        if wanted:
            tools = [tool for tool in tools if wanted.issubset(tool.definition.tags)]
        page, token = _page(tools, request.page_size, request.page_token, _name_of_tool)
        messages, rest = fitting((tool_message(tool.definition) for tool in page), self._most_tools_bytes)
        if rest:
            token = encode_page_token(messages[-1].name)
        return pb.ListToolsResponse(tools=messages, next_page_token=token)

    async def GetTool(self, request: pb.GetToolRequest, context: Context) -> pb.GetToolResponse:
        """Returns one tool, callable or not."""
        tool = self._directory.find(request.tool)
        return pb.GetToolResponse(tool=tool_message(tool.definition), tool_service=tool.service)

    async def WatchTools(self, request: pb.WatchToolsRequest, context: Context) -> AsyncIterator[pb.WatchToolsResponse]:
        """Follows the callable tools."""
        async for item in self._directory.feed.watch():
            if isinstance(item, ToolChange):
                yield watch_message(item)
                continue
            # What does not fit into the first message follows as changes: a watcher ends up with all.
            first, rest = fitting((tool_message(tool) for tool in item), self._most_tools_bytes)
            yield pb.WatchToolsResponse(snapshot=pb.ToolSnapshot(tools=first))
            for tool in rest:
                yield pb.WatchToolsResponse(upserted=tool)

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
    """The items after the token's name, and the next token; empty on the last page. They are ordered by name."""
    size = page_size_of(size)
    after = decode_page_token(token)
    start = bisect_right(items, str(after[0]), key=name_of) if after else 0
    page = items[start : start + size]
    return page, encode_page_token(name_of(page[-1])) if start + size < len(items) else ""


def _name_of_tool(tool: RegisteredTool) -> str:
    return tool.definition.name
