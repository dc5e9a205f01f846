"""Documents over gRPC with real SQLite, real files and real vectors."""

import re
from pathlib import Path

import pytest

from toolmesh.retriever.v1 import retriever_service_pb2 as pb
from toolmesh.retriever.v1.document_pb2 import Document
from toolmesh.retriever.v1.retriever_service_pb2_grpc import RetrieverServiceStub
from toolmesh_core.errors import InvalidInput, NotFound

from .conftest import running, until
from .pdf_files import encrypted, pdf_with_text

MARKDOWN = b"""# Travel rules

Everyone books trains, not planes.

## Hotels

A night may cost up to 120 euros in [large cities](https://example.org/x).

## Meals

Dinner is paid up to 30 euros.
"""
HTML = b"""<!doctype html><html><head><title>Opening hours</title><script>var secret = 1</script></head><body>
<nav>Home</nav><h1>Library</h1><p>The library opens at nine
 on weekdays.</p><h2>Pool</h2><ul><li>The pool opens at <b>seven</b>.</li></ul></body></html>"""


async def add(stub: RetrieverServiceStub, content: bytes, user: str = "ann", **more: str) -> Document:
    return (await stub.AddDocument(pb.AddDocumentRequest(user=user, content=content, **more))).document


async def search(
    stub: RetrieverServiceStub, query: str, user: str = "ann", documents: list[str] | None = None
) -> list[pb.ScoredPassage]:
    request = pb.SearchDocumentsRequest(user=user, query=query, documents=documents)
    return list((await stub.SearchDocuments(request)).results)


async def until_embedded(stub: RetrieverServiceStub) -> None:
    async def done() -> bool:
        return not (await stub.SearchDocuments(pb.SearchDocumentsRequest(user="ann", query="x"))).degraded

    await until(done)


async def test_markdown_is_found_under_its_heading(tmp_path: Path) -> None:
    async with running(tmp_path) as stub:
        document = await add(stub, MARKDOWN, source="rules.md")
        assert (document.title, document.media_type, document.passage_count) == ("Travel rules", "text/markdown", 3)
        best = (await search(stub, "How much may a hotel night cost?"))[0]
        assert best.passage.text == "A night may cost up to 120 euros in large cities."
        assert (best.passage.position, best.passage.source) == (1, "rules.md")
        assert 0 < best.score <= 1


async def test_html_is_found_by_what_it_shows(tmp_path: Path) -> None:
    async with running(tmp_path) as stub:
        document = await add(stub, HTML)
        assert (document.title, document.media_type) == ("Opening hours", "text/html")
        assert (await search(stub, "when does the pool open"))[0].passage.text == "The pool opens at seven."
        library = await search(stub, "library opening on weekdays")
        assert re.sub(r"\s+", " ", library[0].passage.text) == "The library opens at nine on weekdays."
        assert await search(stub, "secret") == []


async def test_pdf_is_found_with_its_page(tmp_path: Path) -> None:
    async with running(tmp_path) as stub:
        content = pdf_with_text("The first page tells of cats.", "The second page\ntells of dogs.", title="Animals")
        document = await add(stub, content, source="x.bin")
        assert (document.title, document.media_type, document.passage_count) == ("Animals", "application/pdf", 2)
        best = (await search(stub, "dogs"))[0].passage
        assert (best.page, best.position, best.text) == (2, 1, "The second page\ntells of dogs.")


async def test_a_pdf_with_an_empty_password_is_read(tmp_path: Path) -> None:
    async with running(tmp_path) as stub:
        await add(stub, encrypted(pdf_with_text("Kept words."), ""))
        assert len(await search(stub, "kept words")) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (pdf_with_text("", ""), "scanned"),
        (encrypted(pdf_with_text("x"), "secret"), "encrypted"),
        (b"%PDF-1.4\nrubbish", "damaged"),
        (pdf_with_text("a cat")[:-400], "damaged|without any text"),
        (pdf_with_text(*["page"] * 6), "6 pages, at most 5"),
    ],
)
async def test_a_pdf_that_cannot_be_read_is_refused_with_the_reason(tmp_path: Path, content: bytes, said: str) -> None:
    async with running(tmp_path, most_document_pages=5) as stub:
        with pytest.raises(InvalidInput, match=said) as caught:
            await add(stub, content)
        assert caught.value.field == "content"


async def test_a_document_over_the_bound_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path, most_document_bytes=100) as stub:
        with pytest.raises(InvalidInput, match="101 bytes, at most 100"):
            await add(stub, b"x" * 101)


