"""The use cases of search and documents, over fakes."""

import pytest

from toolmesh_core.errors import DeadlineExceeded, InvalidInput, Unavailable
from toolmesh_retriever.app.add_document import AddDocument, NewDocument
from toolmesh_retriever.app.ask_meaning import AskMeaning
from toolmesh_retriever.app.embed_backlog import EmbedBacklog
from toolmesh_retriever.app.follow_tools import FollowTools
from toolmesh_retriever.app.ports import Embeddings
from toolmesh_retriever.app.search_documents import SearchDocuments
from toolmesh_retriever.app.search_tools import SEARCHED_CHARACTERS, SearchTools
from toolmesh_retriever.app.tool_catalog import MeaningRule, ToolCatalog
from toolmesh_testing import FakeClock

from .fakes import FakeDocumentStore, FakeEmbedder, FakeFeed, FakeReader, FakeToolStore, record


class Parts:
    """The use cases over fakes; a router that is followed is taken as given."""

    def __init__(self, catalog: ToolCatalog, up_to_tools: int = 10) -> None:
        self.clock = FakeClock()
        self.embedder = FakeEmbedder()
        self.documents = FakeDocumentStore()
        self.reader = FakeReader()
        self.backlog = EmbedBacklog(self.embedder, catalog, FakeToolStore(), self.documents, lambda waiting: None)
        self.ask = AskMeaning(self.embedder, self.clock, 0.5)
        follow = FollowTools(FakeFeed(), catalog, FakeToolStore(), lambda: None)
        follow._connected = True
        self.tools = SearchTools(catalog, self.ask, follow, self.backlog, MeaningRule(up_to_tools, 0.15))
        self.search = SearchDocuments(self.documents, self.ask, self.backlog)
        self.add = AddDocument(self.documents, self.reader, self.clock, self._new_id, 100_000, lambda: None)
        self._made = 0

    def _new_id(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}_{self._made}"

    async def embed_all(self) -> None:
        while await self.backlog.step(self.embedder):
            pass

    async def add_text(self, text: str, user: str = "ann", **more: str) -> str:
        facts = {"title": "", "source": "", "media_type": "", "request_id": "", **more}
        return (await self.add(NewDocument(user=user, content=text.encode(), **facts))).id


@pytest.fixture
def parts(catalog: ToolCatalog) -> Parts:
    return Parts(catalog)


async def test_a_search_among_few_tools_uses_words_and_meaning(parts: Parts, catalog: ToolCatalog) -> None:
    await catalog.apply([record("song", "plays"), record("film", "shows")], [])
    await parts.embed_all()
    found = await parts.tools("song: plays", 0, [], [])
    assert found.tools[0].ranked.name == "song"
    assert found.tools[0].ranked.dense_score > 0.9
    assert (found.searched, found.degraded) == (2, "")


async def test_a_search_that_words_answer_asks_no_vectors(catalog: ToolCatalog) -> None:
    parts = Parts(catalog, up_to_tools=0)
    await catalog.apply([record("song", "plays"), record("film", "shows")], [])
    assert (await parts.tools("a song", 0, [], [])).degraded == ""
    assert parts.embedder.calls == []


@pytest.mark.parametrize("failure", [Unavailable("gone"), DeadlineExceeded("slow")])
async def test_without_inference_words_are_searched_and_that_is_told(
    parts: Parts, catalog: ToolCatalog, failure: Unavailable | DeadlineExceeded
) -> None:
    await catalog.apply([record("song", "plays"), record("film", "shows")], [])
    parts.embedder.fails = failure
    found = await parts.tools("a song", 0, [], [])
    assert found.tools[0].ranked.name == "song"
    assert "only words were searched" in found.degraded
    assert failure.message in found.degraded


async def test_after_a_failure_inference_is_left_alone_for_a_moment(parts: Parts) -> None:
    parts.embedder.fails = Unavailable("gone")
    assert isinstance(await parts.ask(["a"]), str)
    parts.embedder.fails = None
    assert isinstance(await parts.ask(["a"]), str)
    parts.clock.advance(3)
    assert isinstance(await parts.ask(["a"]), Embeddings)


async def test_the_same_text_is_embedded_once(parts: Parts) -> None:
    await parts.ask(["a", "b", "a"])
    await parts.ask(["b"])
    assert parts.embedder.calls == [["a", "b"]]


async def test_a_new_model_drops_the_vectors_of_the_old_one(parts: Parts) -> None:
    await parts.ask(["a"])
    parts.embedder.model = "other"
    asked = await parts.ask(["a", "b"])
    assert isinstance(asked, str)
    again = await parts.ask(["a", "b"])
    assert isinstance(again, Embeddings)
    assert again.model == "other"


