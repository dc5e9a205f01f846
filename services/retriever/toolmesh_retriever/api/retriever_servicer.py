"""RetrieverService: unpacks, calls the use cases, packs."""

import time
from dataclasses import dataclass

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from toolmesh.retriever.v1 import document_pb2, retriever_service_pb2, retriever_service_pb2_grpc
from toolmesh.tool.v1 import tool_pb2
from toolmesh_core.call_context import user_of
from toolmesh_core.errors import NotFound
from toolmesh_core.paging import decode_page_token, encode_page_token, page_size_of
from toolmesh_retriever.api.metrics import DEGRADED_SEARCHES, SEARCH_DURATION
from toolmesh_retriever.app.add_document import AddDocument, NewDocument
from toolmesh_retriever.app.ports import DocumentStore, FoundPassage, StoredDocument
from toolmesh_retriever.app.search_documents import SearchDocuments
from toolmesh_retriever.app.search_tools import SearchTools
from toolmesh_retriever.app.tool_catalog import FoundTool

pb = retriever_service_pb2
Context = grpc.aio.ServicerContext


@dataclass
class RetrieverServicer(retriever_service_pb2_grpc.RetrieverServiceServicer):
    """The contract's server."""

    search_tools: SearchTools
    search_documents: SearchDocuments
    add_document: AddDocument
    documents: DocumentStore

    async def SearchTools(
        self, request: "pb.SearchToolsRequest", context: "Context[pb.SearchToolsRequest, pb.SearchToolsResponse]"
    ) -> "pb.SearchToolsResponse":
        """Finds tools."""
        begin = time.perf_counter()
        found = await self.search_tools(request.query, request.top_k, request.tags, request.names)
        _measured("tools", begin, found.degraded)
        return pb.SearchToolsResponse(
            results=[_scored_tool(tool) for tool in found.tools], searched=found.searched, degraded=found.degraded
        )

    async def AddDocument(
        self, request: "pb.AddDocumentRequest", context: "Context[pb.AddDocumentRequest, pb.AddDocumentResponse]"
    ) -> "pb.AddDocumentResponse":
        """Adds a document."""
        new = NewDocument(
            user=user_of(request.user),
            title=request.title.strip(),
            source=request.source.strip(),
            media_type=request.media_type,
            content=request.content,
            request_id=request.request_id,
        )
        return pb.AddDocumentResponse(document=_document(await self.add_document(new)))

    async def GetDocument(
        self, request: "pb.GetDocumentRequest", context: "Context[pb.GetDocumentRequest, pb.GetDocumentResponse]"
    ) -> "pb.GetDocumentResponse":
        """Returns one document."""
        found = await self.documents.get(user_of(request.user), request.document)
        if found is None:
            raise NotFound(f"there is no document {request.document!r}; ListDocuments tells those there are")
        return pb.GetDocumentResponse(document=_document(found))

    async def ListDocuments(
        self, request: "pb.ListDocumentsRequest", context: "Context[pb.ListDocumentsRequest, pb.ListDocumentsResponse]"
    ) -> "pb.ListDocumentsResponse":
        """Lists a user's documents."""
        size = page_size_of(request.page_size)
        after = "".join(str(part) for part in decode_page_token(request.page_token)[:1])
        found = await self.documents.list_after(user_of(request.user), after, size + 1)
        page = found[:size]
        token = encode_page_token(page[-1].id) if len(found) > size else ""
        return pb.ListDocumentsResponse(documents=[_document(document) for document in page], next_page_token=token)

    async def DeleteDocument(
        self,
        request: "pb.DeleteDocumentRequest",
        context: "Context[pb.DeleteDocumentRequest, pb.DeleteDocumentResponse]",
    ) -> "pb.DeleteDocumentResponse":
        """Removes a document."""
        await self.documents.delete(user_of(request.user), request.document)
        return pb.DeleteDocumentResponse()

    async def SearchDocuments(
        self,
        request: "pb.SearchDocumentsRequest",
        context: "Context[pb.SearchDocumentsRequest, pb.SearchDocumentsResponse]",
    ) -> "pb.SearchDocumentsResponse":
        """Finds passages."""
        begin = time.perf_counter()
        user = user_of(request.user)
        found = await self.search_documents(user, request.query, request.top_k, request.documents)
        _measured("documents", begin, found.degraded)
        results = [pb.ScoredPassage(passage=_passage(hit.passage), score=hit.score) for hit in found.passages]
        return pb.SearchDocumentsResponse(results=results, degraded=found.degraded)


def _measured(kind: str, begin: float, degraded: str) -> None:
    SEARCH_DURATION.labels(kind).observe(time.perf_counter() - begin)
    if degraded:
        DEGRADED_SEARCHES.labels(kind).inc()


def _scored_tool(found: FoundTool) -> "pb.ScoredTool":
    ranked = found.ranked
    return pb.ScoredTool(
        tool=tool_pb2.Tool.FromString(found.message),
        score=ranked.score,
        lexical_score=ranked.lexical_score,
        dense_score=ranked.dense_score,
    )


def _document(stored: StoredDocument) -> document_pb2.Document:
    create_time = Timestamp()
    create_time.FromDatetime(stored.create_time)
    return document_pb2.Document(
        id=stored.id,
        user=stored.user,
        title=stored.title,
        source=stored.source,
        media_type=stored.media_type,
        passage_count=stored.passage_count,
        create_time=create_time,
    )


def _passage(found: FoundPassage) -> document_pb2.Passage:
    return document_pb2.Passage(
        document=found.document,
        title=found.title,
        source=found.source,
        text=found.text,
        position=found.position,
        page=found.page,
    )
