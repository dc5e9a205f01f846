"""What has no vector gets one in the background."""

import asyncio

from toolmesh_core.errors import Unavailable
from toolmesh_retriever.app.embed_backlog import EmbedBacklog
from toolmesh_retriever.app.tool_catalog import ToolCatalog

from .fakes import FakeDocumentStore, FakeEmbedder, FakeToolStore, record


def backlog_of(catalog: ToolCatalog, embedder: FakeEmbedder, store: FakeToolStore) -> EmbedBacklog:
    return EmbedBacklog(embedder, catalog, store, FakeDocumentStore(), lambda waiting: None)


async def drain(backlog: EmbedBacklog, embedder: FakeEmbedder) -> None:
    while await backlog.step(embedder):
        pass


async def test_all_tools_get_a_vector_in_small_portions(catalog: ToolCatalog) -> None:
    embedder, store = FakeEmbedder(), FakeToolStore()
    await catalog.apply([record(f"tool_{number}") for number in range(40)], [])
    backlog = backlog_of(catalog, embedder, store)
    await drain(backlog, embedder)
    assert await catalog.without_vector() == []
    tools = [texts for texts in embedder.calls if texts[0].startswith("tool")]
    assert sum(map(len, tools)) == 40
    assert max(map(len, tools)) <= 16
    assert backlog.means is not None


async def test_vectors_on_disk_are_not_made_again(catalog: ToolCatalog) -> None:
    embedder, store = FakeEmbedder(), FakeToolStore()
    await catalog.apply([record("song", "plays")], [])
    await drain(backlog_of(catalog, embedder, store), embedder)
    embedder.calls.clear()
    await catalog.forget_vectors()
    again = backlog_of(catalog, embedder, store)
    await again.use_last_model()
    await drain(again, embedder)
    assert embedder.calls == []
    assert again.means is not None
    assert await catalog.without_vector() == []


async def test_another_model_makes_all_vectors_again(catalog: ToolCatalog) -> None:
    embedder, store = FakeEmbedder(), FakeToolStore()
    await catalog.apply([record("song", "plays")], [])
    backlog = backlog_of(catalog, embedder, store)
    await drain(backlog, embedder)
    embedder.model = "other"
    backlog.model_seen("other")
    await drain(backlog, embedder)
    assert backlog.model == store.model == "other"
    assert await catalog.without_vector() == []
    assert {model for model, _ in store.kept} == {"fake", "other"}


async def test_while_inference_is_down_it_tries_again_and_goes_on_when_it_is_back(catalog: ToolCatalog) -> None:
    embedder, store, reported = FakeEmbedder(), FakeToolStore(), []
    embedder.fails = Unavailable("down")
    await catalog.apply([record("song", "plays")], [])
    pauses: list[float] = []
    done = asyncio.Event()

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            embedder.fails = None

    def report(waiting: int) -> None:
        reported.append(waiting)
        if waiting == 0:
            done.set()

    backlog = EmbedBacklog(embedder, catalog, store, FakeDocumentStore(), report, sleep)
    task = asyncio.create_task(backlog.run())
    await done.wait()
    task.cancel()
    assert pauses == [0.2, 0.4, 0.8]
    assert reported[0] == 1
    assert await catalog.without_vector() == []


async def test_without_inference_nothing_is_tried(catalog: ToolCatalog) -> None:
    await EmbedBacklog(None, catalog, FakeToolStore(), FakeDocumentStore(), lambda waiting: None).run()