async def test_a_file_that_takes_too_long_is_refused_and_the_service_goes_on(tmp_path: Path) -> None:
    async with running(tmp_path, read_timeout_s=0.01) as stub:
        with pytest.raises(InvalidInput, match="takes longer than"):
            await add(stub, b"text")
        assert await search(stub, "text") == []


async def test_a_document_is_found_by_meaning_in_another_language(tmp_path: Path, inference_address: str) -> None:
    async with running(tmp_path, inference_address=inference_address) as stub:
        await add(stub, MARKDOWN, source="rules.md")
        await add(stub, "公司规定：员工每年有十五天带薪年假。请假需要提前两天申请。".encode(), title="请假制度")
        await until_embedded(stub)
        assert (await search(stub, "How many days of paid vacation are there?"))[0].passage.title == "请假制度"
        assert (await search(stub, "年假有几天？"))[0].passage.title == "请假制度"
        assert "120 euros" in (await search(stub, "酒店一晚最多可以花多少钱？"))[0].passage.text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
async def test_chinese_is_read_in_its_usual_encodings(tmp_path: Path, encoding: str) -> None:
    async with running(tmp_path) as stub:
        await add(stub, "食堂中午十二点开门。".encode(encoding))
        assert (await search(stub, "食堂几点开门"))[0].passage.text == "食堂中午十二点开门。"


async def test_documents_are_listed_newest_first_page_by_page(tmp_path: Path) -> None:
    async with running(tmp_path) as stub:
        made = [await add(stub, b"text", title=f"t{number}") for number in range(5)]
        titles, token = [], ""
        while True:
            page = await stub.ListDocuments(pb.ListDocumentsRequest(user="ann", page_size=2, page_token=token))
            titles.append([document.title for document in page.documents])
            token = page.next_page_token
            if not token:
                break
        assert titles == [["t4", "t3"], ["t2", "t1"], ["t0"]]
        got = await stub.GetDocument(pb.GetDocumentRequest(user="ann", document=made[0].id))
        assert got.document == made[0]


async def test_one_user_never_meets_anothers_documents(tmp_path: Path, inference_address: str) -> None:
    async with running(tmp_path, inference_address=inference_address) as stub:
        document = await add(stub, b"The treasure lies under the oak.", user="bob")
        await add(stub, b"Bread and butter.", user="ann")
        await until_embedded(stub)
        found = await search(stub, "treasure oak")
        assert all(result.passage.document != document.id for result in found)
        assert await search(stub, "treasure", documents=[document.id]) == []
        assert len((await stub.ListDocuments(pb.ListDocumentsRequest(user="ann"))).documents) == 1
        with pytest.raises(NotFound):
            await stub.GetDocument(pb.GetDocumentRequest(user="ann", document=document.id))
        await stub.DeleteDocument(pb.DeleteDocumentRequest(user="ann", document=document.id))
        assert len(await search(stub, "treasure", user="bob")) == 1


async def test_a_repeated_request_id_gives_the_first_document(tmp_path: Path) -> None:
    async with running(tmp_path) as stub:
        first = await add(stub, b"one", request_id="r1")
        assert await add(stub, b"two", request_id="r1") == first
        assert (await add(stub, b"two", request_id="r2")).id != first.id


async def test_a_deleted_document_is_gone_from_every_search(tmp_path: Path, inference_address: str) -> None:
    async with running(tmp_path, inference_address=inference_address) as stub:
        document = await add(stub, b"The ferry leaves at noon.")
        await until_embedded(stub)
        for _ in range(2):
            await stub.DeleteDocument(pb.DeleteDocumentRequest(user="ann", document=document.id))
        assert await search(stub, "ferry") == []
        with pytest.raises(NotFound):
            await stub.GetDocument(pb.GetDocumentRequest(user="ann", document=document.id))


async def test_documents_survive_a_restart_and_waiting_passages_are_embedded_then(
    tmp_path: Path, inference_address: str
) -> None:
    async with running(tmp_path) as stub:
        document = await add(stub, MARKDOWN)
    async with running(tmp_path, inference_address=inference_address) as stub:
        await until_embedded(stub)
        assert (await search(stub, "晚餐可以报销多少？"))[0].passage.document == document.id


@pytest.mark.parametrize("query", ['ferry" OR "x', "NEAR(ferry, 2)", "ferry*", "terms:ferry AND NOT x", "''; DROP"])
async def test_a_query_is_words_never_a_command(tmp_path: Path, query: str) -> None:
    async with running(tmp_path) as stub:
        await add(stub, b"The ferry leaves at noon.")
        await search(stub, query)
