"""The router's registry over its WatchTools stream."""

import math
from collections.abc import AsyncIterator

import grpc

from toolmesh.tool_router.v1 import tool_router_service_pb2, tool_router_service_pb2_grpc
from toolmesh_retriever.adapters.tool_message import record_of
from toolmesh_retriever.app.ports import ToolChange


class ToolRouterFeed:
    """Implements ToolFeed."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = tool_router_service_pb2_grpc.ToolRouterServiceStub(channel)

    async def changes(self) -> AsyncIterator[ToolChange]:
        """A snapshot, then each change."""
        request = tool_router_service_pb2.WatchToolsRequest()
        async for response in self._stub.WatchTools(request, timeout=math.inf):
            change = _change_of(response)
            if change is not None:
                yield change


def _change_of(response: tool_router_service_pb2.WatchToolsResponse) -> ToolChange | None:
    match response.WhichOneof("change"):
        case "snapshot":
            return ToolChange(snapshot=True, upserted=[record_of(tool) for tool in response.snapshot.tools])
        case "upserted":
            return ToolChange(upserted=[record_of(response.upserted)])
        case "removed":
            return ToolChange(removed=[response.removed])
        case _:
            # A newer router may tell what this program does not know.
            return None
