"""The retriever over gRPC."""

from collections.abc import Sequence

import grpc

from toolmesh.retriever.v1 import retriever_service_pb2, retriever_service_pb2_grpc
from toolmesh_planner.app.ports import FoundTools


class GrpcRetriever:
    """The Retriever port."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = retriever_service_pb2_grpc.RetrieverServiceStub(channel)

    async def search(self, query: str, top_k: int, names: Sequence[str]) -> FoundTools:
        """The tools for a request, among those named (none: among all)."""
        request = retriever_service_pb2.SearchToolsRequest(query=query, top_k=top_k, names=names)
        response = await self._stub.SearchTools(request)
        tools = [(result.tool, result.score) for result in response.results]
        return FoundTools(tools, response.searched, response.degraded)