async def test_a_new_model_is_told_and_the_tools_are_embedded_again(parts: Parts, catalog: ToolCatalog) -> None:
    await catalog.apply([record("song", "plays")], [])
    await parts.embed_all()
    parts.embedder.model = "other"
    assert "model changed" in (await parts.tools("a song", 0, [], [])).degraded
    await parts.embed_all()
    assert (await parts.tools("a song", 0, [], [])).degraded == ""


async def test_tools_that_wait_for_vectors_are_told(parts: Parts, catalog: ToolCatalog) -> None:
    await catalog.apply([record("song", "plays")], [])
    await parts.embed_all()
    await catalog.apply([record("film", "shows")], [])
    assert (await parts.tools("song", 0, [], [])).degraded == "1 tools wait for their vectors"


@pytest.mark.parametrize("query", ["", "  \n"])
async def test_an_empty_query_is_refused(parts: Parts, query: str) -> None:
    with pytest.raises(InvalidInput, match="query"):
        await parts.tools(query, 0, [], [])
    with pytest.raises(InvalidInput, match="query"):
        await parts.search("ann", query, 0, [])


async def test_a_negative_count_is_refused(parts: Parts) -> None:
    with pytest.raises(InvalidInput, match="top_k"):
        await parts.tools("x", -1, [], [])


async def test_a_very_long_query_is_searched_at_both_ends_and_that_is_told(catalog: ToolCatalog) -> None:
    parts = Parts(catalog, up_to_tools=0)
    parts.embedder.fails = Unavailable("gone")
    await catalog.apply([record("song", "plays"), record("film", "shows")], [])
    found = await parts.tools("blah " * SEARCHED_CHARACTERS + "show the film", 1, [], [])
    assert found.tools[0].ranked.name == "film"
    assert "characters" in found.degraded


async def test_a_document_is_cut_kept_and_found(parts: Parts) -> None:
    document = await parts.add_text("The ferry leaves at noon.", source="a/plan.txt")
    await parts.embed_all()
    found = await parts.search("ann", "When does the ferry leave?", 0, [])
    assert found.passages[0].passage.document == document
    assert found.passages[0].passage.title == "plan.txt"
    assert found.degraded == ""


async def test_a_document_is_found_by_words_before_it_is_embedded(parts: Parts) -> None:
    await parts.add_text("The ferry leaves at noon.")
    found = await parts.search("ann", "ferry", 0, [])
    assert len(found.passages) == 1
    assert found.passages[0].score > 0.9
    await parts.embed_all()
    await parts.add_text("A second ferry.")
    assert (await parts.search("ann", "ferry", 0, [])).degraded == "1 passages wait for their vectors"


async def test_a_document_is_found_by_meaning_alone(parts: Parts) -> None:
    await parts.add_text("abc", title="t")
    await parts.embed_all()
    assert (await parts.search("ann", "t\nabc", 0, [])).passages[0].score == pytest.approx(1)


async def test_others_documents_are_not_found(parts: Parts) -> None:
    await parts.add_text("The ferry leaves at noon.", user="bob")
    await parts.embed_all()
    assert (await parts.search("ann", "ferry", 0, [])).passages == ()


async def test_a_search_can_be_kept_to_some_documents(parts: Parts) -> None:
    await parts.add_text("The ferry leaves at noon.")
    second = await parts.add_text("The ferry leaves at one.")
    await parts.embed_all()
    found = await parts.search("ann", "ferry", 0, [second])
    assert {hit.passage.document for hit in found.passages} == {second}


async def test_a_repeated_request_id_gives_the_first_document(parts: Parts) -> None:
    first = await parts.add_text("one", request_id="r")
    assert await parts.add_text("two", request_id="r") == first
    assert await parts.add_text("two", user="bob", request_id="r") != first


async def test_the_title_is_as_said_then_the_name_then_none(parts: Parts) -> None:
    await parts.add_text("x", title="Said", source="https://example.org/a/page.txt")
    await parts.add_text("x", source="https://example.org/a/page.txt")
    await parts.add_text("x")
    titles = [document.title for document in parts.documents.documents.values()]
    assert titles == ["Said", "page.txt", "untitled"]


@pytest.mark.parametrize(
    ("text", "more"),
    [("", {}), ("  \n", {}), ("x" * 100_001, {}), ("x", {"title": "t" * 201}), ("x", {"media_type": "image/png"})],
)
async def test_what_is_no_document_is_refused(parts: Parts, text: str, more: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        await parts.add_text(text, **more)
