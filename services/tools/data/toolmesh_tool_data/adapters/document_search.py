"""Asks the retriever for passages of a user's documents."""

from dataclasses import dataclass

from toolmesh.retriever.v1 import retriever_service_pb2, retriever_service_pb2_grpc
from toolmesh_core.channel import TlsFiles, connect
from toolmesh_core.errors import ToolError

_SEARCH = "toolmesh.retriever.v1.RetrieverService/SearchDocuments"


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage and where it is from; page 0 where there are no pages."""

    text: str
    title: str
    source: str
    page: int
    score: float


class DocumentSearch:
    """The retriever's search, or its refusal where no retriever is set."""

    def __init__(self, address: str, tls: TlsFiles | None = None) -> None:
        self._channel = connect(address, retry_methods=[_SEARCH], tls=tls) if address else None

    async def search(self, user: str, query: str, limit: int) -> list[FoundPassage]:
        """The passages that fit best.

        Raises:
            ToolError: NOT_CONFIGURED.
            ToolMeshError: the retriever's own.
        """
        if self._channel is None:
            raise ToolError(
                "no document search is set up here: TOOLMESH_TOOL_DATA_RETRIEVER_ADDRESS is empty",
                reason="NOT_CONFIGURED",
            )
        stub = retriever_service_pb2_grpc.RetrieverServiceStub(self._channel)
        request = retriever_service_pb2.SearchDocumentsRequest(user=user, query=query, top_k=limit)
        response = await stub.SearchDocuments(request)
        return [
            FoundPassage(
                found.passage.text, found.passage.title, found.passage.source, found.passage.page, round(found.score, 3)
            )
            for found in response.results
        ]

    async def close(self) -> None:
        """Closes the channel."""
        if self._channel is not None:
            await self._channel.close(None)
