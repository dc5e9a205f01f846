"""Picks the real parts of the retriever."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.resources import files

import grpc

from toolmesh.retriever.v1 import retriever_service_pb2_grpc
from toolmesh_core.channel import TlsFiles, connect
from toolmesh_core.clock import SystemClock
from toolmesh_core.ids import new_id
from toolmesh_core.service import Service
from toolmesh_core.sqlite_database import SqliteDatabase
from toolmesh_retriever.adapters.inference_embedder import InferenceEmbedder
from toolmesh_retriever.adapters.sqlite_document_store import SqliteDocumentStore
from toolmesh_retriever.adapters.sqlite_schema import MIGRATIONS
from toolmesh_retriever.adapters.sqlite_tool_store import SqliteToolStore
from toolmesh_retriever.adapters.subprocess_reader import SubprocessReader
from toolmesh_retriever.adapters.tool_router_feed import ToolRouterFeed
from toolmesh_retriever.adapters.user_vectors_cache import UserVectorsCache
from toolmesh_retriever.api.metrics import EMBEDDING_BACKLOG, INDEXED_TOOLS
from toolmesh_retriever.api.retriever_servicer import RetrieverServicer
from toolmesh_retriever.app.add_document import AddDocument
from toolmesh_retriever.app.ask_meaning import AskMeaning
from toolmesh_retriever.app.embed_backlog import EmbedBacklog
from toolmesh_retriever.app.follow_tools import FollowTools
from toolmesh_retriever.app.search_documents import SearchDocuments
from toolmesh_retriever.app.search_tools import SearchTools
from toolmesh_retriever.app.tool_catalog import MeaningRule, ToolCatalog
from toolmesh_retriever.domain.ranking_model import RankingModel
from toolmesh_retriever.settings import RetrieverSettings

_READERS_AT_ONCE = 2


@asynccontextmanager
async def bootstrap(settings: RetrieverSettings) -> AsyncIterator[Service]:
    """The service; searchable as soon as this is entered, by what was known before."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(
            SqliteDatabase.open(settings.data_dir / "retriever.sqlite", MIGRATIONS)
        )
        router = await _channel(stack, settings, settings.tool_router_address)
        inference = await _channel(stack, settings, settings.inference_address)
        tools = SqliteToolStore(database)
        documents = SqliteDocumentStore(database, UserVectorsCache(settings.vectors_cache_bytes))
        catalog = ToolCatalog(RankingModel.from_text((files(__package__) / "domain/tool_ranking.json").read_text()))
        stack.callback(catalog.close)
        embedder = InferenceEmbedder(inference) if inference else None
        backlog = EmbedBacklog(embedder, catalog, tools, documents, EMBEDDING_BACKLOG.set)

        def tools_changed() -> None:
            INDEXED_TOOLS.set(catalog.size)
            backlog.wake()

        follow = FollowTools(ToolRouterFeed(router) if router else None, catalog, tools, tools_changed)
        ask_meaning = AskMeaning(embedder, SystemClock(), settings.embed_timeout_s)
        rule = MeaningRule(settings.meaning_up_to_tools, settings.least_word_coverage)
        reader = SubprocessReader(
            settings.read_timeout_s, settings.most_document_pages, settings.reader_memory_bytes, _READERS_AT_ONCE
        )
        servicer = RetrieverServicer(
            search_tools=SearchTools(catalog, ask_meaning, follow, backlog, rule),
            search_documents=SearchDocuments(documents, ask_meaning, backlog),
            add_document=AddDocument(
                documents, reader, SystemClock(), new_id, settings.most_document_bytes, backlog.wake
            ),
            documents=documents,
        )
        await backlog.use_last_model()
        await follow.load_last_known()
        registration = (retriever_service_pb2_grpc.add_RetrieverServiceServicer_to_server, servicer)
        # Work that has nothing to do would end at once, and the process with it.
        background = [*([follow.run] if router else []), *([backlog.run] if inference else [])]
        yield Service([registration], background=background)


async def _channel(stack: AsyncExitStack, settings: RetrieverSettings, address: str) -> grpc.aio.Channel | None:
    if not address:
        return None
    tls = None
    if settings.tls_ca_file:
        tls = TlsFiles(settings.tls_ca_file, settings.tls_cert_file, settings.tls_key_file)
    return await stack.enter_async_context(connect(address, tls=tls))
